//! Encodes packs as bytes: their original layout, followed by an annex for later additions and by the roles of fields.
//! An empty annex and the roles of the standard are omitted at the end, so that earlier packs keep their bytes.

use crate::outcome::Concern;
use crate::pack::{GuestPack, Pack, Severity};
use crate::roles::Roles;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Error for bytes that are not a pack, or are one of another version of this model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackError {
    reason: String,
}

impl core::fmt::Display for PackError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "not a rule pack of this version: {}", self.reason)
    }
}

impl core::error::Error for PackError {}

fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, PackError> {
    postcard::to_allocvec(value).map_err(|error| PackError {
        reason: error.to_string(),
    })
}

fn decode<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, PackError> {
    match take(bytes)? {
        (value, []) => Ok(value),
        (_, rest) => Err(PackError {
            reason: alloc::format!("{} bytes too many", rest.len()),
        }),
    }
}

fn take<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<(T, &'a [u8]), PackError> {
    postcard::take_from_bytes(bytes).map_err(|error| PackError {
        reason: error.to_string(),
    })
}

impl Pack {
    /// Encodes the pack.
    ///
    /// # Errors
    /// Never for a pack that fits into memory; otherwise the encoder's error.
    pub fn to_bytes(&self) -> Result<Vec<u8>, PackError> {
        let mut bytes = encode(self)?;
        let annex = Annex::of(self);
        let roles = Roles {
            fields: self.fields.clone(),
            transfer: self.transfer.clone(),
        };
        let stated = roles != Roles::default();
        if !annex.is_empty() || stated {
            bytes.extend(encode(&annex)?);
        }
        if stated {
            bytes.extend(encode(&roles)?);
        }
        Ok(bytes)
    }

    /// Reads the output of [`Pack::to_bytes`], including that of versions without texts of outcomes, concerns or roles.
    ///
    /// # Errors
    /// The bytes are not a pack, end too early, or continue after it.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PackError> {
        let (mut pack, rest) = take::<Self>(bytes)?;
        if rest.is_empty() {
            return Ok(pack);
        }
        let foreign = || PackError {
            reason: "its last part does not belong to it".to_string(),
        };
        let (annex, rest) = take::<Annex>(rest)?;
        // What can be omitted is never written; accepting it would give the same pack two forms.
        if annex.is_empty() && rest.is_empty() {
            return Err(foreign());
        }
        annex.restore(&mut pack).ok_or_else(foreign)?;
        if !rest.is_empty() {
            let roles: Roles = decode(rest)?;
            if roles == Roles::default() {
                return Err(foreign());
            }
            pack.fields = roles.fields;
            pack.transfer = roles.transfer;
        }
        Ok(pack)
    }
}

impl GuestPack {
    /// Encodes the pack.
    ///
    /// # Errors
    /// Never for a pack that fits into memory; otherwise the encoder's error.
    pub fn to_bytes(&self) -> Result<Vec<u8>, PackError> {
        encode(self)
    }

    /// Reads the output of [`GuestPack::to_bytes`].
    ///
    /// # Errors
    /// The bytes are not a pack, end too early, or continue after it.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PackError> {
        decode(bytes)
    }
}

/// The parts of a pack that its own layout skips, with their positions in it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Annex {
    /// [`crate::outcome::Outcome::texts`], with the positions of message and outcome.
    texts: Vec<(u32, u32, Vec<String>)>,
    /// [`crate::pack::MessageText::concern`], with the position of the message.
    concerns: Vec<(u32, Concern)>,
    /// [`crate::pack::Case::severities`], with the position of the case.
    severities: Vec<(u32, Vec<Option<Severity>>)>,
}

impl Annex {
    /// Collects the data that the layout of the pack skips.
    fn of(pack: &Pack) -> Self {
        let mut annex = Self::default();
        for (message, text) in (0..).zip(&pack.messages) {
            for (outcome, said) in (0..).zip(&text.outcomes).filter(|(_, said)| !said.texts.is_empty()) {
                annex.texts.push((message, outcome, said.texts.clone()));
            }
            if let Some(concern) = &text.concern {
                annex.concerns.push((message, concern.clone()));
            }
        }
        for (case, own) in (0..).zip(&pack.cases).filter(|(_, own)| !own.severities.is_empty()) {
            annex.severities.push((case, own.severities.clone()));
        }
        annex
    }

    fn is_empty(&self) -> bool {
        self.texts.is_empty() && self.concerns.is_empty() && self.severities.is_empty()
    }

