//! What of the data may mislead: found before the first trial, logged by `plan` and `experiment`, stated in the report.

use crate::facts::{DataFacts, PublishedFacts, RejectReason};
use crate::noun::Noun;
use crate::settings::{Division, SplitSettings};
use crate::visible::visible_fully;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// How many labels or sets of labels a warning names.
const SHOWN: usize = 5;

/// How many spellings of labels that look alike a warning names.
const SPELLINGS: usize = 10;

/// A property of the data that may mislead whoever reads the results.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[expect(missing_docs, reason = "the names say it")]
pub enum DataWarning {
    /// Rows that cannot be used and are left out.
    Rejected {
        rows: u64,
        /// Of how many rows in the files.
        rows_read: u64,
        reasons: BTreeMap<RejectReason, u64>,
        /// The first of them, as a message shows it.
        first: Option<String>,
    },
    /// Labels that a reader may take for the same one.
    SimilarLabels {
        /// Sets of such labels: as a reader can tell them apart, with the rows of each.
        sets: Vec<Vec<(String, u64)>>,
    },
    /// Nearly as many labels as rows: the column is probably not that of the labels.
    ManyLabels { labels: u64, rows: u64 },
    /// Labels that repeat the text.
    LabelsRepeatTexts {
        /// Rows whose label is their text.
        rows: u64,
        /// Rows in the data set.
        of: u64,
    },
    /// More than half of all characters have no token of their own.
    MostlyUnknown {
        /// Characters outside the alphabet.
        unknown: u64,
        /// All characters of texts.
        of: u64,
    },
    /// Labels none of whose texts has a character with a token of its own.
    UnknownLabels {
        labels: Vec<String>,
        /// The number of labels.
        of: u64,
    },
    /// Labels that cannot have rows in every part of a split.
    FewRows {
        /// The labels, with the rows of each.
        labels: Vec<(String, u64)>,
        /// The number of labels.
        of: u64,
        /// What the split has more of than the label has rows: `3 parts`, `10 folds`.
        parts: String,
    },
    /// Labels without test rows.
    Untested {
        labels: Vec<String>,
        /// The number of labels.
        of: u64,
        /// Whether that is so on every replicate.
        on_every_replicate: bool,
    },
    /// Labels with test rows and without training rows on some replicate.
    Untrained {
        labels: Vec<String>,
        /// The number of labels.
        of: u64,
    },
    /// Texts or groups that are in two parts of a published split.
    Overlap(PublishedFacts),
    /// `data.split.validation` is given and not used.
    UnusedValidationShare { validation: f64 },
}

impl DataWarning {
    /// The warning about the rows of `facts` that are left out, if there are any.
    pub fn rejected(facts: &DataFacts, first: Option<String>) -> Option<Self> {
        let (rows, rows_read, reasons) = (facts.n_rejected(), facts.rows_read, facts.rejected.clone());
        (rows > 0).then_some(DataWarning::Rejected { rows, rows_read, reasons, first })
    }

    /// The warning about labels with fewer rows than `split` divides them into, if there are any. How a published split
    /// divides them is known, so there is no need to warn of what may be.
    pub fn few_rows(facts: &DataFacts, split: &SplitSettings) -> Option<Self> {
        let (n_parts, parts) = match split.division {
            Division::Shares { .. } => (3, "parts"),
            Division::Folds { folds, .. } => (folds, "folds"),
            Division::Published { .. } => return None,
        };
        let few = facts.rows_by_label.iter().filter(|(_, rows)| **rows < u64::from(n_parts));
        let labels: Vec<(String, u64)> = few.map(|(label, rows)| (label.clone(), *rows)).collect();
        let (of, parts) = (facts.rows_by_label.len() as u64, format!("{n_parts} {parts}"));
        (!labels.is_empty()).then_some(DataWarning::FewRows { labels, of, parts })
    }

    /// As [`DataWarning::text`], in plain text.
    pub fn plain(&self, noun: &Noun) -> String {
        self.text(noun, |label| format!("`{}`", visible_fully(label)))
    }

