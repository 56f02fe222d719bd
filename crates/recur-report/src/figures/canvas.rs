//! The drawing primitives of every figure.

use crate::figures::palette::{BORDER, Color, GROUND, INK, Mark};
use crate::numbers::fixed;
use recur_core::visible::visible;
use svg::Node;
use svg::node::Value;
use svg::node::element::{Circle, Description, Element, Polygon, Polyline, Rectangle, Text, Title};

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

/// A figure in the making, or a group of its elements.
pub(crate) struct Canvas(Element);

/// The size of text that has no other, in pixels.
const SIZE: i32 = 12;

/// Which part of a text is at its point: a value of `text-anchor`.
#[derive(Clone, Copy)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// A text with its point.
pub(crate) type Placed = (String, (i32, i32));

/// How a text is drawn at its point.
#[derive(Clone, Copy)]
pub(crate) struct Label {
    pub(crate) anchor: Anchor,
    /// Of the font, in pixels.
    pub(crate) size: i32,
    pub(crate) color: Color,
    /// Turned to read from below upwards.
    pub(crate) upwards: bool,
}

impl Label {
    /// Text of usual size that starts at its point.
    pub(crate) fn new() -> Self {
        Self { anchor: Anchor::Start, size: SIZE, color: INK, upwards: false }
    }

    /// The same, with its middle at its point.
    pub(crate) fn centered(self) -> Self {
        Self { anchor: Anchor::Middle, ..self }
    }

    /// The same, with its end at its point.
    pub(crate) fn ending(self) -> Self {
        Self { anchor: Anchor::End, ..self }
    }

    pub(crate) fn size(self, size: i32) -> Self {
        Self { size, ..self }
    }

    pub(crate) fn color(self, color: Color) -> Self {
        Self { color, ..self }
    }

    /// The same, turned.
    pub(crate) fn upwards(self) -> Self {
        Self { upwards: true, ..self }
    }
}

/// The width of `text` in a sans-serif face of `size` pixels, estimated: full-width characters count double.
pub(crate) fn text_width(text: &str, size: i32) -> i32 {
    let halves: i32 =
        text.chars().map(|character| if character >= '\u{1100}' && !"–−…∞".contains(character) { 2 } else { 1 }).sum();
    (f64::from(halves * size) * 0.56).ceil() as i32
}

/// `text` as it is shown, cut with an ellipsis to so many characters.
pub(crate) fn cut(text: &str, n_characters: usize) -> String {
    let text = printable(text);
    if text.chars().count() <= n_characters {
        return text;
    }
    text.chars().take(n_characters.saturating_sub(1)).chain(['…']).collect()
}

/// A value in words, for [`Canvas::with_tooltip`]: that of an axis with `title`, such as `macro-F1, %` or `loss, nats (mean ± sd)`.
pub(crate) fn in_words(title: &str, value: f64, spread: f64) -> String {
    let title = title.split(" (").next().unwrap_or(title);
    let (what, unit) = title.split_once(", ").unwrap_or((title, ""));
    let decimals = if unit == "%" { 2 } else { 3 };
    let spread = if spread > 0.0 { format!(" ± {}", fixed(spread, decimals)) } else { String::new() };
    format!("{what} {}{spread} {unit}", fixed(value, decimals)).trim_end().to_owned()
}

/// Draws a figure of `size` pixels.
pub(crate) fn svg((width, height): (i32, i32), about: &About, draw: impl FnOnce(&mut Canvas)) -> String {
    let mut canvas = Canvas(Element::new("svg"));
    let listed = printable(&about.listed());
    // What most texts have is at the root alone.
    let attributes: [(&str, Value); 8] = [
        ("xmlns", "http://www.w3.org/2000/svg".into()),
        ("width", width.into()),
        ("height", height.into()),
        ("viewBox", (0, 0, width, height).into()),
        ("font-family", "sans-serif".into()),
        ("font-size", SIZE.into()),
        ("fill", INK.to_string().into()),
        ("data-trials", listed.as_str().into()),
    ];
    for (name, value) in attributes {
        canvas.0.assign(name, value);
    }
    canvas.add(Title::new(printable(&about.title)));
    canvas.add(Description::new().add(svg::node::Text::new(format!("trials: {listed}"))));
    let ground = Rectangle::new().set("x", 0.5).set("y", 0.5).set("width", width - 1).set("height", height - 1);
    canvas.add(ground.set("rx", 8).set("fill", GROUND.to_string()).set("stroke", BORDER.to_string()));
    draw(&mut canvas);
    format!("{}\n", canvas.0)
}

