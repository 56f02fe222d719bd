//! A batch of names, packed: time after time, longest names first, so that no place is padded.
//!
//! Letters for dimensions: `B` names, `T` letters of the longest, `R` letters in all.

use recur_core::dataset::Sequences;

/// Names packed as PyTorch's `pack_sequence` does: longest first, so that at each time the names that still have a letter
/// are the first rows.
///
/// Packing changes the order of a batch's names and nothing else. A batch is a run of the epoch's shuffled order,
/// whatever the lengths in it, so no name is ever moved to another step to suit its length.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// The position of each packed row in the order given, (B).
    positions: Vec<u32>,
    /// The tokens, time-major, (R).
    tokens: Vec<u16>,
    /// Where each time's tokens start, and their end, (T + 1).
    starts: Vec<usize>,
    /// The number of letters of each packed row, (B).
    lengths: Vec<usize>,
}

impl Batch {
    /// Packs `rows` of `sequences`; buffers are used again.
    ///
    /// # Panics
    /// If a sequence is empty.
    pub(crate) fn pack(&mut self, sequences: &Sequences, rows: &[u32]) {
        self.positions.clear();
        self.positions.extend(0..rows.len() as u32);
        let length = |position: &u32| sequences.get(rows[*position as usize]).len();
        self.positions.sort_unstable_by_key(|position| (usize::MAX - length(position), *position));
        self.lengths.clear();
        self.lengths.extend(self.positions.iter().map(length));
        assert!(self.lengths.last().is_none_or(|shortest| *shortest > 0), "a name without letters");

        self.tokens.clear();
        self.starts.clear();
        self.starts.push(0);
        let mut active = rows.len();
        for time in 0..self.lengths.first().copied().unwrap_or(0) {
            while self.lengths[active - 1] <= time {
                active -= 1;
            }
            let at_time = |position: &u32| sequences.get(rows[*position as usize])[time];
            self.tokens.extend(self.positions[..active].iter().map(at_time));
            self.starts.push(self.tokens.len());
        }
    }

    /// Number of names (B).
    pub(crate) fn len(&self) -> usize {
        self.positions.len()
    }

    /// Number of letters of all names (R).
    pub(crate) fn n_letters(&self) -> usize {
        self.tokens.len()
    }

    /// The position of each packed row in the order given, (B).
    pub(crate) fn positions(&self) -> &[u32] {
        &self.positions
    }

    /// All tokens, time-major, (R).
    pub(crate) fn tokens(&self) -> &[u16] {
        &self.tokens
    }

    /// Where each time's tokens start, and their end, (T + 1).
    pub(crate) fn starts(&self) -> &[usize] {
        &self.starts
    }

    /// Number of letters of each packed row, (B), descending.
    pub(crate) fn lengths(&self) -> &[usize] {
        &self.lengths
    }

    /// Where in [`Batch::tokens`] letter `time` of packed row `row` stands.
    pub(crate) fn place(&self, time: usize, row: usize) -> usize {
        self.starts[time] + row
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longest_names_come_first_and_equals_keep_their_order() {
        let names: [&[u16]; 4] = [&[1], &[2, 3, 4], &[5], &[6, 7]];
        let mut batch = Batch::default();
        batch.pack(&names.into_iter().collect(), &[0, 1, 2, 3]);
        assert_eq!(batch.positions(), [1, 3, 0, 2]);
        assert_eq!(batch.tokens(), [2, 6, 1, 5, 3, 7, 4]);
        assert_eq!(batch.starts(), [0, 4, 6, 7]);
        assert_eq!(batch.lengths(), [3, 2, 1, 1]);
    }
}
