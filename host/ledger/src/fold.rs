//! A document's state as a pure function of what is known about it, so that the order of arrival cannot matter.

use std::collections::BTreeMap;

use crate::clock::comparable;
use crate::status::Status;
use crate::view::Reason;
use cebridge_rule_core::pack::Meaning;

/// State of the document's message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Way {
    /// To be sent, or sent.
    Open,
    /// Given up, with the last error.
    Dead(String),
}

/// Facts about a document besides its receipts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) way: Way,
    /// `appType`: the meaning of a complaint about the document's state depends on it.
    pub(crate) app_type: String,
    /// The document declared in its place while it was only held at customs.
    pub(crate) successor: Option<String>,
    /// Granted withdrawals of it, as texts for people.
    pub(crate) withdrawn_by: Vec<String>,
    /// Granted documents that customs ties to it without ending it, such as returns of goods.
    pub(crate) notes: Vec<String>,
}

/// The parts of a receipt that the state depends on.
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
    pub(crate) means: Option<(Meaning, bool)>,
    pub(crate) assigns: Vec<(String, String)>,
}

/// Meaning of a receipt for a document, once that document is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    /// A state, and whether it is final.
    State(Status, bool),
    /// Kept at customs without being declared.
    Held,
    /// Customs has this document, or a newer one of its number.
    Complaint,
}

impl Fact {
    /// Newer receipts compare greater; the digest breaks ties.
    fn age(&self) -> (String, i64, &str) {
        (comparable(&self.return_time), self.rank, &self.digest)
    }

    fn word(&self, app_type: &str) -> Option<Word> {
        let (meaning, is_final) = self.means?;
        Some(match meaning {
            Meaning::Waiting => Word::State(Status::Waiting, is_final),
            Meaning::Held => Word::Held,
            Meaning::Stored => Word::State(Status::Stored, is_final),
            Meaning::Released => Word::State(Status::Released, is_final),
            Meaning::Returned => Word::State(Status::Returned, is_final),
            Meaning::Repeated | Meaning::Outdated => Word::Complaint,
            // A barred change is returned; a barred declaration was already made before.
            Meaning::Barred if matches!(app_type, "2" | "3") => Word::State(Status::Returned, true),
            Meaning::Barred => Word::Complaint,
        })
    }

    /// Weight of a receipt: a final answer of customs yields only to a newer final one, a format error outweighs
    /// interim answers, and a complaint says nothing about the state.
    fn weight(&self, app_type: &str) -> Option<u8> {
        Some(match self.word(app_type)? {
            Word::Complaint => return None,
            Word::State(_, true) if self.format_error => 1,
            Word::State(_, true) => 2,
            Word::State(_, false) | Word::Held => 0,
        })
    }

    fn is_complaint(&self, app_type: &str) -> bool {
        self.word(app_type) == Some(Word::Complaint)
    }

    fn reason(&self) -> Reason {
        Reason {
            code: self.return_status.clone(),
            text: self.return_info.clone(),
            ..Reason::default()
        }
    }
}

/// State of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) status: Status,
    pub(crate) is_final: bool,
    /// Kept at customs without being declared.
    pub(crate) held: bool,
    /// Customs complained that it has the document, and no acceptance was received.
    pub(crate) claimed: bool,
    pub(crate) reasons: Vec<Reason>,
    pub(crate) assigned: BTreeMap<String, String>,
    /// Receipt that decides the status.
    pub(crate) deciding: Option<i64>,
    /// Newest receipt with a status, preferably not a complaint, whether or not it decides anything.
    pub(crate) newest: Option<Fact>,
}

