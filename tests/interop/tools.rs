//! Running the verifiers.

use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Whether a program can be run with these arguments; when it can't, that is said, or the test fails where nothing
/// may be skipped.
pub(crate) fn has(program: &str, arguments: &[&str], what: &str) -> bool {
    let found = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .is_ok_and(|output| output.status.success());
    if !found {
        assert!(
            std::env::var_os("CEBRIDGE_TESTS_MUST_RUN").is_none(),
            "{what} is needed"
        );
        println!("skipped: {what} is not installed");
    }
    found
}

/// Runs a program in a folder.
pub(crate) fn run(folder: &Path, program: &str, arguments: &[&str]) -> Output {
    Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}"))
}

/// What a program printed, when it succeeded.
#[track_caller]
pub(crate) fn text(output: &Output) -> String {
    let (out, error) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{out}\n{error}");
    out.into_owned()
}

/// Works on many things by all cores.
pub(crate) fn each<T: Sync>(things: &[T], work: impl Fn(&T) + Sync) {
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let next = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while let Some(thing) = things.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
                    work(thing);
                }
            });
        }
    });
}
