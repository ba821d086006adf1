//! Values just beside what their types allow.

use super::any;
use crate::random::Random;
use crate::tree::{Path, Tree, simple_of};
use crate::values::characters;
use cebridge_rule_core::program::{Base, DeclId, Program, Simple};

type Done = Option<()>;

/// A place with a value: an element, or one of its attributes.
struct Place {
    path: Path,
    attribute: Option<usize>,
    decl: DeclId,
    simple: Simple,
}

impl Place {
    /// One of the places whose type is wanted; attributes now and then.
    fn find(tree: &mut Tree, random: &mut Random, program: &Program, wanted: &dyn Fn(&Simple) -> bool) -> Option<Self> {
        let fits = |decl: Option<DeclId>| simple_of(program, decl).is_some_and(wanted);
        if random.chance(25) {
            let with = |tree: &Tree| tree.attributes.iter().any(|attribute| fits(attribute.decl));
            if let Some(path) = any(tree, random, &with) {
                let attributes = tree.at_mut(&path)?.attributes.iter().enumerate();
                let usable = attributes.filter_map(|(at, attribute)| Some((at, attribute.decl?)));
                let (at, decl) = random.pick_of(usable.filter(|(_, decl)| fits(Some(*decl))).collect())?;
                let simple = simple_of(program, Some(decl))?.clone();
                return Some(Self {
                    path,
                    attribute: Some(at),
                    decl,
                    simple,
                });
            }
        }
        let path = any(tree, random, &|tree| fits(tree.decl))?;
        let decl = tree.at_mut(&path)?.decl?;
        let simple = simple_of(program, Some(decl))?.clone();
        Some(Self {
            path,
            attribute: None,
            decl,
            simple,
        })
    }

    fn get(&self, tree: &mut Tree) -> Option<String> {
        let target = tree.at_mut(&self.path)?;
        match self.attribute {
            Some(at) => Some(target.attributes.get(at)?.value.clone()),
            None => Some(target.text()),
        }
    }

    fn set(&self, tree: &mut Tree, value: String) -> Done {
        let target = tree.at_mut(&self.path)?;
        match self.attribute {
            Some(at) => target.attributes.get_mut(at)?.value = value,
            None => target.set_text(value),
        }
        Some(())
    }
}

/// One character too many or too few, or just enough, counted in characters, UTF-16 units or bytes.
pub(super) fn length(tree: &mut Tree, random: &mut Random, program: &Program) -> Done {
    let limited =
        |simple: &Simple| simple.base == Base::String && (simple.max_length.is_some() || simple.min_length > 0);
    let place = Place::find(tree, random, program, &limited)?;
    let (min, max) = (
        place.simple.min_length as usize,
        place.simple.max_length.map(|max| max as usize),
    );
    let borders = [
        max.map(|max| max + 1),
        max,
        max.map(|max| max / 2 + 1),
        max.map(|max| max / 3 + 1),
        max.map(|max| max / 4 + 1),
        Some(min),
        min.checked_sub(1),
        Some(min + 1),
    ];
    let count = random.pick_of(borders.into_iter().flatten().collect())?;
    let text = match random.below(5) {
        0 => "a".repeat(count),
        1 => "中".repeat(count),
        2 => "😀".repeat(count),
        3 => "e\u{301}".chars().cycle().take(count).collect(),
        _ => characters(random, count, true),
    };
    place.set(tree, text)
}

/// Digits at and over their limits, significant or not.
pub(super) fn digits(tree: &mut Tree, random: &mut Random, program: &Program) -> Done {
    let number = |simple: &Simple| matches!(simple.base, Base::Decimal | Base::Int | Base::Integer);
    let place = Place::find(tree, random, program, &number)?;
    let total = usize::from(place.simple.total_digits.unwrap_or(10));
    let fraction = usize::from(place.simple.fraction_digits.unwrap_or(0));
    let nines = |count: usize| "9".repeat(count);
    let value = match random.below(9) {
        0 => nines(total),
        1 => nines(total + 1),
        2 => format!("{}{}", "0".repeat(3), nines(total)),
        3 => format!("{}.{}", nines(total.saturating_sub(fraction)), nines(fraction)),
        4 => format!("{}.{}", nines((total + 1).saturating_sub(fraction)), nines(fraction)),
        5 => format!("0.{}", nines(fraction + 1)),
        6 => format!("1.{}0", nines(fraction)),
        7 => format!("{}.{}", nines(total), "0".repeat(fraction + 1)),
        _ => format!("-{}.{}1", nines(1), "0".repeat(fraction)),
    };
    place.set(tree, value)
}

