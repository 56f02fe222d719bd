//! One character n-gram, packed into an integer.

/// Longest n-gram that fits: 16 bits a token.
pub const LONGEST: usize = 8;

/// A run of up to [`LONGEST`] tokens. The order is by length, then by tokens.
///
/// Each token takes 16 bits and is stored plus one, so that runs of different lengths never look alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NGram(u128);

impl NGram {
    /// Packs `tokens`.
    ///
    /// # Panics
    /// If there are more than [`LONGEST`], or one is the greatest `u16`: an alphabet ends well before it.
    pub fn new(tokens: &[u16]) -> Self {
        assert!(tokens.len() <= LONGEST, "an n-gram of {} tokens does not fit", tokens.len());
        let pack = |packed: u128, token: &u16| (packed << 16) | u128::from(token.checked_add(1).expect("token in use"));
        Self(tokens.iter().fold(0, pack))
    }

    /// The n-gram with `token` after its last one.
    ///
    /// # Panics
    /// As [`NGram::new`].
    #[must_use]
    pub fn with(self, token: u16) -> Self {
        assert!(self.0 >> (16 * (LONGEST - 1)) == 0, "an n-gram of {} tokens does not fit", LONGEST + 1);
        Self((self.0 << 16) | u128::from(token.checked_add(1).expect("token in use")))
    }

    /// The last token.
    ///
    /// # Panics
    /// If there is none.
    pub fn last(self) -> u16 {
        (self.0 as u16).checked_sub(1).expect("an n-gram has a token")
    }

    /// The n-gram without its last token.
    #[must_use]
    pub fn without_last(self) -> Self {
        Self(self.0 >> 16)
    }

    /// Its first `length` tokens; `None` where it has fewer.
    pub fn prefix(self, length: usize) -> Option<Self> {
        let n_tokens = (128 - self.0.leading_zeros() as usize).div_ceil(16);
        n_tokens.checked_sub(length).map(|rest| Self(self.0.checked_shr(16 * rest as u32).unwrap_or(0)))
    }

    /// The tokens, first to last.
    pub fn tokens(self) -> Vec<u16> {
        let places = (0..LONGEST).rev().map(|place| (self.0 >> (16 * place)) as u16);
        places.filter(|stored| *stored != 0).map(|stored| stored - 1).collect()
    }
}

/// Which n-grams of a text are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NGramRange {
    /// Fewest tokens.
    pub from: usize,
    /// Most tokens.
    pub to: usize,
    /// Number of tokens (V): the start mark is token V, the end mark V + 1.
    pub n_tokens: usize,
}

impl NGramRange {
    /// Every n-gram of `text`, once for each place it is in, shortest first.
    ///
    /// The text is taken between a start and an end mark; a mark on its own is no n-gram, as every text has it.
    pub fn of(self, text: &[u16]) -> Vec<NGram> {
        let marked = self.marked(text);
        let lengths = self.from..=self.to;
        let all = lengths.flat_map(|length| marked.windows(length)).map(NGram::new);
        all.filter(|ngram| !self.is_mark(*ngram)).collect()
    }

    /// `text` between a start and an end mark.
    pub fn marked(self, text: &[u16]) -> Vec<u16> {
        let [start, end] = self.marks();
        let mut marked = Vec::with_capacity(text.len() + 2);
        marked.push(start);
        marked.extend_from_slice(text);
        marked.push(end);
        marked
    }

    /// Whether it is a mark on its own.
    pub fn is_mark(self, ngram: NGram) -> bool {
        self.marks().iter().any(|mark| ngram == NGram::new(&[*mark]))
    }

    /// How many n-grams a text of `characters` characters has: as many as [`NGramRange::of`] gives.
    pub fn n_ngrams(self, characters: u64) -> u64 {
        let of_length = |length: u64| if length == 1 { characters } else { (characters + 3).saturating_sub(length) };
        (self.from as u64..=self.to as u64).map(of_length).sum()
    }

    /// The start and the end mark.
    fn marks(self) -> [u16; 2] {
        [self.n_tokens, self.n_tokens + 1].map(|mark| u16::try_from(mark).expect("an alphabet ends below 65,100"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABC: NGramRange = NGramRange { from: 1, to: 2, n_tokens: 3 };

    #[test]
    fn packing_keeps_tokens_and_length() {
        for tokens in [&[][..], &[0], &[0, 0], &[7, 0, 65_000], &[1, 2, 3, 4, 5, 6, 7, 8]] {
            assert_eq!(NGram::new(tokens).tokens(), tokens);
        }
    }

    #[test]
    fn beginnings_are_the_first_tokens() {
        let ngram = NGram::new(&[7, 0, 65_000]);
        let beginnings: Vec<_> = (0..5).map(|length| ngram.prefix(length).map(NGram::tokens)).collect();
        assert_eq!(beginnings, [Some(vec![]), Some(vec![7]), Some(vec![7, 0]), Some(vec![7, 0, 65_000]), None]);
        assert_eq!((ngram.without_last(), ngram.last()), (NGram::new(&[7, 0]), 65_000));
        assert_eq!(NGram::new(&[7, 0]).with(65_000), ngram);
        assert_eq!(NGram::new(&[65_534; 8]).prefix(7), Some(NGram::new(&[65_534; 7])));
    }

    #[test]
    fn shorter_ngrams_come_first() {
        assert!(NGram::new(&[9]) < NGram::new(&[0, 0]));
        assert!(NGram::new(&[1, 2]) < NGram::new(&[2, 0]));
    }

    fn check(text: &[u16], expect: &[&[u16]]) {
        assert_eq!(ABC.n_ngrams(text.len() as u64), expect.len() as u64);
        assert_eq!(ABC.of(text).into_iter().map(NGram::tokens).collect::<Vec<_>>(), expect);
    }

    #[test]
    fn texts_are_between_marks() {
        check(&[0, 1], &[&[0], &[1], &[3, 0], &[0, 1], &[1, 4]]);
    }

    #[test]
    fn an_empty_text_has_only_its_marks() {
        check(&[], &[&[3, 4]]);
    }

    #[test]
    fn repeated_ngrams_are_repeated() {
        check(&[2, 2], &[&[2], &[2], &[3, 2], &[2, 2], &[2, 4]]);
    }
}
