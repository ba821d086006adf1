//! Checks `xs:anyURI`: an RFC 3986 reference in which characters that should be escaped are accepted unescaped.

/// Returns `true` if the text is a URI reference; it must already be trimmed.
#[must_use]
pub fn is_uri(text: &[u8]) -> bool {
    let (reference, fragment) = match text.iter().position(|byte| *byte == b'#') {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, &[][..]),
    };
    let (hierarchy, query) = match reference.iter().position(|byte| *byte == b'?') {
        Some(at) => (&reference[..at], &reference[at + 1..]),
        None => (reference, &[][..]),
    };
    // Brackets are tolerated in a fragment, as in libxml2.
    if fragment.contains(&b'#') || !escapes_are_whole(fragment) || !is_plain(query) {
        return false;
    }
    let first_segment = hierarchy.split(|byte| *byte == b'/').next().unwrap_or_default();
    let rest = match first_segment.iter().position(|byte| *byte == b':') {
        Some(at) if is_scheme(&hierarchy[..at]) => &hierarchy[at + 1..],
        Some(_) => return false,
        None => hierarchy,
    };
    match rest.strip_prefix(b"//") {
        Some(rest) => {
            let end = rest.iter().position(|byte| *byte == b'/').unwrap_or(rest.len());
            is_authority(&rest[..end]) && is_plain(&rest[end..])
        }
        None => is_plain(rest),
    }
}

fn is_scheme(text: &[u8]) -> bool {
    text.first().is_some_and(u8::is_ascii_alphabetic)
        && text
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

/// Checks for `[user@]host[:port]`; the host may be an address in brackets.
fn is_authority(text: &[u8]) -> bool {
    let host = match text.iter().position(|byte| *byte == b'@') {
        Some(at) if is_plain(&text[..at]) => &text[at + 1..],
        Some(_) => return false,
        None => text,
    };
    if host.contains(&b'@') {
        return false;
    }
    let (name, port) = match host.first() {
        Some(b'[') => match host.iter().position(|byte| *byte == b']') {
            Some(at) => (&[][..], &host[at + 1..]),
            None => return false,
        },
        _ => host.split_at(host.iter().position(|byte| *byte == b':').unwrap_or(host.len())),
    };
    let is_port = match port {
        [] => true,
        [b':', digits @ ..] => {
            !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) && super::decimal::fits_int(digits)
        }
        _ => false,
    };
    is_plain(name) && is_port
}

/// Returns `true` if there are no brackets, and each `%` begins an escape.
fn is_plain(text: &[u8]) -> bool {
    !text.iter().any(|byte| matches!(byte, b'[' | b']' | b'%'))
        || (!text.iter().any(|byte| matches!(byte, b'[' | b']')) && escapes_are_whole(text))
}

/// Returns `true` if each `%` is followed by two hexadecimal digits.
fn escapes_are_whole(text: &[u8]) -> bool {
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        let mut hexadecimal = || bytes.next().is_some_and(u8::is_ascii_hexdigit);
        if *byte == b'%' && !(hexadecimal() && hexadecimal()) {
            return false;
        }
    }
    true
}
