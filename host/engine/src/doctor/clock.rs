//! Checks the clock against the times that customs and this host have written into the ledger.

use super::Sight;
use cebridge_clock::{date_time, parse_moment};
use cebridge_ledger::Ledger;
use jiff::{SignedDuration, Timestamp};

const TOPIC: &str = "clock";

/// Largest difference allowed between two clocks. Arbitrary: no customs rule is finer than a day, but the clock of a
/// synchronised machine is never off by this much.
const FAR: SignedDuration = SignedDuration::from_mins(10);

pub(super) fn look(ledger: Option<&Ledger>, now: Timestamp) -> Vec<Sight> {
    let told = format!("it is {} in China", date_time(now));
    let advice = "set the clock of this machine, best by a time service (`timedatectl`): the days of rules, certificates \
                  and declarations hang on it";
    let Some(ledger) = ledger else {
        return vec![Sight::ok(TOPIC, told)];
    };
    let answer = match ledger.latest_answer() {
        Ok(answer) => answer,
        Err(error) => return vec![Sight::fault("ledger", error.to_string(), "")],
    };
    let Some((return_time, received)) = answer else {
        return vec![Sight::ok(
            TOPIC,
            format!("{told}; no receipt has come to compare it with"),
        )];
    };
    let Some(said) = moment(&return_time) else {
        return vec![Sight::ok(TOPIC, told)];
    };
    if received.duration_since(now) > FAR {
        let text = format!(
            "{told}, and a receipt was recorded at {} by this clock",
            date_time(received)
        );
        return vec![Sight::fault(TOPIC, text, advice)];
    }
    if said.duration_since(received) > FAR {
        let text = format!(
            "{told}; a receipt that customs wrote at {} came in at {} by this clock, which is slow",
            date_time(said),
            date_time(received)
        );
        return vec![Sight::fault(TOPIC, text, advice)];
    }
    vec![Sight::ok(
        TOPIC,
        format!("{told}; the last receipt of customs is of {}", date_time(said)),
    )]
}

/// Parses `YYYYMMDDhhmmss…` of a receipt, China Standard Time.
fn moment(return_time: &str) -> Option<Timestamp> {
    let part = |range: std::ops::Range<usize>| return_time.get(range);
    let (day, time) = (part(0..8)?, part(8..14)?);
    let text = format!(
        "{}-{}-{}T{}:{}:{}",
        day.get(0..4)?,
        day.get(4..6)?,
        day.get(6..8)?,
        time.get(0..2)?,
        time.get(2..4)?,
        time.get(4..6)?
    );
    parse_moment(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::moment;

    #[test]
    fn times_of_receipts_are_those_of_china() {
        assert_eq!(moment("20261130080000123").unwrap().to_string(), "2026-11-30T00:00:00Z");
        assert_eq!(moment("2026113008"), None);
        assert_eq!(moment("20261330080000"), None);
    }
}
