//! Judges the members of JSON and the form of every value, all faults at once.

use jiff::civil::DateTime;

use crate::amount::is_amount;
use crate::payload_error::PayloadError;
use crate::problem::{Problem, ProblemKind};
use crate::shape::{Form, Holds, Member, is_session_id};
use crate::tree::Node;

/// Refuses JSON without these members; the error lists all its faults, including those of values.
pub(crate) fn readable(json: &[u8], members: &'static [Member]) -> Result<(), PayloadError> {
    let mut found = judge(&Node::read(json)?, members, &|_| true);
    found.retain(|problem| problem.is_error);
    match found.iter().any(|problem| problem.kind == ProblemKind::Shape) {
        true => Err(PayloadError::Shape(found)),
        false => Ok(()),
    }
}

pub(crate) fn judge(node: &Node, members: &'static [Member], known: &dyn Fn(&str) -> bool) -> Vec<Problem> {
    let mut found = Found {
        problems: Vec::new(),
        known,
    };
    found.object("", "", members, node);
    found.problems
}

struct Found<'k> {
    problems: Vec<Problem>,
    known: &'k dyn Fn(&str) -> bool,
}

/// Place of a member.
#[derive(Clone, Copy)]
struct At<'p> {
    path: &'p str,
    label: &'static str,
}

