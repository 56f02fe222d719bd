//! Contrast of text and marks in the light and in the dark scheme, as the browser paints them (Web Content Accessibility Guidelines 2.1,
//! level AA: 4.5 for text, 3 for marks).

use super::{Chromium, Look, PHONE, WIDE, page, small};
use crate::fixture::Build;
use std::collections::BTreeMap;

/// What has too little contrast, and how many texts and marks there are.
const LOOK_AT_ALL: &str = r"
(() => {
  const parse = (color) => (color.match(/[\d.]+/g) || [0, 0, 0, 0]).map(Number);
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const contrast = (a, b) => {
    const [x, y] = [luminance(parse(a)), luminance(parse(b))];
    return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
  };
  const isSeen = (color) => color !== 'none' && (parse(color)[3] ?? 1) > 0;
  const found = { poor: [], texts: 0, cells: 0, marks: 0 };
  const check = (kind, least, color, ground, what) => {
    found[kind] += 1;
    const ratio = contrast(color, ground);
    if (ratio < least) found.poor.push(`${what.trim().slice(0, 40)}: ${color} on ${ground} is ${ratio.toFixed(2)}`);
  };
  const groundOf = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const color = getComputedStyle(e).backgroundColor;
      if (isSeen(color)) return color;
    }
    return 'rgb(255, 255, 255)';
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const isRead = walker.currentNode.data.trim() && !element.closest('svg, script') && element.checkVisibility();
    if (isRead) check('texts', 4.5, getComputedStyle(element).color, groundOf(element), walker.currentNode.data);
  }
  for (const svg of document.querySelectorAll('figure svg')) {
    const ground = getComputedStyle(svg.querySelector('rect')).fill;
    if (!isSeen(ground)) found.poor.push('a figure without a ground');
    // The shades of cells by their column and row, as their paths have them.
    const shades = new Map();
    for (const path of svg.querySelectorAll('path[transform]')) {
      const numbers = path.getAttribute('transform').match(/[\d.]+/g).map(Number);
      for (const [, column, row, length] of path.getAttribute('d').matchAll(/M(\d+) (\d+)h(\d+)/g)) {
        for (let i = 0; i < Number(length); i += 1) shades.set(`${Number(column) + i} ${row}`, getComputedStyle(path).stroke);
      }
      shades.place = (x, y) => `${Math.floor((x - numbers[0]) / numbers[2])} ${Math.floor((y - numbers[1] + numbers[3] / 2) / numbers[3])}`;
    }
    for (const text of svg.querySelectorAll('text')) {
      const fill = getComputedStyle(text).fill;
      if (!text.closest('.on-low, .on-high')) {
        check('texts', 4.5, fill, ground, text.textContent);
        continue;
      }
      const n = text.getAttribute('x').includes(' ') ? text.getNumberOfChars() : 1;
      for (let i = 0; i < n; i += 1) {
        const box = n > 1 ? text.getExtentOfChar(i) : text.getBBox();
        const shade = shades.get(shades.place(box.x + box.width / 2, box.y + box.height / 2));
        if (shade) check('cells', 4.5, fill, shade, `cell ${text.textContent}`);
        else found.poor.push(`a text of a cell without a shade: ${text.textContent}`);
      }
    }
    for (const mark of svg.querySelectorAll('circle, polygon, polyline, rect')) {
      const given = [mark.getAttribute('fill'), mark.getAttribute('stroke')];
      const isBehind = given.some((color) => ['#D8DEE4', '#FBFCFD', '#D0D7DE'].includes(color)) || mark.hasAttribute('opacity');
      const isKey = shades.size && mark.matches('rect');
      if (isBehind || isKey) continue;
      const style = getComputedStyle(mark);
      const color = isSeen(style.stroke) ? style.stroke : style.fill;
      if (isSeen(color)) check('marks', 3, color, ground, mark.outerHTML);
    }
  }
  return found;
})()";

fn look_at_all(browser: &mut Chromium) -> (Vec<String>, BTreeMap<String, u64>) {
    browser.value("document.querySelectorAll('details').forEach((details) => { details.open = true; })");
    let mut found = browser.value(LOOK_AT_ALL);
    let poor = serde_json::from_value(found["poor"].take()).unwrap();
    found.as_object_mut().unwrap().remove("poor");
    (poor, serde_json::from_value(found).unwrap())
}

#[test]
#[ignore = "takes Chromium: just test-html"]
fn text_and_marks_have_contrast_in_both_schemes() {
    let (mut browser, dir) = (Chromium::start(), tempfile::tempdir().unwrap());
    let file = page(&small().build(), &dir);
    for look in [WIDE, PHONE] {
        for is_dark in [false, true] {
            browser.open(&file, Look { is_dark, ..look });
            let (poor, n) = look_at_all(&mut browser);
            assert!(poor.is_empty(), "at {}, dark {is_dark}: {poor:#?}", look.width);
            assert!(n["texts"] > 500 && n["cells"] > 20 && n["marks"] > 150, "{n:?}");
        }
    }
    // The check itself: it sees what is poor.
    let rule = "td { color: #555 } .on-low { fill: #444 !important } circle { fill: #222 !important }";
    browser.value(&format!("document.head.insertAdjacentHTML('beforeend', '<style>{rule}</style>')"));
    let (poor, _) = look_at_all(&mut browser);
    for what in ["cell ", "<circle", "rgb(85, 85, 85)"] {
        assert!(poor.iter().any(|poor| poor.contains(what)), "{what}: {poor:#?}");
    }
}

#[test]
#[ignore = "takes Chromium: just test-html"]
fn figures_follow_the_scheme_of_the_page() {
    let (mut browser, dir) = (Chromium::start(), tempfile::tempdir().unwrap());
    let file = page(&small().build(), &dir);
    let grounds = "Array.from(new Set(Array.from(document.querySelectorAll('figure svg > rect:first-of-type'), \
                   (rect) => getComputedStyle(rect).fill)))";
    for (is_dark, expected) in [(false, "rgb(251, 252, 253)"), (true, "rgb(22, 27, 34)")] {
        browser.open(&file, Look { is_dark, ..WIDE });
        assert_eq!(browser.texts(grounds), [expected]);
    }
}
