//! Colours and marks.

use std::fmt;

/// Red, green and blue, from 0 to 255 each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Color(pub(crate) u8, pub(crate) u8, pub(crate) u8);

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02X}{:02X}{:02X}", self.0, self.1, self.2)
    }
}

/// Text and axes.
pub(crate) const INK: Color = Color(0x24, 0x29, 0x2F);
/// Lesser text.
pub(crate) const GREY: Color = Color(0x57, 0x60, 0x6A);
/// Grid lines.
pub(crate) const GRID: Color = Color(0xD8, 0xDE, 0xE4);
/// The ground of every figure: light on light and on dark pages alike.
pub(crate) const GROUND: Color = Color(0xFB, 0xFC, 0xFD);

/// Okabe and Ito 2008, "Color Universal Design", without the yellow, which a light ground swallows. The lighter ones are darkened
/// to a contrast of 3 with the ground.
const SERIES: [Color; 7] = [
    Color(0x00, 0x72, 0xB2),
    Color(0xD5, 0x5E, 0x00),
    Color(0x00, 0x9E, 0x73),
    Color(0xC4, 0x6A, 0x9C),
    Color(0x00, 0x00, 0x00),
    Color(0xB5, 0x7B, 0x00),
    Color(0x2F, 0x93, 0xCC),
];

/// What stands at each point of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    Circle,
    Square,
    Triangle,
    Diamond,
    Cross,
    Ring,
}

const MARKS: [Mark; 6] = [Mark::Circle, Mark::Square, Mark::Triangle, Mark::Diamond, Mark::Cross, Mark::Ring];

/// The colour and mark of the `index`-th series: the first 42 differ from one another.
pub(crate) fn style(index: usize) -> (Color, Mark) {
    (SERIES[index % SERIES.len()], MARKS[index % MARKS.len()])
}

/// A colour for a share of 0 (nearly white) to 1 (dark blue), in a single hue that also reads in grey.
pub(crate) fn shade(share: f64) -> Color {
    const STOPS: [[f64; 3]; 3] = [[247.0, 251.0, 255.0], [107.0, 174.0, 214.0], [8.0, 48.0, 107.0]];
    let place = share.clamp(0.0, 1.0) * 2.0;
    let (from, to, along) = if place <= 1.0 { (0, 1, place) } else { (1, 2, place - 1.0) };
    let channel = |c: usize| (STOPS[from][c] + (STOPS[to][c] - STOPS[from][c]) * along).round() as u8;
    Color(channel(0), channel(1), channel(2))
}

/// The colour of text on [`shade`] of `share`.
pub(crate) fn ink_on(share: f64) -> Color {
    let (black, white) = (Color(0, 0, 0), Color(0xFF, 0xFF, 0xFF));
    let ground = shade(share);
    if contrast(white, ground) > contrast(black, ground) { white } else { black }
}

/// The contrast of two colours, 1 to 21 (Web Content Accessibility Guidelines 2.1).
fn contrast(a: Color, b: Color) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// The relative luminance of a colour, 0 to 1 (the same).
fn luminance(Color(red, green, blue): Color) -> f64 {
    let linear = |channel: u8| {
        let share = f64::from(channel) / 255.0;
        if share <= 0.04045 { share / 12.92 } else { libm::pow((share + 0.055) / 1.055, 2.4) }
    };
    0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_marks_have_contrast_with_their_ground() {
        for share in (0..=100).map(|percent| f64::from(percent) / 100.0) {
            let found = contrast(ink_on(share), shade(share));
            assert!(found >= 4.5, "text on {share}: {found}");
        }
        for color in [INK, GREY] {
            assert!(contrast(color, GROUND) >= 4.5, "{color}");
        }
        for color in SERIES {
            assert!(contrast(color, GROUND) >= 3.0, "{color}: {}", contrast(color, GROUND));
        }
        assert!((contrast(Color(0, 0, 0), Color(255, 255, 255)) - 21.0).abs() < 1e-9);
    }

    #[test]
    fn the_first_42_series_differ() {
        let mut styles: Vec<String> = (0..42).map(|index| format!("{:?}", style(index))).collect();
        styles.sort();
        styles.dedup();
        assert_eq!(styles.len(), 42);
    }
}