    /// One or two sentences without a full stop, with `quote` around labels, about examples called `noun`.
    pub fn text(&self, noun: &Noun, quote: impl Fn(&str) -> String) -> String {
        let labels = |labels: &[String]| listed(labels, |label| quote(label));
        match self {
            DataWarning::Rejected { rows, rows_read, reasons, first } => {
                let first = first.as_ref().map(|first| format!("; the first: {first}")).unwrap_or_default();
                let rows = if *rows == 1 { "1 row".to_owned() } else { format!("{rows} rows") };
                format!("{rows} of {rows_read} cannot be used ({}){first}", counted(reasons, noun))
            }
            DataWarning::SimilarLabels { sets } => {
                let spelling = |(label, rows): &(String, u64)| format!("{} ({})", quote(label), n_rows(*rows));
                let set = |set: &Vec<(String, u64)>| {
                    let more = (set.len() > SPELLINGS).then(|| "…".to_owned());
                    set.iter().take(SPELLINGS).map(spelling).chain(more).collect::<Vec<_>>().join(", ")
                };
                let sets: Vec<String> = sets.iter().take(SHOWN).map(set).chain(more(sets.len())).collect();
                format!("some labels look alike, but each counts as a label of its own: {}", sets.join("; "))
            }
            DataWarning::ManyLabels { labels, rows } => format!(
                "there are {labels} labels in {rows} rows: the column of labels is probably another one \
                 (data.columns.label)"
            ),
            DataWarning::LabelsRepeatTexts { rows, of } => {
                format!("{rows} of {} have their own {noun} as label: the label gives the answer away", n_rows(*of))
            }
            DataWarning::MostlyUnknown { unknown, of } => format!(
                "{:.0} % of the characters of {} are outside the alphabet, so no model can distinguish them (data.text)",
                100.0 * *unknown as f64 / (*of).max(1) as f64,
                noun.many
            ),
            DataWarning::UnknownLabels { labels: unknown, of } => {
                let has = has(unknown.len());
                format!(
                    "{} of {of} labels {has} no {noun} with a character of the alphabet ({})",
                    unknown.len(),
                    labels(unknown)
                )
            }
            DataWarning::FewRows { labels, of, parts } => format!(
                "{} of {of} labels {} fewer rows than the split has parts ({parts}), so no replicate has them in each part \
                 ({})",
                labels.len(),
                has(labels.len()),
                listed(labels, |(label, rows)| format!("{}: {rows}", quote(label)))
            ),
            DataWarning::Untested { labels: untested, of, on_every_replicate } => format!(
                "{} of {of} labels {} no test rows{} ({})",
                untested.len(),
                has(untested.len()),
                if *on_every_replicate {
                    ", so the results do not cover them"
                } else {
                    " on some replicates, so fewer results cover them"
                },
                labels(untested)
            ),
            DataWarning::Untrained { labels: untrained, of } => format!(
                "{} of {of} labels {} test rows but no training rows on some replicate, so no model can learn them there ({})",
                untrained.len(),
                has(untrained.len()),
                labels(untrained)
            ),
            DataWarning::Overlap(published) => format!(
                "in two parts of the published split: {}: {}, groups: {} (rows: {})",
                noun.many, published.texts_in_two, published.groups_in_two, published.rows_of_these
            ),
            DataWarning::UnusedValidationShare { validation } => {
                format!("data.split.validation ({validation}) is not used, as the data has validation rows of its own")
            }
        }
    }
}

impl fmt::Display for DataWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.plain(&Noun::text()))
    }
}

/// `malformed row: 3, not UTF-8: 2`, about examples called `noun`.
pub fn counted(reasons: &BTreeMap<RejectReason, u64>, noun: &Noun) -> String {
    let found = reasons.iter().filter(|(_, rows)| **rows > 0);
    found.map(|(reason, rows)| format!("{}: {rows}", reason.title(noun))).collect::<Vec<_>>().join(", ")
}

