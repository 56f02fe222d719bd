//! A batch of names, packed time after time, so that no place is padded: each name by itself for training, or names that
//! share their first letters together for prediction.
//!
//! Letters for dimensions: `B` names, `T` letters of the longest, `R` letters in all.

use crate::times::Times;
use recur_core::dataset::Sequences;
use std::ops::Range;

/// Names packed for training or for prediction.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// The position of each packed row in the order given, (B).
    positions: Vec<u32>,
    /// The tokens, time-major, (R).
    tokens: Vec<u16>,
    /// Where each time's letters stand, and what they follow.
    times: Times,
    /// How many letters of each time have a letter after them; they are the first ones, (T).
    n_followed: Vec<usize>,
    /// The time of each packed row's last letter, and its row within that time, (B).
    last: Vec<(usize, usize)>,
}

impl Batch {
    /// Packs `rows` of `sequences` as PyTorch's `pack_sequence` does: longest first, so that at each time the names that
    /// still have a letter are the first rows. Buffers are used again.
    ///
    /// Packing changes the order of a batch's names and nothing else. A batch is a run of the epoch's shuffled order,
    /// whatever the lengths in it, so no name is ever moved to another step to suit its length.
    ///
    /// # Panics
    /// If a sequence is empty.
    pub(crate) fn pack(&mut self, sequences: &Sequences, rows: &[u32]) {
        self.clear();
        self.positions.extend(0..rows.len() as u32);
        let name = |position: &u32| sequences.get(rows[*position as usize]);
        self.positions.sort_unstable_by_key(|position| (usize::MAX - name(position).len(), *position));
        let mut active = rows.len();
        for time in 0..self.positions.first().map_or(0, |longest| name(longest).len()) {
            while name(&self.positions[active - 1]).len() <= time {
                active -= 1;
            }
            self.tokens.extend(self.positions[..active].iter().map(|position| name(position)[time]));
            self.times.push_packed(active);
            let followed = self.positions[..active].partition_point(|position| name(position).len() > time + 1);
            self.n_followed.push(followed);
        }
        let last_letter = |(row, position): (usize, &u32)| (n_letters(name(position)) - 1, row);
        self.last.extend(self.positions.iter().enumerate().map(last_letter));
    }

    /// Packs `names`, which must be sorted, in their order, so that names with the same first letters share the places
    /// of these: a tree of prefixes, level by level. Each name gets the same numbers as from [`Batch::pack`], for less
    /// work.
    ///
    /// # Panics
    /// If a name is empty.
    pub(crate) fn pack_prefixes(&mut self, names: &[&[u16]]) {
        debug_assert!(names.is_sorted());
        self.clear();
        self.positions.extend(0..names.len() as u32);
        self.last.resize(names.len(), (0, 0));
        let (mut nodes, mut children) = (vec![Node { parent: 0, names: 0..names.len() }], Vec::new());
        for time in 0.. {
            children.clear();
            for (parent, node) in nodes.iter().enumerate() {
                // A name that ends at its parent comes before the longer ones.
                let mut first = node.names.clone().find(|row| n_letters(names[*row]) > time).unwrap_or(node.names.end);
                while first < node.names.end {
                    let letter = names[first][time];
                    let end = (first..node.names.end).find(|row| names[*row][time] != letter).unwrap_or(node.names.end);
                    children.push(Node { parent: parent as u32, names: first..end });
                    first = end;
                }
            }
            if children.is_empty() {
                return;
            }
            children.sort_by_key(|node| names[node.names.end - 1].len() == time + 1);
            for (row, node) in children.iter().enumerate() {
                self.tokens.push(names[node.names.start][time]);
                let ending = node.names.clone().take_while(|row| names[*row].len() == time + 1);
                ending.for_each(|name| self.last[name] = (time, row));
            }
            self.times.push_following(children.iter().map(|node| node.parent));
            children.truncate(children.partition_point(|node| names[node.names.end - 1].len() > time + 1));
            self.n_followed.push(children.len());
            std::mem::swap(&mut nodes, &mut children);
        }
    }

    fn clear(&mut self) {
        self.positions.clear();
        self.tokens.clear();
        self.times.clear();
        self.n_followed.clear();
        self.last.clear();
    }

    /// Number of names (B).
    pub(crate) fn len(&self) -> usize {
        self.positions.len()
    }

    /// Number of letters (R).
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

    /// Where each time's letters stand, and what they follow.
    pub(crate) fn times(&self) -> &Times {
        &self.times
    }

    /// How many letters of each time have a letter after them; they are the first ones, (T).
    pub(crate) fn n_followed(&self) -> &[usize] {
        &self.n_followed
    }

    /// The time of each packed row's last letter, and its row within that time, (B).
    pub(crate) fn last(&self) -> &[(usize, usize)] {
        &self.last
    }
}

/// A prefix of names.
struct Node {
    /// Its own prefix, a row of the time before.
    parent: u32,
    /// The names that start with it.
    names: Range<usize>,
}

fn n_letters(name: &[u16]) -> usize {
    assert!(!name.is_empty(), "a name without letters");
    name.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows_at_each_time(batch: &Batch) -> Vec<usize> {
        (0..batch.times().len()).map(|time| batch.times().n_rows_at(time)).collect()
    }

    #[test]
    fn longest_names_come_first_and_equals_keep_their_order() {
        let names: [&[u16]; 4] = [&[1], &[2, 3, 4], &[5], &[6, 7]];
        let mut batch = Batch::default();
        batch.pack(&names.into_iter().collect(), &[0, 1, 2, 3]);
        assert_eq!(batch.positions(), [1, 3, 0, 2]);
        assert_eq!(batch.tokens(), [2, 6, 1, 5, 3, 7, 4]);
        assert_eq!(rows_at_each_time(&batch), [4, 2, 1]);
        assert_eq!(batch.n_followed(), [2, 1, 0]);
        assert_eq!(batch.last(), [(2, 0), (1, 1), (0, 2), (0, 3)]);
    }

    #[test]
    fn names_share_the_places_of_their_first_letters() {
        let names: [&[u16]; 7] = [&[1], &[1, 2], &[1, 2], &[1, 2, 3], &[1, 3, 3], &[4], &[5, 2]];
        let mut batch = Batch::default();
        batch.pack_prefixes(&names);
        // 1 and 5 go on, 4 does not; then 12 and 13 go on, 52 does not.
        assert_eq!(batch.tokens(), [1, 5, 4, 2, 3, 2, 3, 3]);
        assert_eq!(rows_at_each_time(&batch), [3, 3, 2]);
        assert_eq!(batch.n_followed(), [2, 2, 0]);
        assert_eq!((0..3).map(|row| batch.times().parent(1, row)).collect::<Vec<_>>(), [0, 0, 1]);
        assert_eq!((0..2).map(|row| batch.times().parent(2, row)).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(batch.last(), [(0, 0), (1, 0), (1, 0), (2, 0), (2, 1), (0, 2), (1, 2)]);
    }

    #[test]
    #[should_panic(expected = "a name without letters")]
    fn an_empty_name_is_refused() {
        Batch::default().pack_prefixes(&[&[], &[1]]);
    }
}
