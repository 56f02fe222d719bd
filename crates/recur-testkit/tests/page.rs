//! The table of checks in docs/battery.md against the battery's own list.

use recur_testkit::coverage::{NOT_COVERED, kinds};
use recur_testkit::other_libm::OTHER_LIBM;
use recur_testkit::processes::{FRESH_PROCESS, INSTRUCTION_SETS};
use std::path::{Path, PathBuf};

const BEGIN: &str = "<!-- checks: begin -->\n";
const END: &str = "<!-- checks: end -->\n";

fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/battery.md")
}

fn read() -> String {
    std::fs::read_to_string(page()).unwrap().replace("\r\n", "\n")
}

/// The page with the table that the list of checks gives.
fn written(page: &str) -> String {
    let page = &with_coverage(page);
    let (before, rest) = page.split_once(BEGIN).expect("the page has the first marker");
    let (_, after) = rest.split_once(END).expect("the page has the second marker");
    let row = |(name, catches): (&str, &str)| format!("| `{name}` | {catches} |\n");
    let checks = recur_testkit::checks();
    let processes = [FRESH_PROCESS, INSTRUCTION_SETS, OTHER_LIBM];
    let rows: String = checks.iter().map(|check| (check.name, check.catches)).chain(processes).map(row).collect();
    format!("{before}{BEGIN}\n| check | catches, for example |\n|---|---|\n{rows}\n{END}{after}")
}

const COVERAGE_BEGIN: &str = "<!-- coverage: begin -->\n";
const COVERAGE_END: &str = "<!-- coverage: end -->\n";

/// The page with the lists of what is covered, by kind, and what is not.
fn with_coverage(page: &str) -> String {
    let (before, rest) = page.split_once(COVERAGE_BEGIN).expect("the page has the marker of the coverage");
    let (_, after) = rest.split_once(COVERAGE_END).expect("the page has the end of the coverage");
    let names = |names: Vec<&str>| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let kinds = kinds().into_iter().map(|(kind, of_kind)| format!("| {kind} | {} |\n", names(of_kind)));
    let not: String = NOT_COVERED.iter().map(|what| format!("- {what}\n")).collect();
    let rows: String = kinds.collect();
    let table = format!("| covered | checks |\n|---|---|\n{rows}");
    format!("{before}{COVERAGE_BEGIN}\n{table}\nNot covered:\n\n{not}\n{COVERAGE_END}{after}")
}

#[test]
fn the_page_lists_every_check_as_the_battery_has_it() {
    let page = read();
    assert_eq!(page, written(&page), "cargo test -p recur-testkit -- --ignored write_the_page_of_the_battery");
}

#[test]
#[ignore = "writes docs/battery.md"]
fn write_the_page_of_the_battery() {
    std::fs::write(page(), written(&read())).unwrap();
}

#[test]
fn the_page_reports_how_many_checks_there_are() {
    let n = recur_testkit::checks().len();
    assert!(read().contains(&format!("{n} checks")), "there are {n}");
}
