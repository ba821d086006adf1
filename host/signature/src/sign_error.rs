//! The errors of signing.

use crate::key_error::KeyError;
use crate::signing_key::KeyFault;
use crate::xml_error::XmlError;

/// Reason a message cannot be signed.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignError {
    /// The message is not XML this crate accepts; that includes encodings other than UTF-8.
    #[error("cannot sign: {0}")]
    Xml(#[from] XmlError),
    /// The message carries a `Signature` that is not a child of its root.
    #[error("cannot sign: a Signature stands at line {line}, not as a child of the root")]
    SignatureElsewhere {
        /// Line of that signature, from 1.
        line: u32,
    },
    /// The message carries more than one `Signature`, so the one to replace is unknown.
    #[error("cannot sign: the message carries more than one Signature")]
    SeveralSignatures,
    /// The root element is written as an empty tag: there is nothing to sign.
    #[error("cannot sign: the root element is empty")]
    EmptyRoot,
    /// A comment or processing instruction inside the root: no signature covers comments, and receivers refuse both.
    #[error("cannot sign: a comment or processing instruction ends in line {line}; remove it, receivers refuse it")]
    Comment {
        /// Line of its end, from 1.
        line: u32,
    },
    /// There is neither a certificate nor a name for the key.
    #[error("cannot sign: without a certificate the key needs a name for KeyName")]
    KeyNameMissing,
    /// Key and certificate do not match.
    #[error("cannot sign: {0}")]
    Signer(#[from] KeyError),
    /// The key did not sign.
    #[error("cannot sign: {0}")]
    Key(#[from] KeyFault),
    /// The finished signature did not pass verification; the result is withheld.
    #[error("the finished signature does not verify and is withheld: {0}")]
    SelfCheck(String),
}
