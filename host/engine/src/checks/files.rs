//! Checks the files that a configuration names: that they exist, who may read them, and that key and certificate match.

use super::Report;
use crate::audit::export_key;
use crate::config::{Config, Fault, Faults, KeyPath, is_key_itself};
use cebridge_keys::{
    FileError, KeyPlace, KeySource, OpenCause, SecretFileError, Secrets, load_certificates, load_key, open, read_secret,
};
use cebridge_signature::{Certificate, KeyError, KeyKind, Profile};
use std::path::{Path, PathBuf};

/// A key of an enterprise, as far as it can be checked without signing.
pub struct FoundKey {
    /// Id of the enterprise.
    pub enterprise: String,
    /// Name of the key.
    pub name: String,
    /// Its certificate, if known.
    pub certificate: Option<Certificate>,
    /// `true` if something is wrong with its files, which is a fault of the configuration.
    pub unusable: bool,
}

/// Checks all files. Tokens and cards are left alone: each wrong PIN brings them closer to being locked.
pub fn files(config: &Config, secrets: &dyn Secrets) -> Report {
    let mut look = Look {
        config,
        faults: Vec::new(),
        report: Report::default(),
    };
    look.keys(secrets);
    look.profile();
    look.certificates();
    look.secrets();
    if let Some(path) = &config.rules.trust {
        look.trust(&KeyPath::of("rules").key("trust"), &config.path(path));
    }
    look.report.faults = Faults::new(look.faults);
    look.report
}

struct Look<'c> {
    config: &'c Config,
    faults: Vec<Fault>,
    report: Report,
}

