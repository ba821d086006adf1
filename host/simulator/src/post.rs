//! The two folders: envelopes come in, receipts go out, safely or as a careless client writes them.

use crate::error::SimulatorError;
use crate::letter::Letter;
use cebridge_transport::{Incoming, Outgoing, Transport};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Envelopes taken in one round.
pub(crate) const ROUND: usize = 64;

/// Files that a careless client writes at the same time.
const OPEN: usize = 100;

/// The way in and the way out.
pub(crate) struct Post {
    transport: Box<dyn Transport>,
    careless: Option<Careless>,
}

/// A client that writes files in place, slowly.
struct Careless {
    folder: PathBuf,
    pause: Duration,
}

impl Post {
    pub(crate) fn new(transport: Box<dyn Transport>) -> Self {
        Self {
            transport,
            careless: None,
        }
    }

    /// Writes receipts into the folder in two halves with a pause in between, under their final names.
    pub(crate) fn careless(&mut self, folder: PathBuf, pause: Duration) {
        self.careless = Some(Careless { folder, pause });
    }

    /// Returns the files that have arrived, at most [`ROUND`].
    pub(crate) fn arrived(&self) -> Result<Vec<Incoming>, SimulatorError> {
        Ok(self.transport.receive(ROUND)?.ready)
    }

    /// Moves a file away; with a reason if it can't be used.
    pub(crate) fn clear(&self, file: &Incoming, problem: Option<&str>) -> Result<(), SimulatorError> {
        // Moved here or by another process: either way it is gone.
        match problem {
            Some(reason) => self.transport.reject(file, reason),
            None => self.transport.acknowledge(file),
        }?;
        Ok(())
    }

    /// Sends receipts. One may be sent again, with the same bytes.
    pub(crate) fn send(&self, letters: &[Letter]) -> Result<(), SimulatorError> {
        let Some(careless) = self.careless.as_ref().filter(|_| !letters.is_empty()) else {
            for letter in letters {
                self.transport.send(&Outgoing {
                    cop_msg_id: &letter.id,
                    msg_type: &letter.msg_type,
                    sender: &letter.sender,
                    receiver: &letter.receiver,
                    bytes: &letter.bytes,
                })?;
            }
            return Ok(());
        };
        for some in letters.chunks(OPEN) {
            let halves = some
                .iter()
                .map(|letter| careless.begin(letter))
                .collect::<Result<Vec<_>, _>>()?;
            std::thread::sleep(careless.pause);
            for (half, letter) in halves.into_iter().zip(some) {
                half.finish(letter)?;
            }
        }
        Ok(())
    }
}

impl Careless {
    /// Both parts of the name are generated here and need no escaping.
    fn path(&self, letter: &Letter) -> PathBuf {
        self.folder.join(format!("{}_{}.xml", letter.msg_type, letter.id))
    }

    fn begin(&self, letter: &Letter) -> Result<Half, SimulatorError> {
        let path = self.path(letter);
        let (half, _) = letter.bytes.split_at(letter.bytes.len() / 2);
        let written = fs::create_dir_all(&self.folder).and_then(|()| {
            let mut file = File::create(&path)?;
            file.write_all(half)?;
            Ok(file)
        });
        match written {
            Ok(file) => Ok(Half { path, file }),
            Err(source) => Err(write_error(&path, source)),
        }
    }
}

/// A file whose first half is written. It stays open: if the file is moved away meanwhile, it still gets the rest.
struct Half {
    path: PathBuf,
    file: File,
}

impl Half {
    fn finish(mut self, letter: &Letter) -> Result<(), SimulatorError> {
        let (_, rest) = letter.bytes.split_at(letter.bytes.len() / 2);
        self.file
            .write_all(rest)
            .map_err(|source| write_error(&self.path, source))
    }
}

fn write_error(path: &Path, source: io::Error) -> SimulatorError {
    SimulatorError::Write {
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_careless_client_writes_halves_under_the_final_name() {
        let folder = tempfile::tempdir().unwrap();
        let careless = Careless {
            folder: folder.path().join("in"),
            pause: Duration::ZERO,
        };
        let letter = Letter {
            id: "A-1".to_owned(),
            msg_type: "CEB622Message".to_owned(),
            sender: String::new(),
            receiver: String::new(),
            records: 1,
            bytes: b"whole".to_vec(),
            due: None,
        };
        let path = folder.path().join("in/CEB622Message_A-1.xml");
        let half = careless.begin(&letter).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"wh");
        half.finish(&letter).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"whole");
    }
}
