//! Made-up texts that a model can learn, and odd ones that it must survive.

use recur_core::dataset::Sequences;
use recur_core::random::{Stream, StreamPath};

/// Number of labels (C).
pub const N_CLASSES: usize = 3;

/// Number of tokens (V). The last two are in no training text.
pub const N_TOKENS: usize = 8;

/// Training texts of each label.
pub const PER_LABEL: usize = 30;

/// Characters of the longest texts.
pub const LONGEST: usize = 200;

/// Tokens that the learnable texts are made of.
const USED_TOKENS: u32 = 6;

/// Texts with their labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Examples {
    /// One sequence of token ids for each text.
    pub sequences: Sequences,
    /// Their labels, all of them taken in turn.
    pub labels: Vec<u16>,
}

impl Examples {
    /// Every row.
    pub fn rows(&self) -> Vec<u32> {
        (0..self.sequences.len() as u32).collect()
    }

    /// The texts of `rows`, in that order.
    #[must_use]
    pub fn only(&self, rows: &[u32]) -> Self {
        let mut sequences = Sequences::new();
        rows.iter().for_each(|row| sequences.push(self.sequences.get(*row).iter().copied()));
        Self { sequences, labels: rows.iter().map(|row| self.labels[*row as usize]).collect() }
    }

    /// The same texts with other labels.
    #[must_use]
    pub fn relabelled(&self, label: impl Fn(u16) -> u16) -> Self {
        Self { labels: self.labels.iter().map(|old| label(*old)).collect(), sequences: self.sequences.clone() }
    }

    /// Texts without their labels: these are dealt out in turn.
    fn unlabelled(examples: impl IntoIterator<Item = Vec<u16>>) -> Self {
        let mut sequences = Sequences::new();
        examples.into_iter().for_each(|text| sequences.push(text));
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

/// Texts of 2 to 8 characters, [`PER_LABEL`] for each label, that mostly use their label's own two characters.
pub fn learnable() -> Examples {
    let mut stream = StreamPath::root(0).child("testkit/names").stream();
    let mut sequences = Sequences::new();
    let labels: Vec<u16> = (0..N_CLASSES * PER_LABEL).map(|row| (row % N_CLASSES) as u16).collect();
    for label in &labels {
        let length = 2 + stream.below(7);
        sequences.push((0..length).map(|_| character(u32::from(*label), &mut stream)).collect::<Vec<_>>());
    }
    Examples { sequences, labels }
}

/// One character in ten is anyone's.
fn character(label: u32, stream: &mut Stream) -> u16 {
    let character = if stream.below(10) == 0 { stream.below(USED_TOKENS) } else { 2 * label + stream.below(2) };
    character as u16
}

/// Ten texts that every classifier of characters can distinguish: most characters of each are its label's own.
pub fn ten() -> Examples {
    let examples: [(&[u16], u16); 10] = [
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
    examples.iter().for_each(|(text, _)| sequences.push(text.iter().copied()));
    Examples { sequences, labels: examples.map(|(_, label)| label).to_vec() }
}

/// Of the learnable texts all of label 0, six of label 1 and two of label 2.
pub fn unbalanced() -> Examples {
    let examples = learnable();
    let mut left = [PER_LABEL, 6, 2];
    let mut rows = examples.rows();
    rows.retain(|row| {
        let left = &mut left[usize::from(examples.labels[*row as usize])];
        let kept = *left > 0;
        *left = left.saturating_sub(1);
        kept
    });
    examples.only(&rows)
}

/// Each character of the learnable texts, one by one.
pub fn one_character() -> Examples {
    Examples::unlabelled((0..USED_TOKENS as u16).map(|token| vec![token]))
}

/// Each character of the learnable texts [`LONGEST`] times, and as many mixed.
pub fn long() -> Examples {
    let tokens = 0..USED_TOKENS as u16;
    let mixed: Vec<u16> = tokens.clone().cycle().take(LONGEST).collect();
    Examples::unlabelled(tokens.map(|token| vec![token; LONGEST]).chain([mixed]))
}

/// Characters that no learnable text has: among themselves, and next to known ones.
pub fn unseen() -> Examples {
    let (new, newer) = (N_TOKENS as u16 - 1, N_TOKENS as u16 - 2);
    Examples::unlabelled([vec![new, new], vec![new, newer, new], vec![0, new, 1], vec![newer, 3]])
}

/// One-character texts, long texts and characters never seen together.
pub fn odd() -> Examples {
    one_character().and(&long()).and(&unseen())
}
