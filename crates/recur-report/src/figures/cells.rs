//! Cells of a grid: of one colour together, as there may be thousands, with their texts, and with areas that show their values.

use crate::figures::canvas::{Canvas, Label, Placed, baseline, printable};
use svg::Node;
use svg::node::element::{Element, Path, Text, Title};

impl Canvas {
    /// Cells of one colour, of `size`, by their column and row in a grid from `corner`: in order of rows.
    pub(crate) fn cells(
        &mut self,
        (x, y): (i32, i32),
        (width, height): (i32, i32),
        color: &str,
        places: &[(i32, i32)],
    ) {
        // A cell is a stroke, as long and as thick as one: few characters, as there may be thousands of cells.
        let mut data = String::new();
        let mut places = places.iter().peekable();
        while let Some((column, row)) = places.next() {
            let mut length = 1;
            while places.next_if_eq(&&(column + length, *row)).is_some() {
                length += 1;
            }
            data.push_str(&format!("M{column} {row}h{length}"));
        }
        let middle = f64::from(y) + f64::from(height) / 2.0;
        let path = Path::new().set("d", data).set("stroke", color).set("stroke-width", 1);
        self.add(path.set("transform", format!("translate({x} {middle})scale({width} {height})")));
    }

    /// Texts that are alike, at their middles. A page with other colours knows them by `class`.
    pub(crate) fn texts_on_cells(&mut self, class: &str, label: Label, texts: &[Placed]) {
        let mut group = Element::new("g");
        let attributes = [("class", class.to_owned()), ("fill", label.color.to_string())];
        let attributes = attributes.into_iter().filter(|(_, value)| !value.is_empty());
        attributes.for_each(|(name, value)| group.assign(name, value));
        group.assign("font-size", label.size);
        group.assign("text-anchor", "middle");
        // Small texts of digits are an element a row, with a place for each digit: there may be hundreds.
        let is_small = label.size < 10 && texts.iter().all(|(text, _)| text.bytes().all(|byte| byte.is_ascii_digit()));
        for row in texts.chunk_by(|(_, a), (_, b)| is_small && a.1 == b.1) {
            let (y, text): (i32, String) = (row[0].1.1, row.iter().map(|(text, _)| text.as_str()).collect());
            let places = row.iter().flat_map(|(text, (x, _))| middles(text, *x));
            let places = if is_small { places.collect::<Vec<String>>().join(" ") } else { row[0].1.0.to_string() };
            group.append(Text::new(printable(&text)).set("x", places).set("y", baseline(y, label.size)));
        }
        self.add(group);
    }

    /// Room of `size` from a corner to rest a pointer on, which shows `value`.
    pub(crate) fn hold_over(&mut self, corner: (i32, i32), size: (i32, i32), value: &str) {
        self.add(room(corner, size).add(Title::new(printable(value))));
    }

    /// The same over a row of counts: their name, how many there are of it, and the counts, for a page that shows each of them.
    pub(crate) fn hold_over_counts(
        &mut self,
        corner: (i32, i32),
        size: (i32, i32),
        (name, of, counts): (&str, u64, &[u64]),
        value: &str,
    ) {
        let counts: Vec<String> = counts.iter().map(|n| if *n == 0 { String::new() } else { n.to_string() }).collect();
        let room = room(corner, size).set("class", "counts").set("data-label", printable(name)).set("data-of", of);
        self.add(room.set("data-counts", counts.join(",")).add(Title::new(printable(value))));
    }
}

/// An area that is not seen, for a pointer to rest on.
fn room((x, y): (i32, i32), (width, height): (i32, i32)) -> Path {
    let path = Path::new().set("d", format!("M{x} {y}h{width}v{height}h-{width}z"));
    path.set("fill", "none").set("pointer-events", "all")
}

/// The middle of each digit of a small text with its middle at `x`: digits are as wide as each other.
fn middles(text: &str, x: i32) -> impl Iterator<Item = String> {
    const DIGIT: i32 = 6;
    let n = text.len() as i32;
    (0..n).map(move |digit| (x + DIGIT * digit - DIGIT * (n - 1) / 2).to_string())
}
