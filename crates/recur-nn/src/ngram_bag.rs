//! The sum of a learned row for each n-gram of a text: `torch.nn.EmbeddingBag` over hashed n-grams, as in fastText (Joulin et al.
//! 2017, "Bag of Tricks for Efficient Text Classification").
//!
//! An n-gram has the row that its hash names, so that no list of n-grams is needed: some share a row (Weinberger et al. 2009,
//! "Feature Hashing for Large Scale Multitask Learning").
//!
//! Characters for dimensions: `B` texts, `G` n-grams of all texts, `M` rows of the table, `N` numbers of a row.

use crate::batch::Batch;
use crate::gradient::WeightGradients;
use crate::layout::{Init, Layout};
use crate::network::StepRng;
use recur_core::random::Stream;
use recur_kernels::Kernels;
use std::ops::Range;

/// What an n-gram bag reads, and its sizes.
#[derive(Clone, Copy, Debug)]
pub struct NGramShape {
    /// Tokens that there are; the marks of a text's start and end come after them.
    pub n_tokens: usize,
    /// The fewest and the most characters of an n-gram, marks included.
    pub lengths: (usize, usize),
    /// Rows of the table (M).
    pub buckets: usize,
    /// Numbers of a row (N).
    pub width: usize,
    /// The share of a text's n-grams that are left out in training; the others count for more, so that the mean stays.
    pub dropout: f32,
}

impl NGramShape {
    /// How many n-grams a text of so many characters has.
    pub fn count(&self, characters: u64) -> u64 {
        let (least, most) = self.lengths;
        (least as u64..=most as u64).map(|length| (characters + 3).saturating_sub(length)).sum()
    }
}

/// Rows of a table for each text, each with a factor.
#[derive(Clone, Debug, Default)]
pub struct Bags {
    /// Where the rows of each text end, (B).
    ends: Vec<usize>,
    /// (G).
    rows: Vec<u32>,
    /// (G).
    factors: Vec<f32>,
}

impl Bags {
    /// Removes all texts.
    pub fn clear(&mut self) {
        self.ends.clear();
        self.rows.clear();
        self.factors.clear();
    }

    /// Number of texts (B).
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Appends a row to the text that [`Bags::end_text`] will end.
    pub fn push(&mut self, row: u32, factor: f32) {
        self.rows.push(row);
        self.factors.push(factor);
    }

    /// Ends a text.
    pub fn end_text(&mut self) {
        self.ends.push(self.rows.len());
    }

    /// The rows of a text and their factors.
    pub fn of_text(&self, text: usize) -> (&[u32], &[f32]) {
        let start = if text == 0 { 0 } else { self.ends[text - 1] };
        (&self.rows[start..self.ends[text]], &self.factors[start..self.ends[text]])
    }

    /// All rows, (G).
    pub fn rows(&self) -> &[u32] {
        &self.rows
    }

    /// Adds to each row of `table` the sum of `d (B, N)` over `texts` that have it, times the factors, in their order.
    pub(crate) fn add(&self, kernels: Kernels, texts: Range<usize>, table: &mut [f32], d: &[f32], n: usize) {
        for text in texts {
            let (rows, factors) = self.of_text(text);
            kernels.add_multiples_to_rows(table, rows, factors, &d[text * n..][..n]);
        }
    }
}

/// The table with its workspace.
#[derive(Clone, Debug)]
pub struct NGramBag {
    shape: NGramShape,
    /// `NAME.weight`, (M, N).
    weight: Range<usize>,
    bags: Bags,
    /// A text's rows in the batch, and its tokens between the two marks.
    characters: Vec<usize>,
    tokens: Vec<u64>,
    hashes: Vec<u64>,
}

impl NGramBag {
    /// `NAME.weight` of zeros: before training the table changes nothing.
    pub fn new(layout: &mut Layout, name: &str, shape: NGramShape) -> Self {
        let weight = layout.table(format!("{name}.weight"), shape.buckets, shape.width, Init::Zeros);
        let (characters, tokens, hashes) = (Vec::new(), Vec::new(), Vec::new());
        Self { shape, weight, bags: Bags::default(), characters, tokens, hashes }
    }

    /// Adds to each row of `to (B, N)` the rows of a text's n-grams, divided by the root of their number. With `draws` some are
    /// left out. Texts may share their first characters.
    pub fn add(
        &mut self,
        kernels: Kernels,
        parameters: &[f32],
        batch: &Batch,
        draws: Option<StepRng<'_>>,
        to: &mut [f32],
    ) {
        self.read(batch, draws.filter(|_| self.shape.dropout > 0.0));
        let table = &parameters[self.weight.clone()];
        for (text, to) in to.chunks_exact_mut(self.shape.width).enumerate() {
            let (rows, factors) = self.bags.of_text(text);
            kernels.add_multiples_of_rows(to, table, rows, factors);
        }
    }

