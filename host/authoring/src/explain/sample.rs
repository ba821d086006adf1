//! Right and wrong lines made from a declaration, for rules that no case of the pack shows.

use super::excerpt::shown;
use cebridge_rule_core::pack::Pack;
use cebridge_rule_core::program::{Base, DeclId, Simple};
use cebridge_rule_core::schema_rules::SchemaRule;
use cebridge_rule_core::tree::{FieldTree, Place};

/// One character to the schema, but two UTF-16 units.
const RARE: char = '𠮷';

/// Returns wrong and right lines for an automatic rule; `None` for a rule of another kind.
pub(super) fn automatic(pack: &Pack, id: &str, decl: DeclId) -> Option<(String, String)> {
    let field = Field::new(pack, decl)?;
    let kind = id.rsplit('-').next()?;
    let wrong = match kind {
        "required" => format!("<!-- {} is missing -->", field.name),
        "empty" => field.with(""),
        "length" => field.with(&field.of_length(field.printed_length()?.1 as usize + 1)),
        "digits" if field.simple.base == Base::String => field.with("12A4"),
        "digits" => {
            let (total, fraction) = field.printed_digits()?;
            field.with(&"9".repeat(total.saturating_sub(fraction) + 1))
        }
        _ => return None,
    };
    Some((wrong, field.with(&field.right())))
}

/// Returns wrong and right lines for a built-in schema rule.
pub(super) fn built_in(pack: &Pack, rule: SchemaRule) -> Option<(String, String)> {
    let message = usual_message(pack)?;
    let tree = FieldTree::of(&pack.program, message);
    let all = tree.places();
    let root = pack.program.local_name(all.first()?.part.decl)?.to_owned();
    let pick = |fits: &dyn Fn(&Field<'_>) -> bool| {
        all.iter()
            .filter(|place| !place.path.contains('@') && !place.path.starts_with("Signature"))
            .filter_map(|place| Field::new(pack, place.part.decl))
            .find(|field| fits(field))
    };
    let text = |field: &Field<'_>| field.simple.base == Base::String && field.simple.max_length > Some(3);
    let attribute = all.iter().find(|place| place.path.starts_with('@'));
    let attribute = attribute.and_then(|place| Field::new(pack, place.part.decl));
    Some(match rule {
        SchemaRule::Root => (open(&root.replacen("Message", "Mesage", 1)), open(&root)),
        SchemaRule::ElementUnknown => {
            let field = pick(&text)?;
            let value = shown(&field.right());
            let wrong = format!("<{0}X>{value}</{0}X>", field.name);
            (wrong, field.with(&field.right()))
        }
        SchemaRule::ElementOrder => {
            let (first, second) = neighbours(pack, all)?;
            let (first, second) = (first.with(&first.right()), second.with(&second.right()));
            (format!("{second}\n{first}"), format!("{first}\n{second}"))
        }
        SchemaRule::ElementMissing => {
            let field = pick(&text)?;
            let wrong = format!("<!-- {} is missing -->", field.name);
            (wrong, field.with(&field.right()))
        }
        SchemaRule::Occurs => {
            let field = pick(&text)?;
            let line = field.with(&field.right());
            (format!("{line}\n{line}"), line)
        }
        SchemaRule::Text => {
            let field = pick(&text)?;
            let line = field.with(&field.right());
            let path = all
                .iter()
                .find(|place| place.path.ends_with(&format!("/{}", field.name)));
            let group = path
                .and_then(|place| place.path.rsplit('/').nth(1))
                .unwrap_or(root.as_str());
            (
                format!("<{group}>some text\n  {line}\n</{group}>"),
                format!("<{group}>\n  {line}\n</{group}>"),
            )
        }
        SchemaRule::Children => {
            let field = pick(&text)?;
            let wrong = format!("<{0}><b>1</b></{0}>", field.name);
            (wrong, field.with(&field.right()))
        }
        SchemaRule::AttributeMissing => {
            let field = attribute?;
            (
                open(&root),
                open(&format!("{root} {}=\"{}\"", field.name, field.right())),
            )
        }
        SchemaRule::AttributeUnknown => {
            let field = attribute?;
            let right = format!("{root} {}=\"{}\"", field.name, field.right());
            (open(&format!("{right} id=\"1\"")), open(&right))
        }
        SchemaRule::Type => {
            let field = pick(&|field| field.simple.base == Base::Decimal)?;
            (field.with("1,5"), field.with(&field.right()))
        }
        SchemaRule::Length => {
            let field = pick(&text)?;
            let long = field.of_length(field.simple.max_length? as usize + 1);
            (field.with(&long), field.with(&field.right()))
        }
        SchemaRule::Digits => {
            let field = pick(&|field| field.simple.fraction_digits.is_some_and(|digits| digits > 0))?;
            let places = usize::from(field.simple.fraction_digits?) + 1;
            (
                field.with(&format!("1.{}", "3".repeat(places))),
                field.with(&field.right()),
            )
        }
        SchemaRule::Fixed => {
            let field = pick(&|field| field.fixed.is_some())?;
            (field.with("X"), field.with(&field.right()))
        }
        SchemaRule::Id => (
            "<Object Id=\"A\"/>\n<Object Id=\"A\"/>".to_owned(),
            "<Object Id=\"A\"/>\n<Object Id=\"B\"/>".to_owned(),
        ),
        SchemaRule::Xsi => {
            let field = pick(&text)?;
            let wrong = format!("<{} xsi:nil=\"true\"/>", field.name);
            (wrong, field.with(&field.right()))
        }
        SchemaRule::Utf16 => {
            // Free text, short enough to be shown whole.
            let free = |field: &Field<'_>| {
                text(field)
                    && (20..=60).contains(&field.simple.max_length.unwrap_or(0))
                    && field.simple.max_length != Some(field.simple.min_length)
            };
            let field = pick(&free).or_else(|| pick(&text))?;
            let max = field.simple.max_length? as usize;
            let rare = |length: usize| format!("{RARE}{}", "电".repeat(length.saturating_sub(1)));
            let wrong = format!(
                "{}  <!-- {max} characters, {} units -->",
                field.with(&rare(max)),
                max + 1
            );
            let right = format!("{}  <!-- {max} units -->", field.with(&rare(max - 1)));
            (wrong, right)
        }
    })
}

