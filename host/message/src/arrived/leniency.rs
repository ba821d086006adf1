//! Faults forgiven while reading a message, as text for the log.

use std::fmt;

use crate::read::Encoding;

/// A fault that strict reading would have refused, or taken for part of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leniency {
    /// Set if it concerns the message inside an envelope, not the file.
    pub inside: bool,
    /// The fault.
    pub forgiven: Forgiven,
}

/// A fault that can be forgiven. Values of the message are never part of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Forgiven {
    /// NUL bytes before or after the message.
    Nul,
    /// RFH or RFH2 headers of IBM MQ before the message.
    QueueHeader,
    /// White space before the XML declaration, or a byte order mark that does not come first.
    BeforeDeclaration,
    /// An encoding other than the declared one.
    Encoding {
        /// Name in the XML declaration.
        declared: String,
        /// Encoding the message was read as.
        actual: Encoding,
    },
    /// White space around values.
    Space {
        /// Number of elements and attributes concerned.
        values: usize,
        /// Path of the first one.
        first: String,
    },
    /// An envelope or a platform reply in another namespace.
    Namespace {
        /// Its namespace, empty if it has none.
        namespace: String,
    },
}

impl fmt::Display for Leniency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.inside {
            f.write_str("inside Data: ")?;
        }
        self.forgiven.fmt(f)
    }
}

impl fmt::Display for Forgiven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nul => f.write_str("NUL bytes around the message"),
            Self::QueueHeader => f.write_str("an RFH header of IBM MQ before the message"),
            Self::BeforeDeclaration => f.write_str("white space or a byte order mark before the XML declaration"),
            Self::Encoding { declared, actual } => {
                write!(f, "{declared} is declared, but the bytes are {}", actual.name())
            }
            Self::Space { values: 1, first } => write!(f, "white space around the value of {first}"),
            Self::Space { values, first } => {
                write!(f, "white space around {values} values, the first of them {first}")
            }
            Self::Namespace { namespace } if namespace.is_empty() => f.write_str("an envelope without namespace"),
            Self::Namespace { namespace } => write!(f, "an envelope in namespace {namespace}"),
        }
    }
}
