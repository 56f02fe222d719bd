//! A grid of cells, each as dark as its value is large.

use crate::figures::canvas::{About, Canvas, Label, Placed, cut, svg, text_width};
use crate::figures::palette::{GREY, GRID, SHADES, ink_on, shade};
use std::collections::BTreeMap;

const LONGEST: usize = 22;
/// Narrower cells have no room for two digits, and showing only what has one would mislead.
const LEAST_WITH_TEXT: i32 = 13;

/// What a heat map shows. R rows, C columns.
pub(crate) struct Heat {
    pub(crate) row_title: String,
    pub(crate) column_title: String,
    /// (R).
    pub(crate) rows: Vec<String>,
    /// (C).
    pub(crate) columns: Vec<String>,
    /// (R, C), row-major.
    pub(crate) cells: Vec<Cell>,
    /// What rows of counts are, instead of what each of their cells shows; empty where cells do.
    pub(crate) counts: Vec<Counts>,
    /// What the colours stand for, and the texts at the light and the dark end.
    pub(crate) key: (String, String, String),
    /// The width of the figure, in pixels.
    pub(crate) width: i32,
    /// The greatest size of a cell, in pixels.
    pub(crate) largest_cell: (i32, i32),
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Cell {
    /// From 0 (light) to 1 (dark); none leaves the cell open.
    pub(crate) shade: Option<f64>,
    /// What stands in it, if it fits.
    pub(crate) text: String,
    /// What is in a second line, if it fits: how uncertain the first is.
    pub(crate) below: String,
    /// What it shows, in words.
    pub(crate) value: String,
}

/// A row of counts, of which a page can show each in words: the rows have the names of the columns.
pub(crate) struct Counts {
    pub(crate) name: String,
    /// All that there are of it, with those of columns that are not drawn.
    pub(crate) of: u64,
    /// (C).
    pub(crate) counts: Vec<u64>,
    /// What the row shows, in words.
    pub(crate) value: String,
}

/// Places of a grid, in pixels.
struct Layout {
    left: i32,
    top: i32,
    cell: (i32, i32),
    size: (i32, i32),
}

pub(crate) fn heat(about: &About, heat: &Heat) -> String {
    let layout = layout(heat);
    let (right, bottom) =
        (layout.left + layout.cell.0 * heat.columns.len() as i32, layout.top + layout.cell.1 * heat.rows.len() as i32);
    svg(layout.size, about, |canvas| {
        draw_key(canvas, heat);
        draw_cells(canvas, heat, &layout);
        let corners = [(layout.left, layout.top), (right, layout.top), (right, bottom), (layout.left, bottom)];
        canvas.path(&[corners[0], corners[1], corners[2], corners[3], corners[0]], GRID, 1);
        draw_labels(canvas, heat, &layout, bottom);
        let across = (layout.left + right) / 2;
        canvas.text(&heat.column_title, (across, layout.size.1 - 16), Label::new().centered().size(13));
        // Above the rows' labels, where even a long title is level and has room.
        canvas.text(&heat.row_title, (24, layout.top - 18), Label::new().size(13));
    })
}

fn layout(heat: &Heat) -> Layout {
    let widest = |labels: &[String]| labels.iter().map(|label| text_width(&cut(label, LONGEST), 12)).max().unwrap_or(0);
    let (left, top) = (30 + widest(&heat.rows), 76);
    let fits = |room: i32, n: usize, largest: i32| (room / n.max(1) as i32).clamp(3, largest);
    let width = fits(heat.width - left - 20, heat.columns.len(), heat.largest_cell.0);
    let height = heat.largest_cell.1.min(width.max(14));
    let below = if is_upright(heat, width) { 24 } else { widest(&heat.columns) + 14 };
    let bottom = top + height * heat.rows.len() as i32;
    Layout { left, top, cell: (width, height), size: (heat.width, bottom + below + 30) }
}

/// Whether the columns' labels fit below them without being turned.
fn is_upright(heat: &Heat, width: i32) -> bool {
    heat.columns.iter().all(|label| text_width(&cut(label, LONGEST), 12) + 6 <= width)
}

fn draw_key(canvas: &mut Canvas, heat: &Heat) {
    let step = if heat.width < 500 { 3 } else { 5 };
    let (title, light, dark) = &heat.key;
    let mut x = 24;
    canvas.text(title, (x, 24), Label::new());
    x += text_width(title, 12) + 14;
    canvas.text(light, (x, 24), Label::new().color(GREY));
    x += text_width(light, 12) + 6;
    for level in 0..SHADES {
        let color = shade(level as f64 / (SHADES - 1) as f64);
        canvas.rectangle((x, 17), (x + step, 31), color);
        x += step;
    }
    canvas.text(dark, (x + 6, 24), Label::new().color(GREY));
}

/// The cells, those of one shade together, above them their texts, those of one colour together, and above all of them areas that show their
/// values.
fn draw_cells(canvas: &mut Canvas, heat: &Heat, layout: &Layout) {
    let mut shades: BTreeMap<String, Vec<(i32, i32)>> = BTreeMap::new();
    let mut texts: BTreeMap<(&str, i32), (Label, Vec<Placed>)> = BTreeMap::new();
    for (index, cell) in heat.cells.iter().enumerate() {
        let place = ((index % heat.columns.len()) as i32, (index / heat.columns.len()) as i32);
        if let Some(share) = cell.shade {
            shades.entry(shade(share).to_string()).or_default().push(place);
        }
        let (class, color) = cell.shade.map_or(("", GREY), ink_on);
        for (text, at, size) in texts_of(cell, layout.corner(place), layout.cell) {
            let label = Label::new().size(size).color(color);
            texts.entry((class, size)).or_insert((label, Vec::new())).1.push((text, at));
        }
    }
    shades.iter().for_each(|(color, places)| canvas.cells(layout.corner((0, 0)), layout.cell, color, places));
    texts.iter().for_each(|((class, _), (label, texts))| canvas.texts_on_cells(class, *label, texts));
    for (index, cell) in heat.cells.iter().enumerate().filter(|(_, cell)| !cell.value.is_empty()) {
        let place = ((index % heat.columns.len()) as i32, (index / heat.columns.len()) as i32);
        canvas.hold_over(layout.corner(place), layout.cell, &cell.value);
    }
    let (width, height) = (layout.cell.0 * heat.columns.len() as i32, layout.cell.1);
    for (row, Counts { name, of, counts, value }) in heat.counts.iter().enumerate() {
        canvas.hold_over_counts(layout.corner((0, row as i32)), (width, height), (name, *of, counts), value);
    }
}

impl Layout {
    /// The upper left corner of a cell, by its column and its row.
    fn corner(&self, (column, row): (i32, i32)) -> (i32, i32) {
        (self.left + column * self.cell.0, self.top + row * self.cell.1)
    }
}

/// The texts of a cell that fit into it, with their middles and sizes.
fn texts_of(cell: &Cell, (x, y): (i32, i32), (width, height): (i32, i32)) -> Vec<(String, (i32, i32), i32)> {
    let size = if width >= 40 { 12 } else { 9 };
    if cell.text.is_empty() || width < LEAST_WITH_TEXT || text_width(&cell.text, size) + 2 > width {
        return Vec::new();
    }
    let (x, y) = (x + width / 2, y + height / 2);
    if cell.below.is_empty() || height < 34 || text_width(&cell.below, 11) + 2 > width {
        return vec![(cell.text.clone(), (x, y), size)];
    }
    vec![(cell.text.clone(), (x, y - 8), size), (cell.below.clone(), (x, y + 8), 11)]
}

fn draw_labels(canvas: &mut Canvas, heat: &Heat, layout: &Layout, bottom: i32) {
    let (width, height) = layout.cell;
    for (index, label) in heat.rows.iter().enumerate() {
        let y = layout.top + index as i32 * height + height / 2;
        canvas.text(&cut(label, LONGEST), (layout.left - 6, y), Label::new().ending());
    }
    // Where columns are narrower than a line of text, only every so many is named.
    let every = if is_upright(heat, width) { 1 } else { 13_usize.div_ceil(width as usize) };
    for (index, label) in heat.columns.iter().enumerate().step_by(every) {
        let x = layout.left + index as i32 * width + width / 2;
        if is_upright(heat, width) {
            canvas.text(&cut(label, LONGEST), (x, bottom + 14), Label::new().centered());
        } else {
            canvas.text(&cut(label, LONGEST), (x, bottom + 8), Label::new().ending().upwards());
        }
    }
}