/// Forms that look like numbers.
pub(super) fn number(tree: &mut Tree, random: &mut Random, program: &Program) -> Done {
    const FORMS: [&str; 42] = [
        "+1",
        "-0",
        "+0",
        ".5",
        "5.",
        "-.5",
        "+.5",
        ".",
        "+",
        "-",
        "-.",
        "+5.",
        "1e3",
        "1E3",
        "INF",
        "-INF",
        "NaN",
        "0x10",
        "1,000",
        "1 000",
        "--1",
        "+-1",
        "00",
        "-00.00",
        "0.0",
        "١٢",
        "１２",
        "1.2.3",
        "1.0",
        "0.",
        "00.10",
        "2147483647",
        "2147483648",
        "-2147483648",
        "-2147483649",
        "+2147483648",
        "4294967296",
        "0000000000000000000002147483647",
        "99999999999999999999999",
        "9223372036854775808",
        "1.5",
        "½",
    ];
    let number = |simple: &Simple| matches!(simple.base, Base::Decimal | Base::Int | Base::Integer);
    let place = Place::find(tree, random, program, &number)?;
    place.set(tree, random.word(&FORMS).to_owned())
}

/// White space, and what only looks like it, before, after and inside a value.
pub(super) fn space(tree: &mut Tree, random: &mut Random, program: &Program) -> Done {
    let place = if random.chance(60) {
        Place::find(tree, random, program, &|simple| simple.base != Base::String)?
    } else {
        Place::find(tree, random, program, &|_| true)?
    };
    let text = place.get(tree)?;
    let space = random.word(&[
        " ", "\t", "\n", "\r", "\r\n", "\u{a0}", "\u{3000}", "\u{200b}", "\u{feff}", "  ",
    ]);
    let value = match random.below(4) {
        0 => format!("{space}{text}"),
        1 => format!("{text}{space}"),
        2 => {
            let middle = text.chars().count() / 2;
            let mut out: String = text.chars().take(middle).collect();
            out.push_str(space);
            out.extend(text.chars().skip(middle));
            out
        }
        _ => space.to_owned(),
    };
    place.set(tree, value)
}

pub(super) fn empty(tree: &mut Tree, random: &mut Random, program: &Program) -> Done {
    let place = Place::find(tree, random, program, &|_| true)?;
    place.set(tree, String::new())
}

/// Other values, other forms and white space where a value is fixed, and nothing where there is a default.
pub(super) fn fixed(tree: &mut Tree, random: &mut Random, program: &Program) -> Done {
    let has_value = |decl: Option<DeclId>| {
        let decl = decl.and_then(|decl| program.decl(decl));
        decl.is_some_and(|decl| decl.fixed.is_some() || decl.default.is_some())
    };
    let with = |tree: &Tree| has_value(tree.decl) || tree.attributes.iter().any(|it| has_value(it.decl));
    let path = any(tree, random, &with)?;
    let target = tree.at_mut(&path)?;
    let attribute = target.attributes.iter().position(|attribute| has_value(attribute.decl));
    let decl = match attribute {
        Some(at) => target.attributes.get(at)?.decl?,
        None => target.decl?,
    };
    let declared = program.decl(decl)?;
    let usual = declared.fixed.clone().or_else(|| declared.default.clone())?;
    let place = Place {
        path,
        attribute,
        decl,
        simple: simple_of(program, Some(decl))?.clone(),
    };
    let value = match random.below(8) {
        0 => String::new(),
        1 => " ".to_owned(),
        2 => format!(" {usual}"),
        3 => format!("{usual}\n"),
        4 => format!("{usual}0"),
        5 => format!("0{usual}"),
        6 => "0".to_owned(),
        _ => usual,
    };
    place.set(tree, value)
}

pub(super) fn base64(tree: &mut Tree, random: &mut Random, program: &Program) -> Done {
    const FORMS: [&str; 24] = [
        "",
        " ",
        "A",
        "AA",
        "AAA",
        "AAAA",
        "AA==",
        "AAA=",
        "AB==",
        "AAB=",
        "AA=",
        "A===",
        "====",
        "AAAA====",
        "AA==AA==",
        "AA= =",
        "A A = =",
        "A\nA\tA A",
        "AA ==\n",
        "AA--",
        "AA__",
        "AAAA中",
        "AA@AA",
        "AAAA.",
    ];
    let place = Place::find(tree, random, program, &|simple| simple.base == Base::Base64)?;
    place.set(tree, random.word(&FORMS).to_owned())
}

