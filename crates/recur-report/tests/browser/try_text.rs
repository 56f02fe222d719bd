//! The box in which a text is tried, as a reader uses it.

use super::chromium::{Chromium, Look};
use super::{PHONE, WIDE};
use crate::fixture::{Build, small};
use crate::try_text::{LABELS, tried, weights};
use recur_core::settings::{Fold, TextSettings, UnicodeForm};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A page with a box, in a folder of its own.
fn page(text: TextSettings) -> (PathBuf, tempfile::TempDir) {
    let (experiment, dir) = (small().build(), tempfile::tempdir().unwrap());
    let try_text = tried(&experiment, &weights(7, text));
    let (analysis, signature) = (experiment.analysis(), experiment.signature());
    let written =
        recur_report::write_to_try(&analysis, &experiment.provenance, &signature, &try_text, dir.path()).unwrap();
    (written.html, dir)
}

const SUMMARY: &str = "document.querySelector('#try [role=status]').textContent";
const BARS: &str = "Array.from(document.querySelectorAll('#try li'), (item) => item.firstChild.textContent)";

/// Waits for the answer to what was typed.
fn summary(browser: &mut Chromium) -> String {
    let frames = "new Promise((done) => setTimeout(done, 50))";
    browser.call("Runtime.evaluate", json!({"expression": frames, "awaitPromise": true}));
    browser.value(SUMMARY).as_str().unwrap().to_owned()
}

#[test]
#[ignore = "takes Chromium: just test-html"]
fn what_is_typed_is_answered_and_labels_are_text() {
    let (file, _dir) = page(TextSettings::default());
    let mut browser = Chromium::start();
    browser.open(&file, WIDE);
    browser.value("document.getElementById('try-text').focus()");
    assert_eq!((summary(&mut browser), browser.texts(BARS).len()), (String::new(), 0));
    browser.insert("ab");
    let answer = summary(&mut browser);
    let mut bars = browser.texts(BARS);
    assert!(answer.starts_with(&bars[0]) && answer.ends_with("%"), "{answer}");
    bars.sort();
    let mut labels = [LABELS[0], "Ω\\u{202e}<!--", LABELS[2]].map(str::to_owned).to_vec();
    labels.sort();
    assert_eq!(bars, labels);
    assert_eq!(browser.value("document.getElementById('got-in')"), Value::Null);
    // Nothing typed, nothing said.
    browser.value("document.getElementById('try-text').select()");
    browser.press("Delete", "");
    browser.value("document.execCommand('delete')");
    assert_eq!((summary(&mut browser), browser.texts(BARS).len()), (String::new(), 0));
    browser.insert(" \u{a0}");
    assert_eq!(summary(&mut browser), "None of its characters is in the model's alphabet.");
    let is_report =
        |event: &&Value| matches!(event["method"].as_str(), Some("Log.entryAdded" | "Runtime.exceptionThrown"));
    let reports: Vec<&Value> = browser.events.iter().filter(is_report).collect();
    assert!(reports.is_empty(), "{reports:?}");
}

#[test]
#[ignore = "takes Chromium: just test-html"]
fn the_box_fits_its_page_and_the_keyboard_reaches_it() {
    let (file, _dir) = page(TextSettings::default());
    let mut browser = Chromium::start();
    for look in [WIDE, PHONE, Look { is_dark: true, ..PHONE }] {
        browser.open(&file, look);
        browser.value("document.getElementById('try-text').focus()");
        browser.insert("aba");
        summary(&mut browser);
        assert_eq!(browser.value("document.activeElement.id"), "try-text");
        assert_eq!(browser.value("document.querySelector('#try label').control.id"), "try-text");
        let outside = browser.texts(
            "Array.from(document.querySelectorAll('#try, #try *'))\
             .filter((element) => element.getBoundingClientRect().right > innerWidth || !element.getClientRects().length)\
             .map((element) => element.outerHTML.slice(0, 80))",
        );
        assert!(outside.is_empty(), "{outside:?}");
        browser.scroll_to("document.getElementById('try')");
        let name = if look.is_dark { "dark".to_owned() } else { look.width.to_string() };
        browser.picture(&super::folder().join(format!("try-{name}.png")));
    }
}

#[test]
#[ignore = "takes Chromium: just test-html"]
fn without_javascript_a_sentence_stands_in_its_place() {
    let (file, _dir) = page(TextSettings::default());
    let mut browser = Chromium::start();
    browser.call("Emulation.setScriptExecutionDisabled", json!({"value": true}));
    browser.open(&file, WIDE);
    assert_eq!(browser.value("document.getElementById('try').getClientRects().length"), 0);
    let text = browser.value("document.querySelector('noscript').textContent");
    assert!(text.as_str().unwrap().contains("needs JavaScript"), "{text}");
}

/// The characters of the planes that have some, but for those of private use.
fn characters() -> impl Iterator<Item = char> {
    (0..0x32400).chain(0xe0000..0xe0200).filter_map(char::from_u32)
}

#[test]
#[ignore = "takes Chromium: just test-html"]
fn every_character_is_prepared_as_recur_text_does() {
    let mut n_changed = 0;
    for (unicode, fold) in [
        (UnicodeForm::Nfc, Fold::AsciiLower),
        (UnicodeForm::Nfkc, Fold::None),
        (UnicodeForm::Nfd, Fold::Ascii),
        (UnicodeForm::None, Fold::None),
    ] {
        let settings = TextSettings { unicode, fold, ..TextSettings::default() };
        let (file, _dir) = page(settings.clone());
        let mut browser = Chromium::start();
        browser.open(&file, WIDE);
        let asked = "const network = decoded(JSON.parse(document.getElementById('try-network').textContent)); \
             const found = []; for (let code = 0; code < 0xe0200; code += 1) { \
             if (code === 0x32400) code = 0xe0000; if (code === 0xd800) code = 0xe000; \
             const character = String.fromCodePoint(code); for (const text of [character, 'a' + character]) { \
             const become = prepared(text, network.data.text); if (become !== text) found.push([text, become]); } } found";
        let found: Vec<(String, String)> = serde_json::from_value(browser.value(asked)).unwrap();
        let found: BTreeMap<String, String> = found.into_iter().collect();
        n_changed += found.len();
        let texts = characters().flat_map(|character| [character.to_string(), format!("a{character}")]);
        let differs = |text: &String| recur_text::normalise(text, &settings) != *found.get(text).unwrap_or(text);
        let differing: Vec<String> = texts.filter(differs).collect();
        // What the browser's Unicode does not know yet.
        browser.value(&format!("globalThis.differing = {}", json!(differing)));
        let known = browser.texts("differing.filter((text) => !/\\p{Cn}/u.test(text))");
        assert!(known.is_empty(), "{settings:?}: {known:?}");
    }
    assert!(n_changed > 20_000, "{n_changed}");
}
