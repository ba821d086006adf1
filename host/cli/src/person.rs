//! The person who runs a command, for the audit trail.

/// Returns who runs the command, for the record: the user's name, or else the number, and the machine.
pub(crate) fn person() -> String {
    let name = ["USER", "LOGNAME", "USERNAME"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|name| !name.is_empty()));
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").map(|name| format!("@{}", name.trim()));
    let name = name
        .or_else(user)
        .unwrap_or_else(|| "somebody at the command line".to_owned());
    format!("{name}{}", host.unwrap_or_default())
}

/// Returns the user that owns this process, from the system's list of users.
fn user() -> Option<String> {
    #[cfg(unix)]
    {
        let uid = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self").ok()?).to_string();
        let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        let named = users.lines().find_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next()?;
            (fields.nth(1)? == uid).then(|| name.to_owned())
        });
        Some(named.unwrap_or(format!("user {uid}")))
    }
    #[cfg(not(unix))]
    None
}
