//! A document's state as a pure function of what is known about it, so that the order of arrival cannot matter.

use std::collections::BTreeMap;

use crate::clock::comparable;
use crate::status::Status;
use crate::view::Reason;

/// How far the document's message has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Way {
    /// To be sent, or sent.
    Open,
    /// Given up, with the last error.
    Dead(String),
}

/// One receipt, as far as the state depends on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fact {
    pub(crate) id: i64,
    pub(crate) digest: String,
    /// About the whole message: customs never saw the document.
    pub(crate) format_error: bool,
    pub(crate) return_status: String,
    pub(crate) return_time: String,
    pub(crate) return_info: String,
    pub(crate) rank: i64,
    pub(crate) becomes: Option<(Status, bool)>,
    pub(crate) assigns: Vec<(String, String)>,
}

impl Fact {
    /// Newer receipts compare greater; the digest decides where nothing else does.
    fn age(&self) -> (String, i64, &str) {
        (comparable(&self.return_time), self.rank, &self.digest)
    }

    /// How much a receipt has to say: a final word of customs is left only for a newer final word, and
    /// a format error outweighs what was said on the way.
    fn weight(&self) -> Option<u8> {
        let (_, is_final) = self.becomes?;
        Some(match (is_final, self.format_error) {
            (true, false) => 2,
            (true, true) => 1,
            (false, _) => 0,
        })
    }
}

/// What a document is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) status: Status,
    pub(crate) is_final: bool,
    pub(crate) reasons: Vec<Reason>,
    pub(crate) assigned: BTreeMap<String, String>,
    /// Receipt that decides the status.
    pub(crate) speaker: Option<i64>,
    /// Newest receipt with a status, whether or not it decides anything.
    pub(crate) newest: Option<Fact>,
}

/// The state that follows from these receipts, in whatever order they are given.
pub(crate) fn fold(way: &Way, facts: &[Fact]) -> State {
    let mut facts: Vec<&Fact> = facts.iter().collect();
    facts.sort_by(|a, b| a.age().cmp(&b.age()));
    // Sorting is stable, so among equal weights the newest is the last maximum.
    let speaker = facts
        .iter()
        .filter(|f| f.weight().is_some())
        .max_by_key(|f| f.weight())
        .copied();
    let assigned = facts.iter().flat_map(|f| f.assigns.iter().cloned()).collect();
    // A receipt without status is news about the document, such as a tax bill, and no answer to it.
    let newest = facts
        .iter()
        .rfind(|f| !f.return_status.is_empty())
        .map(|f| (*f).clone());
    let (status, is_final, reasons) = match (speaker, way) {
        (Some(fact), _) => {
            let (status, is_final) = fact.becomes.unwrap_or((Status::Waiting, false));
            let reasons = if status.frees_key() {
                complaints(fact, &facts)
            } else {
                Vec::new()
            };
            (status, is_final, reasons)
        }
        (None, Way::Dead(error)) => {
            let reason = Reason {
                text: error.clone(),
                ..Reason::default()
            };
            (Status::DeadLetter, true, vec![reason])
        }
        (None, Way::Open) => (Status::Waiting, false, Vec::new()),
    };
    State {
        status,
        is_final,
        reasons,
        assigned,
        speaker: speaker.map(|f| f.id),
        newest,
    }
}