pub(super) fn time(tree: &mut Tree, random: &mut Random, program: &Program) -> Done {
    const DAYS: [&str; 16] = [
        "2024-02-29",
        "2023-02-29",
        "1900-02-29",
        "2000-02-29",
        "0000-01-01",
        "-0001-01-01",
        "02024-01-01",
        "12024-01-01",
        "2024-13-01",
        "2024-00-01",
        "2024-04-31",
        "2024-1-1",
        "20240101",
        "2024/01/01",
        "+2024-01-01",
        "24-01-01",
    ];
    const TIMES: [&str; 15] = [
        "",
        "T00:00:00",
        "T24:00:00",
        "T24:00:01",
        "T24:00:00.0",
        "T24:00:00.01",
        "T23:59:60",
        "T23:60:00",
        "T25:00:00",
        "T12:00",
        "T12:00:00.",
        "T12:00:00.123456789012345",
        " 12:00:00",
        "t12:00:00",
        "T1:00:00",
    ];
    const ZONES: [&str; 14] = [
        "", "", "", "Z", "z", "+08:00", "+14:00", "+14:01", "-14:00", "-15:00", "+8:00", "+0800", " +08:00", "UTC",
    ];
    let place = Place::find(tree, random, program, &|simple| {
        matches!(simple.base, Base::Date | Base::DateTime)
    })?;
    let with_time = place.simple.base == Base::DateTime;
    let (mut day, mut time, mut zone, mut space) = ("2024-02-28", if with_time { "T12:00:00" } else { "" }, "", "");
    // One thing at a time, so that each decides.
    match random.below(5) {
        0 => day = random.word(&DAYS),
        1 if with_time || random.chance(20) => time = random.word(&TIMES),
        2 => zone = random.word(&ZONES),
        3 => space = random.word(&[" ", "\n", "\t", "\u{a0}"]),
        _ => {
            day = random.word(&DAYS);
            zone = random.word(&ZONES);
        }
    }
    place.set(tree, format!("{space}{day}{time}{zone}{space}"))
}

pub(super) fn uri(tree: &mut Tree, random: &mut Random, program: &Program) -> Done {
    const FORMS: [&str; 35] = [
        "",
        " ",
        "a b",
        "%",
        "%4",
        "%zz",
        "%41",
        "a%",
        "中文",
        "#",
        "##",
        "a#b#c",
        "?",
        "a??b",
        ":",
        ":a",
        "1a:b",
        "a:b",
        "http://",
        "http:///",
        "//",
        "http://a:b",
        "http://a:65536",
        "http://a:99999999999/",
        "http://[::1",
        "http://[::1]",
        "[",
        "a[b]",
        "a?[b]",
        "a#[b]",
        "<a>",
        "{a}|\\^`",
        "\"",
        "http://a@b@c/",
        "\u{7f}\u{85}",
    ];
    let place = Place::find(tree, random, program, &|simple| simple.base == Base::AnyUri)?;
    place.set(tree, random.word(&FORMS).to_owned())
}

/// Identifiers that are no names, and the same one twice.
pub(super) fn identifier(tree: &mut Tree, random: &mut Random, program: &Program) -> Done {
    let place = Place::find(tree, random, program, &|simple| simple.base == Base::Id)?;
    if random.chance(50) {
        let value = place.get(tree)?;
        let again = Place::find(tree, random, program, &|simple| simple.base == Base::Id)?;
        return again.set(tree, value);
    }
    let forms = [
        "", " ", "1", "a:b", "-a", ".a", "a b", " a ", "a", "中", "é", "a\u{301}", "\u{301}a", "#a", "_", "a/b", "😀",
        "a·",
    ];
    place.set(tree, random.word(&forms).to_owned())
}

/// The text of another field.
pub(super) fn exchange(tree: &mut Tree, random: &mut Random, program: &Program) -> Done {
    let source = Place::find(tree, random, program, &|_| true)?;
    let value = source.get(tree)?;
    let target = Place::find(tree, random, program, &|simple| {
        simple.base != source.simple.base || simple.max_length != source.simple.max_length
    })?;
    if target.decl == source.decl {
        return None;
    }
    target.set(tree, value)
}
