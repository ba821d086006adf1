//! Texts of the simple types: at the borders of their facets, in every form that the type allows.

use crate::random::Random;
use cebridge_rule_core::program::{Base, Simple};

/// Texts of unlimited or very long types are kept this short most of the time.
const USUAL_LENGTH: usize = 60;
/// The significant digits that XSD 1.0 asks of every validator.
const SURE_DIGITS: usize = 18;

/// A valid text of a type; `id` names the next `xs:ID`.
pub(crate) fn valid(random: &mut Random, simple: &Simple, id: &mut u32) -> String {
    let (min, max) = (simple.min_length as usize, simple.max_length.map(|max| max as usize));
    match simple.base {
        Base::String => {
            let length = length(random, min, max);
            if simple.collapse {
                let text = characters(random, length, false);
                return padded(random, &text);
            }
            characters(random, length, true)
        }
        Base::Int | Base::Integer => whole(random, simple),
        Base::Decimal => decimal(random, simple),
        Base::Date => date(random) + zone(random),
        Base::DateTime => date_time(random),
        Base::Base64 => {
            let length = length(random, min, max);
            base64(random, length)
        }
        Base::AnyUri => random.word(&URIS).to_owned(),
        Base::Id => {
            *id += 1;
            format!("{}{id}", random.word(&["i", "_", "ID-", "签名", "é.", "a·"]))
        }
    }
}

/// A length within the bounds, at one of them more often than not.
fn length(random: &mut Random, min: usize, max: Option<usize>) -> usize {
    let usual = max.unwrap_or(USUAL_LENGTH).min(USUAL_LENGTH).max(min);
    match random.below(8) {
        0 | 1 => min,
        2 if max.is_none_or(|max| max >= 1) => min.max(1),
        3 => max.unwrap_or(usual).min(4000).max(min),
        4 => max.unwrap_or(usual).min(400).max(min),
        _ => random.between(min, usual),
    }
}

/// So many characters: ASCII, Chinese, beyond the first plane, combining, markup; white space where it counts.
pub(crate) fn characters(random: &mut Random, count: usize, spaces: bool) -> String {
    const SETS: [&str; 6] = [
        "abcXYZ0123456789-_.",
        "电子订单跨境统一版系统有限公司",
        "😀𠀀𝒳🇨🏽",
        "e\u{301}n\u{303}\u{200d}\u{200b}\u{feff}\u{a0}\u{3000}",
        "&<>\"']]>;#%",
        " \t\n\r",
    ];
    let sets = if spaces { 6 } else { 5 };
    let set = random.below(sets + 3);
    let out = (0..count).map(|_| {
        let set = if set < sets && random.chance(90) {
            set
        } else {
            random.below(sets)
        };
        let set: Vec<char> = SETS[set].chars().collect();
        *random.pick(&set)
    });
    out.collect()
}

/// The text with white space that collapses around it.
fn padded(random: &mut Random, text: &str) -> String {
    let space = |random: &mut Random| {
        if random.chance(92) {
            ""
        } else {
            random.word(&[" ", "\t", "\n  ", " \r\n", "   "])
        }
    };
    let before = space(random);
    format!("{before}{text}{}", space(random))
}

fn digits(random: &mut Random, count: usize) -> String {
    let digit = |_| char::from(b'0' + random.below(10) as u8);
    (0..count).map(digit).collect()
}

/// Digits of which the first is none too many: it may be a nine, never a zero.
fn significant(random: &mut Random, count: usize) -> String {
    if random.chance(30) {
        return "9".repeat(count);
    }
    let first = if count == 0 { "" } else { random.word(&["1", "5", "9"]) };
    format!("{first}{}", digits(random, count.saturating_sub(1)))
}

