//! The table of checks in docs/battery.md against the battery's own list.

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
    let (before, rest) = page.split_once(BEGIN).expect("the page has the first marker");
    let (_, after) = rest.split_once(END).expect("the page has the second marker");
    let row = |(name, catches): (&str, &str)| format!("| `{name}` | {catches} |\n");
    let checks = recur_testkit::checks();
    let processes = [FRESH_PROCESS, INSTRUCTION_SETS];
    let rows: String = checks.iter().map(|check| (check.name, check.catches)).chain(processes).map(row).collect();
    format!("{before}{BEGIN}\n| check | catches, for example |\n|---|---|\n{rows}\n{END}{after}")
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
