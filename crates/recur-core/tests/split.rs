//! What a split promises: which groups are in which part, how often, and in which proportions.

use proptest::prelude::*;
use recur_core::dataset::{Alphabet, Dataset, LabelledText};
use recur_core::facts::PublishedFacts;
use recur_core::random::StreamPath;
use recur_core::settings::{Division, Group, Overlap, SplitSettings, TestRows};
use recur_core::split::{Part, Split, SplitError};
use std::collections::{BTreeMap, BTreeSet};

const N_SPLITS: u32 = 1_000;

fn settings(stratify: bool) -> SplitSettings {
    SplitSettings::shares(0.8, 0.1, 0.1, Group::Text, stratify)
}

fn alphabet() -> Alphabet {
    Alphabet::new("n0123456789".chars(), false)
}

fn row(i: usize, label: usize, group: usize) -> LabelledText {
    LabelledText { label: format!("l{label}"), text: format!("n{i}"), group: format!("g{group:04}"), raw: None }
}

fn dataset(rows: &[(u8, u8)]) -> Dataset {
    let rows = rows.iter().enumerate().map(|(i, (label, group))| row(i, usize::from(*label), usize::from(*group)));
    Dataset::new(rows.collect(), alphabet())
}

/// Rows of `n_labels` labels by turns, each row a group.
fn ungrouped(n_labels: usize, per_label: usize) -> Dataset {
    Dataset::new((0..n_labels * per_label).map(|i| row(i, i % n_labels, i)).collect(), alphabet())
}

/// 240 groups of 1 to 8 rows, 30 of each size: half of them of one label, and half of two or three labels.
fn mixed_groups() -> Dataset {
    let mut rows = Vec::new();
    for group in 0..240 {
        let (size, of_size) = (group % 8 + 1, group / 8);
        for member in 0..size {
            let label = if of_size % 2 == 0 { of_size % 5 } else { (of_size + member) % 3 };
            rows.push(row(rows.len(), label, group));
        }
    }
    Dataset::new(rows, alphabet())
}

fn split(data: &Dataset, settings: &SplitSettings, replicate: u32) -> Split {
    Split::new(data, settings, &StreamPath::root(1), replicate).unwrap()
}

/// The rows of each group, in order of group.
fn groups(data: &Dataset) -> Vec<Vec<u32>> {
    let mut groups: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    (0..).zip(data.groups()).for_each(|(row, group)| groups.entry(*group).or_default().push(row));
    groups.into_values().collect()
}

/// How often each group is in each part over many splits.
fn frequencies(data: &Dataset, split: impl Fn(u32) -> [Vec<u32>; 3]) -> Vec<[u32; 3]> {
    let mut counts = vec![[0; 3]; groups(data).len()];
    for replicate in 0..N_SPLITS {
        for (part, rows) in split(replicate).iter().enumerate() {
            let of_part: BTreeSet<u32> = rows.iter().map(|row| data.groups()[*row as usize]).collect();
            of_part.into_iter().for_each(|group| counts[group as usize][part] += 1);
        }
    }
    counts
}

/// The first group or size of group that is in a part more or less often than its share says; errors of chance are allowed
/// for at 4.5 standard deviations, which all 720 counts together exceed in less than 1 % of runs.
fn bias(data: &Dataset, counts: &[[u32; 3]]) -> Option<String> {
    let mut by_size: BTreeMap<usize, (u32, [u32; 3])> = BTreeMap::new();
    let check = |what: String, n: u32, counts: [u32; 3]| {
        let wrong = |(share, count): (f64, u32)| {
            let expected = share * f64::from(n);
            (f64::from(count) - expected).abs() > 4.5 * (expected * (1.0 - share)).sqrt()
        };
        [0.8, 0.1, 0.1].into_iter().zip(counts).any(wrong).then(|| format!("{what}: {counts:?} of {n}"))
    };
    for (group, rows) in groups(data).iter().enumerate() {
        let (n, sum) = by_size.entry(rows.len()).or_default();
        *n += N_SPLITS;
        (0..3).for_each(|part| sum[part] += counts[group][part]);
        if let Some(bias) = check(format!("group {group} of {} rows", rows.len()), N_SPLITS, counts[group]) {
            return Some(bias);
        }
    }
    by_size.into_iter().find_map(|(size, (n, sum))| check(format!("groups of {size} rows"), n, sum))
}

fn parts(split: Split) -> [Vec<u32>; 3] {
    [split.train, split.validation, split.test]
}

#[test]
fn the_chance_of_a_group_depends_on_the_shares_alone() {
    let data = mixed_groups();
    for stratify in [true, false] {
        let counts = frequencies(&data, |replicate| parts(split(&data, &settings(stratify), replicate)));
        assert_eq!(bias(&data, &counts), None, "stratify: {stratify}");
    }
}

