//! What is said of the data in `data/` is true of it.

use crate::common::settings;
use recur_core::random::StreamPath;
use recur_core::settings::{DataSettings, Group, SplitSettings};
use recur_core::split::Split;
use recur_ingest::{Ingested, ingest};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::LazyLock;

fn data_folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../data")
}

fn shipped(label: &str, group: Group) -> Ingested {
    let settings = DataSettings { label_column: label.to_owned(), ..settings("names.csv") };
    ingest(&settings, group, &data_folder()).unwrap()
}

static BY_LANGUAGE: LazyLock<Ingested> = LazyLock::new(|| shipped("language", Group::FoldedText));

static README: LazyLock<String> = LazyLock::new(|| std::fs::read_to_string(data_folder().join("README.md")).unwrap());

fn with_separators(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().map(|c| std::str::from_utf8(c).unwrap()).collect();
    groups.join(",")
}

/// The rows `| `name` | number |` of the README's tables.
fn tables() -> BTreeMap<String, u64> {
    let row = |line: &str| {
        let mut cells = line.strip_prefix("| ")?.split(" | ");
        let (name, number) = (cells.next()?, cells.next()?.trim_end_matches(" |").replace(',', ""));
        Some((name.trim_matches('`').to_owned(), number.parse().ok()?))
    };
    README.lines().filter_map(row).collect()
}

#[test]
fn shipped_names_are_the_ones_described() {
    let facts = &BY_LANGUAGE.facts;
    let sha256 = "fd7e42d57e52deab3449f901f703f7da6f4d9ecf52e2d22c893ee960265036c6";
    assert_eq!(facts.files["names.csv"].as_str(), sha256);
    assert!(README.contains(sha256));
    assert_eq!((facts.rows_read, facts.rows, facts.duplicates), (69_789, 69_789, 0));
    assert_eq!(facts.rows_by_label.len(), 34);
    assert_eq!(BY_LANGUAGE.rejects, []);
}

#[test]
fn readme_counts_of_languages_and_sources_are_true() {
    let tables = tables();
    let sources = shipped("source", Group::Text).facts.rows_by_label;
    let mut by_package: BTreeMap<String, u64> = BTreeMap::new();
    for (source, rows) in &sources {
        // The list within a package follows the package's name: `npm:@faker-js/cs_CZ` is of `npm:@faker-js`.
        let package = source.split(['/', '+']).next().unwrap();
        let package = if package == "npm:@faker-js" { "npm:@faker-js/faker" } else { package };
        *by_package.entry(package.to_owned()).or_default() += rows;
    }
    let expected: BTreeMap<String, u64> =
        BY_LANGUAGE.facts.rows_by_label.iter().map(|(k, v)| (k.clone(), *v)).chain(by_package).collect();
    assert_eq!(tables, expected);
}