fn whole(random: &mut Random, simple: &Simple) -> String {
    let int = simple.base == Base::Int;
    if int && simple.total_digits.is_none() && random.chance(20) {
        let border = random.word(&["2147483647", "-2147483648", "+2147483647", "-00002147483648"]);
        return border.to_owned();
    }
    let most = usize::from(simple.total_digits.unwrap_or(SURE_DIGITS as u8));
    let most = if int { most.min(9) } else { most };
    let count = if random.chance(30) {
        most
    } else {
        random.between(1, most.max(1))
    };
    let number = significant(random, count);
    let number = signed(random, &number);
    // White space around whole numbers is legal but rare: xmllint refuses it, which would hide other differences.
    if random.chance(4) {
        padded(random, &number)
    } else {
        number
    }
}

fn decimal(random: &mut Random, simple: &Simple) -> String {
    let total = usize::from(simple.total_digits.unwrap_or(SURE_DIGITS as u8));
    let fraction = usize::from(simple.fraction_digits.unwrap_or(5)).min(total);
    let after = match random.below(4) {
        0 => 0,
        1 => fraction,
        _ => random.between(0, fraction),
    };
    let room = total - after;
    let before = if random.chance(30) {
        room
    } else {
        random.between(0, room)
    };
    let mut number = significant(random, before);
    if after > 0 {
        number = format!("{number}.{}", digits(random, after));
    } else if number.is_empty() {
        number.push('0');
    } else if random.chance(5) {
        number.push('.');
    }
    // Zeros that mean nothing count for nothing.
    if number.contains('.') && !number.ends_with('.') && random.chance(20) {
        number.push_str(&"0".repeat(random.between(1, 4)));
    }
    let number = signed(random, &number);
    padded(random, &number)
}

/// A number with a sign and leading zeros, or without.
fn signed(random: &mut Random, number: &str) -> String {
    let sign = random.word(&["", "", "", "", "-", "+"]);
    let zeros = random.word(&["", "", "", "", "0", "000"]);
    format!("{sign}{zeros}{number}")
}

fn date(random: &mut Random) -> String {
    if random.chance(30) {
        return random
            .word(&["2024-02-29", "2000-02-29", "-0001-12-31", "12024-01-01", "1900-02-28"])
            .to_owned();
    }
    format!(
        "{}-{:02}-{:02}",
        random.between(1900, 2100),
        random.between(1, 12),
        random.between(1, 28)
    )
}

fn date_time(random: &mut Random) -> String {
    let day = date(random);
    let time = if random.chance(20) {
        random
            .word(&["24:00:00", "00:00:00", "23:59:59.999999999", "24:00:00.0", "12:00:00.5"])
            .to_owned()
    } else {
        format!(
            "{:02}:{:02}:{:02}",
            random.below(24),
            random.below(60),
            random.below(60)
        )
    };
    format!("{day}T{time}{}", zone(random))
}

fn zone(random: &mut Random) -> &'static str {
    random.word(&["", "", "Z", "+08:00", "-14:00", "+14:00", "+00:00", "-00:00"])
}

/// So many random octets as base64, sometimes broken into lines.
fn base64(random: &mut Random, length: usize) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let octets: Vec<u8> = (0..length).map(|_| random.bits() as u8).collect();
    let breaks = if random.chance(30) {
        random.between(1, 76)
    } else {
        usize::MAX
    };
    let (mut out, mut column) = (String::new(), 0);
    for chunk in octets.chunks(3) {
        let word = chunk.iter().fold(0_u32, |word, octet| word << 8 | u32::from(*octet)) << (8 * (3 - chunk.len()));
        for sextet in 0..4 {
            let index = (word >> (18 - 6 * sextet)) as usize & 63;
            out.push(if sextet > chunk.len() {
                '='
            } else {
                char::from(ALPHABET[index])
            });
            column += 1;
            if column == breaks {
                out.push_str(random.word(&["\n", " ", "\r\n", "\t"]));
                column = 0;
            }
        }
    }
    padded(random, &out)
}

/// References that every reading of `xs:anyURI` takes.
const URIS: [&str; 12] = [
    "",
    "#",
    "#id",
    "urn:x-test:1",
    "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
    "http://user@host.example:8080/a/b;c?d=e&f#g",
    "../a%20b/c",
    "文件.xml",
    "http://例子.example/路径?查=询",
    "mailto:a@b.example",
    "http://[::1]/",
];
