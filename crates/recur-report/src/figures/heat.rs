//! A grid of cells, each as dark as its value is large.

use crate::figures::canvas::{About, Canvas, Label, cut, svg, text_width};
use crate::figures::palette::{GREY, GRID, ink_on, shade};

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
        canvas.keep_colors();
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
    let steps = if heat.width < 500 { 20 } else { 40 };
    let (title, light, dark) = &heat.key;
    let mut x = 24;
    canvas.text(title, (x, 24), Label::new());
    x += text_width(title, 12) + 14;
    canvas.text(light, (x, 24), Label::new().color(GREY));
    x += text_width(light, 12) + 6;
    for step in 0..steps {
        let color = shade(f64::from(step) / f64::from(steps - 1));
        canvas.rectangle((x + 3 * step, 17), (x + 3 * step + 3, 31), color);
    }
    canvas.text(dark, (x + 3 * steps + 6, 24), Label::new().color(GREY));
}

fn draw_cells(canvas: &mut Canvas, heat: &Heat, layout: &Layout) {
    for (index, cell) in heat.cells.iter().enumerate() {
        let (row, column) = (index / heat.columns.len(), index % heat.columns.len());
        let at = (layout.left + column as i32 * layout.cell.0, layout.top + row as i32 * layout.cell.1);
        if cell.value.is_empty() {
            draw_cell(canvas, cell, at, layout.cell);
            continue;
        }
        canvas.with_tooltip(&cell.value, |canvas| draw_cell(canvas, cell, at, layout.cell));
    }
}

fn draw_cell(canvas: &mut Canvas, cell: &Cell, (x, y): (i32, i32), (width, height): (i32, i32)) {
    let size = if width >= 40 { 12 } else { 9 };
    if let Some(share) = cell.shade {
        canvas.rectangle((x, y), (x + width, y + height), shade(share));
    }
    let fits = width >= LEAST_WITH_TEXT && text_width(&cell.text, size) + 2 <= width;
    if !cell.text.is_empty() && fits {
        let color = cell.shade.map_or(GREY, ink_on);
        let label = Label::new().centered().size(size).color(color);
        let has_below = !cell.below.is_empty() && height >= 34 && text_width(&cell.below, 11) + 2 <= width;
        let up = if has_below { 8 } else { 0 };
        canvas.text(&cell.text, (x + width / 2, y + height / 2 - up), label);
        if has_below {
            canvas.text(&cell.below, (x + width / 2, y + height / 2 + 8), label.size(11));
        }
    }
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
