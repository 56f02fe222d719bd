//! Made-up names that a model can learn, and odd ones that it must survive.

use recur_core::dataset::Sequences;
use recur_core::random::{Stream, StreamPath};

/// Number of labels (C).
pub const N_CLASSES: usize = 3;

/// Number of tokens (V). The last two are in no training name.
pub const N_TOKENS: usize = 8;

/// Training names of each label.
pub const PER_LABEL: usize = 30;

/// Characters of the longest names.
pub const LONGEST: usize = 200;

/// Tokens that the learnable names are made of.
const USED_TOKENS: u32 = 6;

/// Names with their labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Names {
    /// One sequence of token ids for each name.
    pub sequences: Sequences,
    /// Their labels, all of them taken in turn.
    pub labels: Vec<u16>,
}

impl Names {
    /// Every row.
    pub fn rows(&self) -> Vec<u32> {
        (0..self.sequences.len() as u32).collect()
    }

    /// The names of `rows`, in that order.
    #[must_use]
    pub fn only(&self, rows: &[u32]) -> Self {
        let mut sequences = Sequences::new();
        rows.iter().for_each(|row| sequences.push(self.sequences.get(*row).iter().copied()));
        Self { sequences, labels: rows.iter().map(|row| self.labels[*row as usize]).collect() }
    }

    /// The same names with other labels.
    #[must_use]
    pub fn relabelled(&self, label: impl Fn(u16) -> u16) -> Self {
        Self { labels: self.labels.iter().map(|old| label(*old)).collect(), sequences: self.sequences.clone() }
    }

    /// Names without their labels: these are dealt out in turn.
    fn unlabelled(names: impl IntoIterator<Item = Vec<u16>>) -> Self {
        let mut sequences = Sequences::new();
        names.into_iter().for_each(|name| sequences.push(name));
        let labels = (0..sequences.len()).map(|row| (row % N_CLASSES) as u16).collect();
        Self { sequences, labels }
    }

    /// These and then `others`.
    #[must_use]
    pub fn and(mut self, others: &Self) -> Self {
        others.rows().iter().for_each(|row| self.sequences.push(others.sequences.get(*row).iter().copied()));
        self.labels.extend(&others.labels);
        self
    }
}

/// Names of 2 to 8 characters, [`PER_LABEL`] for each label, that mostly use their label's own two characters.
pub fn learnable() -> Names {
    let mut stream = StreamPath::root(0).child("testkit/names").stream();
    let mut sequences = Sequences::new();
    let labels: Vec<u16> = (0..N_CLASSES * PER_LABEL).map(|row| (row % N_CLASSES) as u16).collect();
    for label in &labels {
        let length = 2 + stream.below(7);
        sequences.push((0..length).map(|_| character(u32::from(*label), &mut stream)).collect::<Vec<_>>());
    }
    Names { sequences, labels }
}

/// One character in ten is anyone's.
fn character(label: u32, stream: &mut Stream) -> u16 {
    let character = if stream.below(10) == 0 { stream.below(USED_TOKENS) } else { 2 * label + stream.below(2) };
    character as u16
}

/// Ten names that every classifier of characters can distinguish: most characters of each are its label's own.
pub fn ten() -> Names {
    let names: [(&[u16], u16); 10] = [
        (&[0, 1], 0),
        (&[2, 3, 2], 1),
        (&[4, 5, 5, 4], 2),
        (&[1, 0, 0, 2], 0),
        (&[3, 3, 4, 2, 2], 1),
        (&[5, 5], 2),
        (&[0, 0], 0),
        (&[2, 2, 3, 3, 2, 0], 1),
        (&[4, 4, 1, 5, 5, 5], 2),
        (&[1, 1, 1], 0),
    ];
    let mut sequences = Sequences::new();
    names.iter().for_each(|(name, _)| sequences.push(name.iter().copied()));
    Names { sequences, labels: names.map(|(_, label)| label).to_vec() }
}

/// Of the learnable names all of label 0, six of label 1 and two of label 2.
pub fn unbalanced() -> Names {
    let names = learnable();
    let mut left = [PER_LABEL, 6, 2];
    let mut rows = names.rows();
    rows.retain(|row| {
        let left = &mut left[usize::from(names.labels[*row as usize])];
        let kept = *left > 0;
        *left = left.saturating_sub(1);
        kept
    });
    names.only(&rows)
}

/// Each character of the learnable names, one by one.
pub fn one_letter() -> Names {
    Names::unlabelled((0..USED_TOKENS as u16).map(|token| vec![token]))
}

/// Each character of the learnable names [`LONGEST`] times, and as many mixed.
pub fn long() -> Names {
    let tokens = 0..USED_TOKENS as u16;
    let mixed: Vec<u16> = tokens.clone().cycle().take(LONGEST).collect();
    Names::unlabelled(tokens.map(|token| vec![token; LONGEST]).chain([mixed]))
}

/// Characters that no learnable name has: among themselves, and next to known ones.
pub fn unseen() -> Names {
    let (new, newer) = (N_TOKENS as u16 - 1, N_TOKENS as u16 - 2);
    Names::unlabelled([vec![new, new], vec![new, newer, new], vec![0, new, 1], vec![newer, 3]])
}

/// One-character names, long names and characters never seen together.
pub fn odd() -> Names {
    one_letter().and(&long()).and(&unseen())
}