    /// Gives the table's gradient from `d (B, N)`, that of what [`NGramBag::add`] added last.
    pub fn backward(&self, d: &[f32], into: &mut dyn WeightGradients) {
        into.bags(&self.weight, &self.bags, d);
    }

    /// The n-grams of each text that count.
    fn read(&mut self, batch: &Batch, draws: Option<StepRng<'_>>) {
        let mut stream = draws.map(StepRng::stream);
        self.bags.clear();
        for (text, (time, row)) in batch.last().iter().enumerate() {
            batch.times().ancestors(*time, *row, &mut self.characters);
            self.tokens.clear();
            self.tokens.push(self.shape.n_tokens as u64);
            self.tokens.extend(self.characters.iter().map(|row| u64::from(batch.tokens()[*row])));
            self.tokens.push(self.shape.n_tokens as u64 + 1);
            // A text's draws depend on its place in the whole batch, not on which worker has it. The first 2³² numbers of a
            // step are those of other parts of the network.
            if let Some(stream) = &mut stream {
                stream.seek(((batch.first_in_whole() + text) as u64 + 1) << 32);
            }
            self.read_text(stream.as_mut());
        }
    }

    fn read_text(&mut self, mut stream: Option<&mut Stream>) {
        hash_ngrams(&self.tokens, self.shape.lengths, &mut self.hashes);
        let dropout = if stream.is_some() { self.shape.dropout } else { 0.0 };
        let factor = (1.0 / (self.hashes.len() as f64).sqrt()) as f32 / (1.0 - dropout);
        for hash in &self.hashes {
            if stream.as_mut().is_none_or(|stream| stream.unit_f32() >= dropout) {
                self.bags.push(row_of(*hash, self.shape.buckets), factor);
            }
        }
        self.bags.end_text();
    }
}

/// Writes to `hashes` those of all runs of `tokens` whose lengths are in `least..=most`: by start, and then by length.
fn hash_ngrams(tokens: &[u64], (least, most): (usize, usize), hashes: &mut Vec<u64>) {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    hashes.clear();
    for start in 0..tokens.len() {
        let mut hash = OFFSET;
        // FNV-1a, a token at a time instead of a byte.
        for (length, token) in (1..=most).zip(&tokens[start..]) {
            hash = (hash ^ token).wrapping_mul(PRIME);
            if length >= least {
                hashes.push(hash);
            }
        }
    }
}

