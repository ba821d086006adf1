//! The name under which this process holds things in the ledger, and checks that the holder of a name is gone.

use cebridge_ledger::{HostView, Ledger, LedgerError};
use jiff::{SignedDuration, Timestamp};
use std::fs;
use std::sync::OnceLock;

/// Name of this process: host, process id, start time, boot and process namespace.
///
/// If the system does not provide these, the name is one whose holder never counts as gone. It stays the same as long
/// as the process lives.
#[must_use]
pub(crate) fn name() -> String {
    static NAME: OnceLock<String> = OnceLock::new();
    NAME.get_or_init(make_name).clone()
}

fn make_name() -> String {
    let host = read("/proc/sys/kernel/hostname").unwrap_or_else(|| "host".to_owned());
    let pid = std::process::id();
    match (space(), started(pid)) {
        (Some(space), Some(start)) => format!("{host}/{pid}/{start}/{space}"),
        _ => format!("{host}/{pid}"),
    }
}

/// Returns `true` if the process of this name ran on this host, since its last boot, and has ended. `false` if that is
/// not certain: what such a process holds then waits until its lease expires.
#[must_use]
pub(crate) fn is_gone(name: &str) -> bool {
    parts(name).is_some_and(|(pid, start)| started(pid).as_deref() != Some(start))
}

/// Process id and start time in a name; `None` if it is not of this host since its last boot.
fn parts(name: &str) -> Option<(u32, &str)> {
    let mut parts = name.rsplitn(4, '/');
    let (there, start, pid, host) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let here = read("/proc/sys/kernel/hostname")? == host && space()? == there;
    Some((pid.parse().ok().filter(|_| here)?, start))
}

/// Silence after which a daemon counts as ended if its process can't be inspected.
const SILENCE: SignedDuration = SignedDuration::from_secs(30);

/// Returns the daemons that work on this ledger.
///
/// # Errors
/// The ledger can't be read.
pub(crate) fn living(ledger: &Ledger, now: Timestamp) -> Result<Vec<HostView>, LedgerError> {
    let heard = |host: &HostView| now.duration_since(host.seen_at).abs() < SILENCE;
    let hosts = ledger.hosts()?.into_iter();
    Ok(hosts
        .filter(|host| !is_gone(&host.owner) && (is_here(&host.owner) || heard(host)))
        .collect())
}

/// Returns `true` if the process of this name runs on this host.
fn is_here(name: &str) -> bool {
    parts(name).is_some_and(|(pid, start)| started(pid).as_deref() == Some(start))
}

/// The scope of process ids: the boot of the machine and the process namespace.
fn space() -> Option<String> {
    let boot = read("/proc/sys/kernel/random/boot_id")?;
    let namespace = fs::read_link("/proc/self/ns/pid").ok()?;
    let digits: String = namespace
        .to_string_lossy()
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    Some(format!("{}-{digits}", boot.get(..8)?))
}

/// Start time of the process in the system's own unit; `None` if it does not exist or is a zombie.
fn started(pid: u32) -> Option<String> {
    let stat = read(&format!("/proc/{pid}/stat"))?;
    // The program name is in parentheses and may contain anything.
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace();
    let state = fields.next()?;
    let start = fields.nth(18)?;
    (!["Z", "X"].contains(&state)).then(|| start.to_owned())
}

fn read(path: &str) -> Option<String> {
    Some(fs::read_to_string(path).ok()?.trim().to_owned())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    #[test]
    fn a_process_is_gone_when_it_has_ended_and_not_before() {
        assert!(!is_gone(&name()), "{}", name());
        let mut child = Command::new("sleep").arg("60").stdin(Stdio::null()).spawn().unwrap();
        let own = name();
        let pid = child.id();
        let start = started(pid).unwrap();
        let theirs = own.replacen(
            &format!("/{}/{}/", std::process::id(), started(std::process::id()).unwrap()),
            &format!("/{pid}/{start}/"),
            1,
        );
        assert!(!is_gone(&theirs), "{theirs}");
        child.kill().unwrap();
        // A killed process that is not waited for yet is gone as well.
        while started(pid).is_some() {
            std::thread::yield_now();
        }
        assert!(is_gone(&theirs));
        child.wait().unwrap();
        assert!(is_gone(&theirs));
    }

    #[test]
    fn a_name_of_another_host_boot_or_form_is_left_alone() {
        let own = name();
        let (host, rest) = own.split_once('/').unwrap();
        for other in [
            format!("other-{host}/{rest}"),
            format!("{host}/1/1/deadbeef-1"),
            "4711-ThreadId(1)".to_owned(),
            "host/4711".to_owned(),
            String::new(),
        ] {
            assert!(!is_gone(&other), "{other}");
        }
    }
}
