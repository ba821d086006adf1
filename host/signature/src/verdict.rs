//! The result of a verification: the verdict and its reasons.

use std::fmt;

use crate::profile::Profile;

/// Result of a verification.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verdict {
    /// `true` if the signature is valid: there is no reason against it. Without a trust list this
    /// means that the certificate's owner signed the message, not who that is.
    pub valid: bool,
    /// Faults tolerated at the caller's request; empty after strict verification.
    pub tolerated: Vec<Tolerated>,
    /// Algorithms used, if they are a known combination.
    pub profile: Option<Profile>,
    /// Subject of the signer's certificate.
    pub signer: Option<String>,
    /// `KeyName` as sent; its absence is not a reason against the signature.
    pub key_name: Option<String>,
    /// Serial number of the signer's certificate, as [`crate::Certificate::serial_hex`] writes it.
    pub serial: Option<String>,
    /// First day of the certificate's validity, `YYYY-MM-DD`.
    pub not_before: Option<String>,
    /// Last day of the certificate's validity, `YYYY-MM-DD`.
    pub not_after: Option<String>,
    /// `true` if the certificate is trusted; `None` without a trust list or certificate.
    pub trusted: Option<bool>,
    /// All reasons against the signature.
    pub reasons: Vec<Reason>,
}

impl Verdict {
    /// Returns `true` if this is among the reasons.
    #[must_use]
    pub fn has(&self, code: ReasonCode) -> bool {
        self.reasons.iter().any(|reason| reason.code == code)
    }
}

/// A layout fault of the customs UKey client, tolerated on request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tolerated {
    /// White space was added between the elements of `SignedInfo` after signing.
    SignedInfoIndented,
    /// One line feed was appended to the `Signature` after signing.
    LineFeedAfterSignature,
}

impl Tolerated {
    /// The name as printed, for example `signed-info-indented`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Tolerated::SignedInfoIndented => "signed-info-indented",
            Tolerated::LineFeedAfterSignature => "line-feed-after-signature",
        }
    }
}

/// One reason against a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The cause.
    pub code: ReasonCode,
    /// Human-readable details.
    pub detail: String,
}

impl Reason {
    pub(crate) fn new(code: ReasonCode, detail: impl Into<String>) -> Reason {
        Reason {
            code,
            detail: detail.into(),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}

macro_rules! codes {
    ($(#[$outer:meta])* $name:ident { $($(#[$meta:meta])* $variant:ident = $code:literal, $repair:literal;)* }) => {
        $(#[$outer])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$meta])* $variant,)*
        }

        impl $name {
            /// All of them.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            /// The code as printed and stored.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $($name::$variant => $code,)*
                }
            }

            /// The change required of the sender.
            #[must_use]
            pub fn repair(self) -> &'static str {
                match self {
                    $($name::$variant => $repair,)*
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use codes;

codes! {
    /// Reason a signature is refused.
    ReasonCode {
        /// The message is not readable XML in UTF-8, or the `Signature` does not have the required parts.
        Malformed = "malformed", "send well-formed XML in UTF-8 without DOCTYPE, and a Signature of SignedInfo, \
            SignatureValue and KeyInfo only";
        /// The message is larger than [`Limits::MESSAGE`](cebridge_xml::Limits::MESSAGE) allows.
        TooLarge = "too-large", "send fewer documents in one message";
        /// A comment inside the root: signatures do not cover comments.
        Comment = "comment", "write no comments into messages";
        /// A processing instruction inside the root.
        Instruction = "instruction", "write no processing instructions into messages";
        /// No `Signature` in the message.
        NoSignature = "no-signature", "sign the message";
        /// More than one `Signature` in the message.
        SeveralSignatures = "several-signatures", "remove the old Signature before signing again";
        /// The `Signature` is not where the message's schema requires it.
        WrongPlace = "wrong-place", "put the Signature last among the children of the root (import), or directly \
            before ExtendMessage (export)";
        /// Not exactly one `Reference` to the whole document.
        ReferenceUri = "reference-uri", "sign with one Reference in SignedInfo, and URI=\"\" on it";
        /// Not exactly the enveloped-signature transform.
        Transforms = "transforms", "write one Transform into the Transforms of the Reference: enveloped-signature";
        /// A canonicalization other than Canonical XML 1.0.
        Canonicalization = "canonicalization", "name Canonical XML 1.0 without comments in CanonicalizationMethod, and sign by it";
        /// Unknown algorithms, or a combination that is not a profile.
        Algorithm = "algorithm", "name the algorithms of one official profile in the Algorithm of SignatureMethod and of \
            DigestMethod";
        /// The algorithms are for a different kind of key than the certificate's.
        KeyKind = "key-kind", "name in SignatureMethod and DigestMethod the algorithms that go with the certificate's \
            key: RSA or SM2";
        /// The key is smaller than the policy allows, or larger than any in use.
        KeySize = "key-size", "have a certificate issued for a key of an accepted size";
        /// The document was changed after signing.
        DigestMismatch = "digest-mismatch", "change nothing after signing, and sign the canonical form of the message \
            without its Signature";
        /// The signature value does not match `SignedInfo` and the certificate.
        ValueMismatch = "value-mismatch", "sign the canonical form of SignedInfo as it stands in the message, with \
            the key of the certificate that is sent";
        /// Something in `KeyInfo` that does not identify the signer.
        KeyInfo = "key-info", "write only KeyName and X509Data into KeyInfo, and only X509Certificate, \
            X509SubjectName and X509IssuerSerial into X509Data, without attributes";
        /// No certificate was sent.
        CertificateMissing = "certificate-missing", "write the DER encoding of the certificate in Base64 into \
            KeyInfo/X509Data/X509Certificate";
        /// The certificate cannot be read or used.
        CertificateMalformed = "certificate-malformed", "write the DER encoding of the certificate in Base64 into \
            X509Certificate, without PEM lines, the signer's first";
        /// `KeyName` is not the certificate's serial number.
        KeyNameMismatch = "key-name-mismatch", "write the serial number of the certificate, in hexadecimal, into \
            KeyName";
        /// `X509SerialNumber` is not the certificate's.
        SerialNumberMismatch = "serial-number-mismatch", "write the serial number of the certificate, in decimal, into \
            X509SerialNumber of X509IssuerSerial, or send no X509IssuerSerial";
        /// `X509SubjectName` is not the certificate's.
        SubjectNameMismatch = "subject-name-mismatch", "write the subject of the certificate into X509SubjectName, \
            for example CN=示例,O=示例公司, or send no X509SubjectName";
        /// The certificate has expired.
        CertificateExpired = "certificate-expired", "have the certificate renewed";
        /// The certificate is not valid yet.
        NotYetValid = "not-yet-valid", "wait, or check the clock";
        /// The certificate does not chain to the trust list.
        Untrusted = "untrusted", "sign with a certificate of a trusted issuer, or trust its issuer";
    }
}
