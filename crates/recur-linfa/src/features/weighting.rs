//! The value that an n-gram's column takes for a text.

use super::vocabulary::Occurrence;

/// How occurrences become values.
#[derive(Clone, Debug, PartialEq)]
pub enum Weighting {
    /// 1 where the n-gram is in the text.
    Presence,
    /// How often it is there.
    Counts,
    /// `(1 + ln count) · idf`, scaled so that the squares of a text's values sum to 1.
    TfIdf {
        /// One factor a column, (K): rare n-grams say more.
        idf: Vec<f64>,
    },
}

/// A column that is not zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weight {
    /// Its number.
    pub column: u32,
    /// Its value.
    pub value: f32,
}

impl Weighting {
    /// TF-IDF with `idf = 1 + ln((1 + n_rows) / (1 + rows_with))`, as if one more text held every n-gram: the smooth
    /// form that scikit-learn computes.
    pub fn tfidf(n_rows: usize, rows_with: &[u32]) -> Self {
        let idf = |rows_with: &u32| 1.0 + libm::log((1.0 + n_rows as f64) / (1.0 + f64::from(*rows_with)));
        Self::TfIdf { idf: rows_with.iter().map(idf).collect() }
    }

    /// The values of a text's columns, in the order of `occurrences`. The norm is summed in that order.
    pub fn weigh(&self, occurrences: &[Occurrence]) -> Vec<Weight> {
        let raw = |occurrence: &Occurrence| match self {
            Weighting::Presence => 1.0,
            Weighting::Counts => f64::from(occurrence.count),
            Weighting::TfIdf { idf } => {
                (1.0 + libm::log(f64::from(occurrence.count))) * idf[occurrence.column as usize]
            }
        };
        let values: Vec<f64> = occurrences.iter().map(raw).collect();
        let scale = match self {
            Weighting::TfIdf { .. } => values.iter().map(|value| value * value).sum::<f64>().sqrt(),
            Weighting::Presence | Weighting::Counts => 1.0,
        };
        let weight = |(occurrence, value): (&Occurrence, &f64)| Weight {
            column: occurrence.column,
            value: (value / scale) as f32,
        };
        occurrences.iter().zip(&values).map(weight).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: [Occurrence; 2] = [Occurrence { column: 0, count: 1 }, Occurrence { column: 2, count: 3 }];

    fn check(weighting: &Weighting, expect: [f32; 2]) {
        let values = weighting.weigh(&NAME).into_iter().map(|weight| weight.value);
        for (value, expect) in values.zip(expect) {
            assert!((value - expect).abs() < 1e-6, "{value} is not {expect}");
        }
    }

    #[test]
    fn presence_and_counts_are_what_they_say() {
        check(&Weighting::Presence, [1.0, 1.0]);
        check(&Weighting::Counts, [1.0, 3.0]);
    }

    #[test]
    fn tfidf_matches_values_calculated_by_hand() {
        // idf of columns 0 and 2: 1 + ln(11/11) = 1 and 1 + ln(11/2) = 2.7047481; tf: 1 and 1 + ln 3 = 2.0986123;
        // values 1 and 5.6762177, norm 5.7636331.
        check(&Weighting::tfidf(10, &[10, 5, 1]), [0.173_502, 0.984_833]);
    }

    #[test]
    fn a_text_without_known_ngrams_has_no_values() {
        assert_eq!(Weighting::tfidf(10, &[1]).weigh(&[]), []);
    }
}