/// The state that follows from these receipts, in any order.
pub(crate) fn fold(known: &Known, facts: &[Fact]) -> State {
    let app_type = known.app_type.as_str();
    let mut facts: Vec<&Fact> = facts.iter().collect();
    facts.sort_by(|a, b| a.age().cmp(&b.age()));
    // Sorting is stable, so among equal weights the newest is the last maximum.
    let deciding = facts
        .iter()
        .filter(|f| f.weight(app_type).is_some())
        .max_by_key(|f| f.weight(app_type))
        .copied();
    // A receipt without status is news about the document, such as a tax bill, not an answer to it.
    let answers = || facts.iter().filter(|f| !f.return_status.is_empty());
    let newest = answers()
        .rfind(|f| !f.is_complaint(app_type))
        .or_else(|| answers().next_back())
        .map(|f| (*f).clone());
    let complaint = facts.iter().rfind(|f| f.is_complaint(app_type)).copied();
    let mut state = State {
        status: Status::Waiting,
        is_final: false,
        held: false,
        claimed: false,
        reasons: Vec::new(),
        assigned: latest(&facts),
        deciding: deciding.map(|f| f.id),
        newest,
    };
    match (deciding.and_then(|f| f.word(app_type)), &known.way) {
        (Some(Word::State(status, is_final)), _) => {
            state.status = status;
            state.is_final = is_final;
        }
        (Some(Word::Held), _) => state.held = true,
        (Some(Word::Complaint) | None, Way::Dead(error)) if complaint.is_none() => {
            state.status = Status::DeadLetter;
            state.is_final = true;
            state.reasons.push(text(error.clone()));
        }
        (Some(Word::Complaint) | None, _) => {}
    }
    match (state.status, deciding) {
        (Status::Returned, Some(deciding)) => state.reasons = complaints(deciding, &facts, app_type),
        (Status::Waiting, _) => {
            if let Some(complaint) = complaint {
                state.claimed = true;
                state.reasons.push(claimed(complaint));
            }
        }
        (_, Some(deciding)) => state.reasons.extend(afterwards(deciding, &facts, app_type)),
        (_, None) => {}
    }
    overlay(&mut state, known);
    state
}

/// The numbers that customs assigned to a document; for each name the latest one.
pub(crate) fn assigned(facts: &[Fact]) -> BTreeMap<String, String> {
    let mut sorted: Vec<&Fact> = facts.iter().collect();
    sorted.sort_by(|a, b| a.age().cmp(&b.age()));
    latest(&sorted)
}

fn latest(sorted: &[&Fact]) -> BTreeMap<String, String> {
    sorted.iter().flat_map(|f| f.assigns.iter().cloned()).collect()
}

/// Applies the effects of other documents to this one.
fn overlay(state: &mut State, known: &Known) {
    if let Some(successor) = &known.successor {
        if state.status == Status::Waiting {
            state.status = Status::Stored;
            state.is_final = true;
            state.held = false;
            state.reasons = Vec::new();
        }
        state.reasons.push(text(format!("declared as {successor}")));
    }
    if !known.withdrawn_by.is_empty() && !state.status.frees_key() {
        state.status = Status::Withdrawn;
        state.is_final = true;
        state.held = false;
        state.claimed = false;
        state.reasons = Vec::new();
        let by = known.withdrawn_by.iter();
        state.reasons.extend(by.map(|by| text(format!("withdrawn by {by}"))));
    }
    state.reasons.extend(known.notes.iter().cloned().map(text));
}

fn text(text: String) -> Reason {
    Reason {
        text,
        ..Reason::default()
    }
}

/// Reason why a document still waits although customs has it: no acceptance was received.
fn claimed(complaint: &Fact) -> Reason {
    let what = match complaint.means {
        Some((Meaning::Outdated, _)) => "customs has a newer message about a document of this number",
        _ => "customs has a document of this number",
    };
    let way_out = "query it, or declare a change (appType 2); it is not sent again";
    let info = complaint.return_info.trim();
    let quoted = if info.is_empty() {
        String::new()
    } else {
        format!(": {info}")
    };
    Reason {
        code: complaint.return_status.clone(),
        text: format!("{what}; {way_out}{quoted}"),
        ..Reason::default()
    }
}

/// The latest report of customs after the receipt that decides the state, such as an inspection after the release.
/// Complaints do not count.
fn afterwards(deciding: &Fact, sorted: &[&Fact], app_type: &str) -> Option<Reason> {
    let newest = sorted
        .iter()
        .rfind(|f| !f.return_status.is_empty() && !f.is_complaint(app_type))?;
    let later = newest.age() > deciding.age() && comparable(&newest.return_time) > comparable(&deciding.return_time);
    (later && newest.return_status != deciding.return_status).then(|| {
        let mut reason = newest.reason();
        reason.text = format!("reported after {}: {}", deciding.return_status, reason.text)
            .trim_end_matches([':', ' '])
            .to_owned();
        reason
    })
}

