//! The page without a pointer.

use super::{Chromium, PHONE, WIDE, opened, page, small};
use crate::fixture::Build;
use std::collections::BTreeSet;

/// What a keyboard has to reach: links, controls, figures, and boxes that move.
#[test]
#[ignore = "takes Chromium: just test-html"]
fn everything_that_can_be_used_takes_the_focus() {
    let (mut browser, dir) = (Chromium::start(), tempfile::tempdir().unwrap());
    browser.open(&page(&small().build(), &dir), PHONE);
    browser.value("document.querySelectorAll('details').forEach((details) => { details.open = true; })");
    let unreachable = browser.texts(
        "Array.from(document.querySelectorAll('a, summary, input, th button, figure svg, .scroll'))\
         .filter((element) => element.offsetParent !== null || element.ownerSVGElement === null)\
         .filter((element) => element.getClientRects().length > 0)\
         .filter((element) => !element.matches('.scroll') || element.scrollWidth > element.clientWidth + 1)\
         .filter((element) => { element.focus({preventScroll: true}); return document.activeElement !== element; })\
         .map((element) => element.outerHTML.slice(0, 80))",
    );
    assert!(unreachable.is_empty(), "{unreachable:?}");
}

/// What the Tab key has to reach as the page is opened.
const REACHABLE: &str = "Array.from(document.querySelectorAll('a[href], button, input, summary, [tabindex=\"0\"]'))\
    .filter((element) => element.checkVisibility() && element.getClientRects().length > 0)";

/// What has the focus: its place among them, and whether it is in view with an outline around it.
const FOCUS: &str = "(() => { const e = document.activeElement; const style = getComputedStyle(e); \
    const box = e.getBoundingClientRect(); \
    return [reachable.indexOf(e), e === document.body ? 'body' : e.outerHTML.slice(0, 80), \
        style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2, \
        box.bottom > 0 && box.top < innerHeight]; })()";

#[test]
#[ignore = "takes Chromium: just test-html"]
fn the_tab_key_reaches_every_control_in_order_and_shows_where_it_is() {
    for look in [WIDE, PHONE] {
        let (mut browser, _dir) = opened(look);
        browser.value(&format!("void (window.reachable = {REACHABLE})"));
        let n = browser.value("reachable.length").as_u64().unwrap() as usize;
        assert!(n > 60, "{n}");
        let mut places = Vec::new();
        for _ in 0..n {
            browser.press("Tab", "");
            let (place, what, has_outline, is_in_view): (i64, String, bool, bool) =
                serde_json::from_value(browser.value(FOCUS)).unwrap();
            assert!(has_outline && is_in_view, "{what} at {}: outline {has_outline}, seen {is_in_view}", look.width);
            places.push(place);
        }
        let all: BTreeSet<i64> = places.iter().copied().collect();
        assert_eq!((all.len(), all.contains(&-1)), (n, false), "each once: {places:?}");
        assert!(places.is_sorted(), "in the order of the page: {places:?}");
    }
}

#[test]
#[ignore = "takes Chromium: just test-html"]
fn a_key_unfolds_and_folds_and_sorts() {
    let (mut browser, _dir) = opened(WIDE);
    let focused = |browser: &mut Chromium, element: &str| {
        browser.value(&format!("{element}.focus()"));
        browser.press("Enter", "\r");
    };
    for expected in [true, false] {
        focused(&mut browser, "document.querySelector('summary')");
        assert_eq!(browser.value("document.querySelector('details').open"), expected);
    }
    focused(&mut browser, "document.querySelectorAll('th button')[1]");
    assert_eq!(browser.value("document.querySelectorAll('th')[1].getAttribute('aria-sort')"), "ascending");
}

#[test]
#[ignore = "takes Chromium: just test-html"]
fn every_figure_has_a_name_for_those_who_cannot_see_it() {
    let (mut browser, _dir) = opened(WIDE);
    browser.value("document.querySelectorAll('details').forEach((details) => { details.open = true; })");
    browser.call("Accessibility.enable", serde_json::json!({}));
    let tree = browser.call("Accessibility.getFullAXTree", serde_json::json!({}));
    let images = tree["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|node| ["image", "img"].contains(&node["role"]["value"].as_str().unwrap_or_default()));
    let names: Vec<&str> = images.map(|node| node["name"]["value"].as_str().unwrap_or_default()).collect();
    assert_eq!(names.len() as u64, browser.value("document.querySelectorAll('svg').length").as_u64().unwrap());
    assert!(names.iter().all(|name| name.len() > 20), "{names:?}");
}
