//! Division of a data set into training, validation and test rows: grouped, stratified, keyed.
//!
//! Whole groups are drawn, by systematic sampling with a random start (Madow and Madow 1944, "On the theory of systematic
//! sampling"): the groups are put into an order, and every `1/share`-th of them is taken. A group's chance to be taken is
//! the share exactly, whatever its size, its labels and the groups around it. As the order follows labels and sizes, each
//! label and each size is divided in nearly the same proportions.

use crate::dataset::Dataset;
use crate::digest::{Digest, Hasher};
use crate::random::{Stream, StreamPath};
use crate::settings::{Division, Group, Overlap, SplitSettings, TestRows};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// Rows of a data set, divided. Each list is ascending; no group is in two lists, unless a published split has it so.
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    /// Rows to train on.
    pub train: Vec<u32>,
    /// Rows to choose parameters and epochs by.
    pub validation: Vec<u32>,
    /// Rows to score the chosen configurations on.
    pub test: Vec<u32>,
}

/// A part of a split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// To train on.
    Train,
    /// To choose by.
    Validation,
    /// To score the chosen configurations on.
    Test,
}

impl Part {
    /// Every part, in order.
    pub const ALL: [Part; 3] = [Part::Train, Part::Validation, Part::Test];

    /// The name used in specs and messages.
    pub fn name(self) -> &'static str {
        match self {
            Part::Train => "train",
            Part::Validation => "validation",
            Part::Test => "test",
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A data set that cannot be divided as asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SplitError {
    /// A part came out empty.
    #[error(
        "{n_rows} rows in {n_groups} groups are too few to divide: the {part} part of replicate {replicate} would be empty"
    )]
    TooFew {
        /// Rows of the data set.
        n_rows: usize,
        /// Groups that must stay on one side.
        n_groups: usize,
        /// The part that came out empty.
        part: Part,
        /// The replicate whose part it is.
        replicate: u32,
    },
    /// There are more folds than groups to put into them.
    #[error("{folds} folds need {folds} groups or more, and {of} has {n_groups}")]
    TooManyFolds {
        /// Folds of a repeat.
        folds: u32,
        /// The groups there are.
        n_groups: usize,
        /// What has so few groups: the data, or a label.
        of: String,
    },
    /// A published split lacks a part.
    #[error("the published split has no {0} rows")]
    MissingPart(Part),
    /// A published split was asked for, and the data has none.
    #[error("the data has no published split")]
    NotPublished,
    /// Groups of a published split are in two of its parts.
    #[error(
        "{n_groups} {} with {n_rows} rows {} in two parts of the published split, for example the group of {example:?}",
        if *n_groups == 1 { "group" } else { "groups" },
        if *n_groups == 1 { "is" } else { "are" }
    )]
    Overlap {
        /// How many groups.
        n_groups: usize,
        /// All rows of these groups.
        n_rows: usize,
        /// A text of the first of them.
        example: String,
    },
}