/// Customs reports several errors in one document as several receipts: all of them are reasons, newest first.
fn complaints(deciding: &Fact, sorted: &[&Fact], app_type: &str) -> Vec<Reason> {
    let word = deciding.word(app_type);
    let mut reasons: Vec<Reason> = Vec::new();
    for fact in sorted.iter().rev().filter(|f| f.word(app_type) == word) {
        let reason = fact.reason();
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open() -> Known {
        Known {
            way: Way::Open,
            app_type: "1".to_owned(),
            successor: None,
            withdrawn_by: Vec::new(),
            notes: Vec::new(),
        }
    }

    fn fact(id: i64, time: &str, rank: i64, means: Option<(Meaning, bool)>) -> Fact {
        Fact {
            id,
            digest: format!("{id:064x}"),
            format_error: false,
            return_status: id.to_string(),
            return_time: time.to_owned(),
            return_info: String::new(),
            rank,
            means,
            assigns: Vec::new(),
        }
    }

    #[test]
    fn a_final_state_is_left_only_for_a_newer_final_one() {
        let released = fact(1, "20260101000000000", 9, Some((Meaning::Released, true)));
        let late_review = fact(2, "20260102000000000", 3, Some((Meaning::Waiting, false)));
        let early_return = fact(3, "20251231000000000", 5, Some((Meaning::Returned, true)));
        let late_return = fact(4, "20260103000000000", 5, Some((Meaning::Returned, true)));
        let state = fold(&open(), &[released.clone(), late_review.clone(), early_return.clone()]);
        assert_eq!((state.status, state.deciding), (Status::Released, Some(1)));
        assert_eq!(state.newest.map(|f| f.id), Some(2));
        let state = fold(&open(), &[late_return, released, late_review, early_return]);
        assert_eq!((state.status, state.deciding), (Status::Returned, Some(4)));
    }

    #[test]
    fn rank_decides_between_receipts_of_one_moment() {
        let sent = fact(1, "20260101000000000", 2, Some((Meaning::Waiting, false)));
        let stored = fact(2, "20260101000000000", 4, Some((Meaning::Stored, false)));
        assert_eq!(fold(&open(), &[stored, sent]).status, Status::Stored);
    }

    #[test]
    fn a_format_error_yields_to_customs_and_outweighs_the_platform() {
        let mut format = fact(1, "20260105000000000", 0, Some((Meaning::Returned, true)));
        format.format_error = true;
        let declaring = fact(2, "20260109000000000", 2, Some((Meaning::Waiting, false)));
        let released = fact(3, "20260101000000000", 9, Some((Meaning::Released, true)));
        assert_eq!(
            fold(&open(), &[format.clone(), declaring.clone()]).status,
            Status::Returned
        );
        assert_eq!(fold(&open(), &[format, declaring, released]).status, Status::Released);
    }

    #[test]
    fn a_dead_letter_that_customs_answers_is_no_dead_letter() {
        let dead = Known {
            way: Way::Dead("no route".to_owned()),
            ..open()
        };
        let state = fold(&dead, &[]);
        assert_eq!(
            (state.status, state.is_final, state.reasons[0].text.as_str()),
            (Status::DeadLetter, true, "no route")
        );
        let stored = fact(1, "20260101000000000", 4, Some((Meaning::Stored, true)));
        assert_eq!(fold(&dead, &[stored]).status, Status::Stored);
    }

    #[test]
    fn unknown_codes_are_shown_and_change_nothing() {
        let unknown = fact(430, "20260101000000000", -1, None);
        let state = fold(&open(), &[unknown]);
        assert_eq!((state.status, state.deciding), (Status::Waiting, None));
        assert_eq!(state.newest.map(|f| f.return_status), Some("430".to_owned()));
    }

    #[test]
    fn news_without_a_status_leaves_the_last_answer_in_place() {
        let released = fact(1, "20260101000000000", 9, Some((Meaning::Released, true)));
        let mut bill = fact(2, "20260102000000000", -1, None);
        bill.return_status = String::new();
        bill.assigns = vec![("taxNo".to_owned(), "T1".to_owned())];
        let state = fold(&open(), &[released, bill]);
        assert_eq!((state.status, state.newest.map(|f| f.id)), (Status::Released, Some(1)));
        assert_eq!(state.assigned.get("taxNo").map(String::as_str), Some("T1"));
    }

    #[test]
    fn every_error_of_a_returned_document_is_a_reason() {
        let mut first = fact(1, "20260101000000000", 1, Some((Meaning::Returned, true)));
        let mut second = fact(2, "20260101000000000", 1, Some((Meaning::Returned, true)));
        first.return_info = "price".to_owned();
        second.return_info = "quantity".to_owned();
        let texts: Vec<_> = fold(&open(), &[first, second])
            .reasons
            .into_iter()
            .map(|r| r.text)
            .collect();
        assert_eq!(texts, ["quantity", "price"]);
    }

    fn complaint(id: i64, time: &str, meaning: Meaning) -> Fact {
        fact(id, time, 0, Some((meaning, false)))
    }

    #[test]
    fn a_complaint_takes_nothing_back_whatever_its_time() {
        for meaning in [Meaning::Repeated, Meaning::Outdated, Meaning::Barred] {
            for word in [Meaning::Stored, Meaning::Released] {
                for time in ["20251231000000000", "20260101000000000", "20260102000000000", ""] {
                    let accepted = fact(1, "20260101000000000", 9, Some((word, true)));
                    let state = fold(&open(), &[complaint(2, time, meaning), accepted]);
                    assert!(
                        state.is_final && !state.status.frees_key() && !state.claimed,
                        "{state:?}"
                    );
                    assert!(state.reasons.is_empty(), "{state:?}");
                    assert_eq!(state.newest.map(|f| f.id), Some(1));
                }
            }
        }
    }

    #[test]
    fn a_complaint_without_an_acceptance_waits_and_says_what_to_do() {
        let state = fold(&open(), &[complaint(1, "20260101000000000", Meaning::Repeated)]);
        assert_eq!(
            (state.status, state.is_final, state.claimed),
            (Status::Waiting, false, true)
        );
        assert!(
            state.reasons[0].text.contains("declare a change (appType 2)"),
            "{state:?}"
        );
        let under_way = fact(2, "20260102000000000", 2, Some((Meaning::Waiting, false)));
        let state = fold(
            &open(),
            &[complaint(1, "20260101000000000", Meaning::Repeated), under_way],
        );
        assert!(state.claimed, "what is only under way is no acceptance");
        let dead = Known {
            way: Way::Dead("no route".to_owned()),
            ..open()
        };
        let state = fold(&dead, &[complaint(1, "20260101000000000", Meaning::Repeated)]);
        assert_eq!(state.status, Status::Waiting, "it arrived");
    }

    #[test]
    fn a_barred_change_is_returned_and_a_barred_declaration_is_not() {
        let barred = complaint(1, "20260101000000000", Meaning::Barred);
        let change = Known {
            app_type: "2".to_owned(),
            ..open()
        };
        assert_eq!(fold(&change, std::slice::from_ref(&barred)).status, Status::Returned);
        assert_eq!(fold(&open(), &[barred]).status, Status::Waiting);
    }

    #[test]
    fn a_real_return_after_the_release_stays_one() {
        let released = fact(1, "20260101000000000", 9, Some((Meaning::Released, true)));
        let returned = fact(2, "20260102000000000", 5, Some((Meaning::Returned, true)));
        assert_eq!(fold(&open(), &[released, returned]).status, Status::Returned);
    }

    #[test]
    fn a_granted_withdrawal_ends_what_had_effect() {
        let known = Known {
            withdrawn_by: vec!["CEB623 W-1".to_owned()],
            ..open()
        };
        let stored = fact(1, "20260101000000000", 4, Some((Meaning::Waiting, false)));
        let state = fold(&known, &[stored]);
        assert_eq!((state.status, state.is_final), (Status::Withdrawn, true));
        assert_eq!(state.reasons[0].text, "withdrawn by CEB623 W-1");
        let returned = fact(1, "20260101000000000", 4, Some((Meaning::Returned, true)));
        assert_eq!(fold(&known, &[returned]).status, Status::Returned);
    }

    #[test]
    fn what_follows_a_release_is_said_in_the_reasons() {
        let released = fact(800, "20260101000000000", 9, Some((Meaning::Released, true)));
        let inspection = fact(500, "20260102000000000", 5, Some((Meaning::Waiting, false)));
        let state = fold(&open(), &[released, inspection]);
        assert_eq!(state.status, Status::Released);
        assert_eq!(
            (state.reasons[0].code.as_str(), state.reasons[0].text.as_str()),
            ("500", "reported after 800")
        );
    }

    #[test]
    fn what_is_held_at_customs_is_under_no_way() {
        let held = fact(1, "20260101000000000", 0, Some((Meaning::Held, false)));
        let state = fold(&open(), std::slice::from_ref(&held));
        assert!(state.held && state.status == Status::Waiting && !state.is_final);
        let declaring = fact(2, "20260102000000000", 1, Some((Meaning::Waiting, false)));
        assert!(!fold(&open(), &[held, declaring]).held);
    }
}
