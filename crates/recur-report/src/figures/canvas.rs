//! The drawing primitives of every figure.

use crate::figures::palette::{GROUND, INK, Mark};
use crate::numbers::fixed;
use plotters::backend::{DrawingBackend, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontTransform, IntoFont, RGBColor, ShapeStyle, TextStyle};
use recur_core::visible::visible;
use std::fmt;

/// What a figure is, for those who cannot see it and those who want to check it.
pub(crate) struct About {
    /// What it shows, in words.
    pub(crate) title: String,
    /// The trials that its figures come from.
    pub(crate) trials: Vec<String>,
}

impl About {
    /// The trials, as many as are named.
    fn listed(&self) -> String {
        /// With more the list would be larger than the figure; the report's tables have them all.
        const MOST: usize = 2_048;
        match self.trials.len().saturating_sub(MOST) {
            0 => self.trials.join(" "),
            n => format!("{} and {n} more", self.trials[..MOST].join(" ")),
        }
    }
}

/// A figure in the making.
pub(crate) struct Canvas<'a> {
    text: &'a mut String,
}

/// Where a text stands: its anchor's side, its height of letters and its colour.
#[derive(Clone, Copy)]
pub(crate) struct Label {
    pub(crate) side: HPos,
    pub(crate) size: i32,
    pub(crate) color: RGBColor,
    /// Turned to read from below upwards.
    pub(crate) upwards: bool,
}

impl Label {
    /// Text of 12 pixels that starts at its point.
    pub(crate) fn new() -> Self {
        Self { side: HPos::Left, size: 12, color: INK, upwards: false }
    }

    /// The same, with its middle at its point.
    pub(crate) fn centered(self) -> Self {
        Self { side: HPos::Center, ..self }
    }

    /// The same, with its end at its point.
    pub(crate) fn ending(self) -> Self {
        Self { side: HPos::Right, ..self }
    }

    /// The same, in another size.
    pub(crate) fn size(self, size: i32) -> Self {
        Self { size, ..self }
    }

    /// The same, in another colour.
    pub(crate) fn color(self, color: RGBColor) -> Self {
        Self { color, ..self }
    }

    /// The same, turned.
    pub(crate) fn upwards(self) -> Self {
        Self { upwards: true, ..self }
    }
}

/// The width of `text` in a sans-serif face of `size` pixels, estimated: full-width letters count double.
pub(crate) fn text_width(text: &str, size: i32) -> i32 {
    let halves: i32 =
        text.chars().map(|letter| if letter >= '\u{1100}' && !"–−…∞".contains(letter) { 2 } else { 1 }).sum();
    (f64::from(halves * size) * 0.56).ceil() as i32
}

/// `text` as it is shown, cut with an ellipsis to so many letters.
pub(crate) fn cut(text: &str, n_letters: usize) -> String {
    let text = printable(text);
    if text.chars().count() <= n_letters {
        return text;
    }
    text.chars().take(n_letters.saturating_sub(1)).chain(['…']).collect()
}

/// A value in words, for [`Canvas::told`]: that of an axis with `title`, such as `macro-F1, %` or `loss, nats (mean ± sd)`.
pub(crate) fn in_words(title: &str, value: f64, spread: f64) -> String {
    let title = title.split(" (").next().unwrap_or(title);
    let (what, unit) = title.split_once(", ").unwrap_or((title, ""));
    let decimals = if unit == "%" { 2 } else { 3 };
    let spread = if spread > 0.0 { format!(" ± {}", fixed(spread, decimals)) } else { String::new() };
    format!("{what} {}{spread} {unit}", fixed(value, decimals)).trim_end().to_owned()
}

