//! Division of a data set into training, validation and test rows: grouped, stratified, keyed.

use crate::dataset::Dataset;
use crate::digest::{Digest, Hasher};
use crate::random::StreamPath;
use crate::settings::SplitSettings;
use std::collections::BTreeMap;

/// Rows of a data set, divided. Each list is ascending; no group stands in two lists.
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    /// Rows to train on.
    pub train: Vec<u32>,
    /// Rows to choose parameters and epochs by.
    pub validation: Vec<u32>,
    /// Rows to score the chosen configurations on.
    pub test: Vec<u32>,
}

/// A data set that cannot be divided as asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{n_rows} rows in {n_groups} groups are too few to divide: the {part} part would be empty")]
pub struct SplitError {
    /// Rows of the data set.
    pub n_rows: usize,
    /// Groups that must stay on one side.
    pub n_groups: usize,
    /// The part that came out empty.
    pub part: &'static str,
}

impl Split {
    /// Divides `dataset` with the random stream at `path`.
    ///
    /// Groups are shuffled within their stratum (the label that most of a group's rows carry, the first on a tie;
    /// one stratum for all without `stratify`), then dealt out: each group goes to the part that lags its share
    /// most, counted in rows of the stratum, so every part gets its share to within a group.
    ///
    /// # Errors
    /// If a part with a share above zero would be empty.
    pub fn new(dataset: &Dataset, settings: &SplitSettings, path: &StreamPath) -> Result<Self, SplitError> {
        let shares = [settings.train, settings.validation, settings.test];
        let mut parts: [Vec<u32>; 3] = Default::default();
        for (stratum, mut groups) in strata(dataset, settings.stratify) {
            path.child("stratum").child(&stratum).stream().shuffle(&mut groups);
            deal(&groups, shares, &mut parts);
        }
        for part in &mut parts {
            part.sort_unstable();
        }
        let n_groups = dataset.groups().iter().max().map_or(0, |last| *last as usize + 1);
        for (part, (share, name)) in parts.iter().zip(shares.iter().zip(["train", "validation", "test"])) {
            if part.is_empty() && *share > 0.0 {
                return Err(SplitError { n_rows: dataset.len(), n_groups, part: name });
            }
        }
        let [train, validation, test] = parts;
        Ok(Self { train, validation, test })
    }

    /// The digest of which row stands where.
    pub fn digest(&self) -> Digest {
        let mut hasher = Hasher::new();
        for part in [&self.train, &self.validation, &self.test] {
            hasher.field(&part.iter().flat_map(|row| row.to_le_bytes()).collect::<Vec<u8>>());
        }
        hasher.finish()
    }
}

/// The groups of each stratum, as lists of rows, in order of group.
fn strata(dataset: &Dataset, stratify: bool) -> BTreeMap<String, Vec<Vec<u32>>> {
    let mut groups: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (row, group) in (0..).zip(dataset.groups()) {
        groups.entry(*group).or_default().push(row);
    }
    let mut strata: BTreeMap<String, Vec<Vec<u32>>> = BTreeMap::new();
    for rows in groups.into_values() {
        let stratum = if stratify { commonest_label(dataset, &rows) } else { String::new() };
        strata.entry(stratum).or_default().push(rows);
    }
    strata
}

fn commonest_label(dataset: &Dataset, rows: &[u32]) -> String {
    let mut counts: BTreeMap<u16, u32> = BTreeMap::new();
    for row in rows {
        *counts.entry(dataset.labels()[*row as usize]).or_default() += 1;
    }
    let most = counts.values().max().copied().unwrap_or(0);
    let label = counts.iter().find(|(_, count)| **count == most).map_or(0, |(label, _)| *label);
    dataset.label_names()[label as usize].clone()
}

fn deal(groups: &[Vec<u32>], shares: [f64; 3], parts: &mut [Vec<u32>; 3]) {
    let mut taken = [0.0_f64; 3];
    let mut seen = 0.0;
    for rows in groups {
        seen += rows.len() as f64;
        let lag = |part: usize| if shares[part] > 0.0 { shares[part] * seen - taken[part] } else { f64::NEG_INFINITY };
        let part = (1..3).fold(0, |most, part| if lag(part) > lag(most) { part } else { most });
        taken[part] += rows.len() as f64;
        parts[part].extend(rows);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::{Alphabet, LabelledName};
    use crate::settings::Group;
    use proptest::prelude::*;

    fn settings(stratify: bool) -> SplitSettings {
        SplitSettings { train: 0.8, validation: 0.1, test: 0.1, group: Group::Name, stratify }
    }

    fn dataset(rows: &[(u8, u8)]) -> Dataset {
        let row = |(i, (label, group)): (usize, &(u8, u8))| LabelledName {
            label: format!("l{label}"),
            name: format!("n{i}"),
            group: format!("g{group}"),
        };
        Dataset::new(rows.iter().enumerate().map(row).collect(), Alphabet::new("n0123456789".chars(), false))
    }

    fn ungrouped(n_labels: usize, per_label: usize) -> Dataset {
        let rows = (0..n_labels * per_label).map(|i| LabelledName {
            label: format!("l{}", i % n_labels),
            name: format!("n{i}"),
            group: format!("g{i}"),
        });
        Dataset::new(rows.collect(), Alphabet::new("n0123456789".chars(), false))
    }

    #[test]
    fn every_label_is_divided_in_the_same_proportions() {
        let data = ungrouped(4, 50);
        let split = Split::new(&data, &settings(true), &StreamPath::root(1)).unwrap();
        for (part, expected) in [(&split.train, 40), (&split.validation, 5), (&split.test, 5)] {
            assert!(data.rows_by_label(part).iter().all(|rows| rows.len() == expected));
        }
    }

    #[test]
    fn another_replicate_is_another_split() {
        let data = ungrouped(2, 50);
        let split = |replicate: u32| Split::new(&data, &settings(true), &StreamPath::root(1).child(replicate)).unwrap();
        assert_eq!(split(0), split(0));
        assert_ne!(split(0), split(1));
    }

    #[test]
    fn too_few_rows_are_refused() {
        let error = Split::new(&ungrouped(1, 2), &settings(true), &StreamPath::root(1)).unwrap_err();
        assert_eq!((error.n_rows, error.n_groups), (2, 2));
    }

    proptest! {
        #[test]
        fn no_group_stands_on_two_sides(rows in prop::collection::vec((0_u8..3, 0_u8..40), 60..200), stratify: bool) {
            let data = dataset(&rows);
            let split = Split::new(&data, &settings(stratify), &StreamPath::root(5)).unwrap();
            let groups = |part: &[u32]| part.iter().map(|row| data.groups()[*row as usize]).collect::<std::collections::BTreeSet<_>>();
            prop_assert!(groups(&split.train).is_disjoint(&groups(&split.validation)));
            prop_assert!(groups(&split.train).is_disjoint(&groups(&split.test)));
            prop_assert!(groups(&split.validation).is_disjoint(&groups(&split.test)));
            let mut all = [split.train, split.validation, split.test].concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..rows.len() as u32).collect::<Vec<_>>());
        }
    }
}