impl Found<'_> {
    fn add(&mut self, at: At<'_>, kind: ProblemKind, is_error: bool, rule: impl Into<String>) {
        self.problems.push(Problem {
            field: if at.path.is_empty() { "(root)" } else { at.path }.to_owned(),
            label: at.label,
            rule: rule.into(),
            kind,
            is_error,
        });
    }

    fn error(&mut self, at: At<'_>, rule: impl Into<String>) {
        self.add(at, ProblemKind::Value, true, rule);
    }

    fn warn(&mut self, at: At<'_>, rule: impl Into<String>) {
        self.add(at, ProblemKind::Value, false, rule);
    }

    fn shape(&mut self, at: At<'_>, rule: impl Into<String>) {
        self.add(at, ProblemKind::Shape, true, rule);
    }

    fn object(&mut self, path: &str, label: &'static str, members: &'static [Member], node: &Node) {
        let Node::Object(entries) = node else {
            return self.shape(
                At { path, label },
                format!("must be an object {{ … }}, not {}", node.kind()),
            );
        };
        let below = |name: &str| match path {
            "" => name.to_owned(),
            path => format!("{path}.{name}"),
        };
        let mut seen: Vec<&str> = Vec::new();
        for (name, value) in entries {
            let exact = members.iter().find(|member| member.name == name);
            let place = below(&shown(name));
            let Some(member) = exact.or_else(|| meant(name, members, entries)) else {
                let names: Vec<&str> = members.iter().map(|member| member.name).collect();
                let rule = format!("there is no such member; there are {}", names.join(", "));
                self.shape(
                    At {
                        path: &place,
                        label: "",
                    },
                    rule,
                );
                continue;
            };
            if exact.is_none() {
                let rule = format!("there is no such member; did you mean {}?", member.name);
                self.shape(
                    At {
                        path: &place,
                        label: "",
                    },
                    rule,
                );
            }
            if seen.contains(&member.name) {
                self.shape(
                    At {
                        path: &place,
                        label: member.label,
                    },
                    "occurs more than once; keep one",
                );
            }
            seen.push(member.name);
            self.member(&place, member, value);
        }
        for member in members
            .iter()
            .filter(|member| member.required && !seen.contains(&member.name))
        {
            let place = below(member.name);
            self.shape(
                At {
                    path: &place,
                    label: member.label,
                },
                "is missing",
            );
        }
    }

    fn member(&mut self, path: &str, member: &'static Member, node: &Node) {
        let at = At {
            path,
            label: member.label,
        };
        if !member.required && *node == Node::Null {
            return;
        }
        match (&member.holds, node) {
            (Holds::Anything, _) => {}
            (Holds::Object(members), node) => self.object(path, member.label, members, node),
            (Holds::List(members, none), Node::List(items)) => {
                if items.is_empty() {
                    self.error(at, *none);
                }
                for (index, item) in items.iter().enumerate() {
                    self.object(&format!("{path}[{index}]"), member.label, members, item);
                }
            }
            (Holds::List(members, _), Node::Object(_)) => {
                self.shape(at, "is one object where a list is wanted; write [ ] around it");
                self.object(path, member.label, members, node);
            }
            (Holds::List(..), other) => self.shape(at, format!("must be a list [ … ], not {}", other.kind())),
            (Holds::Amount, Node::Number(digits)) => self.amount(at, digits),
            (Holds::Amount, other) => {
                let rule = format!(
                    "must be a number without quotes, for example 100.50, not {}",
                    other.kind()
                );
                self.shape(at, rule);
            }
            (Holds::Millis, Node::Number(digits) | Node::Text(digits)) => self.millis(at, digits),
            (Holds::Text(form), Node::Text(text)) => {
                if member.required || !text.is_empty() {
                    self.text(at, *form, text);
                }
            }
            (Holds::Text(_), Node::Number(_)) => self.shape(at, "must be a text in quotes, not a number"),
            (Holds::Text(_) | Holds::Millis, other) => {
                self.shape(at, format!("must be a text in quotes, not {}", other.kind()));
            }
        }
    }

    fn amount(&mut self, at: At<'_>, digits: &str) {
        if !is_amount(digits) {
            let rule = "must be N19,5: at most 14 digits before and 5 after the point, no sign, no exponent";
            self.error(at, rule);
        } else if digits.bytes().all(|byte| matches!(byte, b'0' | b'.')) {
            self.warn(at, "is 0; customs compares it with the price of the order");
        }
    }

    fn millis(&mut self, at: At<'_>, digits: &str) {
        if digits.is_empty() || digits.len() > 19 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            self.shape(at, "must be milliseconds since 1970, for example 1544519952469");
        } else if digits.len() != 13 {
            self.warn(
                at,
                "should be milliseconds since 1970, which have 13 digits, for example 1544519952469",
            );
        }
    }

    fn text(&mut self, at: At<'_>, form: Form, text: &str) {
        if text.trim().is_empty() {
            return self.error(at, "is required and must not be empty");
        }
        match form {
            Form::Limit(most) => self.limit(at, text, most),
            Form::Guid => {
                self.limit(at, text, 36);
                let length = text.chars().count();
                if length < 36 {
                    self.warn(
                        at,
                        format!("has {length} characters; a guid has 36, for example {GUID}"),
                    );
                }
                if text.chars().any(|c| c.is_ascii_lowercase()) {
                    self.warn(at, "should have its letters in upper case");
                }
            }
            Form::Company => {
                self.limit(at, text, 18);
                let length = text.chars().count();
                if length < 18 && length != 10 {
                    let rule = format!(
                        "has {length} characters; a customs registration code has 10, a unified social credit code 18"
                    );
                    self.warn(at, rule);
                }
            }
            Form::Currency => self.currency(at, text),
            Form::Choice(choices) => {
                let mut letters = text.chars();
                let one = letters.next().filter(|_| letters.next().is_none());
                if !one.is_some_and(|letter| choices.contains(letter)) {
                    let listed: Vec<String> = choices.chars().map(|digit| format!("\"{digit}\"")).collect();
                    self.error(at, format!("must be one of {}", listed.join(", ")));
                }
            }
            Form::TradingTime => self.trading_time(at, text),
            Form::Session => {
                if !is_session_id(text) {
                    let rule =
                        "must be 1 to 100 characters without quotes, backslashes, white space or control characters";
                    self.shape(at, rule);
                }
            }
        }
    }

    fn limit(&mut self, at: At<'_>, text: &str, most: usize) {
        let length = text.chars().count();
        if length > most {
            self.error(
                at,
                format!("has {length} characters, at most {most} are allowed; shorten it"),
            );
        }
    }

    fn currency(&mut self, at: At<'_>, text: &str) {
        let is_code = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit());
        let yuan = ["CNY", "RMB", "CNH", "156"]
            .iter()
            .any(|name| text.eq_ignore_ascii_case(name));
        if yuan || !is_code {
            let hint = if yuan { "write 142" } else { "for example 142 人民币" };
            self.error(
                at,
                format!("must be customs' code of the currency, three digits: {hint}"),
            );
        } else if !(self.known)(text) {
            self.warn(at, "is no currency of customs' table that is known here; 142 is 人民币");
        }
    }

    fn trading_time(&mut self, at: At<'_>, text: &str) {
        const FORM: &str = "must be YYYYMMDDhhmmss, 14 digits, for example 20260501041803";
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let real = |digits: &str| DateTime::strptime("%Y%m%d%H%M%S", digits).is_ok();
        if text.len() != 14 || digits.len() != 14 {
            let hint = if digits.len() == 14 && real(&digits) {
                "; write the digits alone"
            } else {
                ""
            };
            self.error(at, format!("{FORM}{hint}"));
        } else if !real(text) {
            self.error(at, format!("{FORM}; there is no such day or time"));
        }
    }
}

/// An example guid.
const GUID: &str = "4CDE1CFD-EDED-46B1-946C-B8022E42FC94";

/// The absent member that a name was probably meant to be.
fn meant(name: &str, members: &'static [Member], entries: &[(String, Node)]) -> Option<&'static Member> {
    let wanted = name.to_lowercase();
    let most = (wanted.chars().count() / 3).clamp(1, 4);
    let absent = members
        .iter()
        .filter(|member| !entries.iter().any(|(known, _)| known == member.name));
    absent
        .map(|member| {
            (
                strsim::damerau_levenshtein(&wanted, &member.name.to_lowercase()),
                member,
            )
        })
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, member)| member)
}

/// The name of an unknown member, short and on one line.
fn shown(name: &str) -> String {
    let plain = name.chars().take(40).map(|c| if c.is_control() { ' ' } else { c });
    plain.collect()
}
