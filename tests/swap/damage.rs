//! Files that must never judge anything.

use crate::bakery::Bakery;
use crate::dice::Dice;
use std::fmt;

/// What is wrong with the content of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Damage {
    Truncated,
    Garbage,
    Empty,
    /// One bit of a good pack, anywhere.
    FlippedBit,
    /// A core module instead of a component.
    CoreModule,
    /// It speaks another contract.
    OtherContract,
    FailingCases,
}

impl Damage {
    pub(crate) const ALL: [Damage; 7] = [
        Damage::Truncated,
        Damage::Garbage,
        Damage::Empty,
        Damage::FlippedBit,
        Damage::CoreModule,
        Damage::OtherContract,
        Damage::FailingCases,
    ];

    /// Bytes that are damaged so.
    pub(crate) fn bytes(self, bakery: &Bakery, dice: &mut Dice) -> Vec<u8> {
        let mut bytes = dice.pick(&bakery.good).bytes.clone();
        match self {
            Damage::Truncated => bytes.truncate(dice.between(1, bytes.len() as u64 - 1) as usize),
            Damage::Garbage => {
                let length = dice.between(100, 100_000);
                bytes = (0..length).map(|_| dice.next() as u8).collect();
            }
            Damage::Empty => bytes.clear(),
            Damage::FlippedBit => {
                let at = dice.between(0, bytes.len() as u64 - 1) as usize;
                bytes[at] ^= 1 << dice.between(0, 7);
            }
            Damage::CoreModule => bytes = b"\0asm\x01\0\0\0".to_vec(),
            Damage::OtherContract => replace(&mut bytes, b"cebridge:plugin@0.1.0", b"cebridge:plugin@9.1.0"),
            Damage::FailingCases => bytes.clone_from(&bakery.failing),
        }
        bytes
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Damage::Truncated => "truncated",
            Damage::Garbage => "garbage",
            Damage::Empty => "empty",
            Damage::FlippedBit => "flipped bit",
            Damage::CoreModule => "core module",
            Damage::OtherContract => "other contract",
            Damage::FailingCases => "failing cases",
        })
    }
}

fn replace(bytes: &mut [u8], from: &[u8], to: &[u8]) {
    let places: Vec<usize> = bytes
        .windows(from.len())
        .enumerate()
        .filter(|(_, part)| *part == from)
        .map(|(at, _)| at)
        .collect();
    assert!(!places.is_empty(), "a pack names its contract");
    for at in places {
        bytes[at..at + to.len()].copy_from_slice(to);
    }
}