#[test]
fn numbers_of_the_readme_are_true() {
    let facts = &BY_LANGUAGE.facts;
    let texts_only = shipped("language", Group::Text).facts.groups;
    let claims = [
        format!("{} rows", with_separators(facts.rows)),
        format!("{} languages", facts.rows_by_label.len()),
        format!("{} distinct names", with_separators(facts.distinct_texts)),
        format!("{} names carry more than one language", with_separators(facts.ambiguous_texts)),
        format!("{:.2} %", 100.0 * facts.accuracy_ceiling),
        format!("{:.1} %", 100.0 * facts.majority_share),
        format!("{} groups by name", with_separators(texts_only)),
        format!("{} groups by folded name", with_separators(facts.groups)),
    ];
    let flat = README.split_whitespace().collect::<Vec<_>>().join(" ");
    let missing: Vec<_> = claims.iter().filter(|claim| !flat.contains(claim.as_str())).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn variants_of_the_shipped_names_share_groups() {
    let data = &BY_LANGUAGE.dataset;
    let group_of: BTreeMap<&str, u32> =
        data.texts().iter().map(String::as_str).zip(data.groups().iter().copied()).collect();
    let check = |feminine: &str, masculine: &str, at_least: usize| {
        let variants = group_of.iter().filter_map(|(text, group)| {
            let other = format!("{}{masculine}", text.strip_suffix(feminine)?);
            Some((text, group, group_of.get(other.as_str())?))
        });
        let variants: Vec<_> = variants.collect();
        assert!(variants.len() >= at_least, "{feminine}: {}", variants.len());
        let apart: Vec<_> = variants.iter().filter(|(_, group, other)| group != other).collect();
        assert!(apart.is_empty(), "{feminine}: {apart:?}");
    };
    check("ova", "ov", 600);
    check("ová", "", 800);
    check("ska", "ski", 200);
    check("dóttir", "son", 600);
    check("skaya", "sky", 100);
    check("opoulou", "opoulos", 20);
    check("iņa", "iņš", 30);
}

/// How many rows of each size of group (1 to 5, and 6 or more) `rows` have, and how many whose text has several labels.
struct Counts {
    by_size: [u64; 6],
    ambiguous: u64,
}

struct Classes {
    size_of_row: Vec<usize>,
    is_ambiguous: Vec<bool>,
}

impl Classes {
    fn of(data: &recur_core::dataset::Dataset) -> Self {
        let mut rows_of_group: BTreeMap<u32, usize> = BTreeMap::new();
        data.groups().iter().for_each(|group| *rows_of_group.entry(*group).or_default() += 1);
        let mut labels_of_text: BTreeMap<&str, BTreeSet<u16>> = BTreeMap::new();
        for (text, label) in data.texts().iter().zip(data.labels()) {
            labels_of_text.entry(text).or_default().insert(*label);
        }
        Self {
            size_of_row: data.groups().iter().map(|group| rows_of_group[group].min(6) - 1).collect(),
            is_ambiguous: data.texts().iter().map(|text| labels_of_text[text.as_str()].len() > 1).collect(),
        }
    }

    fn count(&self, counts: &mut Counts, rows: impl Iterator<Item = u32>) {
        for row in rows {
            counts.by_size[self.size_of_row[row as usize]] += 1;
            counts.ambiguous += u64::from(self.is_ambiguous[row as usize]);
        }
    }
}

#[test]
fn shipped_rows_are_tested_by_their_share_whatever_the_size_of_their_group() {
    const SPLITS: u32 = 300;
    let data = &BY_LANGUAGE.dataset;
    let classes = Classes::of(data);
    let none = || Counts { by_size: [0; 6], ambiguous: 0 };
    let mut all = none();
    classes.count(&mut all, 0..data.len() as u32);
    let settings = SplitSettings::shares(0.8, 0.1, 0.1, Group::FoldedText, true);
    let root = StreamPath::root(20_261_123);
    // Two threads halve the time; sums of whole numbers do not depend on them.
    let tested_in = |replicates: std::ops::Range<u32>| {
        let mut tested = none();
        for replicate in replicates {
            let split = Split::new(data, &settings, &root, replicate).unwrap();
            classes.count(&mut tested, split.test.into_iter());
        }
        tested
    };
    let [first, second] = std::thread::scope(|scope| {
        let halves = [0..SPLITS / 2, SPLITS / 2..SPLITS].map(|half| scope.spawn(|| tested_in(half)));
        halves.map(|half| half.join().unwrap())
    });
    let by_size: [u64; 6] = std::array::from_fn(|size| first.by_size[size] + second.by_size[size]);
    for (size, (tested, rows)) in (1..).zip(by_size.iter().zip(all.by_size)) {
        let percent = 100.0 * *tested as f64 / (rows * u64::from(SPLITS)) as f64;
        println!("groups of {size}{}: {rows} rows, {percent:.3} % tested", if size == 6 { " or more" } else { "" });
        assert!((percent - 10.0).abs() <= 0.3, "groups of {size}: {percent} %");
    }
    let n_tested: u64 = by_size.iter().sum();
    let percent = |ambiguous: u64, rows: u64| 100.0 * ambiguous as f64 / rows as f64;
    let of_tested = percent(first.ambiguous + second.ambiguous, n_tested);
    let of_all = percent(all.ambiguous, data.len() as u64);
    println!("rows whose name has several labels: {of_all:.3} % of all rows, {of_tested:.3} % of the test rows");
    assert!((of_tested - 7.7).abs() <= 0.7, "{of_tested} %");
}

#[test]
fn every_source_has_its_notice() {
    let notices = std::fs::read_to_string(data_folder().join("THIRD-PARTY-NOTICES")).unwrap();
    for package in tables().keys().filter_map(|name| name.split_once(':')).map(|(_, package)| package) {
        assert!(notices.contains(package), "{package}");
    }
    for needed in ["Nara Institute of Science", "ICOT Free Software", "NO WARRANTY", "Permission is hereby granted"] {
        assert!(notices.contains(needed), "{needed}");
    }
}