/// The row that a hash names. Its bits are mixed as in SplitMix64 (Steele, Lea and Flood 2014), as those of FNV depend on few
/// tokens.
fn row_of(hash: u64, buckets: usize) -> u32 {
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    let high = (hash ^ (hash >> 31)) >> 32;
    ((high * buckets as u64) >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gradient::{Buffer, Step};
    use crate::slopes::{assert_slopes, numbers};
    use recur_core::random::StreamPath;

    const TEXTS: [&[u16]; 4] = [&[1, 2], &[1, 2, 3], &[4], &[1, 2, 3, 4, 4]];
    const SHAPE: NGramShape = NGramShape { n_tokens: 5, lengths: (1, 3), buckets: 23, width: 3, dropout: 0.5 };

    fn bag() -> NGramBag {
        NGramBag::new(&mut Layout::default(), "ngrams", SHAPE)
    }

    fn packed(texts: &[&[u16]]) -> Batch {
        let mut batch = Batch::default();
        batch.pack_texts(texts);
        batch
    }

    fn n_read(bag: &NGramBag, text: usize) -> usize {
        bag.bags.of_text(text).0.len()
    }

    #[test]
    fn ngrams_are_the_runs_of_characters_and_marks() {
        let mut hashes = Vec::new();
        hash_ngrams(&[7, 1, 2, 8], (2, 3), &mut hashes);
        let of = |run: &[u64]| {
            let mut hashes = Vec::new();
            hash_ngrams(run, (run.len(), run.len()), &mut hashes);
            hashes[0]
        };
        assert_eq!(hashes, [of(&[7, 1]), of(&[7, 1, 2]), of(&[1, 2]), of(&[1, 2, 8]), of(&[2, 8])]);
        for (characters, lengths) in [(2, (1, 3)), (1, (1, 3)), (1, (4, 6)), (5, (2, 4))] {
            hash_ngrams(&vec![1; characters + 2], lengths, &mut hashes);
            assert_eq!(hashes.len() as u64, NGramShape { lengths, ..SHAPE }.count(characters as u64));
        }
    }

    #[test]
    fn hashes_are_pinned_and_spread() {
        let mut hashes = Vec::new();
        hash_ngrams(&[0, 1, 2], (1, 3), &mut hashes);
        let rows: Vec<u32> = hashes.iter().map(|hash| row_of(*hash, 1 << 16)).collect();
        // From a second implementation, in Python.
        assert_eq!(rows, [9724, 16683, 32957, 43536, 29429, 42477]);
        let mut counts = [0_u32; 16];
        for (first, second) in (0..64).flat_map(|first| (0..64).map(move |second| (first, second))) {
            hash_ngrams(&[first, second], (2, 2), &mut hashes);
            counts[row_of(hashes[0], 16) as usize] += 1;
        }
        // 256 on average, with a standard deviation of 15.
        assert!(counts.iter().all(|count| (190..=322).contains(count)), "{counts:?}");
    }

    #[test]
    fn what_is_added_is_the_sum_of_rows_over_the_root_of_their_number() {
        let (mut bag, table) = (bag(), numbers(23 * 3, 1));
        let batch = packed(&[&[4]]);
        let mut to = vec![0.25; 3];
        bag.add(Kernels::widest(), &table, &batch, None, &mut to);
        let mut hashes = Vec::new();
        // Start, 4, end: three n-grams of one character, two of two, and one of three.
        hash_ngrams(&[5, 4, 6], (1, 3), &mut hashes);
        assert_eq!(hashes.len(), 6);
        for (column, sum) in to.iter().enumerate() {
            let rows = hashes.iter().map(|hash| f64::from(table[row_of(*hash, 23) as usize * 3 + column]));
            let expected = 0.25 + rows.sum::<f64>() / 6.0_f64.sqrt();
            assert!((f64::from(*sum) - expected).abs() < 1e-6, "{sum} {expected}");
        }
    }

    #[test]
    fn gradients_are_the_slopes() {
        let (mut bag, kernels, batch) = (bag(), Kernels::widest(), packed(&TEXTS));
        let (table, d) = (numbers(23 * 3, 1), numbers(4 * 3, 2));
        let path = StreamPath::root(1);
        for draws in [None, Some(StepRng { path: &path, step: 3 })] {
            bag.add(kernels, &table, &batch, draws, &mut [0.0; 12]);
            let mut gradients = vec![0.0; table.len()];
            bag.backward(&d, &mut Buffer { kernels, gradients: &mut gradients });
            assert_slopes(&table, &d, &gradients, |table| {
                let mut to = vec![0.0; 4 * 3];
                bag.add(kernels, table, &batch, draws, &mut to);
                to
            });
        }
    }

    #[test]
    fn a_step_on_the_way_is_a_step_from_the_buffer() {
        let (mut bag, kernels, batch) = (bag(), Kernels::widest(), packed(&TEXTS));
        let (mut table, d) = (numbers(23 * 3, 1), numbers(4 * 3, 2));
        bag.add(kernels, &table, &batch, None, &mut [0.0; 12]);
        let (mut expected, mut gradients) = (table.clone(), vec![0.0; table.len()]);
        bag.backward(&d, &mut Buffer { kernels, gradients: &mut gradients });
        kernels.sgd_step(&mut expected, &gradients, 0.1);
        let scratch = &mut vec![f32::NAN; table.len()];
        bag.backward(&d, &mut Step { kernels, parameters: &mut table, scratch, rate: 0.1 });
        assert_eq!(table, expected);
    }

    #[test]
    fn dropout_leaves_out_about_its_share_in_training_only_and_by_the_place_in_the_whole_batch() {
        let (mut bag, texts) = (bag(), vec![[1_u16; 9].as_slice(); 200]);
        let (whole, path) = (packed(&texts), StreamPath::root(1));
        let draws = Some(StepRng { path: &path, step: 3 });
        bag.read(&whole, None);
        let n = n_read(&bag, 0);
        bag.read(&whole, draws);
        let kept = bag.clone();
        let share = kept.bags.rows().len() as f64 / (200 * n) as f64;
        assert!((0.47..0.53).contains(&share), "{share}");
        assert!(kept.bags.factors.iter().all(|factor| (f64::from(*factor) * (n as f64).sqrt() - 2.0).abs() < 1e-5));
        let mut part = Batch::default();
        part.take_share(&whole, 50..80);
        bag.read(&part, draws);
        (0..30).for_each(|text| assert_eq!(bag.bags.of_text(text), kept.bags.of_text(text + 50)));
        assert_ne!(kept.bags.of_text(0), kept.bags.of_text(1));
    }

    #[test]
    fn texts_that_share_their_first_characters_are_read_as_each_by_itself() {
        let mut sorted = TEXTS;
        sorted.sort_unstable();
        let (mut tree, mut of_tree, mut of_pack) = (Batch::default(), bag(), bag());
        tree.pack_prefixes(&sorted);
        let pack = packed(&sorted);
        of_tree.read(&tree, None);
        of_pack.read(&pack, None);
        for (row, position) in pack.positions().iter().enumerate() {
            assert_eq!(of_pack.bags.of_text(row), of_tree.bags.of_text(*position as usize));
        }
    }
}
