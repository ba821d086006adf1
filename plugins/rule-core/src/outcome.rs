//! Interprets the states of a receipt for the document it answers, and links requests to other documents.

use crate::pack::Pack;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Meaning of a receipt's state for the document it answers.
///
/// The last three are *complaints*: customs took nothing from this message, and comments on what it already has. They
/// never revoke an earlier answer of customs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Meaning {
    /// In progress: customs has not given its final answer.
    #[default]
    Waiting,
    /// Saved (暂存) but not declared: it proceeds only once declared.
    Held,
    /// Stored by customs: final for orders, payments and waybills, and for applications that customs grants.
    Stored,
    /// Released by customs.
    Released,
    /// Returned by customs: to be corrected and declared again.
    Returned,
    /// Complaint: customs already has a document with this number.
    Repeated,
    /// Complaint: the message is older than the version customs has.
    Outdated,
    /// Complaint: the state of the document at customs does not permit the operation. For a change or a deletion
    /// (`appType` 2 or 3) this is a return; for a new declaration it means that customs already has the document.
    Barred,
}

impl Meaning {
    /// Every meaning.
    pub const ALL: [Self; 8] = [
        Self::Waiting,
        Self::Held,
        Self::Stored,
        Self::Released,
        Self::Returned,
        Self::Repeated,
        Self::Outdated,
        Self::Barred,
    ];

    /// Returns the word used in rule source.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Held => "held",
            Self::Stored => "stored",
            Self::Released => "released",
            Self::Returned => "returned",
            Self::Repeated => "repeated",
            Self::Outdated => "outdated",
            Self::Barred => "barred",
        }
    }

    /// Reads a word returned by [`Meaning::as_str`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|meaning| meaning.as_str() == word)
    }

    /// Returns `true` if it is about what customs already has, not about this message.
    #[must_use]
    pub const fn is_complaint(self) -> bool {
        matches!(self, Self::Repeated | Self::Outdated | Self::Barred)
    }
}

// Packs store the word, as they did before it had a type.
impl Serialize for Meaning {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Meaning {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        let unknown = || de::Error::invalid_value(de::Unexpected::Str(&word), &"what a state can mean");
        Self::parse(&word).ok_or_else(unknown)
    }
}

/// Meaning of some receipt states for the document answered.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Outcome {
    /// `returnStatus` 回执状态: one state such as `120`, a range of error codes such as `-303001..-304000` (both ends
    /// included), or `negative` for every negative number.
    pub status: String,
    /// Their meaning.
    pub means: Meaning,
    /// The document is final: nothing more will happen to it.
    pub is_final: bool,
    /// Only receipts whose `returnInfo` 回执信息 contains one of these texts; all receipts if empty.
    #[serde(skip)]
    pub texts: Vec<String>,
}

impl Outcome {
    fn fits(&self, status: &str, info: &str) -> bool {
        States::of(&self.status).is_some_and(|states| states.contain(status))
            && (self.texts.is_empty() || self.texts.iter().any(|text| info.contains(text.as_str())))
    }
}

/// The states described by [`Outcome::status`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum States<'a> {
    /// This one alone.
    One(&'a str),
    /// The negative numbers between these two, both included, without their sign.
    Range(u64, u64),
    /// Every negative number.
    Negative,
}

impl<'a> States<'a> {
    /// Parses it; `None` for an invalid range.
    #[must_use]
    pub fn of(status: &'a str) -> Option<Self> {
        if status == "negative" {
            return Some(Self::Negative);
        }
        let Some((first, last)) = status.split_once("..") else {
            return Some(Self::One(status));
        };
        let (first, last) = (below_zero(first)?.parse().ok()?, below_zero(last)?.parse().ok()?);
        (first < last).then_some(Self::Range(first, last))
    }

    /// Returns `true` if a receipt's state is one of them.
    #[must_use]
    pub fn contain(self, status: &str) -> bool {
        match self {
            Self::One(one) => one == status,
            Self::Range(first, last) => below_zero(status)
                .and_then(|digits| digits.parse().ok())
                .is_some_and(|number: u64| (first..=last).contains(&number)),
            Self::Negative => below_zero(status).is_some(),
        }
    }
}

/// Returns the digits of a negative number.
fn below_zero(status: &str) -> Option<&str> {
    let digits = status.strip_prefix('-')?;
    (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(digits)
}

/// A receipt's statement about the document it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said {
    /// Its meaning.
    pub meaning: Meaning,
    /// The document is final: nothing more will happen to it.
    pub is_final: bool,
    /// Position in [`crate::pack::MessageText::outcomes`]: of two receipts with the same `returnTime`, the one with the
    /// higher rank counts.
    pub rank: i64,
}

