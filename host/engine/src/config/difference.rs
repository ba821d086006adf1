//! Differences between two configurations, key by key.

use super::{Config, KeyPath};
use toml::{Table, Value};

/// Longest value shown, in characters; longer ones are lists, which are unreadable in a log.
const LONGEST: usize = 60;

/// The keys of a section that differ, each with its new and its old value.
#[must_use]
pub(crate) fn differences(before: &Config, after: &Config, section: &str) -> Vec<String> {
    let of = |config: &Config| -> Option<Value> { Table::try_from(config).ok()?.remove(section) };
    let mut told = Vec::new();
    compare(
        &KeyPath::of(section),
        of(before).as_ref(),
        of(after).as_ref(),
        &mut told,
    );
    told
}

fn compare(path: &KeyPath, before: Option<&Value>, after: Option<&Value>, told: &mut Vec<String>) {
    if before == after {
        return;
    }
    let table = |value: Option<&Value>| value.map_or_else(|| Some(Table::new()), |value| value.as_table().cloned());
    if let (Some(old), Some(new)) = (table(before), table(after)) {
        let mut keys: Vec<&String> = old.keys().chain(new.keys()).collect();
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            compare(&path.key(key), old.get(key), new.get(key), told);
        }
        return;
    }
    told.push(match (before, after) {
        (_, None) => format!("{path} is no longer set"),
        (None, Some(new)) => format!("{path} = {}", short(new)),
        (Some(old), Some(new)) => format!("{path} = {}, was {}", short(new), short(old)),
    });
}

fn short(value: &Value) -> String {
    let text = value.to_string().replace('\n', " ");
    if text.chars().count() > LONGEST {
        return format!("{}…", text.chars().take(LONGEST).collect::<String>());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Signing;
    use cebridge_rule_compiler::Grade;

    #[test]
    fn each_key_that_changed_is_told_with_its_values() {
        let before = Config::default();
        let mut after = before.clone();
        after.delivery.attempts = 3;
        after.rules.grades.insert("CEB311-R05".to_owned(), Grade::Off);
        after.signing = Signing {
            key: Some("k.pem".into()),
            ..Signing::default()
        };
        assert_eq!(
            differences(&before, &after, "delivery"),
            ["delivery.attempts = 3, was 12"]
        );
        assert_eq!(
            differences(&before, &after, "rules"),
            ["rules.grades.CEB311-R05 = \"off\""]
        );
        assert_eq!(
            differences(&after, &before, "rules"),
            ["rules.grades.CEB311-R05 is no longer set"]
        );
        assert_eq!(differences(&before, &after, "signing"), ["signing.key = \"k.pem\""]);
        assert!(differences(&before, &after, "paths").is_empty());
    }
}