/// Returns the first message that an enterprise sends, else the first one.
fn usual_message(pack: &Pack) -> Option<usize> {
    let request = pack.messages.iter().position(|text| text.kind == "request");
    request.or_else(|| (!pack.messages.is_empty()).then_some(0))
}

/// Returns two adjacent fields of the same group.
fn neighbours<'p>(pack: &'p Pack, all: &[Place]) -> Option<(Field<'p>, Field<'p>)> {
    let parent = |place: &Place| place.path.rsplit_once('/').map(|(parent, _)| parent.to_owned());
    all.windows(2).find_map(|pair| {
        let [first, second] = pair else { return None };
        let usable = |place: &Place| {
            (!place.path.contains('@'))
                .then(|| Field::new(pack, place.part.decl))
                .flatten()
        };
        if parent(first).is_none() || parent(first) != parent(second) {
            return None;
        }
        Some((usable(first)?, usable(second)?))
    })
}

fn open(tag: &str) -> String {
    format!("<{tag}>")
}

/// A field with the facts needed to make values for it.
struct Field<'p> {
    name: &'p str,
    simple: &'p Simple,
    format: &'p str,
    fixed: Option<&'p str>,
}

impl<'p> Field<'p> {
    fn new(pack: &'p Pack, decl: DeclId) -> Option<Self> {
        let declared = pack.program.decl(decl)?;
        Some(Self {
            name: pack.program.local_name(decl)?,
            simple: pack.program.simple_of(decl)?,
            format: pack.decls.get(usize::from(decl)).map_or("", |text| &text.format),
            fixed: declared.fixed.as_deref().or(declared.default.as_deref()),
        })
    }

    fn with(&self, value: &str) -> String {
        format!("<{0}>{1}</{0}>", self.name, shown(value))
    }

    /// Returns the minimum and maximum length as printed: `C..60`, `C18..20`, `C36`.
    fn printed_length(&self) -> Option<(u32, u32)> {
        let numbers = self.format.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        match numbers.split_once("..") {
            Some((min, max)) => Some((min.parse().unwrap_or(0), max.parse().ok()?)),
            None => numbers.parse().ok().map(|length| (length, length)),
        }
    }

    /// Returns the total and fraction digits as printed: `N19,5`.
    fn printed_digits(&self) -> Option<(usize, usize)> {
        let numbers = self.format.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        let (total, fraction) = numbers.split_once(',').unwrap_or((numbers, "0"));
        Some((total.parse().ok()?, fraction.parse().ok()?))
    }

    fn of_length(&self, length: usize) -> String {
        "ABCDEFGHIJ1234567890".chars().cycle().take(length).collect()
    }

    fn right(&self) -> String {
        if let Some(fixed) = self.fixed {
            return fixed.to_owned();
        }
        match self.simple.base {
            Base::String => {
                let (min, max) = self
                    .printed_length()
                    .unwrap_or((1, self.simple.max_length.unwrap_or(10)));
                let min = min.max(self.simple.min_length);
                let max = max.min(self.simple.max_length.unwrap_or(max)).max(min);
                let length = 10.clamp(min, max) as usize;
                if self.format.starts_with(['N', 'n']) {
                    "1234567890".chars().cycle().take(length).collect()
                } else {
                    self.of_length(length)
                }
            }
            Base::Decimal if self.simple.fraction_digits != Some(0) => "12.5".to_owned(),
            Base::Decimal | Base::Integer | Base::Int => "1".to_owned(),
            Base::Date => "2022-05-17".to_owned(),
            Base::DateTime => "2022-05-17T08:00:00".to_owned(),
            Base::Base64 => "QUJD".to_owned(),
            Base::AnyUri => "urn:example".to_owned(),
            Base::Id => "ID1".to_owned(),
        }
    }
}