impl Split {
    /// The split of `replicate`, with random streams below `root`.
    ///
    /// The test rows are drawn first and the validation rows from what is left, so that the chance of a group to be in a part
    /// is the part's share. With [`TestRows::Fixed`] the stream of the test rows is the same for all replicates.
    ///
    /// # Errors
    /// If a part would be empty, there are more folds than groups (with `stratify`, than groups of a label), or a
    /// published split lacks a part or has a group in two parts where that is refused.
    pub fn new(
        dataset: &Dataset,
        settings: &SplitSettings,
        root: &StreamPath,
        replicate: u32,
    ) -> Result<Self, SplitError> {
        let own = root.child("replicate").child(replicate).child("split");
        let draw = Draw { dataset, stratify: settings.stratify };
        let parts = match settings.division {
            Division::Shares { validation, test, .. } => {
                let path = match settings.test_rows {
                    TestRows::PerReplicate => own.child("test"),
                    TestRows::Fixed => root.child("split/test"),
                };
                let (test_units, rest) = draw.share(all_groups(dataset), test, &path);
                let (validation_units, rest) = draw.share(rest, validation / (1.0 - test), &own.child("validation"));
                [rest, validation_units, test_units]
            }
            Division::Folds { folds, validation, .. } => {
                let (repeat, fold) = (replicate / folds, replicate % folds);
                let groups = all_groups(dataset);
                draw.check_folds(&groups, folds)?;
                let path = root.child("split/repeat").child(repeat);
                let (test_units, rest) = draw.fold(groups, folds, fold, &path);
                let share = validation / (1.0 - 1.0 / f64::from(folds));
                let (validation_units, rest) = draw.share(rest, share, &own.child("validation"));
                [rest, validation_units, test_units]
            }
            Division::Published { validation } => {
                let parts = dataset.parts().ok_or(SplitError::NotPublished)?;
                check_published(dataset, parts, settings)?;
                let [train, published, test] = Part::ALL.map(|part| groups(dataset, |row| parts[row as usize] == part));
                if published.is_empty() {
                    let (validation_units, rest) = draw.share(train, validation, &own.child("validation"));
                    [rest, validation_units, test]
                } else {
                    [train, published, test]
                }
            }
        };
        let n_groups = n_groups(dataset);
        if let Some(empty) = Part::ALL.into_iter().zip(&parts).find(|(_, units)| units.is_empty()) {
            return Err(SplitError::TooFew { n_rows: dataset.len(), n_groups, part: empty.0, replicate });
        }
        let [train, validation, test] = parts.map(rows_of);
        Ok(Self { train, validation, test })
    }

    /// The rows of one part, ascending.
    pub fn part(&self, part: Part) -> &[u32] {
        match part {
            Part::Train => &self.train,
            Part::Validation => &self.validation,
            Part::Test => &self.test,
        }
    }

    /// The digest of which row is in which part.
    pub fn digest(&self) -> Digest {
        let mut hasher = Hasher::new();
        for part in [&self.train, &self.validation, &self.test] {
            hasher.field(&part.iter().flat_map(|row| row.to_le_bytes()).collect::<Vec<u8>>());
        }
        hasher.finish()
    }
}

/// Rows that stay together.
struct Unit {
    rows: Vec<u32>,
    /// Their labels, ascending.
    labels: Vec<u16>,
}

impl Unit {
    /// The label that most of the rows carry; of equally common ones the first.
    fn commonest_label(&self) -> u16 {
        let runs = self.labels.chunk_by(|a, b| a == b);
        let longest =
            runs.fold(&self.labels[..0], |longest, run| if run.len() > longest.len() { run } else { longest });
        longest[0]
    }
}

fn n_groups(dataset: &Dataset) -> usize {
    dataset.groups().iter().max().map_or(0, |last| *last as usize + 1)
}

fn all_groups(dataset: &Dataset) -> Vec<Unit> {
    groups(dataset, |_| true)
}

/// The groups of the rows that are `among` those to divide, in order of group.
fn groups(dataset: &Dataset, among: impl Fn(u32) -> bool) -> Vec<Unit> {
    let mut rows: Vec<Vec<u32>> = vec![Vec::new(); n_groups(dataset)];
    for (row, group) in (0..).zip(dataset.groups()).filter(|(row, _)| among(*row)) {
        rows[*group as usize].push(row);
    }
    let unit = |rows: Vec<u32>| {
        // Rows are sorted by label.
        let labels = rows.iter().map(|row| dataset.labels()[*row as usize]).collect();
        Unit { rows, labels }
    };
    rows.into_iter().filter(|rows| !rows.is_empty()).map(unit).collect()
}

fn rows_of(units: Vec<Unit>) -> Vec<u32> {
    let mut rows: Vec<u32> = units.into_iter().flat_map(|unit| unit.rows).collect();
    rows.sort_unstable();
    rows
}

/// How groups are drawn.
struct Draw<'a> {
    dataset: &'a Dataset,
    stratify: bool,
}

