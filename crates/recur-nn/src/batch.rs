//! A batch of texts, packed time after time, so that no place is padded: each text by itself for training and for networks that
//! look ahead, or texts that share their first characters together for the prediction of others.
//!
//! Characters for dimensions: `B` texts, `T` characters of the longest, `R` characters in all.

use crate::time_steps::TimeSteps;
use recur_core::dataset::Sequences;
use std::ops::Range;

/// Texts packed for training or for prediction.
#[derive(Debug, Default)]
pub struct Batch {
    /// The position of each packed row in the order given, (B).
    positions: Vec<u32>,
    /// The tokens, time-major, (R).
    tokens: Vec<u16>,
    /// Where each time's characters are, and what they follow.
    times: TimeSteps,
    /// How many characters of each time have a character after them; they are the first ones, (T).
    n_followed: Vec<usize>,
    /// The time of each packed row's last character, and its row within that time, (B).
    last: Vec<(usize, usize)>,
    /// The first packed row of this share of a batch, and where each time's characters are in the whole of it, (T); none
    /// if this is the whole.
    first: usize,
    starts_in_whole: Vec<usize>,
    n_characters_of_whole: usize,
}

impl Batch {
    /// Packs `rows` of `sequences` as PyTorch's `pack_sequence` does: longest first, so that at each time the texts that
    /// still have a character are the first rows. Buffers are used again.
    ///
    /// Packing changes the order of a batch's texts and nothing else. A batch is a run of the epoch's shuffled order,
    /// whatever the lengths in it, so no text is ever moved to another step to suit its length.
    ///
    /// # Panics
    /// If a sequence is empty.
    pub fn pack(&mut self, sequences: &Sequences, rows: &[u32]) {
        self.pack_each(rows.len(), |position: &u32| sequences.get(rows[*position as usize]));
    }

    /// Packs `texts` in the same way: for prediction where no text may share the places of another's characters.
    ///
    /// # Panics
    /// If a text is empty.
    pub fn pack_texts(&mut self, texts: &[&[u16]]) {
        self.pack_each(texts.len(), |position: &u32| texts[*position as usize]);
    }

