//! What is said of the data in `data/` is true of it.

use crate::common::settings;
use recur_core::settings::{DataSettings, Group};
use recur_ingest::{Ingested, ingest};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::LazyLock;

fn data_folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../data")
}

fn shipped(label: &str, group: Group) -> Ingested {
    let settings = DataSettings { label_column: label.to_owned(), ..settings("names.csv") };
    ingest(&settings, group, &data_folder()).unwrap()
}

static BY_LANGUAGE: LazyLock<Ingested> = LazyLock::new(|| shipped("language", Group::FoldedName));

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
    let sources = shipped("source", Group::Name).facts.rows_by_label;
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
fn readme_figures_are_true() {
    let facts = &BY_LANGUAGE.facts;
    let names_alone = shipped("language", Group::Name).facts.groups;
    let claims = [
        format!("{} rows", with_separators(facts.rows)),
        format!("{} languages", facts.rows_by_label.len()),
        format!("{} distinct names", with_separators(facts.distinct_names)),
        format!("{} names carry more than one language", with_separators(facts.ambiguous_names)),
        format!("{:.2} %", 100.0 * facts.accuracy_ceiling),
        format!("{:.1} %", 100.0 * facts.majority_share),
        format!("{} groups by name", with_separators(names_alone)),
        format!("{} groups by folded name", with_separators(facts.groups)),
    ];
    let flat = README.split_whitespace().collect::<Vec<_>>().join(" ");
    let missing: Vec<_> = claims.iter().filter(|claim| !flat.contains(claim.as_str())).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn twins_of_the_shipped_names_share_groups() {
    let data = &BY_LANGUAGE.dataset;
    let group_of: BTreeMap<&str, u32> =
        data.names().iter().map(String::as_str).zip(data.groups().iter().copied()).collect();
    let check = |feminine: &str, masculine: &str, at_least: usize| {
        let twins = group_of.iter().filter_map(|(name, group)| {
            let other = format!("{}{masculine}", name.strip_suffix(feminine)?);
            Some((name, group, group_of.get(other.as_str())?))
        });
        let twins: Vec<_> = twins.collect();
        assert!(twins.len() >= at_least, "{feminine}: {}", twins.len());
        let apart: Vec<_> = twins.iter().filter(|(_, group, other)| group != other).collect();
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
