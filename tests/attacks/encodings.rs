//! Other encodings and bytes that are no text.

use crate::attack::{Attack, harmless, unreadable};
use crate::judge;
use crate::victim::Victim;

/// The signed order with bytes in place of a value's text.
fn bytes(v: &Victim, value: &[u8]) -> Vec<u8> {
    let at = v.signed.find(">1234<").unwrap() + 1;
    [&v.signed.as_bytes()[..at], value, &v.signed.as_bytes()[at + 4..]].concat()
}

fn utf16(v: &Victim, units: fn(u16) -> [u8; 2], mark: bool) -> Vec<u8> {
    let text = v.signed.replacen("UTF-8", "UTF-16", 1);
    let mark = mark.then_some(0xfeff);
    mark.into_iter().chain(text.encode_utf16()).flat_map(units).collect()
}

fn attacks() -> Vec<Attack> {
    vec![
        unreadable("NUL in a value", |v| bytes(v, b"12\x0034").into()),
        unreadable("NUL before the message", |v| {
            [b"\0", v.signed.as_bytes()].concat().into()
        }),
        unreadable("NUL behind the message", |v| {
            [v.signed.as_bytes(), b"\0"].concat().into()
        }),
        unreadable("a control character", |v| bytes(v, b"12\x1b34").into()),
        unreadable("an overlong <", |v| bytes(v, b"1234\xc0\xbcx/\xc0\xbe").into()),
        unreadable("an overlong NUL", |v| bytes(v, b"12\xc0\x8034").into()),
        unreadable("an overlong slash of three bytes", |v| bytes(v, b"\xe0\x80\xaf").into()),
        unreadable("halves of a character as three bytes each", |v| {
            bytes(v, b"\xed\xa0\xbd\xed\xb8\x80").into()
        }),
        unreadable("a character beyond Unicode", |v| bytes(v, b"\xf4\x90\x80\x80").into()),
        unreadable("a character cut in the middle", |v| bytes(v, b"\xe4\xb8").into()),
        unreadable("bytes of no character", |v| bytes(v, b"\xff\xfe").into()),
        unreadable("U+FFFE", |v| bytes(v, "\u{fffe}".as_bytes()).into()),
        unreadable("U+FFFF", |v| bytes(v, "\u{ffff}".as_bytes()).into()),
        unreadable("UTF-16, little end first", |v| utf16(v, u16::to_le_bytes, true).into()),
        unreadable("UTF-16, big end first", |v| utf16(v, u16::to_be_bytes, true).into()),
        unreadable("UTF-16 without mark", |v| utf16(v, u16::to_le_bytes, false).into()),
        unreadable("UTF-32", |v| {
            let text = std::iter::once('\u{feff}').chain(v.signed.chars());
            text.flat_map(|c| u32::from(c).to_le_bytes())
                .collect::<Vec<u8>>()
                .into()
        }),
        unreadable("GBK", |v| {
            encoding_rs::GBK
                .encode(&v.signed.replacen("UTF-8", "GBK", 1))
                .0
                .into_owned()
                .into()
        }),
        unreadable("GB18030", |v| {
            encoding_rs::GB18030
                .encode(&v.signed.replacen("UTF-8", "GB18030", 1))
                .0
                .into_owned()
                .into()
        }),
        unreadable("UTF-8 that calls itself GBK", |v| v.with("UTF-8", "GBK").into()),
        unreadable("UTF-8 that calls itself UTF-16", |v| v.with("UTF-8", "UTF-16").into()),
        unreadable("UTF-8 that calls itself UTF-7", |v| v.with("UTF-8", "UTF-7").into()),
        unreadable("UTF-7 that hides an element", |v| {
            v.with("UTF-8", "UTF-7")
                .replacen(">1234<", ">1234+ADw-x/+AD4-<", 1)
                .into()
        }),
        unreadable("an encoding nobody knows", |v| v.with("UTF-8", "EBCDIC-CP-US").into()),
        unreadable("an encoding without a name", |v| v.with("UTF-8", "").into()),
        unreadable("GBK that calls itself UTF-8", |v| {
            encoding_rs::GBK.encode(&v.signed).0.into_owned().into()
        }),
        unreadable("two byte order marks", |v| {
            format!("\u{feff}\u{feff}{}", v.signed).into()
        }),
        unreadable("a byte order mark behind the declaration", |v| {
            v.with("<ceb:CEB311", "\u{feff}<ceb:CEB311").into()
        }),
        harmless("a byte order mark", |v| format!("\u{feff}{}", v.signed).into()),
        harmless("no XML declaration", |v| {
            v.with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", "").into()
        }),
        harmless("a line feed behind the message", |v| format!("{}\n", v.signed).into()),
    ]
}

#[test]
fn bytes_that_are_no_utf8_are_refused() {
    judge::run(&attacks());
}
