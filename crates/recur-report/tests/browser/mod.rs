//! The HTML page in a browser, as a person uses it: `just test-html`. Ignored otherwise, as it takes Chromium.

mod chromium;
mod contrast;
mod figures;
mod keyboard;
mod trials;
mod try_text;

use super::every_kind;
use super::fixture::{Build, Reported, small};
use chromium::{Chromium, Look};
use std::fs;
use std::path::PathBuf;

const WIDE: Look = Look { width: 1280, height: 900, is_dark: false };
const MIDDLE: Look = Look { width: 768, height: 1024, is_dark: false };
const PHONE: Look = Look { width: 360, height: 740, is_dark: false };

/// A folder that is kept, so that what the tests saw can be looked at.
fn folder() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("html");
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// The page of an experiment in a folder of its own, which has nothing else.
fn page(experiment: &Reported, dir: &tempfile::TempDir) -> PathBuf {
    let html = experiment.write(dir.path()).unwrap().html;
    let alone = dir.path().join("alone");
    fs::create_dir_all(&alone).unwrap();
    let moved = alone.join(html.file_name().unwrap());
    fs::rename(html, &moved).unwrap();
    moved
}

fn opened(look: Look) -> (Chromium, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let file = page(&small().build(), &dir);
    let mut browser = Chromium::start();
    browser.open(&file, look);
    (browser, dir)
}

/// A column of a table as it is seen, from above.
fn column(browser: &mut Chromium, table: usize, column: usize) -> Vec<String> {
    browser.texts(&format!(
        "Array.from(document.querySelectorAll('table')[{table}].tBodies[0].rows, \
         (row) => row.cells[{column}].textContent.replace(/\\s+/g, ' ').trim())"
    ))
}

fn button(table: usize, column: usize) -> String {
    format!("document.querySelectorAll('table')[{table}].tHead.rows[0].cells[{column}].querySelector('button')")
}

fn aria_sort(browser: &mut Chromium, table: usize, column: usize) -> Option<String> {
    let asked = format!("{}.parentElement.getAttribute('aria-sort')", button(table, column));
    browser.value(&asked).as_str().map(str::to_owned)
}

/// The first number in a cell; none where it has none.
fn number(cell: &str) -> Option<f64> {
    let plain = cell.replace('−', "-").replace(',', "");
    let start = plain.trim_start_matches(['+', '<', ' ']);
    let end = start
        .find(|character: char| !(character.is_ascii_digit() || character == '.' || character == '-'))
        .unwrap_or(start.len());
    if ["baseline", "best"].contains(&cell) { Some(0.0) } else { start[..end].parse().ok() }
}

#[test]
#[ignore = "takes Chromium: just test-html"]
fn a_click_on_a_title_sorts_up_then_down_then_as_before() {
    let (mut browser, _dir) = opened(WIDE);
    let titles =
        browser.texts("Array.from(document.querySelector('thead tr').cells, (cell) => cell.textContent.trim())");
    let f1 =
        titles.iter().position(|title| title.starts_with("test macro-F1, %")).expect("a column of the leaderboard");
    let before = column(&mut browser, 0, f1);
    let mut up = before.clone();
    up.sort_by(|a, b| number(a).unwrap().total_cmp(&number(b).unwrap()));
    assert_ne!(before, up, "the best model stands first");
    let down: Vec<String> = up.iter().rev().cloned().collect();
    for (expected, aria) in [(up, Some("ascending")), (down, Some("descending")), (before, None)] {
        browser.click(&button(0, f1));
        assert_eq!(column(&mut browser, 0, f1), expected);
        assert_eq!(aria_sort(&mut browser, 0, f1).as_deref(), aria);
    }
    browser.value(&format!("{}.focus()", button(0, f1)));
    browser.press("Enter", "\r");
    assert_eq!(aria_sort(&mut browser, 0, f1).as_deref(), Some("ascending"), "from the keyboard, too");
    browser.value(&format!("{}.click()", button(0, 0)));
    assert_eq!(aria_sort(&mut browser, 0, f1), None, "by one column at a time");
}

#[test]
#[ignore = "takes Chromium: just test-html"]
fn every_column_of_numbers_sorts_by_value() {
    let (mut browser, _dir) = opened(WIDE);
    let n_tables = browser.value("document.querySelectorAll('table').length").as_u64().unwrap() as usize;
    let mut n_columns = 0;
    for table in 0..n_tables {
        let classes = browser.texts(&format!(
            "Array.from(document.querySelectorAll('table')[{table}].tHead.rows[0].cells, (cell) => cell.className)"
        ));
        for (place, _) in classes.iter().enumerate().filter(|(_, class)| *class == "number") {
            for sign in [1.0, -1.0] {
                browser.value(&format!("{}.click()", button(table, place)));
                let found: Vec<Option<f64>> =
                    column(&mut browser, table, place).iter().map(|cell| number(cell)).collect();
                let known: Vec<f64> = found.iter().flatten().map(|value| sign * value).collect();
                assert!(known.is_sorted(), "table {table}, column {place}: {found:?}");
                assert!(found[known.len()..].iter().all(Option::is_none), "what is missing comes last: {found:?}");
            }
            n_columns += 1;
        }
    }
    assert!(n_columns > 20, "{n_columns}");
}

