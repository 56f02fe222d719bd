//! From a row to its trials, and back.

use super::{WIDE, opened};

#[test]
#[ignore = "takes Chromium: just test-html"]
fn a_configuration_leads_to_its_unfolded_trials_whose_commands_are_copied() {
    let (mut browser, _dir) = opened(WIDE);
    let all =
        "Array.from(document.querySelectorAll('details')).find((d) => d.querySelector('[id^=\"configuration.\"]'))";
    browser.click(&format!("{all}.querySelector('summary')"));
    let row =
        format!("Array.from({all}.querySelectorAll('tbody tr')).find((row) => row.textContent.includes('0 of 3'))");
    let link = format!("{row}.querySelector('a')");
    let anchor = browser.value(&format!("{link}.hash.slice(1)")).as_str().unwrap().to_owned();
    let trials = format!("document.getElementById('{anchor}')");
    let is_seen = format!("{trials}.querySelector('tbody').checkVisibility()");
    assert_eq!(browser.value(&is_seen), false);
    browser.click(&link);
    assert_eq!(browser.value(&is_seen), true, "it is unfolded, and what it is folded into");
    let top = browser.value(&format!("{trials}.getBoundingClientRect().top")).as_f64().unwrap();
    assert!((0.0..900.0).contains(&top), "{top}");
    browser.value(&format!("{trials}.open = false"));
    browser.click(&link);
    assert_eq!(browser.value(&is_seen), true, "the second time, too");
    let [command, button] = ["pre span", "button.copy"].map(|part| format!("{trials}.querySelector('{part}')"));
    browser.click(&button);
    assert_eq!(browser.value("getSelection().toString()"), browser.value(&format!("{command}.textContent")));
    let copied = format!("new Promise((done) => setTimeout(() => done({button}.textContent), 200))");
    let copied = browser.call("Runtime.evaluate", serde_json::json!({"expression": copied, "awaitPromise": true}));
    assert!(["copied", "marked"].contains(&copied["result"]["value"].as_str().unwrap()), "{copied}");
    let lines =
        browser.texts(&format!("Array.from({trials}.querySelectorAll('pre span'), (line) => line.textContent)"));
    assert!(lines.len() == 3 && lines.iter().all(|line| line.starts_with("recur logs ")), "no weights: {lines:?}");
}

/// The row of a model leads to its trials, and they lead back.
#[test]
#[ignore = "takes Chromium: just test-html"]
fn the_leaderboard_leads_to_the_trials_and_back() {
    let (mut browser, _dir) = opened(WIDE);
    let link = "document.querySelector('.cards tbody a')";
    let anchor = browser.value(&format!("{link}.hash.slice(1)")).as_str().unwrap().to_owned();
    browser.click(link);
    let trials = format!("document.getElementById('{anchor}')");
    assert_eq!(browser.value(&format!("{trials}.open && {trials}.querySelector('tbody').checkVisibility()")), true);
    let back = format!("{trials}.querySelector('p a')");
    browser.click(&back);
    let row = "document.querySelector('.cards tbody tr').getBoundingClientRect()";
    let top = browser.value(&format!("{row}.top")).as_f64().unwrap();
    assert!((-200.0..900.0).contains(&top), "{top}");
    browser.click(&format!("{trials}.querySelectorAll('p a')[1]"));
    let is_seen = "document.querySelector(':target').checkVisibility()";
    assert_eq!(browser.value(is_seen), true, "its row of the folded table of all configurations");
}