/// `label` such that it differs visibly from labels that look alike: blanks that are not plain ones, invisible characters and,
/// where `shows_lookalikes`, characters that look like Latin ones are shown as escapes.
pub fn distinct_spelling(label: &str, shows_lookalikes: bool) -> String {
    let is_odd = |c: char| (c.is_whitespace() && c != ' ') || (shows_lookalikes && latin_lookalike(c).is_some());
    let mut shown = String::new();
    for character in label.chars() {
        if is_odd(character) && !character.is_control() {
            shown.push_str(&format!("\\u{{{:x}}}", u32::from(character)));
        } else {
            shown.push_str(&visible_fully(character.encode_utf8(&mut [0; 4])));
        }
    }
    shown
}

/// The Latin character that a Greek or Cyrillic one looks like in most fonts (after the confusables of Unicode TS 39, the
/// characters alone).
pub fn latin_lookalike(character: char) -> Option<char> {
    const LOOKALIKES: [(&str, &str); 4] = [
        ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX"),
        ("ονιραυ", "ovipau"),
        ("АВЕЅІЈКМНОРСТУХЁЇ", "ABESIJKMHOPCTYXËÏ"),
        ("аеорсухѕіјёї", "aeopcyxsijëï"),
    ];
    LOOKALIKES.iter().find_map(|(from, to)| {
        let index = from.chars().position(|lookalike| lookalike == character)?;
        to.chars().nth(index)
    })
}

fn listed<T>(items: &[T], text: impl Fn(&T) -> String) -> String {
    let shown: Vec<String> = items.iter().take(SHOWN).map(text).chain(more(items.len())).collect();
    shown.join(", ")
}

fn more(n_items: usize) -> Option<String> {
    (n_items > SHOWN).then(|| "…".to_owned())
}

fn has(n: usize) -> &'static str {
    if n == 1 { "has" } else { "have" }
}

fn n_rows(rows: u64) -> String {
    if rows == 1 { "1 row".to_owned() } else { format!("{rows} rows") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(warning: &DataWarning, expected: &str) {
        assert_eq!(warning.to_string(), expected);
    }

    fn labels(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn rejected_rows_are_counted_by_reason_with_the_first() {
        let reasons = BTreeMap::from([(RejectReason::InvalidUtf8, 2), (RejectReason::EmptyText, 1)]);
        let first = Some("a.csv:2: empty text".to_owned());
        check(
            &DataWarning::Rejected { rows: 3, rows_read: 90, reasons, first },
            "3 rows of 90 cannot be used (empty text: 1, not UTF-8: 2); the first: a.csv:2: empty text",
        );
    }

    #[test]
    fn at_most_five_labels_are_named() {
        check(
            &DataWarning::Untested {
                labels: labels(&["a", "b\u{200b}", "c", "d", "e", "f"]),
                of: 9,
                on_every_replicate: true,
            },
            "6 of 9 labels have no test rows, so the results do not cover them \
             (`a`, `b\\u{200b}`, `c`, `d`, `e`, …)",
        );
        check(
            &DataWarning::Untested { labels: labels(&["a"]), of: 9, on_every_replicate: false },
            "1 of 9 labels has no test rows on some replicates, so fewer results cover them (`a`)",
        );
    }

    #[test]
    fn a_spelling_shows_what_the_eye_cannot_see() {
        let check = |label: &str, expected: &str| assert_eq!(distinct_spelling(label, true), expected);
        check("Al pha", "Al pha");
        check("Al\u{a0}pha", "Al\\u{a0}pha");
        check("Alpha\u{ad}\u{200b}", "Alpha\\u{ad}\\u{200b}");
        check("Αlpha", "\\u{391}lpha");
        assert_eq!(distinct_spelling("Αθήνα", false), "Αθήνα");
    }

    #[test]
    fn lookalikes_come_in_pairs() {
        assert_eq!("АВС".chars().map(latin_lookalike).collect::<Option<String>>().as_deref(), Some("ABC"));
        assert_eq!(latin_lookalike('Ж'), None);
        assert_eq!(latin_lookalike('A'), None);
    }
}
