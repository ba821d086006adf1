//! The zip of an export: each file is added as it is made, and its SHA-256 goes into the list.

use super::super::AuditError;
use crate::error::EngineError;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufWriter, Read, Seek, Write};
use std::path::{Path, PathBuf};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// Name of the list of digests.
pub(super) const SUMS: &str = "SHA256SUMS";

/// A zip that is being written.
pub(super) struct Bundle<'f> {
    zip: ZipWriter<BufWriter<&'f File>>,
    /// The list so far, on disk: a period may have millions of files.
    sums: BufWriter<File>,
    target: PathBuf,
}

/// A file of the zip that is being written.
pub(super) struct Entry<'b, 'f> {
    bundle: &'b mut Bundle<'f>,
    hash: Sha256,
    name: String,
}

impl<'f> Bundle<'f> {
    pub(super) fn new(file: &'f File, target: &Path) -> Result<Self, EngineError> {
        let sums = tempfile::tempfile().map_err(|error| failed(target, error))?;
        Ok(Self {
            zip: ZipWriter::new(BufWriter::new(file)),
            sums: BufWriter::new(sums),
            target: target.to_owned(),
        })
    }

    /// Adds a file.
    pub(super) fn file(&mut self, name: &str, bytes: &[u8]) -> Result<(), EngineError> {
        let mut entry = self.begin(name)?;
        entry.put(bytes)?;
        entry.end()
    }

    /// Adds a file that is written piece by piece.
    pub(super) fn begin(&mut self, name: &str) -> Result<Entry<'_, 'f>, EngineError> {
        self.start(name)?;
        Ok(Entry {
            bundle: self,
            hash: Sha256::new(),
            name: name.to_owned(),
        })
    }

    fn start(&mut self, name: &str) -> Result<(), EngineError> {
        // The same content gives the same file, whenever it is exported.
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::default())
            .unix_permissions(0o600)
            .large_file(true);
        self.zip
            .start_file(name, options)
            .map_err(|error| failed(&self.target, error))
    }

    /// Finishes the list of digests, adds it and its signature to the zip, and finishes the zip.
    pub(super) fn seal(
        self,
        sign: impl FnOnce(&[u8]) -> Result<Vec<(&'static str, Vec<u8>)>, EngineError>,
    ) -> Result<(), EngineError> {
        let target = self.target.clone();
        let read = || -> std::io::Result<Vec<u8>> {
            let mut file = self.sums.into_inner().map_err(std::io::IntoInnerError::into_error)?;
            file.rewind()?;
            let mut list = Vec::new();
            file.read_to_end(&mut list)?;
            Ok(list)
        };
        let list = read().map_err(|error| failed(&target, error))?;
        let mut files = vec![(SUMS, list)];
        let signed = files.first().map(|(_, list)| sign(list)).transpose()?;
        files.extend(signed.into_iter().flatten());
        let mut zip = self.zip;
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::default())
            .unix_permissions(0o600);
        for (name, bytes) in files {
            zip.start_file(name, options).map_err(|error| failed(&target, error))?;
            zip.write_all(&bytes).map_err(|error| failed(&target, error))?;
        }
        let mut file = zip.finish().map_err(|error| failed(&target, error))?;
        file.flush().map_err(|error| failed(&target, error))
    }
}

impl Entry<'_, '_> {
    pub(super) fn put(&mut self, bytes: &[u8]) -> Result<(), EngineError> {
        self.hash.update(bytes);
        let written = self.bundle.zip.write_all(bytes);
        written.map_err(|error| failed(&self.bundle.target, error))
    }

    /// Writes a line.
    pub(super) fn line(&mut self, text: &str) -> Result<(), EngineError> {
        self.put(text.as_bytes())?;
        self.put(b"\n")
    }

    /// Finishes the file and records its digest.
    pub(super) fn end(self) -> Result<(), EngineError> {
        let digest = hex::encode(self.hash.finalize());
        let noted = writeln!(self.bundle.sums, "{digest}  {}", self.name);
        noted.map_err(|error| failed(&self.bundle.target, error))
    }
}

/// A write error, with the name of the intended file.
pub(super) fn failed(target: &Path, error: impl std::fmt::Display) -> EngineError {
    AuditError::Archive {
        path: target.to_owned(),
        reason: error.to_string(),
    }
    .into()
}
