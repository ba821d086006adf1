//! Lists the members of the payment data that an enterprise prepares for an order, for people.

use crate::shape::{Form, Holds, Member, PREPARED};
use serde::Serialize;

/// A member of payment data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// Path of the member, for example `payExchangeInfoLists[].orderNo`.
    pub path: String,
    /// Official label.
    pub label: &'static str,
    /// `true` if it must be there.
    pub required: bool,
    /// What it holds.
    pub form: String,
}

/// Returns all members of the data prepared for an order, in the order of the announcement's table.
#[must_use]
pub fn members() -> Vec<Listed> {
    let mut listed = Vec::new();
    walk("", PREPARED, &mut listed);
    listed
}

fn walk(above: &str, members: &[Member], listed: &mut Vec<Listed>) {
    for member in members {
        let path = match above {
            "" => member.name.to_owned(),
            above => format!("{above}.{}", member.name),
        };
        let (form, below) = match &member.holds {
            Holds::Object(members) => ("an object".to_owned(), Some((path.clone(), *members))),
            Holds::List(members, _) => (
                "a list of objects, at least one".to_owned(),
                Some((format!("{path}[]"), *members)),
            ),
            Holds::Text(form) => (describe(*form), None),
            Holds::Amount => (
                "a number without quotes, up to 19 digits, 5 of them decimals".to_owned(),
                None,
            ),
            Holds::Millis => ("milliseconds since 1970, number or text".to_owned(), None),
            Holds::Anything => (String::new(), None),
        };
        listed.push(Listed {
            path,
            label: member.label,
            required: member.required,
            form,
        });
        if let Some((path, members)) = below {
            walk(&path, members, listed);
        }
    }
}

fn describe(form: Form) -> String {
    match form {
        Form::Limit(characters) => format!("text, up to {characters} characters"),
        Form::Guid => "text, 36 characters, letters in upper case".to_owned(),
        Form::Company => "text: the 10 characters of a customs registration code, or a credit code of 18".to_owned(),
        Form::Currency => "text: customs' code of a currency, such as \"142\"".to_owned(),
        Form::Choice(choices) => {
            let choices: Vec<String> = choices.chars().map(|choice| format!("\"{choice}\"")).collect();
            format!("text: {}", choices.join(", "))
        }
        Form::TradingTime => "text: YYYYMMDDhhmmss, China Standard Time".to_owned(),
        Form::Session => "text, without quotes and backslashes".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::members;

    #[test]
    fn every_member_of_every_level_is_listed() {
        let listed = members();
        let of = |path: &str| listed.iter().find(|member| member.path == path);
        assert_eq!(
            of("payExchangeInfoHead.verDept").unwrap().form,
            "text: \"1\", \"2\", \"3\""
        );
        assert!(of("payExchangeInfoLists[].goodsInfo[].itemLink").unwrap().required);
        assert!(!of("payExchangeInfoHead.note").unwrap().required);
    }
}