    /// Puts everything in its place in the pack; `None` if one of the places does not exist.
    fn restore(self, pack: &mut Pack) -> Option<()> {
        for (message, outcome, texts) in self.texts {
            let text = pack.messages.get_mut(usize::try_from(message).ok()?)?;
            text.outcomes.get_mut(usize::try_from(outcome).ok()?)?.texts = texts;
        }
        for (message, concern) in self.concerns {
            let text = pack.messages.get_mut(usize::try_from(message).ok()?)?;
            text.concern = Some(concern);
        }
        for (case, severities) in self.severities {
            let case = pack.cases.get_mut(usize::try_from(case).ok()?)?;
            if case.expect.len() != severities.len() {
                return None;
            }
            case.severities = severities;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::testing::*;
    use crate::pack::{Case, Effect, Manifest, Meaning, MessageText, Outcome};
    use crate::signature::SignatureRule;

    fn pack() -> Pack {
        let mut schema = Schema::new();
        let field = schema.field("orderNo", string(1, 60));
        let root = schema.group("r", alloc::vec![slot(field, 1, 1)]);
        schema.message(root);
        let manifest = Manifest {
            name: "ceb".into(),
            edition: "2022-05".into(),
            ..Manifest::default()
        };
        let signature = alloc::vec![SignatureRule {
            message: "CEB311".into(),
            ..SignatureRule::default()
        }];
        let cases = alloc::vec![Case {
            name: "total".into(),
            expect: alloc::vec!["CEB311-R03 Order".into()],
            severities: alloc::vec![Some(Severity::Warning)],
            ..Case::default()
        }];
        Pack {
            manifest,
            program: schema.program,
            signature,
            cases,
            ..Pack::default()
        }
    }

    #[test]
    fn bytes_hold_the_whole_pack() {
        let mut pack = pack();
        assert_eq!(Pack::from_bytes(&pack.to_bytes().unwrap()), Ok(pack.clone()));
        pack.cases[0].severities.push(None);
        assert!(
            Pack::from_bytes(&pack.to_bytes().unwrap()).is_err(),
            "one severity too many"
        );
        pack.cases[0].severities.clear();
        assert_eq!(Pack::from_bytes(&pack.to_bytes().unwrap()), Ok(pack.clone()));
        let guest = pack.guest();
        assert_eq!(guest.program, pack.program);
        assert_eq!(GuestPack::from_bytes(&guest.to_bytes().unwrap()), Ok(guest));
    }

    #[test]
    fn bytes_that_are_no_pack_are_refused() {
        let mut bytes = pack().to_bytes().unwrap();
        assert!(Pack::from_bytes(&bytes[..bytes.len() - 1]).is_err());
        assert!(Pack::from_bytes(b"").is_err());
        bytes.push(0);
        assert!(Pack::from_bytes(&bytes).is_err());
        bytes.push(0);
        assert!(Pack::from_bytes(&bytes).is_err(), "an empty annex is never written");
    }

    #[test]
    fn bytes_hold_roles_only_if_they_are_not_those_of_the_standard() {
        let mut pack = pack();
        // The layout and the annex of a pack made before packs had roles.
        let mut earlier = encode(&pack).unwrap();
        earlier.extend(encode(&Annex::of(&pack)).unwrap());
        assert_eq!(pack.to_bytes().unwrap(), earlier);
        assert_eq!(Pack::from_bytes(&earlier), Ok(pack.clone()));
        let mut twice = earlier.clone();
        twice.extend(encode(&Roles::default()).unwrap());
        assert!(Pack::from_bytes(&twice).is_err(), "standard roles are never written");
        pack.fields.assigned.push("permitNo".into());
        pack.transfer.name = "Sender".into();
        let bytes = pack.to_bytes().unwrap();
        assert!(bytes.starts_with(&earlier));
        assert_eq!(Pack::from_bytes(&bytes), Ok(pack.clone()));
        assert!(Pack::from_bytes(&bytes[..bytes.len() - 1]).is_err());
        // Without an annex, too.
        pack.cases.clear();
        assert_eq!(Pack::from_bytes(&pack.to_bytes().unwrap()), Ok(pack));
    }

    #[test]
    fn bytes_hold_what_the_first_layout_skips() {
        let outcomes = alloc::vec![
            Outcome {
                status: "negative".into(),
                means: Meaning::Repeated,
                texts: alloc::vec!["已存在".into()],
                ..Outcome::default()
            },
            Outcome::default(),
        ];
        let receipt = MessageText {
            outcomes,
            ..MessageText::default()
        };
        let request = MessageText {
            concern: Some(Concern {
                message: "CEB621".into(),
                by: alloc::vec!["invtNo".into()],
                effect: Effect::Withdraws,
            }),
            ..MessageText::default()
        };
        let mut pack = pack();
        pack.messages = alloc::vec![receipt, request];
        let bytes = pack.to_bytes().unwrap();
        assert_eq!(Pack::from_bytes(&bytes), Ok(pack.clone()));
        assert_eq!(pack.concern(1).map(|concern| concern.effect), Some(Effect::Withdraws));
        // The annex of one pack does not fit another one.
        let length = postcard::to_allocvec(&pack).unwrap().len();
        pack.messages.pop();
        let mut other = postcard::to_allocvec(&pack).unwrap();
        other.extend(&bytes[length..]);
        assert!(Pack::from_bytes(&other).is_err());
    }
}