/// Draws a figure of `size` pixels.
pub(crate) fn svg(size: (i32, i32), about: &About, draw: impl FnOnce(&mut Canvas<'_>)) -> String {
    let (width, height) = size;
    let mut text = format!(
        "<svg width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" xmlns=\"http://www.w3.org/2000/svg\" \
         data-trials=\"{}\">\n",
        escape(&about.listed())
    );
    text.push_str(&head(size, about));
    draw(&mut Canvas { text: &mut text });
    text.push_str("</svg>\n");
    text
}

fn head((width, height): (i32, i32), about: &About) -> String {
    let RGBColor(r, g, b) = GROUND;
    format!(
        "<title>{}</title>\n<desc>trials: {}</desc>\n<rect x=\"0.5\" y=\"0.5\" width=\"{}\" height=\"{}\" rx=\"8\" \
         fill=\"#{r:02X}{g:02X}{b:02X}\" stroke=\"#D0D7DE\"/>\n",
        escape(&about.title),
        escape(&about.listed()),
        width - 1,
        height - 1
    )
}

/// `text` as it has to stand in an element of XML.
pub(crate) fn escape(text: &str) -> String {
    printable(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// `text` with escapes for hidden characters, among them the control characters that XML forbids, and for the two others that
/// it forbids.
fn printable(text: &str) -> String {
    visible(text).replace('\u{FFFE}', "\\u{fffe}").replace('\u{FFFF}', "\\u{ffff}")
}

impl Canvas<'_> {
    /// Appends what plotters makes of a primitive. A backend of its own each lets elements that plotters does not know stand
    /// between them.
    fn draw<E: fmt::Debug>(&mut self, primitive: impl FnOnce(&mut SVGBackend<'_>) -> Result<(), E>) {
        let mut text = String::new();
        primitive(&mut SVGBackend::with_string(&mut text, (0, 0))).expect("drawing into a string cannot fail");
        let elements = text.split_once(">\n").map_or("", |(_, rest)| rest);
        self.text.push_str(elements.strip_suffix("</svg>\n").unwrap_or(elements));
    }

    /// What `draw` draws, told as `value` where a pointer rests on it: the value of a mark, in words.
    pub(crate) fn told(&mut self, value: &str, draw: impl FnOnce(&mut Self)) {
        self.group("", value, draw);
    }

    /// The same for a line that belongs to row `row` of a table.
    pub(crate) fn told_row(&mut self, row: usize, value: &str, draw: impl FnOnce(&mut Self)) {
        self.group(&format!(" class=\"line\" data-row=\"{row}\""), value, draw);
    }

    fn group(&mut self, attributes: &str, value: &str, draw: impl FnOnce(&mut Self)) {
        self.text.push_str(&format!("<g{attributes}><title>{}</title>\n", escape(value)));
        draw(self);
        self.text.push_str("</g>\n");
    }

    /// Room to rest a pointer on along a thin line.
    pub(crate) fn hold_along(&mut self, points: &[(i32, i32)]) {
        let points: Vec<String> = points.iter().map(|(x, y)| format!("{x},{y}")).collect();
        self.text.push_str(&format!(
            "<polyline points=\"{}\" fill=\"none\" stroke=\"none\" stroke-width=\"9\" pointer-events=\"stroke\"/>\n",
            points.join(" ")
        ));
    }

    /// Room to rest a pointer on where nothing is drawn, of the size of a mark and a little more.
    pub(crate) fn hold(&mut self, (x, y): (i32, i32)) {
        self.text.push_str(&format!("<circle cx=\"{x}\" cy=\"{y}\" r=\"8\" fill=\"none\" pointer-events=\"all\"/>\n"));
    }

    /// A line of `width` pixels through `points` that lets others be seen behind it.
    pub(crate) fn thread(&mut self, points: &[(i32, i32)], color: RGBColor, width: u32, opacity: f64) {
        self.draw(|backend| backend.draw_path(points.iter().copied(), &color.mix(opacity).stroke_width(width)));
    }

    /// A line of `width` pixels through `points`.
    pub(crate) fn path(&mut self, points: &[(i32, i32)], color: RGBColor, width: u32) {
        if points.len() > 1 {
            self.draw(|backend| backend.draw_path(points.iter().copied(), &color.stroke_width(width)));
        }
    }

    /// A dashed line of `width` pixels through `points`: `dash` pixels on, as many off, on across the corners.
    pub(crate) fn dashed(&mut self, points: &[(i32, i32)], color: RGBColor, width: u32, dash: f64) {
        for stroke in dashes(points, dash) {
            self.path(&stroke, color, width);
        }
    }

    /// A filled rectangle from corner to corner.
    pub(crate) fn rectangle(&mut self, from: (i32, i32), to: (i32, i32), color: RGBColor) {
        self.draw(|backend| backend.draw_rect(from, to, &color.filled(), true));
    }

    /// The ground again, for a text that stands on lines.
    pub(crate) fn plate(&mut self, from: (i32, i32), to: (i32, i32)) {
        let style = ShapeStyle { color: GROUND.mix(0.85), filled: true, stroke_width: 0 };
        self.draw(|backend| backend.draw_rect(from, to, &style, true));
    }

    /// A see-through area.
    pub(crate) fn veil(&mut self, outline: Vec<(i32, i32)>, color: RGBColor) {
        let style = ShapeStyle { color: color.mix(0.16), filled: true, stroke_width: 0 };
        self.draw(|backend| backend.fill_polygon(outline, &style));
    }

    /// A mark of about 9 pixels.
    pub(crate) fn mark(&mut self, (x, y): (i32, i32), mark: Mark, color: RGBColor) {
        let fill = color.filled();
        match mark {
            Mark::Circle => self.draw(|backend| backend.draw_circle((x, y), 4, &fill, true)),
            Mark::Ring => self.draw(|backend| backend.draw_circle((x, y), 4, &color.stroke_width(2), false)),
            Mark::Square => self.draw(|backend| backend.draw_rect((x - 4, y - 4), (x + 4, y + 4), &fill, true)),
            Mark::Triangle => {
                self.draw(|backend| backend.fill_polygon([(x - 5, y + 4), (x + 5, y + 4), (x, y - 5)], &fill))
            }
            Mark::Diamond => {
                self.draw(|backend| backend.fill_polygon([(x - 5, y), (x, y - 5), (x + 5, y), (x, y + 5)], &fill));
            }
            Mark::Cross => {
                self.path(&[(x - 4, y - 4), (x + 4, y + 4)], color, 2);
                self.path(&[(x - 4, y + 4), (x + 4, y - 4)], color, 2);
            }
        }
    }

    /// A text, its middle at the height of its point (or, turned, at its side).
    pub(crate) fn text(&mut self, text: &str, at: (i32, i32), label: Label) {
        // plotters divides the size of its fonts by 1.24 on the way to the file.
        let font = ("sans-serif", f64::from(label.size) * 1.24).into_font();
        let font = if label.upwards { font.transform(FontTransform::Rotate270) } else { font };
        let style = TextStyle::from(font).color(&label.color).pos(Pos::new(label.side, VPos::Center));
        self.draw(|backend| backend.draw_text(&printable(text), &style, at));
    }
}

/// The strokes of a dashed line through `points`.
fn dashes(points: &[(i32, i32)], dash: f64) -> Vec<Vec<(i32, i32)>> {
    let (mut strokes, mut stroke, mut is_on, mut left) = (Vec::new(), Vec::new(), true, dash);
    for pair in points.windows(2) {
        let ((x, y), (to_x, to_y)) = (to_f64(pair[0]), to_f64(pair[1]));
        let (d_x, d_y) = (to_x - x, to_y - y);
        let length = (d_x * d_x + d_y * d_y).sqrt();
        let at = |along: f64| ((x + d_x * along / length).round() as i32, (y + d_y * along / length).round() as i32);
        let mut done = 0.0;
        if is_on {
            stroke.push(pair[0]);
        }
        while length - done > left {
            done += left;
            if is_on {
                stroke.push(at(done));
                strokes.push(std::mem::take(&mut stroke));
            } else {
                stroke.push(at(done));
            }
            (is_on, left) = (!is_on, dash);
        }
        left -= length - done;
    }
    if let (true, Some(last)) = (is_on, points.last()) {
        stroke.push(*last);
        strokes.push(stroke);
    }
    strokes
}

fn to_f64((x, y): (i32, i32)) -> (f64, f64) {
    (f64::from(x), f64::from(y))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_go_on_across_corners() {
        let check = |points: &[(i32, i32)], expect: [&[(i32, i32)]; 2]| assert_eq!(dashes(points, 4.0), expect);
        check(&[(0, 0), (6, 0), (6, 10)], [&[(0, 0), (4, 0)], &[(6, 2), (6, 6)]]);
        check(&[(0, 0), (2, 0), (2, 10)], [&[(0, 0), (2, 0), (2, 2)], &[(2, 6), (2, 10)]]);
    }

    #[test]
    fn values_are_told_with_their_units() {
        let check = |title, value, spread, expect: &str| assert_eq!(in_words(title, value, spread), expect);
        check("validation macro-F1, % (mean ± sd over replicates)", 53.774, 1.2, "validation macro-F1 53.77 ± 1.20 %");
        check("loss, nats", -0.5, 0.0, "loss −0.500 nats");
        check("share", 0.25, 0.0, "share 0.250");
    }

    #[test]
    fn long_labels_are_cut() {
        assert_eq!((cut("Dutch", 5), cut("Indonesian", 5)), ("Dutch".to_owned(), "Indo…".to_owned()));
    }

    #[test]
    fn hidden_characters_are_seen() {
        assert_eq!(escape("a\u{1b}<b>\t\u{202e}\u{FFFF}"), "a\\x1b&lt;b&gt;\\t\\u{202e}\\u{ffff}");
        assert_eq!((cut("a\u{7}b", 6), cut("a\u{7}b", 4)), ("a\\x07b".to_owned(), "a\\x…".to_owned()));
    }
}
