//! Colours and marks. A figure is drawn in the light colours; a dark page exchanges each of them for the dark one next to it.

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
/// The ground of every figure's file.
pub(crate) const GROUND: Color = Color(0xFB, 0xFC, 0xFD);
/// The line around a figure.
pub(crate) const BORDER: Color = Color(0xD0, 0xD7, 0xDE);

/// What is no series, with its dark form.
const PLAIN: [(Color, Color); 5] = [
    (INK, Color(0xE6, 0xED, 0xF3)),
    (GREY, Color(0x9D, 0xA5, 0xAF)),
    (GRID, Color(0x30, 0x36, 0x3D)),
    (GROUND, DARK_GROUND),
    (BORDER, Color(0x3D, 0x44, 0x4D)),
];
const DARK_GROUND: Color = Color(0x16, 0x1B, 0x22);

/// Okabe and Ito 2008, "Color Universal Design", without the yellow, which a light ground swallows. The lighter ones are darkened
/// to a contrast of 3 with the ground. The second of each is for a dark ground.
const SERIES: [(Color, Color); 7] = [
    (Color(0x00, 0x72, 0xB2), Color(0x4D, 0xA3, 0xE0)),
    (Color(0xD5, 0x5E, 0x00), Color(0xF0, 0x83, 0x3C)),
    (Color(0x00, 0x9E, 0x73), Color(0x2B, 0xC0, 0x97)),
    (Color(0xC4, 0x6A, 0x9C), Color(0xE2, 0x8F, 0xBE)),
    (Color(0x00, 0x00, 0x00), Color(0xF8, 0xFA, 0xFC)),
    (Color(0xB5, 0x7B, 0x00), Color(0xE0, 0xB4, 0x3A)),
    (Color(0x2F, 0x93, 0xCC), Color(0x93, 0xD3, 0xFA)),
];

/// The number of shades in a matrix.
pub(crate) const SHADES: usize = 21;

/// A scale of shades: places from 0 to 1 with their red, green and blue, straight between them.
type Stops = [(f64, [f64; 3]); 3];
/// From nearly white to dark blue.
const LIGHT_STOPS: Stops = [(0.0, [247.0, 251.0, 255.0]), (0.5, [107.0, 174.0, 214.0]), (1.0, [8.0, 48.0, 107.0])];
/// From nearly black to light blue. White text turns to black between the same shades as black to white on the light ones.
const DARK_STOPS: Stops = [(0.0, [27.0, 38.0, 54.0]), (0.7, [40.0, 112.0, 176.0]), (1.0, [190.0, 226.0, 255.0])];

/// The classes of text on the shades at the lower end and at the upper end.
pub(crate) const ON_LOW: &str = "on-low";
pub(crate) const ON_HIGH: &str = "on-high";
const BLACK: Color = Color(0, 0, 0);
const WHITE: Color = Color(0xFF, 0xFF, 0xFF);

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
    (SERIES[index % SERIES.len()].0, MARKS[index % MARKS.len()])
}

/// The shade of a share of 0 (nearly the ground) to 1, in a single hue that also reads in grey. Any share above zero has a tint.
pub(crate) fn shade(share: f64) -> Color {
    shades(&LIGHT_STOPS)[level(share)]
}

/// The class and the colour of text on [`shade`] of `share`.
pub(crate) fn ink_on(share: f64) -> (&'static str, Color) {
    if takes_black(shade(share)) { (ON_LOW, BLACK) } else { (ON_HIGH, WHITE) }
}

/// Rules of a style sheet that exchange the colours of figures within a page for their dark forms.
pub(crate) fn dark_rules() -> String {
    let rule = |(light, dark): (Color, Color)| {
        ["fill", "stroke"]
            .map(|what| format!("figure :is(svg, svg *)[{what}=\"{light}\"] {{ {what}: {dark}; }}\n"))
            .concat()
    };
    let of_shades = shades(&LIGHT_STOPS).into_iter().zip(shades(&DARK_STOPS));
    let rules: String = PLAIN.into_iter().chain(SERIES).chain(of_shades).map(rule).collect();
    format!("{rules}figure svg .{ON_LOW} {{ fill: {WHITE}; }}\nfigure svg .{ON_HIGH} {{ fill: {BLACK}; }}\n")
}

fn level(share: f64) -> usize {
    let level = (share.clamp(0.0, 1.0) * (SHADES - 1) as f64).round() as usize;
    if share > 0.0 { level.max(1) } else { level }
}

fn shades(stops: &Stops) -> [Color; SHADES] {
    std::array::from_fn(|level| {
        let share = level as f64 / (SHADES - 1) as f64;
        let [(from, low), (to, high)] = if share <= stops[1].0 { [stops[0], stops[1]] } else { [stops[1], stops[2]] };
        let along = (share - from) / (to - from);
        let channel = |c: usize| (low[c] + (high[c] - low[c]) * along).round() as u8;
        Color(channel(0), channel(1), channel(2))
    })
}

/// Whether black has more contrast with `ground` than white.
fn takes_black(ground: Color) -> bool {
    contrast(BLACK, ground) >= contrast(WHITE, ground)
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
    fn text_and_marks_have_contrast_with_their_ground_in_both_schemes() {
        let [light, dark] = [&LIGHT_STOPS, &DARK_STOPS].map(shades);
        for level in 0..SHADES {
            let (class, ink) = ink_on(level as f64 / (SHADES - 1) as f64);
            let dark_ink = if class == ON_LOW { WHITE } else { BLACK };
            for (ink, shade) in [(ink, light[level]), (dark_ink, dark[level])] {
                assert!(contrast(ink, shade) >= 4.5, "text on shade {level}, {shade}: {}", contrast(ink, shade));
            }
        }
        for (light, dark) in [PLAIN[0], PLAIN[1]] {
            assert!(contrast(light, GROUND) >= 4.5 && contrast(dark, DARK_GROUND) >= 4.5, "{light} {dark}");
        }
        for (light, dark) in SERIES {
            assert!(contrast(light, GROUND) >= 3.0 && contrast(dark, DARK_GROUND) >= 3.0, "{light} {dark}");
        }
        assert!((contrast(BLACK, WHITE) - 21.0).abs() < 1e-9);
    }

    #[test]
    fn no_two_shades_or_colors_share_a_rule() {
        let rules = dark_rules();
        let mut selectors: Vec<&str> =
            rules.lines().filter_map(|line| line.split_once(" {")).map(|(what, _)| what).collect();
        let n = selectors.len();
        selectors.sort_unstable();
        selectors.dedup();
        assert_eq!((selectors.len(), n), (n, 2 * (PLAIN.len() + SERIES.len() + SHADES) + 2));
    }

    #[test]
    fn the_first_42_series_differ() {
        let mut styles: Vec<String> = (0..42).map(|index| format!("{:?}", style(index))).collect();
        styles.sort();
        styles.dedup();
        assert_eq!(styles.len(), 42);
    }
}