/// `text` as it is written into an element of HTML.
pub(crate) fn escape(text: &str) -> String {
    printable(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// `text` with escapes for hidden characters, among them the control characters that XML forbids, and for the two others that
/// it forbids.
pub(super) fn printable(text: &str) -> String {
    visible(text).replace('\u{FFFE}', "\\u{fffe}").replace('\u{FFFF}', "\\u{ffff}")
}

impl Canvas {
    pub(super) fn add(&mut self, element: impl Into<Box<dyn Node>>) {
        self.0.append(element);
    }

    /// What `draw` draws, with `value` shown where a pointer rests on it: the value of a mark, in words.
    pub(crate) fn with_tooltip(&mut self, value: &str, draw: impl FnOnce(&mut Self)) {
        self.group(Element::new("g"), value, draw);
    }

    /// The same for a line that belongs to row `row` of a table.
    pub(crate) fn with_tooltip_of_row(&mut self, row: usize, value: &str, draw: impl FnOnce(&mut Self)) {
        let mut group = Element::new("g");
        group.assign("class", "line");
        group.assign("data-row", row);
        self.group(group, value, draw);
    }

    fn group(&mut self, group: Element, value: &str, draw: impl FnOnce(&mut Self)) {
        let mut group = Canvas(group);
        group.add(Title::new(printable(value)));
        draw(&mut group);
        self.add(group.0);
    }

    /// Room to rest a pointer on along a thin line.
    pub(crate) fn hold_along(&mut self, points: &[(i32, i32)]) {
        let room = Polyline::new().set("points", joined(points)).set("fill", "none").set("stroke", "none");
        self.add(room.set("stroke-width", 9).set("pointer-events", "stroke"));
    }

    /// Room to rest a pointer on where nothing is drawn, of the size of a mark and a little more.
    pub(crate) fn hold(&mut self, (x, y): (i32, i32)) {
        self.add(Circle::new().set("cx", x).set("cy", y).set("r", 8).set("fill", "none").set("pointer-events", "all"));
    }

    /// A line of `width` pixels through `points` that lets others be seen behind it.
    pub(crate) fn thread(&mut self, points: &[(i32, i32)], color: Color, width: u32, opacity: f64) {
        self.add(line(points, color, width).set("opacity", opacity));
    }

    /// A line of `width` pixels through `points`.
    pub(crate) fn path(&mut self, points: &[(i32, i32)], color: Color, width: u32) {
        if points.len() > 1 {
            self.add(line(points, color, width));
        }
    }

    /// A dashed line of `width` pixels through `points`: `dash` pixels on, as many off, on across the corners.
    pub(crate) fn dashed(&mut self, points: &[(i32, i32)], color: Color, width: u32, dash: f64) {
        if points.len() > 1 {
            self.add(line(points, color, width).set("stroke-dasharray", dash));
        }
    }

    /// A filled rectangle from corner to corner.
    pub(crate) fn rectangle(&mut self, from: (i32, i32), to: (i32, i32), color: Color) {
        self.add(rectangle(from, to, color));
    }

    /// The ground again, for a text that is drawn over lines.
    pub(crate) fn plate(&mut self, from: (i32, i32), to: (i32, i32)) {
        self.add(rectangle(from, to, GROUND).set("opacity", 0.92));
    }

    /// The ground again, for a ring that is drawn over a line.
    pub(crate) fn disc(&mut self, (x, y): (i32, i32)) {
        self.add(Circle::new().set("cx", x).set("cy", y).set("r", 4).set("fill", GROUND.to_string()));
    }

    /// A see-through area.
    pub(crate) fn veil(&mut self, outline: &[(i32, i32)], color: Color) {
        self.add(polygon(outline, color).set("opacity", 0.16));
    }

    /// A mark of about 9 pixels.
    pub(crate) fn mark(&mut self, at: (i32, i32), mark: Mark, color: Color) {
        self.mark_of_size(at, mark, color, 4);
    }

    /// A mark of about `2 * half` pixels.
    pub(crate) fn mark_of_size(&mut self, (x, y): (i32, i32), mark: Mark, color: Color, half: i32) {
        let circle = || Circle::new().set("cx", x).set("cy", y).set("r", half);
        let (a, b) = (half, half + 1);
        match mark {
            Mark::Circle => self.add(circle().set("fill", color.to_string())),
            Mark::Ring => {
                self.add(circle().set("fill", "none").set("stroke", color.to_string()).set("stroke-width", 2));
            }
            Mark::Square => self.rectangle((x - a, y - a), (x + a, y + a), color),
            Mark::Triangle => self.add(polygon(&[(x - b, y + a), (x + b, y + a), (x, y - b)], color)),
            Mark::Diamond => self.add(polygon(&[(x - b, y), (x, y - b), (x + b, y), (x, y + b)], color)),
            Mark::Cross => {
                self.path(&[(x - a, y - a), (x + a, y + a)], color, 2);
                self.path(&[(x - a, y + a), (x + a, y - a)], color, 2);
            }
        }
    }

    /// A text, its middle at the height of its point (or, turned, at its side).
    pub(crate) fn text(&mut self, text: &str, (x, y): (i32, i32), label: Label) {
        let element = Text::new(printable(text)).set("x", x).set("y", baseline(y, label.size));
        let element = match label.anchor {
            Anchor::Start => element,
            Anchor::Middle => element.set("text-anchor", "middle"),
            Anchor::End => element.set("text-anchor", "end"),
        };
        let element = if label.size == SIZE { element } else { element.set("font-size", label.size) };
        let element = if label.color == INK { element } else { element.set("fill", label.color.to_string()) };
        self.add(if label.upwards { element.set("transform", format!("rotate(270, {x}, {y})")) } else { element });
    }
}

/// The height of the line that text of `size` stands on, for its middle to be at `y`: few renderers know `dominant-baseline`.
pub(super) fn baseline(y: i32, size: i32) -> i32 {
    y + (size + 1) / 3
}

fn line(points: &[(i32, i32)], color: Color, width: u32) -> Polyline {
    let line = Polyline::new().set("points", joined(points)).set("fill", "none");
    line.set("stroke", color.to_string()).set("stroke-width", width)
}

fn rectangle((x, y): (i32, i32), to: (i32, i32), color: Color) -> Rectangle {
    let at = Rectangle::new().set("x", x).set("y", y);
    at.set("width", to.0 - x).set("height", to.1 - y).set("fill", color.to_string())
}

fn polygon(points: &[(i32, i32)], color: Color) -> Polygon {
    Polygon::new().set("points", joined(points)).set("fill", color.to_string())
}

fn joined(points: &[(i32, i32)]) -> String {
    points.iter().map(|(x, y)| format!("{x},{y}")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_reported_with_their_units() {
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