/// The document of another message that a request refers to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Concern {
    /// Code of the other message, for example `CEB621`.
    pub message: String,
    /// Local names of the fields that hold the number of the other document. Both documents have fields with these
    /// names, and the two belong together if all of them are filled and equal.
    pub by: Vec<String>,
    /// Effect on the other document when customs grants the request.
    pub effect: Effect,
}

/// Effect of a granted request on the document it refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Effect {
    /// The document is withdrawn.
    Withdraws,
    /// The document stays as it is; the request is only noted.
    Notes,
}

impl Effect {
    /// Every effect.
    pub const ALL: [Self; 2] = [Self::Withdraws, Self::Notes];

    /// Returns the word used in rule source.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Withdraws => "withdraws",
            Self::Notes => "notes",
        }
    }

    /// Reads a word returned by [`Effect::as_str`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|effect| effect.as_str() == word)
    }
}

impl Pack {
    /// Interprets a receipt for the document it answers: returns the first matching outcome.
    ///
    /// `receipt` is the position of its message, `status` its `returnStatus` 回执状态, `info` its `returnInfo` 回执信息.
    /// `None` if the edition does not know the state: such a receipt is kept and shown, and changes nothing.
    #[must_use]
    pub fn said(&self, receipt: usize, status: &str, info: &str) -> Option<Said> {
        let outcomes = &self.messages.get(receipt)?.outcomes;
        let (at, outcome) = outcomes
            .iter()
            .enumerate()
            .find(|(_, outcome)| outcome.fits(status, info))?;
        Some(Said {
            meaning: outcome.means,
            is_final: outcome.is_final,
            rank: i64::try_from(at).unwrap_or(i64::MAX),
        })
    }

    /// Returns the other document that the documents of a request refer to.
    #[must_use]
    pub fn concern(&self, request: usize) -> Option<&Concern> {
        self.messages.get(request)?.concern.as_ref()
    }

    /// Returns `true` if it distinguishes complaints from returns. Packs older than complaints use `returned` for every
    /// negative state.
    #[must_use]
    pub fn has_complaints(&self) -> bool {
        let mut outcomes = self.messages.iter().flat_map(|message| &message.outcomes);
        outcomes.any(|outcome| outcome.means.is_complaint())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::MessageText;
    use alloc::vec;

    fn outcome(status: &str, texts: &[&str], means: Meaning) -> Outcome {
        Outcome {
            status: status.into(),
            means,
            is_final: means == Meaning::Returned,
            texts: texts.iter().map(|text| (*text).into()).collect(),
        }
    }

    fn pack(outcomes: Vec<Outcome>) -> Pack {
        Pack {
            messages: vec![MessageText {
                outcomes,
                ..MessageText::default()
            }],
            ..Pack::default()
        }
    }

    #[test]
    fn the_first_outcome_that_fits_counts() {
        let pack = pack(vec![
            outcome("120", &[], Meaning::Stored),
            outcome("-7", &["重复", "已存在"], Meaning::Repeated),
            outcome("-10..-20", &[], Meaning::Waiting),
            outcome("negative", &["旧报文"], Meaning::Outdated),
            outcome("negative", &[], Meaning::Returned),
        ]);
        let said = |status: &str, info: &str| pack.said(0, status, info).map(|said| (said.meaning, said.rank));
        assert_eq!(said("120", ""), Some((Meaning::Stored, 0)));
        assert_eq!(said("-7", "订单已存在"), Some((Meaning::Repeated, 1)));
        assert_eq!(said("-7", "价格错误"), Some((Meaning::Returned, 4)));
        assert_eq!(said("-7", "旧报文"), Some((Meaning::Outdated, 3)));
        for (status, rank) in [
            ("-9", 4),
            ("-10", 2),
            ("-20", 2),
            ("-21", 4),
            ("-99999999999999999999", 4),
        ] {
            assert_eq!(said(status, "").map(|(_, rank)| rank), Some(rank), "{status}");
        }
        for status in ["", "-", "12", "1200", "0120", "-1x", "--7", "negative", "-10..-20"] {
            assert_eq!(said(status, "旧报文"), None, "{status}");
        }
        assert_eq!(pack.said(1, "120", ""), None);
        assert!(pack.said(0, "-9", "").unwrap().is_final);
    }

    #[test]
    fn every_word_is_read_back() {
        for meaning in Meaning::ALL {
            assert_eq!(Meaning::parse(meaning.as_str()), Some(meaning));
        }
        for effect in Effect::ALL {
            assert_eq!(Effect::parse(effect.as_str()), Some(effect));
        }
        assert_eq!(Meaning::parse("archived"), None);
        assert_eq!(Effect::parse(""), None);
    }

    #[test]
    fn a_pack_without_complaints_says_so() {
        assert!(!pack(vec![outcome("negative", &[], Meaning::Returned)]).has_complaints());
        assert!(pack(vec![outcome("-1", &[], Meaning::Barred)]).has_complaints());
    }
}