#[test]
fn each_group_is_in_each_fold_equally_often_and_tested_once_a_repeat() {
    let data = mixed_groups();
    let folds =
        |repeats| SplitSettings { division: Division::Folds { folds: 10, repeats, validation: 0.1 }, ..settings(true) };
    let counts = frequencies(&data, |replicate| parts(split(&data, &folds(100), replicate)));
    assert!(counts.iter().all(|[_, _, test]| *test == N_SPLITS / 10), "each repeat tests each group once");
    let first = frequencies(&data, |repeat| parts(split(&data, &folds(N_SPLITS), 10 * repeat)));
    assert_eq!(bias(&data, &first), None, "the first fold of each repeat");
}

/// How parts were dealt until version 0.1 of this crate: a group's own rows count before the parts are compared, so large
/// groups go to training.
fn deal(data: &Dataset, replicate: u32) -> [Vec<u32>; 3] {
    let mut order = groups(data);
    StreamPath::root(1).child(replicate).stream().shuffle(&mut order);
    let (shares, mut taken, mut seen, mut dealt) = ([0.8, 0.1, 0.1], [0.0_f64; 3], 0.0, <[Vec<u32>; 3]>::default());
    for rows in order {
        seen += rows.len() as f64;
        let lag = |part: usize| shares[part] * seen - taken[part];
        let part = (1..3).fold(0, |most, part| if lag(part) > lag(most) { part } else { most });
        taken[part] += rows.len() as f64;
        dealt[part].extend(rows);
    }
    dealt
}

#[test]
fn dealing_to_the_part_that_lags_most_is_biased() {
    let data = mixed_groups();
    assert!(bias(&data, &frequencies(&data, |replicate| deal(&data, replicate))).is_some());
}

#[test]
fn labels_and_sizes_are_divided_closely_in_the_same_proportions() {
    let data = mixed_groups();
    let n_rows = data.len() as f64;
    for replicate in 0..100 {
        let split = split(&data, &settings(true), replicate);
        assert!((split.test.len() as f64 - 0.1 * n_rows).abs() < 0.02 * n_rows, "{}", split.test.len());
        let tested = |test: &dyn Fn(&Vec<u32>) -> bool| -> (f64, f64) {
            let groups = groups(&data);
            let all = groups.iter().filter(|rows| test(rows)).count() as f64;
            let drawn = groups.iter().filter(|rows| test(rows) && split.test.binary_search(&rows[0]).is_ok()).count();
            (0.1 * all, drawn as f64)
        };
        for label in 0..data.label_names().len() {
            let of_label = |rows: &Vec<u32>| rows.iter().all(|row| usize::from(data.labels()[*row as usize]) == label);
            let (expected, drawn) = tested(&of_label);
            assert!((drawn - expected).abs() < 3.0, "label {label}: {drawn} for {expected}");
        }
        let unstratified = self::split(&data, &settings(false), replicate);
        let drawn = |size: usize| {
            let of_size = |rows: &&Vec<u32>| rows.len() == size && unstratified.test.binary_search(&rows[0]).is_ok();
            groups(&data).iter().filter(of_size).count()
        };
        assert!((1..=8).all(|size| drawn(size) == 3), "30 groups of each size one after the other");
    }
}

#[test]
fn rows_of_their_own_are_divided_exactly() {
    let data = ungrouped(4, 50);
    let split = split(&data, &settings(true), 0);
    for (part, expected) in [(&split.train, 40), (&split.validation, 5), (&split.test, 5)] {
        assert!(data.rows_by_label(part).iter().all(|rows| rows.len().abs_diff(expected) <= 1));
    }
    assert_eq!([split.train.len(), split.validation.len(), split.test.len()], [160, 20, 20]);
}

#[test]
fn another_replicate_is_another_split() {
    let data = ungrouped(2, 50);
    assert_eq!(split(&data, &settings(true), 0), split(&data, &settings(true), 0));
    assert_ne!(split(&data, &settings(true), 0).test, split(&data, &settings(true), 1).test);
}

#[test]
fn a_fixed_test_set_is_tested_in_every_replicate_and_the_rest_is_divided_anew() {
    let data = mixed_groups();
    let fixed = SplitSettings { test_rows: TestRows::Fixed, ..settings(true) };
    let splits: Vec<Split> = (0..20).map(|replicate| split(&data, &fixed, replicate)).collect();
    assert!(splits.iter().all(|split| split.test == splits[0].test));
    assert!(splits[1..].iter().all(|split| split.validation != splits[0].validation));
    let of_other_seed = Split::new(&data, &fixed, &StreamPath::root(2), 0).unwrap();
    assert_ne!(of_other_seed.test, splits[0].test);
}

#[test]
fn a_fixed_test_set_is_unbiased_over_seeds() {
    let data = mixed_groups();
    let fixed = SplitSettings { test_rows: TestRows::Fixed, ..settings(true) };
    let of_seed = |seed: u32| Split::new(&data, &fixed, &StreamPath::root(seed.into()), 3).unwrap();
    assert_eq!(bias(&data, &frequencies(&data, |seed| parts(of_seed(seed)))), None);
}

#[test]
fn too_few_rows_are_refused() {
    let error = Split::new(&ungrouped(1, 2), &settings(true), &StreamPath::root(1), 0).unwrap_err();
    assert!(matches!(error, SplitError::TooFew { n_rows: 2, n_groups: 2, replicate: 0, .. }), "{error}");
}

