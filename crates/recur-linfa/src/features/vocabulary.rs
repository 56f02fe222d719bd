//! The n-grams that have a column, chosen by how many training texts they are in, and found again in a text.
//!
//! They are the nodes of a trie: each n-gram hangs below the one without its last token. A text is read from each of its
//! places down the trie, until there is no such child; no n-gram is looked up that is not there.

mod choose;

use super::ngram::{NGram, NGramRange};

/// A node, or a column, that is not there.
const NONE: u32 = u32::MAX;

/// The n-grams that have a column (K of them), in ascending order; a column's number is the place in that order.
#[derive(Clone, Debug, PartialEq)]
pub struct Vocabulary {
    range: NGramRange,
    ngrams: Vec<NGram>,
    nodes: Nodes,
}

/// The nodes of the trie, in ascending order of their tokens, shorter ones first: children of one node lie side by side.
#[derive(Clone, Debug, Default, PartialEq)]
struct Nodes {
    /// The last token of each node.
    tokens: Vec<u16>,
    /// The first child of each node; the children end where those of the next node begin.
    first_child: Vec<u32>,
    /// The column of each node; [`NONE`] where it only leads to longer ones.
    columns: Vec<u32>,
    /// The node of each token on its own, or [`NONE`].
    roots: Vec<u32>,
}

/// An n-gram in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// The n-gram's column.
    pub column: u32,
    /// How often it is in the text, at least once.
    pub count: u32,
}

impl Vocabulary {
    /// A vocabulary of given n-grams; `None` unless they ascend.
    ///
    /// # Panics
    /// If there are 4 thousand million or more.
    pub fn new(range: NGramRange, ngrams: Vec<NGram>) -> Option<Self> {
        ngrams.is_sorted_by(|a, b| a < b).then(|| Self { range, nodes: Nodes::of(range, &ngrams), ngrams })
    }

    /// Number of columns (K).
    #[expect(clippy::len_without_is_empty, reason = "nobody asks whether a vocabulary is empty")]
    pub fn len(&self) -> usize {
        self.ngrams.len()
    }

    /// The n-grams in the order of their columns.
    pub fn ngrams(&self) -> &[NGram] {
        &self.ngrams
    }

    /// The n-grams of `text` that have a column, columns ascending.
    pub fn occurrences(&self, text: &[u16]) -> Vec<Occurrence> {
        let marked = self.range.marked(text);
        let mut columns = Vec::with_capacity(marked.len() * self.range.to);
        (0..marked.len()).for_each(|place| self.nodes.walk(&marked[place..], self.range.to, &mut columns));
        columns.sort_unstable();
        let runs = columns.chunk_by(|a, b| a == b);
        runs.map(|run| Occurrence { column: run[0], count: run.len() as u32 }).collect()
    }
}

impl Nodes {
    fn of(range: NGramRange, ngrams: &[NGram]) -> Self {
        let mut nodes = Self { roots: vec![NONE; range.n_tokens + 2], ..Self::default() };
        let mut above: Vec<NGram> = Vec::new();
        for length in 1..=range.to {
            let level = prefixes(ngrams, length);
            let first = nodes.tokens.len();
            for (place, ngram) in level.iter().enumerate() {
                let column = ngrams.binary_search(ngram).map_or(NONE, |column| column as u32);
                nodes.columns.push(column);
                nodes.tokens.push(ngram.last());
                if length == 1 {
                    nodes.roots[usize::from(ngram.last())] = place as u32;
                }
            }
            let first_child =
                |parent: &NGram| (first + level.partition_point(|child| child.without_last() < *parent)) as u32;
            nodes.first_child.extend(above.iter().map(first_child));
            above = level;
        }
        let end = u32::try_from(nodes.tokens.len()).expect("n-grams are fewer than 4 thousand million");
        nodes.first_child.resize(nodes.tokens.len() + 1, end);
        nodes
    }

    /// Adds the columns of the n-grams at the beginning of `text`, of at most `longest` tokens, to `columns`.
    fn walk(&self, text: &[u16], longest: usize, columns: &mut Vec<u32>) {
        let Some((first, rest)) = text.split_first() else { return };
        let mut node = self.roots.get(usize::from(*first)).copied().unwrap_or(NONE);
        let mut rest = rest.iter().take(longest - 1);
        while node != NONE {
            if self.columns[node as usize] != NONE {
                columns.push(self.columns[node as usize]);
            }
            node = rest.next().map_or(NONE, |token| self.child(node, *token));
        }
    }

