//! The messages of the tests: each follows from its seed alone.

use crate::packs::{EDITIONS, packs};
use crate::xmllint::schema;
use cebridge_runtime::LoadedPack;
use cebridge_test_generate::{Form, MUTATIONS, Options, Random, Tree, message, render};
use std::path::{Path, PathBuf};

/// Messages that are tried until one has what a mutation needs.
const ATTEMPTS: usize = 60;

/// A message to be judged.
pub(crate) struct Case {
    pub(crate) seed: u64,
    /// Position in [`crate::packs::EDITIONS`].
    pub(crate) edition: usize,
    /// Code of the message that it is, or was.
    pub(crate) message: String,
    /// `import`, `export` or `both`.
    pub(crate) direction: String,
    /// How it has been broken; empty for a valid one.
    pub(crate) mutations: Vec<&'static str>,
    pub(crate) form: Form,
    /// The XML text.
    pub(crate) text: String,
    /// The text as it would be received: with declaration, byte order mark and encoding.
    pub(crate) bytes: Vec<u8>,
}

/// Number of cases and the first seed, from the environment.
pub(crate) fn range(usual: u64) -> std::ops::Range<u64> {
    let number = |name: &str| {
        std::env::var(name)
            .ok()
            .map(|value| value.parse::<u64>().unwrap_or_else(|_| panic!("{name} is no number")))
    };
    let first = number("CEBRIDGE_SEED").unwrap_or(1);
    first..first + number("CEBRIDGE_CASES").unwrap_or(usual)
}

impl Case {
    /// The case of a seed: of one of these editions, broken in so many of a hundred cases.
    pub(crate) fn new(seed: u64, editions: &std::ops::Range<usize>, broken: usize) -> Self {
        let mut random = Random::new(seed);
        let mut mutations = Vec::new();
        let (edition, at, mut tree) = Self::generate(&mut random, editions);
        let mut chosen = (edition, at);
        if random.chance(broken) {
            // All ways of breaking a message get their turn, also those that few messages have anything for.
            let mutation = random.pick(MUTATIONS);
            for _ in 0..ATTEMPTS {
                let program = &packs()[chosen.0].rules().pack().program;
                if mutation.apply(&mut tree, &mut random, program) {
                    mutations.push(mutation.name);
                    break;
                }
                let (edition, at, other) = Self::generate(&mut random, editions);
                (chosen, tree) = ((edition, at), other);
            }
            let second = random.pick(MUTATIONS);
            let program = &packs()[chosen.0].rules().pack().program;
            if random.chance(15) && second.apply(&mut tree, &mut random, program) {
                mutations.push(second.name);
            }
        }
        let form = if random.chance(50) { Form::Free } else { Form::Lines };
        let text = render(&tree, &mut random, form);
        let bytes = encode(&text, form, &mut random);
        let pack = packs()[chosen.0].rules().pack();
        Self {
            seed,
            edition: chosen.0,
            message: pack.program.messages[chosen.1].code.clone(),
            direction: pack.messages[chosen.1].direction.clone(),
            mutations,
            form,
            text,
            bytes,
        }
    }

    /// A valid message of any kind: its edition, its position there, and the message.
    fn generate(random: &mut Random, editions: &std::ops::Range<usize>) -> (usize, usize, Tree) {
        let edition = random.between(editions.start, editions.end - 1);
        let pack = packs()[edition].rules().pack();
        let positions: Vec<usize> = pack.catalogue().map(|(at, _, _)| at).collect();
        let at = *random.pick(&positions);
        let options = Options {
            foreign: true,
            elements: *random.pick(&[0, 40, 150]),
        };
        (edition, at, message(pack, at, random, options).expect("a message"))
    }

    /// The schema that xmllint judges it by.
    pub(crate) fn schema(&self, folder: &Path) -> PathBuf {
        schema(folder, EDITIONS[self.edition], &self.message, &self.direction)
    }

    pub(crate) fn pack(&self) -> &'static LoadedPack {
        &packs()[self.edition]
    }
}

/// The text as bytes, in one of the encodings that are read.
fn encode(text: &str, form: Form, random: &mut Random) -> Vec<u8> {
    // Line numbers are compared in the plain encoding only.
    let choice = if form == Form::Lines { 0 } else { random.below(12) };
    let declared = |encoding: &str| format!("<?xml version=\"1.0\" encoding=\"{encoding}\"?>\n{text}");
    match choice {
        0 | 1 => declared("UTF-8").into_bytes(),
        2 => declared("utf-8").replacen('"', "'", 4).into_bytes(),
        3 => format!("<?xml version=\"1.0\"?>{text}").into_bytes(),
        4 => format!("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\" ?>\n{text}").into_bytes(),
        5 => format!("\u{feff}{}", declared("UTF-8")).into_bytes(),
        6 => format!("\u{feff}{text}").into_bytes(),
        7 => units(&declared("UTF-16"), u16::to_le_bytes),
        8 => units(&declared("UTF-16"), u16::to_be_bytes),
        _ => text.as_bytes().to_vec(),
    }
}

fn units(text: &str, bytes: impl Fn(u16) -> [u8; 2]) -> Vec<u8> {
    let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
    units.flat_map(bytes).collect()
}