    fn pack_each<'a>(&mut self, n: usize, text: impl Fn(&u32) -> &'a [u16]) {
        self.clear();
        self.positions.extend(0..n as u32);
        self.positions.sort_unstable_by_key(|position| (usize::MAX - text(position).len(), *position));
        let mut active = n;
        for time in 0..self.positions.first().map_or(0, |longest| n_characters(text(longest))) {
            while text(&self.positions[active - 1]).len() <= time {
                active -= 1;
            }
            self.tokens.extend(self.positions[..active].iter().map(|position| text(position)[time]));
            self.times.push_packed(active);
            let followed = self.positions[..active].partition_point(|position| text(position).len() > time + 1);
            self.n_followed.push(followed);
        }
        let last_character = |(row, position): (usize, &u32)| (n_characters(text(position)) - 1, row);
        self.last.extend(self.positions.iter().enumerate().map(last_character));
        self.n_characters_of_whole = self.tokens.len();
    }

    /// Takes `rows` of the packed rows of `whole`, which [`Batch::pack`] made. At each time, the characters of the shares in
    /// turn are those of the whole.
    pub fn take_share(&mut self, whole: &Batch, rows: Range<usize>) {
        self.clear();
        self.positions.extend_from_slice(&whole.positions[rows.clone()]);
        let within = |active: usize| active.clamp(rows.start, rows.end) - rows.start;
        for time in 0..whole.times.len() {
            let n = within(whole.times.n_rows_at(time));
            if n == 0 {
                break;
            }
            let start = whole.times.at(time, 1).start;
            self.starts_in_whole.push(start);
            self.tokens.extend_from_slice(&whole.tokens[start + rows.start..][..n]);
            self.times.push_packed(n);
            self.n_followed.push(within(whole.n_followed[time]));
        }
        self.last.extend(whole.last[rows.clone()].iter().map(|(time, row)| (*time, row - rows.start)));
        (self.first, self.n_characters_of_whole) = (rows.start, whole.n_characters());
    }

    /// Which packed rows the `index`th of `n` shares takes, so that all have about as many characters. The first has the
    /// longest text; others may be empty.
    pub fn rows_of_share(&self, index: usize, n: usize) -> Range<usize> {
        let end_of = |share: usize| {
            let mut before = 0;
            let begins = |(time, _): &&(usize, usize)| {
                before * n < self.n_characters() * share && {
                    before += time + 1;
                    true
                }
            };
            self.last.iter().take_while(begins).count()
        };
        end_of(index)..end_of(index + 1)
    }

    /// Packs `texts`, which must be sorted, in their order, so that texts with the same first characters share the places
    /// of these: a tree of prefixes, level by level. Each text gets the same numbers as from [`Batch::pack`], for less
    /// work.
    ///
    /// # Panics
    /// If a text is empty.
    pub fn pack_prefixes(&mut self, texts: &[&[u16]]) {
        debug_assert!(texts.is_sorted());
        self.clear();
        self.positions.extend(0..texts.len() as u32);
        self.last.resize(texts.len(), (0, 0));
        let (mut nodes, mut children) = (vec![Node { parent: 0, texts: 0..texts.len() }], Vec::new());
        for time in 0.. {
            children.clear();
            for (parent, node) in nodes.iter().enumerate() {
                // A text that ends at its parent comes before the longer ones.
                let mut first =
                    node.texts.clone().find(|row| n_characters(texts[*row]) > time).unwrap_or(node.texts.end);
                while first < node.texts.end {
                    let character = texts[first][time];
                    let end =
                        (first..node.texts.end).find(|row| texts[*row][time] != character).unwrap_or(node.texts.end);
                    children.push(Node { parent: parent as u32, texts: first..end });
                    first = end;
                }
            }
            if children.is_empty() {
                return;
            }
            children.sort_by_key(|node| texts[node.texts.end - 1].len() == time + 1);
            for (row, node) in children.iter().enumerate() {
                self.tokens.push(texts[node.texts.start][time]);
                let ending = node.texts.clone().take_while(|row| texts[*row].len() == time + 1);
                ending.for_each(|text| self.last[text] = (time, row));
            }
            self.times.push_following(children.iter().map(|node| node.parent));
            children.truncate(children.partition_point(|node| texts[node.texts.end - 1].len() > time + 1));
            self.n_followed.push(children.len());
            std::mem::swap(&mut nodes, &mut children);
        }
    }

    /// Writes to `rows`, for each character in packed order, the row of its mirror image: of the first character of a text that of
    /// its last, and so on. Read in this order, `tokens` are those of the texts read backwards, packed in the same way. Applied
    /// twice, the order is the first again.
    ///
    /// # Panics
    /// If texts share the places of their characters.
    pub fn mirror(&self, rows: &mut Vec<u32>) {
        rows.clear();
        for time in 0..self.times.len() {
            let n = self.times.at(time, 1).len();
            assert!(time == 0 || self.times.before(time, 1).len() == n, "each text by itself");
            let image = |(row, last): (usize, &(usize, usize))| (self.times.at(last.0 - time, 1).start + row) as u32;
            rows.extend(self.last[..n].iter().enumerate().map(image));
        }
    }

    /// The first of these texts among those of the whole batch.
    pub fn first_in_whole(&self) -> usize {
        self.first
    }

    fn clear(&mut self) {
        self.positions.clear();
        self.tokens.clear();
        self.times.clear();
        self.n_followed.clear();
        self.last.clear();
        self.starts_in_whole.clear();
        (self.first, self.n_characters_of_whole) = (0, 0);
    }

    /// Number of texts (B).
    pub fn len(&self) -> usize {
        self.positions.len()
    }

    /// Whether it holds no text.
    pub fn is_empty(&self) -> bool {
        self.positions.is_empty()
    }

    /// Number of characters (R).
    pub fn n_characters(&self) -> usize {
        self.tokens.len()
    }

    /// Number of characters of the batch that this is a share of, or the whole of.
    pub fn n_characters_of_whole(&self) -> usize {
        self.n_characters_of_whole
    }

    /// Where the characters of `time` begin among those of the whole batch.
    pub fn start_in_whole(&self, time: usize) -> usize {
        self.starts_in_whole.get(time).map_or(self.times.at(time, 1).start, |start| start + self.first)
    }

    /// The position of each packed row in the order given, (B).
    pub fn positions(&self) -> &[u32] {
        &self.positions
    }

    /// All tokens, time-major, (R).
    pub fn tokens(&self) -> &[u16] {
        &self.tokens
    }

    /// Where each time's characters are, and what they follow.
    pub fn times(&self) -> &TimeSteps {
        &self.times
    }

    /// How many characters of each time have a character after them; they are the first ones, (T).
    pub fn n_followed(&self) -> &[usize] {
        &self.n_followed
    }

    /// The time of each packed row's last character, and its row within that time, (B).
    pub fn last(&self) -> &[(usize, usize)] {
        &self.last
    }
}

/// A prefix of texts.
struct Node {
    /// Its own prefix, a row of the time before.
    parent: u32,
    /// The texts that start with it.
    texts: Range<usize>,
}