impl Look<'_> {
    fn wrong(&mut self, key: &KeyPath, file: &Path, problem: &str, expected: &str) {
        let file = file.display().to_string();
        let fault = match is_key_itself(&file) {
            true => Fault::of(&self.config.origin, key, "the key itself stands here")
                .expected("Write the name of its file."),
            false => Fault::of(&self.config.origin, key, problem)
                .value(file)
                .expected(expected),
        };
        self.faults.push(fault);
    }

    fn keys(&mut self, secrets: &dyn Secrets) {
        let config = self.config;
        for (place, enterprise, source) in config.keys() {
            let before = self.faults.len();
            let certificate = self.key(&place, &source, secrets);
            self.report.keys.push(FoundKey {
                enterprise: enterprise.id().to_owned(),
                name: source.name.clone(),
                certificate,
                unusable: self.faults.len() > before,
            });
        }
    }

    /// A profile for all signatures needs a key that can make them.
    fn profile(&mut self) {
        let named = self.config.signing.profile.as_deref();
        let Some(profile) = named.and_then(Profile::official) else {
            return;
        };
        let certificates = self.report.keys.iter().filter_map(|key| key.certificate.as_ref());
        let kinds: Vec<KeyKind> = certificates
            .filter_map(|found| Some(found.public_key()?.kind()))
            .collect();
        if let Some(kind) = kinds.first().filter(|_| !kinds.iter().any(|kind| profile.fits(*kind))) {
            let key = KeyPath::of("signing").key("profile");
            let fault = Fault::of(&self.config.origin, &key, format!("no key can sign so: it is {kind}"));
            let expected = "Name a profile for this kind of key, or take the line out and the key decides.";
            self.faults.push(fault.value(profile.name()).expected(expected));
        }
    }

    /// Checks a key and returns its certificate.
    fn key(&mut self, place: &KeyPath, source: &KeySource, secrets: &dyn Secrets) -> Option<Certificate> {
        match &source.place {
            KeyPlace::File { key, certificate, .. } => match open(source, secrets, None) {
                Ok(found) => {
                    if found.certificate.is_none() {
                        let expected = "Set certificate; without it nothing can be declared.";
                        self.wrong(&place.key("key"), key, "the key has no certificate", expected);
                    }
                    found.certificate
                }
                Err(error) => {
                    self.unopened(place, key, certificate.as_deref(), &source.name, &error.cause);
                    self.first(certificate.as_ref())
                }
            },
            KeyPlace::Pkcs11(token) => {
                // A library without a folder is located by the system.
                if token.library.components().count() > 1 && !token.library.is_file() {
                    self.wrong(&place.key("library"), &token.library, "there is no such file", LIBRARY);
                }
                if let Some(file) = &token.pin_file {
                    self.secret(&place.key("pin-file"), file);
                }
                self.certificate(&place.key("certificate"), token.certificate.as_ref())
            }
            KeyPlace::Ukey { certificate, .. } => self.certificate(&place.key("certificate"), certificate.as_ref()),
        }
    }

    /// The first certificate of a file whose faults have been reported already.
    fn first(&self, file: Option<&PathBuf>) -> Option<Certificate> {
        load_certificates(file?).ok()?.into_iter().next()
    }

    fn unopened(&mut self, place: &KeyPath, key: &Path, certificate: Option<&Path>, name: &str, cause: &OpenCause) {
        let OpenCause::File(error) = cause else {
            return self.wrong(&place.key("key"), key, &cause.to_string(), "");
        };
        match error {
            FileError::Key {
                source: KeyError::PasswordMissing,
                ..
            } => {
                let text = format!("key {name}: it is encrypted, and without its password it is not looked at");
                self.report.remarks.push(text);
            }
            FileError::NoMatch { .. } => {
                let path = place.key(if certificate.is_some() { "certificate" } else { "key" });
                self.wrong(&path, certificate.unwrap_or(key), &error.to_string(), PAIR);
            }
            FileError::Certificate { .. } => {
                let file = certificate.unwrap_or(key);
                self.wrong(&place.key("certificate"), file, &error.to_string(), CERTIFICATE);
            }
            // An unreadable certificate file is not reported as `FileError::Certificate`.
            FileError::Secret(SecretFileError::Io { path, .. }) if Some(path.as_path()) == certificate => {
                self.wrong(&place.key("certificate"), path, &error.to_string(), CERTIFICATE);
            }
            _ => self.wrong(&place.key("key"), key, &error.to_string(), ""),
        }
    }

    /// Certificate files with a purpose other than a key of an enterprise.
    fn certificates(&mut self) {
        let config = self.config;
        let at = |section: &str, key: &str| KeyPath::of(section).key(key);
        let files = [
            (at("signing", "trust"), config.signing.trust.as_ref()),
            (at("service", "certificate"), config.service.certificate.as_ref()),
            (at("service", "client-ca"), config.service.client_ca.as_ref()),
            (at("pay179", "upload-trust"), config.pay179.upload_trust.as_ref()),
            (
                at("ukey-gateway", "ca"),
                config.ukey_gateway.as_ref().map(|gateway| &gateway.ca),
            ),
            (
                at("ukey-gateway", "certificate"),
                config.ukey_gateway.as_ref().map(|gateway| &gateway.certificate),
            ),
        ];
        for (key, file) in files {
            let file = file.map(|file| config.path(file));
            self.certificate(&key, file.as_ref());
        }
        let unused = (config.signing.key.is_none())
            .then_some(config.signing.certificate.as_ref())
            .flatten();
        let file = unused.map(|file| config.path(file));
        self.certificate(&at("signing", "certificate"), file.as_ref());
    }

    fn certificate(&mut self, key: &KeyPath, file: Option<&PathBuf>) -> Option<Certificate> {
        let file = file?;
        match load_certificates(file) {
            Ok(found) => found.into_iter().next(),
            Err(error) => {
                self.wrong(key, file, &error.to_string(), CERTIFICATE);
                None
            }
        }
    }

    /// Private keys of servers.
    fn secrets(&mut self) {
        let config = self.config;
        if let Some(file) = &config.service.key {
            let (section, key) = (KeyPath::of("service"), config.path(file));
            self.secret(&section.key("key"), &key);
            let certificate = config.service.certificate.as_ref().map(|file| config.path(file));
            // Keys of kinds that sign no messages are fine here; only the service can open them.
            if let Some(certificate) = certificate
                && let Err(error @ FileError::NoMatch { .. }) = load_key(&key, Some(&certificate), &|| None)
            {
                self.wrong(&section.key("certificate"), &certificate, &error.to_string(), PAIR);
            }
        }
        if let Some(gateway) = &config.ukey_gateway {
            self.secret(&KeyPath::of("ukey-gateway").key("key"), &gateway.key);
        }
        if let Some(file) = &config.record.export_key {
            let (key, file) = (KeyPath::of("record").key("export-key"), config.path(file));
            if let Err(error) = export_key(&file) {
                self.wrong(&key, &file, &error.to_string(), "");
            }
        }
    }

    fn secret(&mut self, key: &KeyPath, file: &Path) {
        if let Err(error) = read_secret(file) {
            self.wrong(key, file, &error.to_string(), "");
        }
    }

    fn trust(&mut self, key: &KeyPath, file: &Path) {
        let read = std::fs::read_to_string(file).map_err(|error| error.to_string());
        let keys = read.and_then(|text| cebridge_runtime::pack_trust_keys(&text).map_err(|error| error.to_string()));
        if let Err(error) = keys {
            let expected = "Name a PEM file with the public keys (Ed25519) whose packs are accepted.";
            self.wrong(key, file, &format!("{}: {error}", file.display()), expected);
        }
    }
}

const PAIR: &str =
    "The public key in the certificate is another one; name the certificate that was issued for this key.";
const LIBRARY: &str = "Name the vendor's PKCS#11 library.";
const CERTIFICATE: &str = "Name a file with the certificate, PEM or DER.";
