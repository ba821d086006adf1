//! Distinguishes states of a file without reading it.

use std::fmt;
use std::fs::Metadata;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::error::TransportError;

/// Length, time of change, device and inode of a file.
///
/// A rename within one file system keeps all four. Written as `length-nanoseconds-device-inode`; device and
/// inode are 0 where the system has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) length: u64,
    /// Nanoseconds since 1970; 0 before that.
    pub(crate) modified: u128,
    device: u64,
    inode: u64,
}

impl Stamp {
    pub(crate) fn of(metadata: &Metadata) -> Stamp {
        let (device, inode) = identity(metadata);
        Stamp {
            length: metadata.len(),
            modified: metadata.modified().map_or(0, since_epoch),
            device,
            inode,
        }
    }

    /// Returns `true` if both are states of one file. Always so on systems without file identities.
    pub(crate) fn same_file(&self, other: &Stamp) -> bool {
        (self.device, self.inode) == (other.device, other.inode)
    }

    /// Time since the file was changed, by its own time stamp. Zero if that is in the future.
    pub(crate) fn age(&self, wall: SystemTime) -> Duration {
        let nanoseconds = since_epoch(wall).saturating_sub(self.modified);
        Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
    }
}

fn since_epoch(time: SystemTime) -> u128 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos()
}

#[cfg(unix)]
fn identity(metadata: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> (u64, u64) {
    (0, 0)
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}-{}", self.length, self.modified, self.device, self.inode)
    }
}

impl FromStr for Stamp {
    type Err = TransportError;

    fn from_str(text: &str) -> Result<Stamp, TransportError> {
        let bad = || TransportError::BadStamp(text.to_owned());
        let parts: Vec<&str> = text.split('-').collect();
        let [length, modified, device, inode] = parts.as_slice() else {
            return Err(bad());
        };
        Ok(Stamp {
            length: length.parse().map_err(|_| bad())?,
            modified: modified.parse().map_err(|_| bad())?,
            device: device.parse().map_err(|_| bad())?,
            inode: inode.parse().map_err(|_| bad())?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_read_as_it_was_written_and_nothing_else_is() {
        let stamp = Stamp {
            length: 12,
            modified: 1_790_000_000_123_456_789,
            device: 64_768,
            inode: 4711,
        };
        assert_eq!(stamp.to_string(), "12-1790000000123456789-64768-4711");
        assert_eq!(stamp.to_string().parse::<Stamp>().unwrap(), stamp);
        for text in ["", "12", "1-2-3", "1-2-3-4-5", "1-2-3-x", "1--3-4"] {
            assert!(text.parse::<Stamp>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_file_of_the_future_has_no_age() {
        let now = UNIX_EPOCH + Duration::from_secs(100);
        let stamp = |seconds: u64| Stamp {
            length: 0,
            modified: Duration::from_secs(seconds).as_nanos(),
            device: 0,
            inode: 0,
        };
        assert_eq!(stamp(60).age(now), Duration::from_secs(40));
        assert_eq!(stamp(160).age(now), Duration::ZERO);
    }
}
