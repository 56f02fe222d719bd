//! An alphabet and names of labels for made-up examples.

use recur_core::dataset::Alphabet;
use recur_core::model::SetupData;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// An alphabet with the names of labels.
type Named = (Alphabet, Vec<String>);

/// What `n_tokens` tokens and `n_classes` labels are called: the first characters of a, b, …, z and those from U+4E00
/// on, and `label 0`, `label 1`, …. Each pair of numbers is kept for the rest of the process.
pub fn data(n_tokens: usize, n_classes: usize) -> SetupData<'static> {
    static KEPT: Mutex<BTreeMap<(usize, usize), &'static Named>> = Mutex::new(BTreeMap::new());
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let (alphabet, labels) = kept.entry((n_tokens, n_classes)).or_insert_with(|| {
        let characters = ('a'..='z').chain('\u{4e00}'..).take(n_tokens);
        let labels = (0..n_classes).map(|label| format!("label {label}")).collect();
        Box::leak(Box::new((Alphabet::new(characters, false), labels)))
    });
    SetupData { alphabet, labels, validation: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_and_labels_have_names_of_their_own() {
        let SetupData { alphabet, labels, .. } = data(300, 2);
        assert_eq!((alphabet.n_tokens(), alphabet.characters()[27]), (300, '\u{4e01}'));
        assert_eq!(labels, ["label 0", "label 1"]);
        assert!(std::ptr::eq(labels, data(300, 2).labels));
    }
}