#[test]
fn more_folds_than_groups_are_refused_by_label() {
    let folds = |stratify| SplitSettings {
        division: Division::Folds { folds: 5, repeats: 1, validation: 0.1 },
        ..settings(stratify)
    };
    let rows: Vec<(u8, u8)> = (0..40).map(|i| (u8::from(i < 4), i)).collect();
    let refused = |settings: &SplitSettings, rows: &[(u8, u8)]| {
        Split::new(&dataset(rows), settings, &StreamPath::root(1), 0).map_err(|error| error.to_string())
    };
    let error = refused(&folds(true), &rows).unwrap_err();
    assert_eq!(error, "5 folds need 5 groups or more, and label \"l1\" has 4");
    assert!(refused(&folds(false), &rows).is_ok());
    let error = refused(&folds(false), &rows[..3]).unwrap_err();
    assert_eq!(error, "5 folds need 5 groups or more, and the data has 3");
}

/// Ten groups a label of two rows each; the row `i` is in `part(i)`.
fn published(part: impl Fn(usize) -> Part) -> Dataset {
    Dataset::published((0..40).map(|i| (row(i, i % 2, i / 2), part(i))).collect(), alphabet())
}

fn published_settings(overlap: Overlap, group: Group) -> SplitSettings {
    let division = Division::Published { validation: 0.25 };
    SplitSettings { division, overlap, group, test_rows: TestRows::Fixed, stratify: true }
}

#[test]
fn a_published_split_is_used_as_it_is() {
    let data = published(|i| [Part::Train, Part::Train, Part::Validation, Part::Test][i / 10]);
    let settings = published_settings(Overlap::Refuse, Group::Text);
    let split = split(&data, &settings, 0);
    for part in Part::ALL {
        let rows: Vec<u32> = (0..40).filter(|row| data.parts().unwrap()[*row as usize] == part).collect();
        assert_eq!(split.part(part), rows);
    }
    assert_eq!(split, self::split(&data, &settings, 7));
    assert_eq!(PublishedFacts::of(&data), Some(PublishedFacts { rows: [20, 10, 10], ..Default::default() }));
}

#[test]
fn a_missing_validation_part_is_cut_from_the_training_rows_anew_in_each_replicate() {
    let data = published(|i| if i < 20 { Part::Train } else { Part::Test });
    let settings = published_settings(Overlap::Refuse, Group::Text);
    let (one, two) = (split(&data, &settings, 0), split(&data, &settings, 1));
    assert_eq!((one.train.len() + one.validation.len(), one.test.len()), (20, 20));
    assert!((4..=6).contains(&one.validation.len()), "a quarter of ten groups of two rows");
    assert_eq!(one.test, two.test);
    assert_ne!(one.validation, two.validation);
}

#[test]
fn groups_in_two_published_parts_are_refused_unless_allowed() {
    // The groups of rows 0 and 1, and of rows 2 and 3.
    let data = published(|i| if i < 20 && i != 1 && i != 3 { Part::Train } else { Part::Test });
    let of = |overlap, group| Split::new(&data, &published_settings(overlap, group), &StreamPath::root(1), 0);
    let error = of(Overlap::Refuse, Group::Text).unwrap_err();
    assert!(matches!(&error, SplitError::Overlap { n_groups: 2, n_rows: 4, example } if example == "n0"), "{error}");
    assert!(of(Overlap::Allow, Group::Text).is_ok() && of(Overlap::Refuse, Group::None).is_ok());
    let facts = PublishedFacts::of(&data).unwrap();
    assert_eq!((facts.texts_in_two, facts.groups_in_two, facts.rows_of_these), (0, 2, 4));
}

#[test]
fn a_published_split_without_a_part_is_refused() {
    for (missing, other) in [(Part::Train, Part::Test), (Part::Test, Part::Train)] {
        let data = published(|_| other);
        let settings = published_settings(Overlap::Refuse, Group::Text);
        let error = Split::new(&data, &settings, &StreamPath::root(1), 0).unwrap_err();
        assert_eq!(error, SplitError::MissingPart(missing));
    }
}

#[test]
fn the_published_part_of_a_row_is_part_of_the_digest() {
    let one = published(|i| if i < 20 { Part::Train } else { Part::Test });
    let other = published(|i| if i < 22 { Part::Train } else { Part::Test });
    assert_ne!(one.digest(), other.digest());
}

proptest! {
    #[test]
    fn no_group_is_in_two_parts(rows in prop::collection::vec((0_u8..3, 0_u8..40), 60..200), stratify: bool) {
        let data = dataset(&rows);
        let split = split(&data, &settings(stratify), 5);
        let groups = |part: &[u32]| part.iter().map(|row| data.groups()[*row as usize]).collect::<BTreeSet<_>>();
        prop_assert!(groups(&split.train).is_disjoint(&groups(&split.validation)));
        prop_assert!(groups(&split.train).is_disjoint(&groups(&split.test)));
        prop_assert!(groups(&split.validation).is_disjoint(&groups(&split.test)));
        let mut all = parts(split).concat();
        all.sort_unstable();
        prop_assert_eq!(all, (0..rows.len() as u32).collect::<Vec<_>>());
    }
}
