//! Finds keys and certificates in a token.

use cebridge_signature::{Certificate, KeyFault};
use cryptoki::object::{Attribute, AttributeType, CertificateType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;

use super::fault::fault;
use super::{Pkcs11Error, Pkcs11Source};

/// Finds the one private key the source describes.
pub(super) fn private_key(session: &Session, source: &Pkcs11Source, token: &str) -> Result<ObjectHandle, Pkcs11Error> {
    let mut template = vec![Attribute::Class(ObjectClass::PRIVATE_KEY)];
    if let Some(label) = &source.key_label {
        template.push(Attribute::Label(label.as_bytes().to_vec()));
    }
    if let Some(id) = source.key_id.as_deref().and_then(bytes_of) {
        template.push(Attribute::Id(id));
    }
    let found = session.find_objects(&template).map_err(|error| fault(&error))?;
    let key = match found.as_slice() {
        [one] => *one,
        [] => {
            return Err(Pkcs11Error::NoKey {
                wanted: wish(source),
                token: token.to_owned(),
                found: all_private_keys(session)?,
            });
        }
        several => {
            return Err(Pkcs11Error::SeveralKeys {
                wanted: wish(source),
                token: token.to_owned(),
                count: several.len(),
            });
        }
    };
    let wants_pin_each_time = attributes(session, key, &[AttributeType::AlwaysAuthenticate])?
        .iter()
        .any(|attribute| matches!(attribute, Attribute::AlwaysAuthenticate(true)));
    if wants_pin_each_time {
        return Err(Pkcs11Error::Unusable {
            wanted: wish(source),
            reason: "it asks for the PIN before each signature (CKA_ALWAYS_AUTHENTICATE), which a gateway cannot do; \
                     create the key without it"
                .to_owned(),
        });
    }
    Ok(key)
}

/// The modulus of an RSA key, big-endian; `None` for keys of another kind.
pub(super) fn modulus(session: &Session, key: ObjectHandle) -> Result<Option<Vec<u8>>, KeyFault> {
    let found = attributes(session, key, &[AttributeType::KeyType, AttributeType::Modulus])?;
    if !found
        .iter()
        .any(|attribute| matches!(attribute, Attribute::KeyType(KeyType::RSA)))
    {
        return Ok(None);
    }
    Ok(found.into_iter().find_map(|attribute| match attribute {
        Attribute::Modulus(modulus) => Some(super::public::stripped(&modulus)),
        _ => None,
    }))
}

/// The X.509 certificate with the same id as the key, else the one with the same label.
pub(super) fn certificate(session: &Session, key: ObjectHandle) -> Result<Option<Certificate>, Pkcs11Error> {
    let mut names = attributes(session, key, &[AttributeType::Id, AttributeType::Label])?;
    // An empty id or label would match every certificate without one.
    names.retain(|name| !matches!(name, Attribute::Id(bytes) | Attribute::Label(bytes) if bytes.is_empty()));
    names.sort_by_key(|name| matches!(name, Attribute::Label(_)));
    for name in names {
        let template = [
            Attribute::Class(ObjectClass::CERTIFICATE),
            Attribute::CertificateType(CertificateType::X_509),
            name,
        ];
        let found = session.find_objects(&template).map_err(|error| fault(&error))?;
        let Some(first) = found.first() else { continue };
        for attribute in attributes(session, *first, &[AttributeType::Value])? {
            if let Attribute::Value(der) = attribute {
                return Certificate::from_der(&der).map(Some).map_err(|error| {
                    Pkcs11Error::Configuration(format!("the token's certificate for the key cannot be used: {error}"))
                });
            }
        }
    }
    Ok(None)
}

/// Label and id of each private key, for messages.
fn all_private_keys(session: &Session) -> Result<Vec<String>, KeyFault> {
    let all = session
        .find_objects(&[Attribute::Class(ObjectClass::PRIVATE_KEY)])
        .map_err(|error| fault(&error))?;
    let mut found = Vec::new();
    for key in all {
        let (mut label, mut id) = (String::new(), String::new());
        for attribute in attributes(session, key, &[AttributeType::Label, AttributeType::Id])? {
            match attribute {
                Attribute::Label(bytes) => label = String::from_utf8_lossy(&bytes).into_owned(),
                Attribute::Id(bytes) => id = hex::encode(bytes),
                _ => {}
            }
        }
        found.push(format!("\"{label}\" (id {id})"));
    }
    Ok(found)
}

fn attributes(session: &Session, object: ObjectHandle, kinds: &[AttributeType]) -> Result<Vec<Attribute>, KeyFault> {
    session.get_attributes(object, kinds).map_err(|error| fault(&error))
}

/// The source's search criteria, for messages.
pub(super) fn wish(source: &Pkcs11Source) -> String {
    match (&source.key_label, &source.key_id) {
        (Some(label), Some(id)) => format!("label \"{label}\" and id {id}"),
        (Some(label), None) => format!("label \"{label}\""),
        (None, id) => format!("id {}", id.as_deref().unwrap_or_default()),
    }
}

/// Decodes a hexadecimal text; `None` if it is invalid or empty.
pub(super) fn bytes_of(text: &str) -> Option<Vec<u8>> {
    hex::decode(text).ok().filter(|bytes| !bytes.is_empty())
}
