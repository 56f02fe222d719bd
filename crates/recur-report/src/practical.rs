//! Probabilities as a report prints them.

use crate::numbers::fixed;

/// A probability as a percentage with one decimal, never as certain: `98.6 %`, `> 99.9 %`, `< 0.1 %`.
pub(crate) fn percent(share: f64) -> String {
    match share {
        share if share > 0.999 => "> 99.9 %".to_owned(),
        share if share < 0.001 => "< 0.1 %".to_owned(),
        share => format!("{} %", fixed(100.0 * share, 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_probability_is_printed_as_certain() {
        assert_eq!([0.9996, 0.5, 0.0004].map(percent), ["> 99.9 %", "50.0 %", "< 0.1 %"]);
    }
}