    fn child(&self, node: u32, token: u16) -> u32 {
        let [first, end] = [0, 1].map(|next| self.first_child[node as usize + next] as usize);
        self.tokens[first..end].binary_search(&token).map_or(NONE, |place| (first + place) as u32)
    }
}

/// The first `length` tokens of all `ngrams` that have as many, ascending, each once.
fn prefixes(ngrams: &[NGram], length: usize) -> Vec<NGram> {
    let mut prefixes: Vec<NGram> = ngrams.iter().filter_map(|ngram| ngram.prefix(length)).collect();
    prefixes.sort_unstable();
    prefixes.dedup();
    prefixes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn occurrences_count_and_skip_what_is_unknown() {
        let range = NGramRange { from: 1, to: 1, n_tokens: 5 };
        let ngrams = [1, 3].map(|token| NGram::new(&[token])).to_vec();
        let vocabulary = Vocabulary::new(range, ngrams).unwrap();
        let expect = [Occurrence { column: 0, count: 2 }, Occurrence { column: 1, count: 1 }];
        assert_eq!(vocabulary.occurrences(&[1, 0, 3, 1]), expect);
        assert_eq!(vocabulary.occurrences(&[0, 2]), []);
    }

    #[test]
    fn ngrams_are_found_whose_beginnings_have_no_column() {
        let range = NGramRange { from: 2, to: 3, n_tokens: 3 };
        // Token 3 is the start mark, and 4 the end mark.
        let ngrams = [&[2_u16, 2][..], &[0, 1, 4], &[3, 0, 1]].map(NGram::new).to_vec();
        let mut sorted = ngrams.clone();
        sorted.sort_unstable();
        let vocabulary = Vocabulary::new(range, sorted.clone()).unwrap();
        let found = |text: &[u16]| {
            let columns = vocabulary.occurrences(text).into_iter().map(|it| sorted[it.column as usize].tokens());
            columns.collect::<Vec<_>>()
        };
        assert_eq!(found(&[0, 1]), [vec![0, 1, 4], vec![3, 0, 1]]);
        assert_eq!(found(&[2, 2, 2]), [vec![2, 2]]);
        assert_eq!(found(&[1, 0]), Vec::<Vec<u16>>::new());
        assert_eq!(found(&[]), Vec::<Vec<u16>>::new());
    }

    /// The trie against a plain search for every n-gram of texts.
    #[test]
    fn a_walk_finds_what_a_search_finds() {
        let range = NGramRange { from: 1, to: 4, n_tokens: 3 };
        let mut ngrams: Vec<NGram> = range.of(&[0, 1, 2, 0, 0, 1]).into_iter().chain(range.of(&[2, 2, 1])).collect();
        ngrams.sort_unstable();
        ngrams.dedup();
        // Every third n-gram is taken away: some beginnings are missing.
        let ngrams: Vec<NGram> = ngrams.into_iter().enumerate().filter(|(i, _)| i % 3 != 1).map(|(_, it)| it).collect();
        let vocabulary = Vocabulary::new(range, ngrams.clone()).unwrap();
        for code in 0..243_u16 {
            let text: Vec<u16> = (0..5).map(|place| code / 3_u16.pow(place) % 3).collect();
            let mut searched: Vec<u32> =
                range.of(&text).iter().filter_map(|it| ngrams.binary_search(it).ok()).map(|it| it as u32).collect();
            searched.sort_unstable();
            let walked = vocabulary.occurrences(&text);
            let walked: Vec<u32> =
                walked.iter().flat_map(|it| std::iter::repeat_n(it.column, it.count as usize)).collect();
            assert_eq!(walked, searched, "{text:?}");
        }
    }

    #[test]
    fn ngrams_that_do_not_ascend_are_refused() {
        let range = NGramRange { from: 1, to: 1, n_tokens: 5 };
        assert_eq!(Vocabulary::new(range, [3, 1].map(|token| NGram::new(&[token])).to_vec()), None);
    }
}
