//! The nearest valid name to a mistyped one, for error messages.

/// The candidate most like `typed`, if any is close enough to be what was meant.
///
/// ```
/// use recur_core::nearest::nearest;
/// assert_eq!(nearest("hiden_size", ["hidden_size", "layers"]), Some("hidden_size"));
/// assert_eq!(nearest("zebra", ["hidden_size", "layers"]), None);
/// ```
pub fn nearest<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(typed, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.chars().count().max(3)) / 3)
        .min()
        .map(|(_, candidate)| candidate)
}
