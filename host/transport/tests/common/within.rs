//! Tests of what must not hang.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Long enough for any machine; a test that passes does not wait for it.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the function returns; fails when it takes too long, instead of holding up the tests for ever.
pub(crate) fn in_time<T: Send + 'static>(function: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || drop(sender.send(function())));
    receiver.recv_timeout(PATIENCE).expect("hangs, or panicked")
}