#[test]
#[ignore = "takes Chromium: just test-html"]
fn cells_of_every_form_sort_by_their_number() {
    let (mut browser, _dir) = opened(WIDE);
    let cells = [
        "68.66 ± 0.56",
        "–",
        "+0.72 [−1.23, +2.68]",
        "3 of 3",
        "1,234",
        "−∞",
        "< 0.0001",
        "0.0001",
        "baseline",
        "",
        "−0.5",
        "∞",
    ];
    let rows: String = cells.iter().map(|cell| format!("<tr><td>{}</td></tr>", cell.replace('<', "&lt;"))).collect();
    browser.value(&format!(
        "document.body.insertAdjacentHTML('beforeend', `<div><table id=\"odd\"><thead><tr><th class=\"number\">x</th></tr></thead>\
         <tbody>{rows}</tbody></table></div>`); makeSortable(document.getElementById('odd'))"
    ));
    browser.click("document.querySelector('#odd button')");
    let sorted = browser.texts("Array.from(document.querySelectorAll('#odd td'), (cell) => cell.textContent)");
    let by_hand = [
        "−∞",
        "−0.5",
        "baseline",
        "< 0.0001",
        "0.0001",
        "+0.72 [−1.23, +2.68]",
        "3 of 3",
        "68.66 ± 0.56",
        "1,234",
        "∞",
        "–",
        "",
    ];
    assert_eq!(sorted, by_hand);
}

#[test]
#[ignore = "takes Chromium: just test-html"]
fn a_filter_leaves_the_rows_with_its_words_and_their_lines() {
    let (mut browser, _dir) = opened(WIDE);
    let details = "Array.from(document.querySelectorAll('details')).find((d) => d.querySelector('.filter'))";
    browser.click(&format!("{details}.querySelector('summary')"));
    browser.click(&format!("{details}.querySelector('.filter input')"));
    browser.insert("Stacked learning_rate=0.01");
    let seen = browser.texts(&format!(
        "Array.from({details}.querySelectorAll('tbody tr')).filter((row) => row.offsetHeight > 0)\
         .map((row) => row.cells[0].textContent + ' ' + row.cells[1].textContent)"
    ));
    assert_eq!(seen, ["stacked_rnn layers=1, learning_rate=0.01", "stacked_rnn layers=2, learning_rate=0.01"]);
    assert_eq!(browser.value(&format!("{details}.querySelector('output').textContent")), "2 of 10 rows");
    let lines = "Array.from(document.querySelectorAll('svg .line'))";
    let shown =
        format!("{lines}.filter((line) => line.style.display !== 'none').map((line) => line.dataset.row).sort()");
    assert_eq!(browser.texts(&shown), ["5", "8"]);
    browser.value(&format!("{details}.querySelector('input').select()"));
    browser.press("Backspace", "");
    browser.insert(" ");
    assert_eq!(browser.texts(&shown).len(), 10, "without words all are there");
}

#[test]
#[ignore = "takes Chromium: just test-html"]
fn no_page_is_wider_than_a_phone_or_loads_or_complains_of_anything() {
    let mut browser = Chromium::start();
    for experiment in every_kind() {
        let dir = tempfile::tempdir().unwrap();
        let file = page(&experiment, &dir);
        let name = &experiment.plan.name;
        for look in [PHONE, WIDE] {
            browser.open(&file, look);
            browser.value("document.querySelectorAll('details').forEach((details) => { details.open = true; })");
            let width = browser.value("document.scrollingElement.scrollWidth").as_u64().unwrap();
            assert!(width <= u64::from(look.width), "{name} is {width} wide");
            for event in std::mem::take(&mut browser.events) {
                let method = event["method"].as_str().unwrap_or_default();
                assert!(!["Runtime.exceptionThrown", "Log.entryAdded"].contains(&method), "{name}: {event}");
                if method == "Network.requestWillBeSent" {
                    let url = event["params"]["request"]["url"].as_str().unwrap();
                    assert!(url == format!("file://{}", file.display()) || url.starts_with("data:"), "{name}: {url}");
                }
            }
        }
    }
}

