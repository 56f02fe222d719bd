//! What figures tell, and how large their text is.

use super::{Chromium, PHONE, WIDE, opened, page, small};
use crate::fixture::Build;

#[test]
#[ignore = "takes Chromium: just test-html"]
fn marks_tell_their_values_to_the_pointer_and_to_the_arrow_keys() {
    let (mut browser, _dir) = opened(WIDE);
    let tip = "document.getElementById('tip').hidden ? '' : document.getElementById('tip').textContent";
    let figure =
        "Array.from(document.querySelectorAll('figure')).find((f) => f.textContent.includes('layers on validation'))";
    assert_eq!(browser.value(tip), "");
    browser.point_at(&format!("{figure}.querySelector('circle[pointer-events]')"));
    let reported = browser.value(tip);
    let reported = reported.as_str().unwrap();
    assert!(
        reported.starts_with("stacked_rnn, layers 1: validation macro-F1 ") && reported.ends_with(" %"),
        "{reported}"
    );
    browser.value(&format!("{figure}.querySelector('svg').focus({{preventScroll: true}})"));
    browser.press("ArrowRight", "");
    let next = browser.value(tip);
    assert!(next.as_str().unwrap().starts_with("stacked_rnn, layers 2†: "), "{next}");
    browser.press("Escape", "");
    assert_eq!(browser.value(tip), "");
    let sweep = "document.querySelector('svg .line').ownerSVGElement";
    browser.scroll_to(sweep);
    browser.value(&format!("{sweep}.focus({{preventScroll: true}})"));
    browser.press("End", "");
    let best = browser.value(tip);
    assert!(best.as_str().unwrap().starts_with("stacked_rnn with layers=2, learning_rate=0.1: "), "{best}");
    assert_eq!(browser.value("document.querySelectorAll('.line.told').length"), 1, "its line stands out");
}

#[test]
#[ignore = "takes Chromium: just test-html"]
fn each_cell_of_a_matrix_tells_its_rows_to_the_pointer_and_to_the_arrow_keys() {
    let (mut browser, _dir) = opened(WIDE);
    let tip = "document.getElementById('tip').hidden ? '' : document.getElementById('tip').textContent";
    let rows = "document.querySelector('.counts').ownerSVGElement.querySelectorAll('.counts')";
    browser.scroll_to(&format!("{rows}[0]"));
    browser.value(&format!("{rows}[0].ownerSVGElement.focus({{preventScroll: true}})"));
    let confusion = small().build().analysis().best().unwrap().confusion.clone();
    let cells: Vec<(usize, usize)> = (0..confusion.n_classes())
        .flat_map(|truth| (0..confusion.n_classes()).map(move |predicted| (truth, predicted)))
        .filter(|(truth, predicted)| confusion.count(*truth, *predicted) > 0)
        .collect();
    for (truth, predicted) in cells.iter().copied().take(9) {
        browser.press("ArrowRight", "");
        let (n, of) = (confusion.count(truth, predicted), confusion.support(truth));
        let expected = format!("{n} of {of} rows, {:.2} %", 100.0 * n as f64 / of as f64);
        let told = browser.value(tip).as_str().unwrap().to_owned();
        assert!(told.ends_with(&expected), "{told}: {expected}");
        assert_eq!(told.contains(", right: "), truth == predicted, "{told}");
    }
    let (truth, predicted) = *cells.last().unwrap();
    let (x, width) = (predicted as f64 + 0.5, confusion.n_classes());
    let middle = format!(
        "(() => {{ const b = {rows}[{truth}].getBoundingClientRect(); return [b.x + b.width * {x} / {width}, b.y + b.height / 2]; }})()"
    );
    let (x, y): (f64, f64) = serde_json::from_value(browser.value(&middle)).unwrap();
    browser.mouse("mouseMoved", x, y);
    let told = browser.value(tip);
    assert!(told.as_str().unwrap().contains(&format!(": {} of ", confusion.count(truth, predicted))), "{told}");
    assert_eq!(browser.value("document.querySelectorAll('.frame').length"), 1);
}

#[test]
#[ignore = "takes Chromium: just test-html"]
fn text_of_figures_is_legible_on_a_phone() {
    let (mut browser, dir) = (Chromium::start(), tempfile::tempdir().unwrap());
    browser.open(&page(&small().build(), &dir), PHONE);
    browser.value("document.querySelectorAll('details').forEach((details) => { details.open = true; })");
    let smallest = "Math.min(...Array.from(document.querySelectorAll('figure svg'), (svg) => \
                    12 * svg.getBoundingClientRect().width / svg.viewBox.baseVal.width))";
    let smallest = browser.value(smallest).as_f64().unwrap();
    assert!(smallest >= 10.0, "text of 12 pixels is {smallest} pixels high");
}