impl Draw<'_> {
    /// Groups with equal labels one after the other, and among these groups of equal size; within such a run in random order.
    fn arrange(&self, mut units: Vec<Unit>, path: &StreamPath) -> Vec<Unit> {
        path.child("order").stream().shuffle(&mut units);
        if self.stratify {
            units.sort_by(|a, b| {
                let key = |unit: &Unit| (unit.commonest_label(), unit.rows.len());
                key(a).cmp(&key(b)).then_with(|| a.labels.cmp(&b.labels))
            });
        } else {
            units.sort_by_key(|unit| unit.rows.len());
        }
        units
    }

    /// Draws a `share` of `units`; returns those drawn and those left.
    fn share(&self, units: Vec<Unit>, share: f64, path: &StreamPath) -> (Vec<Unit>, Vec<Unit>) {
        let start = unit_f64(&mut path.child("start").stream());
        let reached = |n: usize| (n as f64 * share + start).floor();
        parted(self.arrange(units, path), |place| reached(place + 1) > reached(place))
    }

    /// Divides `units` into `folds`; returns those of `fold` and all others.
    fn fold(&self, units: Vec<Unit>, folds: u32, fold: u32, path: &StreamPath) -> (Vec<Unit>, Vec<Unit>) {
        let start = path.child("start").stream().below(folds) as usize;
        parted(self.arrange(units, path), |place| (place + start) % folds as usize == fold as usize)
    }

    fn check_folds(&self, units: &[Unit], folds: u32) -> Result<(), SplitError> {
        let too_many = |n_groups: usize, of: String| SplitError::TooManyFolds { folds, n_groups, of };
        if units.len() < folds as usize {
            return Err(too_many(units.len(), "the data".to_owned()));
        }
        let mut by_label: BTreeMap<u16, usize> = BTreeMap::new();
        units.iter().for_each(|unit| *by_label.entry(unit.commonest_label()).or_default() += 1);
        match by_label.into_iter().min_by_key(|(_, n)| *n) {
            Some((label, n)) if self.stratify && n < folds as usize => {
                Err(too_many(n, format!("label {:?}", self.dataset.label_names()[label as usize])))
            }
            _ => Ok(()),
        }
    }
}

/// The units at places that are `drawn`, and the others.
fn parted(units: Vec<Unit>, drawn: impl Fn(usize) -> bool) -> (Vec<Unit>, Vec<Unit>) {
    let (mut chosen, mut left) = (Vec::new(), Vec::new());
    for (place, unit) in units.into_iter().enumerate() {
        if drawn(place) { &mut chosen } else { &mut left }.push(unit);
    }
    (chosen, left)
}

/// A number in `[0, 1)`: a multiple of 2⁻⁵³, each equally likely.
fn unit_f64(stream: &mut Stream) -> f64 {
    let (high, low) = (u64::from(stream.next_u32()), u64::from(stream.next_u32()));
    ((high << 21) | (low >> 11)) as f64 * (1.0 / 9_007_199_254_740_992.0)
}

fn check_published(dataset: &Dataset, parts: &[Part], settings: &SplitSettings) -> Result<(), SplitError> {
    if let Some(missing) = [Part::Train, Part::Test].into_iter().find(|part| !parts.contains(part)) {
        return Err(SplitError::MissingPart(missing));
    }
    if settings.overlap == Overlap::Allow || settings.group == Group::None {
        return Ok(());
    }
    let straddling = straddling_groups(dataset, parts);
    match straddling.first() {
        None => Ok(()),
        Some(first) => Err(SplitError::Overlap {
            n_groups: straddling.len(),
            n_rows: straddling.iter().map(Vec::len).sum(),
            example: dataset.texts()[first[0] as usize].clone(),
        }),
    }
}

/// The rows of each group that is in two parts or more.
pub(crate) fn straddling_groups(dataset: &Dataset, parts: &[Part]) -> Vec<Vec<u32>> {
    let mut groups: Vec<Vec<u32>> = all_groups(dataset).into_iter().map(|unit| unit.rows).collect();
    groups.retain(|rows| rows.iter().any(|row| parts[*row as usize] != parts[rows[0] as usize]));
    groups
}
