//! The width of text in a font that readers have.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What `tools/font_widths.py` read from the font file.
const DEJAVU_SANS: &str = include_str!("dejavu-sans.txt");

static WIDTHS: LazyLock<BTreeMap<char, u32>> = LazyLock::new(|| {
    let lines = DEJAVU_SANS.lines().filter(|line| !line.starts_with('#'));
    let entry = |line: &str| {
        let (code, width) = line.split_once(' ').expect("a code point and a width");
        let character = u32::from_str_radix(code, 16).ok().and_then(char::from_u32).expect("a code point");
        (character, width.parse().expect("a width"))
    };
    lines.map(entry).collect()
});

/// The width of `text` in DejaVu Sans of `size` pixels, without kerning. A character that the font lacks is taken from
/// another font, and as wide as the size: a full-width one.
pub fn width(text: &str, size: f64) -> f64 {
    let thousandths: u32 = text.chars().map(|character| WIDTHS.get(&character).copied().unwrap_or(1000)).sum();
    f64::from(thousandths) * size / 1000.0
}

#[test]
fn widths_are_those_of_the_font() {
    // As Chromium measures them with this font, rounded up: l is narrow, W is wide, a combining acute takes no room.
    assert_eq!(["l", "W", "0", "e\u{301}", "名"].map(|text| width(text, 1000.0)), [278.0, 989.0, 637.0, 616.0, 1000.0]);
}
