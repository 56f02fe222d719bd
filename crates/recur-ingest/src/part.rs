//! The words for the parts of a published split.

use recur_core::split::Part;

/// What a column of parts may hold, in lower case.
pub(crate) const PARTS: [(&str, Part); 8] = [
    ("train", Part::Train),
    ("training", Part::Train),
    ("validation", Part::Validation),
    ("valid", Part::Validation),
    ("val", Part::Validation),
    ("dev", Part::Validation),
    ("test", Part::Test),
    ("testing", Part::Test),
];

/// The part that `word` names, whatever its case and the white space around it.
pub(crate) fn part(word: &str) -> Option<Part> {
    let word = word.trim().to_lowercase();
    PARTS.iter().find(|(known, _)| *known == word).map(|(_, part)| *part)
}
