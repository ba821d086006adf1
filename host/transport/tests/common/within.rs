//! Runs functions that must not hang.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Long enough for any machine; a test that passes does not wait for it.
const PATIENCE: Duration = Duration::from_secs(30);

/// Returns the function's result; fails if it takes too long, instead of blocking the tests forever.
pub(crate) fn in_time<T: Send + 'static>(function: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || drop(sender.send(function())));
    receiver.recv_timeout(PATIENCE).expect("hangs, or panicked")
}