/// Customs reports several errors of one document as several receipts: all of them are reasons, newest first.
fn complaints(speaker: &Fact, sorted: &[&Fact]) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = Vec::new();
    for fact in sorted.iter().rev().filter(|f| f.becomes == speaker.becomes) {
        let reason = Reason {
            code: fact.return_status.clone(),
            text: fact.return_info.clone(),
            ..Reason::default()
        };
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(id: i64, time: &str, rank: i64, becomes: Option<(Status, bool)>) -> Fact {
        Fact {
            id,
            digest: format!("{id:064x}"),
            format_error: false,
            return_status: id.to_string(),
            return_time: time.to_owned(),
            return_info: String::new(),
            rank,
            becomes,
            assigns: Vec::new(),
        }
    }

    #[test]
    fn a_final_state_is_left_only_for_a_newer_final_one() {
        let released = fact(1, "20260101000000000", 9, Some((Status::Released, true)));
        let late_review = fact(2, "20260102000000000", 3, Some((Status::Waiting, false)));
        let early_return = fact(3, "20251231000000000", 5, Some((Status::Returned, true)));
        let late_return = fact(4, "20260103000000000", 5, Some((Status::Returned, true)));
        let state = fold(
            &Way::Open,
            &[released.clone(), late_review.clone(), early_return.clone()],
        );
        assert_eq!((state.status, state.speaker), (Status::Released, Some(1)));
        assert_eq!(state.newest.map(|f| f.id), Some(2));
        let state = fold(&Way::Open, &[late_return, released, late_review, early_return]);
        assert_eq!((state.status, state.speaker), (Status::Returned, Some(4)));
    }

    #[test]
    fn rank_decides_between_receipts_of_one_moment() {
        let sent = fact(1, "20260101000000000", 2, Some((Status::Waiting, false)));
        let stored = fact(2, "20260101000000000", 4, Some((Status::Stored, false)));
        assert_eq!(fold(&Way::Open, &[stored, sent]).status, Status::Stored);
    }

    #[test]
    fn a_format_error_yields_to_customs_and_outweighs_the_platform() {
        let mut format = fact(1, "20260105000000000", 0, Some((Status::Returned, true)));
        format.format_error = true;
        let declaring = fact(2, "20260109000000000", 2, Some((Status::Waiting, false)));
        let released = fact(3, "20260101000000000", 9, Some((Status::Released, true)));
        assert_eq!(
            fold(&Way::Open, &[format.clone(), declaring.clone()]).status,
            Status::Returned
        );
        assert_eq!(
            fold(&Way::Open, &[format, declaring, released]).status,
            Status::Released
        );
    }

    #[test]
    fn a_dead_letter_that_customs_answers_is_no_dead_letter() {
        let dead = Way::Dead("no route".to_owned());
        let state = fold(&dead, &[]);
        assert_eq!(
            (state.status, state.is_final, state.reasons[0].text.as_str()),
            (Status::DeadLetter, true, "no route")
        );
        let stored = fact(1, "20260101000000000", 4, Some((Status::Stored, true)));
        assert_eq!(fold(&dead, &[stored]).status, Status::Stored);
    }

    #[test]
    fn unknown_codes_are_shown_and_change_nothing() {
        let unknown = fact(430, "20260101000000000", -1, None);
        let state = fold(&Way::Open, &[unknown]);
        assert_eq!((state.status, state.speaker), (Status::Waiting, None));
        assert_eq!(state.newest.map(|f| f.return_status), Some("430".to_owned()));
    }

    #[test]
    fn news_without_a_status_leaves_the_last_answer_in_place() {
        let released = fact(1, "20260101000000000", 9, Some((Status::Released, true)));
        let mut bill = fact(2, "20260102000000000", -1, None);
        bill.return_status = String::new();
        bill.assigns = vec![("taxNo".to_owned(), "T1".to_owned())];
        let state = fold(&Way::Open, &[released, bill]);
        assert_eq!((state.status, state.newest.map(|f| f.id)), (Status::Released, Some(1)));
        assert_eq!(state.assigned.get("taxNo").map(String::as_str), Some("T1"));
    }

    #[test]
    fn every_error_of_a_returned_document_is_a_reason() {
        let mut first = fact(1, "20260101000000000", 1, Some((Status::Returned, true)));
        let mut second = fact(2, "20260101000000000", 1, Some((Status::Returned, true)));
        first.return_info = "price".to_owned();
        second.return_info = "quantity".to_owned();
        let texts: Vec<_> = fold(&Way::Open, &[first, second])
            .reasons
            .into_iter()
            .map(|r| r.text)
            .collect();
        assert_eq!(texts, ["quantity", "price"]);
    }
}