fn n_characters(text: &[u16]) -> usize {
    assert!(!text.is_empty(), "a text without characters");
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows_at_each_time(batch: &Batch) -> Vec<usize> {
        (0..batch.times().len()).map(|time| batch.times().n_rows_at(time)).collect()
    }

    #[test]
    fn longest_texts_come_first_and_equals_keep_their_order() {
        let texts: [&[u16]; 4] = [&[1], &[2, 3, 4], &[5], &[6, 7]];
        let mut batch = Batch::default();
        batch.pack(&texts.into_iter().collect(), &[0, 1, 2, 3]);
        assert_eq!(batch.positions(), [1, 3, 0, 2]);
        assert_eq!(batch.tokens(), [2, 6, 1, 5, 3, 7, 4]);
        assert_eq!(rows_at_each_time(&batch), [4, 2, 1]);
        assert_eq!(batch.n_followed(), [2, 1, 0]);
        assert_eq!(batch.last(), [(2, 0), (1, 1), (0, 2), (0, 3)]);
    }

    #[test]
    fn shares_in_turn_are_the_whole_at_each_time() {
        let texts: [&[u16]; 6] = [&[1], &[2, 3, 4, 5], &[6], &[7, 8], &[9, 1, 2], &[3, 4, 5]];
        let (mut whole, mut share) = (Batch::default(), Batch::default());
        whole.pack(&texts.into_iter().collect(), &[0, 1, 2, 3, 4, 5]);
        for n in 1..=6 {
            let mut seen = vec![None; whole.n_characters()];
            let (mut positions, mut end) = (Vec::new(), 0);
            for index in 0..n {
                let rows = whole.rows_of_share(index, n);
                assert_eq!(rows.start, end);
                end = rows.end;
                share.take_share(&whole, rows);
                positions.extend_from_slice(share.positions());
                assert_eq!(share.n_characters_of_whole(), whole.n_characters());
                for (time, followed) in share.n_followed().iter().enumerate() {
                    let tokens = &share.tokens()[share.times().at(time, 1)];
                    let to = &mut seen[share.start_in_whole(time)..][..tokens.len()];
                    to.iter_mut().zip(tokens).for_each(|(to, token)| assert!(to.replace(*token).is_none()));
                    let last = time + 1 == share.times().len();
                    assert_eq!(*followed, if last { 0 } else { share.times().n_rows_at(time + 1) });
                }
            }
            assert_eq!(positions, whole.positions());
            assert_eq!(seen.into_iter().flatten().collect::<Vec<_>>(), whole.tokens(), "{n} shares");
        }
        let two: Vec<Range<usize>> = (0..2).map(|index| whole.rows_of_share(index, 2)).collect();
        assert_eq!(two, [0..2, 2..6], "7 characters each");
    }

    #[test]
    fn texts_share_the_places_of_their_first_characters() {
        let texts: [&[u16]; 7] = [&[1], &[1, 2], &[1, 2], &[1, 2, 3], &[1, 3, 3], &[4], &[5, 2]];
        let mut batch = Batch::default();
        batch.pack_prefixes(&texts);
        // 1 and 5 go on, 4 does not; then 12 and 13 go on, 52 does not.
        assert_eq!(batch.tokens(), [1, 5, 4, 2, 3, 2, 3, 3]);
        assert_eq!(rows_at_each_time(&batch), [3, 3, 2]);
        assert_eq!(batch.n_followed(), [2, 2, 0]);
        assert_eq!((0..3).map(|row| batch.times().parent(1, row)).collect::<Vec<_>>(), [0, 0, 1]);
        assert_eq!((0..2).map(|row| batch.times().parent(2, row)).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(batch.last(), [(0, 0), (1, 0), (1, 0), (2, 0), (2, 1), (0, 2), (1, 2)]);
    }

    #[test]
    fn the_rows_of_a_text_are_found_in_a_tree_of_prefixes_and_in_a_pack() {
        let texts: [&[u16]; 5] = [&[1], &[1, 2], &[1, 2, 3], &[1, 3, 3], &[4]];
        let (mut tree, mut pack, mut rows) = (Batch::default(), Batch::default(), Vec::new());
        tree.pack_prefixes(&texts);
        pack.pack_texts(&texts);
        assert!(tree.n_characters() < pack.n_characters());
        for batch in [&tree, &pack] {
            for (position, (time, row)) in batch.positions().iter().zip(batch.last()) {
                batch.times().ancestors(*time, *row, &mut rows);
                let text: Vec<u16> = rows.iter().map(|row| batch.tokens()[*row]).collect();
                assert_eq!(text, texts[*position as usize]);
            }
        }
    }

    #[test]
    fn a_mirrored_batch_is_the_batch_of_the_texts_read_backwards() {
        let texts: [&[u16]; 4] = [&[1], &[2, 3, 4], &[5], &[6, 7]];
        let backwards: [&[u16]; 4] = [&[1], &[4, 3, 2], &[5], &[7, 6]];
        let (mut batch, mut expected, mut mirror) = (Batch::default(), Batch::default(), Vec::new());
        batch.pack_texts(&texts);
        expected.pack_texts(&backwards);
        batch.mirror(&mut mirror);
        let mirrored: Vec<u16> = mirror.iter().map(|row| batch.tokens()[*row as usize]).collect();
        assert_eq!(mirrored, expected.tokens());
        assert!(mirror.iter().enumerate().all(|(row, image)| mirror[*image as usize] as usize == row));
    }

    #[test]
    #[should_panic(expected = "a text without characters")]
    fn an_empty_text_is_refused() {
        Batch::default().pack_prefixes(&[&[], &[1]]);
    }
}
