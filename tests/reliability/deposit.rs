//! Puts files into folders the way other programs do: by rename, or slowly and in pieces.

use crate::dice::Dice;
use std::collections::VecDeque;
use std::fmt;
use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

/// How a file gets into a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Way {
    /// Written elsewhere, renamed into the folder.
    Rename,
    /// Written in the folder under a name with a leading dot, then renamed.
    Hidden,
    /// Written under its own name in pieces, with a pause (milliseconds) before each but the first.
    Pieces(Vec<u64>),
    /// Written in pieces under a name that ends in `.uploading`, then renamed.
    Uploading(Vec<u64>),
    /// A whole but shorter file first, overwritten in place after a pause.
    Regrown(u64),
    /// Renamed into the folder with a time stamp of tomorrow.
    Tomorrow,
}

impl Way {
    /// A random way. `shorter`: there are enough orders for a file that grows in place.
    pub(crate) fn any(dice: &mut Dice, shorter: bool) -> Self {
        match dice.between(0, 9) {
            0 | 1 => Way::Pieces(pauses(dice)),
            2 => Way::Uploading(pauses(dice)),
            3 if shorter => Way::Regrown(dice.between(350, 500)),
            4 => Way::Tomorrow,
            5 => Way::Hidden,
            _ => Way::Rename,
        }
    }

    /// In halves.
    pub(crate) fn halves(dice: &mut Dice) -> Self {
        Way::Pieces(vec![dice.between(400, 2500)])
    }
}

fn pauses(dice: &mut Dice) -> Vec<u64> {
    let pieces = dice.between(1, 3);
    (0..pieces).map(|_| dice.between(200, 1400)).collect()
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Way::Rename => f.write_str("renamed into the folder"),
            Way::Hidden => f.write_str("written with a leading dot, then renamed"),
            Way::Pieces(pauses) => write!(f, "written in pieces with pauses of {pauses:?} ms"),
            Way::Uploading(pauses) => write!(f, "written as .uploading with pauses of {pauses:?} ms, then renamed"),
            Way::Regrown(pause) => write!(f, "written shorter, overwritten in place after {pause} ms"),
            Way::Tomorrow => f.write_str("renamed into the folder with a time stamp of tomorrow"),
        }
    }
}

/// Writers at work.
#[derive(Debug)]
pub(crate) struct Deposits {
    staging: PathBuf,
    running: Vec<Running>,
    next: u64,
}

#[derive(Debug)]
struct Running {
    number: u64,
    file: File,
    steps: VecDeque<(Duration, Step)>,
    due: Instant,
    target: PathBuf,
    rename: Option<(PathBuf, PathBuf)>,
}

/// A busy machine may delay the second half of a file that grows in place beyond the time after which it counts as
/// whole, one second.
const LATE: Duration = Duration::from_millis(300);

#[derive(Debug)]
enum Step {
    Append(Vec<u8>),
    Overwrite(Vec<u8>),
}

/// A writer that has ended.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) number: u64,
    /// Why it could not finish the file.
    pub(crate) trouble: Option<String>,
}

impl Deposits {
    /// `staging` is a folder of the same file system.
    pub(crate) fn new(staging: PathBuf) -> Self {
        fs::create_dir_all(&staging).unwrap();
        Self {
            staging,
            running: Vec::new(),
            next: 0,
        }
    }

    pub(crate) fn idle(&self) -> bool {
        self.running.is_empty()
    }

    /// Begins a file. Returns the number under which [`Deposits::tick`] reports its end, and whether it is whole
    /// already. `shorter` is the first content of a file that grows in place.
    pub(crate) fn put(&mut self, folder: &Path, name: &str, bytes: &[u8], shorter: &[u8], way: &Way) -> (u64, bool) {
        let number = self.next;
        self.next += 1;
        fs::create_dir_all(folder).unwrap();
        let target = folder.join(name);
        let (first, pauses, rename) = match way {
            Way::Rename | Way::Tomorrow | Way::Hidden => {
                let beside = match way {
                    Way::Hidden => folder.join(format!(".{name}")),
                    _ => self.staging.join(name),
                };
                fs::write(&beside, bytes).unwrap();
                if *way == Way::Tomorrow {
                    let tomorrow = SystemTime::now() + Duration::from_secs(24 * 3600);
                    File::options()
                        .write(true)
                        .open(&beside)
                        .unwrap()
                        .set_modified(tomorrow)
                        .unwrap();
                }
                fs::rename(&beside, &target).unwrap();
                return (number, true);
            }
            Way::Regrown(pause) => {
                let steps = [(Duration::from_millis(*pause), Step::Overwrite(bytes.to_vec()))];
                self.begin(number, &target, shorter, steps.into(), None);
                return (number, false);
            }
            Way::Pieces(pauses) => (target, pauses, None),
            Way::Uploading(pauses) => {
                let beside = folder.join(format!("{name}.uploading"));
                (beside.clone(), pauses, Some((beside, target)))
            }
        };
        let size = bytes.len() / (pauses.len() + 1) + 1;
        let mut pieces = bytes.chunks(size);
        let head = pieces.next().unwrap_or_default();
        let steps = pauses
            .iter()
            .zip(pieces)
            .map(|(pause, piece)| (Duration::from_millis(*pause), Step::Append(piece.to_vec())))
            .collect();
        self.begin(number, &first, head, steps, rename);
        (number, false)
    }

    fn begin(
        &mut self,
        number: u64,
        path: &Path,
        head: &[u8],
        steps: VecDeque<(Duration, Step)>,
        rename: Option<(PathBuf, PathBuf)>,
    ) {
        let mut file = File::create(path).unwrap();
        file.write_all(head).unwrap();
        let due = Instant::now() + steps.front().map_or(Duration::ZERO, |(pause, _)| *pause);
        self.running.push(Running {
            number,
            file,
            steps,
            due,
            target: path.to_owned(),
            rename,
        });
    }

    /// Writes what is due.
    pub(crate) fn tick(&mut self) -> Vec<Finished> {
        let now = Instant::now();
        let mut finished = Vec::new();
        self.running.retain_mut(|one| {
            if one.due > now {
                return true;
            }
            match one.steps.pop_front() {
                Some((_, Step::Append(bytes))) => one.file.write_all(&bytes).unwrap(),
                Some((_, Step::Overwrite(bytes))) if now < one.due + LATE => {
                    one.file.seek(SeekFrom::Start(0)).unwrap();
                    one.file.write_all(&bytes).unwrap();
                }
                Some((_, Step::Overwrite(bytes))) => {
                    // The shorter file has been still for so long that it may have been taken as it was.
                    let beside = self.staging.join(format!("late-{}", one.number));
                    fs::write(&beside, bytes).unwrap();
                    fs::rename(&beside, &one.target).unwrap();
                }
                None => {}
            }
            if let Some((pause, _)) = one.steps.front() {
                one.due = now + *pause;
                return true;
            }
            let trouble = one.rename.as_ref().and_then(|(from, to)| {
                let error = fs::rename(from, to).err()?;
                Some(format!("the writer could not rename {}: {error}", from.display()))
            });
            finished.push(Finished {
                number: one.number,
                trouble,
            });
            false
        });
        finished
    }
}