/// The cells of the leaderboard that are not within the screen's width, or that another one covers.
const CUT_CELLS: &str = "(() => { \
    const box = document.querySelector('.cards'); \
    const cells = Array.from(box.querySelectorAll('tbody td')); \
    const isCut = (cell) => { \
        const range = document.createRange(); range.selectNodeContents(cell); \
        return Array.from(range.getClientRects()).some((r) => r.left < 0 || r.right > innerWidth + 0.5) \
            || cell.getBoundingClientRect().width === 0; }; \
    return cells.filter(isCut).map((cell) => cell.textContent) \
        .concat(box.scrollWidth > box.clientWidth + 1 ? ['moves sideways'] : []); })()";

#[test]
#[ignore = "takes Chromium: just test-html"]
fn no_cell_of_the_leaderboard_is_cut_at_any_width() {
    let mut browser = Chromium::start();
    for experiment in every_kind() {
        let (dir, name) = (tempfile::tempdir().unwrap(), &experiment.plan.name);
        let file = page(&experiment, &dir);
        for look in [WIDE, MIDDLE, PHONE] {
            browser.open(&file, look);
            let cut = browser.texts(CUT_CELLS);
            assert!(cut.is_empty(), "{name} at {}: {cut:?}", look.width);
            let shown =
                "Array.from(document.querySelectorAll('.cards td[data-label]')).every((cell) => cell.dataset.label)";
            assert_eq!(browser.value(shown), true, "each cell has the title of its column");
        }
        let is_card = "getComputedStyle(document.querySelector('.cards tr td')).display";
        assert_eq!(browser.value(is_card), "flex", "{name}: cards on a phone");
    }
}

#[test]
#[ignore = "takes Chromium: just test-html"]
fn the_first_screen_has_the_answer_the_figure_and_the_head_of_the_leaderboard() {
    let (mut browser, dir) = (Chromium::start(), tempfile::tempdir().unwrap());
    let file = page(&small().build(), &dir);
    for look in [WIDE, MIDDLE, PHONE] {
        browser.open(&file, look);
        let bottoms = "[document.querySelector('main > p'), document.querySelector('figure .beside'), \
                       document.querySelector('.cards thead, .cards tr')].concat([document.querySelector('.cards tbody td')])\
                       .map((element) => element.getBoundingClientRect()).map((r) => [r.top, r.bottom])";
        let found: Vec<(f64, f64)> = serde_json::from_value(browser.value(bottoms)).unwrap();
        let height = f64::from(look.height);
        assert!(found.iter().all(|(_, bottom)| *bottom <= height), "{}: {found:?}", look.width);
        assert!(found[0].1 <= found[1].0 && found[1].1 <= found[3].0, "in this order: {found:?}");
        let nav = "document.querySelector('nav').getBoundingClientRect()";
        let nav_is_below =
            browser.value(&format!("{nav}.top >= document.querySelector('.cards').getBoundingClientRect().bottom"));
        assert_eq!(nav_is_below, true, "the contents take no room of the first screen");
    }
}

#[test]
#[ignore = "takes Chromium: just test-html"]
fn pages_show_something_on_a_ground_that_follows_light_and_dark() {
    let mut browser = Chromium::start();
    let dir = tempfile::tempdir().unwrap();
    let file = page(&small().build(), &dir);
    for (name, look) in [("wide", WIDE), ("phone", PHONE)] {
        for (scheme, is_dark, ground) in [("light", false, [0xff; 3]), ("dark", true, [0x0d, 0x11, 0x17])] {
            browser.open(&file, Look { is_dark, ..look });
            let picture = browser.picture(&folder().join(format!("{name}-{scheme}.png")));
            assert_eq!((picture.size.0, picture.ground), (u64::from(look.width), ground));
            assert!(picture.size.1 > 2_000, "the whole page: {picture:?}");
            let has_content = picture.n_colors > 200 && (0.3..0.98).contains(&picture.ground_share);
            assert!(has_content, "{picture:?}");
        }
    }
}

#[test]
#[ignore = "takes Chromium: just test-html"]
fn the_page_is_whole_without_its_script() {
    let dir = tempfile::tempdir().unwrap();
    let file = page(&small().build(), &dir);
    let mut browser = Chromium::start();
    let count = "['tbody tr', 'svg', 'h2', 'button', '.filter', ':is(g, path) > title'].map((what) => document.querySelectorAll(what).length)";
    browser.open(&file, WIDE);
    let with: Vec<u64> = serde_json::from_value(browser.value(count)).unwrap();
    browser.call("Emulation.setScriptExecutionDisabled", serde_json::json!({"value": true}));
    browser.open(&file, WIDE);
    let without: Vec<u64> = serde_json::from_value(browser.value(count)).unwrap();
    assert_eq!(with[..3], without[..3]);
    assert_eq!(without[3..5], [0, 0], "no control that would do nothing");
    assert!(without[5] > 50 && with[5] == 0, "the browser's own tips, or ours");
}
