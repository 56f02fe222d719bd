//! Made-up names that a model can learn, and odd ones that it must survive.

use recur_core::dataset::Sequences;
use recur_core::random::{Stream, StreamPath};

/// Number of labels (C).
pub const N_CLASSES: usize = 3;

/// Number of tokens (V). The last two stand in no training name.
pub const N_TOKENS: usize = 8;

/// Training names of each label.
pub const PER_LABEL: usize = 30;

const USED_TOKENS: u32 = 6;
const LONGEST: usize = 200;

/// Names with their labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Names {
    /// The names.
    pub sequences: Sequences,
    /// Their labels, all of them taken in turn.
    pub labels: Vec<u16>,
}

impl Names {
    /// Every row.
    pub fn rows(&self) -> Vec<u32> {
        (0..self.sequences.len() as u32).collect()
    }
}

/// Names of 2 to 8 letters, [`PER_LABEL`] for each label, that mostly use their label's own two letters.
pub fn learnable() -> Names {
    let mut stream = StreamPath::root(0).child("testkit/names").stream();
    let mut sequences = Sequences::new();
    let labels: Vec<u16> = (0..N_CLASSES * PER_LABEL).map(|row| (row % N_CLASSES) as u16).collect();
    for label in &labels {
        let length = 2 + stream.below(7);
        sequences.push((0..length).map(|_| letter(u32::from(*label), &mut stream)).collect::<Vec<_>>());
    }
    Names { sequences, labels }
}

/// One letter in ten is anyone's.
fn letter(label: u32, stream: &mut Stream) -> u16 {
    let letter = if stream.below(10) == 0 { stream.below(USED_TOKENS) } else { 2 * label + stream.below(2) };
    letter as u16
}

/// Each token alone, 200 times the same, 200 mixed, and letters that no training name has.
pub fn odd() -> Names {
    let mut sequences: Sequences = Sequences::new();
    let tokens = 0..N_TOKENS as u16;
    tokens.clone().for_each(|token| sequences.push([token]));
    tokens.clone().for_each(|token| sequences.push([token; LONGEST]));
    sequences.push(tokens.cycle().take(LONGEST));
    sequences.push([N_TOKENS as u16 - 1, N_TOKENS as u16 - 2, N_TOKENS as u16 - 1]);
    let labels = (0..sequences.len()).map(|row| (row % N_CLASSES) as u16).collect();
    Names { sequences, labels }
}
