//! A detached signature in the Cryptographic Message Syntax (RFC 5652), as `openssl cms -verify` reads it.

use cebridge_signature::{Certificate, Scheme, SigningKey};
use cms::cert::{CertificateChoices, IssuerAndSerialNumber};
use cms::content_info::{CmsVersion, ContentInfo};
use cms::signed_data::{
    CertificateSet, EncapsulatedContentInfo, SignedData, SignerIdentifier, SignerInfo, SignerInfos,
};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::time::Duration;
use x509_cert::attr::{Attribute, Attributes};
use x509_cert::der::asn1::{Any, ObjectIdentifier, OctetString, SetOfVec, UtcTime};
use x509_cert::der::{self, Decode, Encode};
use x509_cert::spki::AlgorithmIdentifierOwned;

const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const SIGNING_TIME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.5");
const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// Signs content using RSA with SHA-256.
pub(super) fn sign(
    key: &dyn SigningKey,
    certificate: &Certificate,
    chain: &[Certificate],
    content: &[u8],
    at: Timestamp,
) -> Result<Vec<u8>, String> {
    let attributes = attributes(content, at).map_err(|error| error.to_string())?;
    // The signature covers the set itself, not the tagged form that it has inside the signature.
    let signed = attributes.to_der().map_err(|error| error.to_string())?;
    let value = key
        .sign(Scheme::RsaSha256, &signed)
        .map_err(|error| error.to_string())?;
    assemble(certificate, chain, attributes, value).map_err(|error| error.to_string())
}

fn attributes(content: &[u8], at: Timestamp) -> der::Result<Attributes> {
    let attribute = |oid, value: Any| -> der::Result<Attribute> {
        let mut values = SetOfVec::new();
        values.insert(value)?;
        Ok(Attribute { oid, values })
    };
    let seconds = Duration::from_secs(u64::try_from(at.as_second()).unwrap_or_default());
    let mut all = SetOfVec::new();
    all.insert(attribute(CONTENT_TYPE, Any::encode_from(&DATA)?)?)?;
    let digest = OctetString::new(Sha256::digest(content).to_vec())?;
    all.insert(attribute(MESSAGE_DIGEST, Any::encode_from(&digest)?)?)?;
    all.insert(attribute(
        SIGNING_TIME,
        Any::encode_from(&UtcTime::from_unix_duration(seconds)?)?,
    )?)?;
    Ok(all)
}

fn assemble(
    certificate: &Certificate,
    chain: &[Certificate],
    attributes: Attributes,
    value: Vec<u8>,
) -> der::Result<Vec<u8>> {
    let digest = AlgorithmIdentifierOwned {
        oid: SHA256,
        parameters: None,
    };
    let signer = x509_cert::Certificate::from_der(certificate.der())?;
    let identity = IssuerAndSerialNumber {
        issuer: signer.tbs_certificate().issuer().clone(),
        serial_number: signer.tbs_certificate().serial_number().clone(),
    };
    let mut certificates = SetOfVec::new();
    certificates.insert(CertificateChoices::Certificate(signer))?;
    for other in chain {
        certificates.insert(CertificateChoices::Certificate(x509_cert::Certificate::from_der(
            other.der(),
        )?))?;
    }
    let mut signers = SetOfVec::new();
    signers.insert(SignerInfo {
        version: CmsVersion::V1,
        sid: SignerIdentifier::IssuerAndSerialNumber(identity),
        digest_alg: digest.clone(),
        signed_attrs: Some(attributes),
        signature_algorithm: AlgorithmIdentifierOwned {
            oid: RSA,
            parameters: Some(Any::null()),
        },
        signature: OctetString::new(value)?,
        unsigned_attrs: None,
    })?;
    let mut digests = SetOfVec::new();
    digests.insert(digest)?;
    let data = SignedData {
        version: CmsVersion::V1,
        digest_algorithms: digests,
        encap_content_info: EncapsulatedContentInfo {
            econtent_type: DATA,
            econtent: None,
        },
        certificates: Some(CertificateSet(certificates)),
        crls: None,
        signer_infos: SignerInfos(signers),
    };
    ContentInfo {
        content_type: SIGNED_DATA,
        content: Any::encode_from(&data)?,
    }
    .to_der()
}
