//! A forest plot: a row an item, its value as a mark and its interval as a line.

use crate::figures::canvas::{About, Canvas, Label, cut, svg, text_width};
use crate::figures::palette::{GREY, GRID, INK, Mark, style};
use crate::figures::scale::Scale;

/// The width of a forest plot, in pixels: two fit side by side on a page, and one fits on a phone.
const WIDTH: i32 = 360;
const RIGHT: i32 = WIDTH - 18;
const TOP: i32 = 30;
const ROW: i32 = 20;
/// With more rows than these, each is lower.
const MANY: usize = 8;
const LOW_ROW: i32 = 17;
/// Characters of a label at most.
const LONGEST: usize = 20;
const LONGEST_TITLE: usize = 50;

/// A row.
pub(crate) struct Row {
    /// What is left of it.
    pub(crate) text: String,
    /// In the unit of the axis; what is not finite is not drawn.
    pub(crate) value: Option<f64>,
    /// The ends of its interval.
    pub(crate) interval: Option<(f64, f64)>,
    /// Drawn with a filled mark, and not with a ring.
    pub(crate) is_filled: bool,
    /// What it shows, in words.
    pub(crate) tooltip: String,
}

/// What a forest plot shows.
pub(crate) struct Forest {
    /// What the axis measures, with its unit.
    pub(crate) title: String,
    pub(crate) rows: Vec<Row>,
    /// Values that an upright band covers, around an upright line at zero.
    pub(crate) around_zero: Option<(f64, f64)>,
}

/// Draws `forest`, the first row on top.
pub(crate) fn forest(about: &About, forest: &Forest) -> String {
    let rows = &forest.rows;
    let height = if rows.len() > MANY { LOW_ROW } else { ROW };
    let bottom = TOP + height * rows.len() as i32;
    let left = 18 + rows.iter().map(|row| text_width(&cut(&row.text, LONGEST), 12)).max().unwrap_or(0);
    let x = scale(forest, left);
    svg((WIDTH, bottom + 24), about, |canvas| {
        canvas.text(&cut(&forest.title, LONGEST_TITLE), (8, 14), Label::new());
        draw_axis(canvas, x, bottom);
        draw_zero(canvas, forest, x, bottom);
        for (index, row) in rows.iter().enumerate() {
            let y = TOP + height * index as i32 + height / 2;
            canvas.with_tooltip(&row.tooltip, |canvas| {
                canvas.text(&cut(&row.text, LONGEST), (left - 10, y), Label::new().ending());
                draw_row(canvas, row, x, y);
            });
        }
    })
}

/// Holds every value, every interval, and zero where it is marked.
fn scale(forest: &Forest, left: i32) -> Scale {
    let of_row = |row: &Row| row.value.into_iter().chain(row.interval.into_iter().flat_map(|(low, high)| [low, high]));
    let zero = forest.around_zero.map(|_| 0.0);
    Scale::around(forest.rows.iter().flat_map(of_row).chain(zero), left, RIGHT)
}

fn draw_axis(canvas: &mut Canvas, x: Scale, bottom: i32) {
    for (value, text) in x.ticks(4) {
        let at = x.pixel(value);
        canvas.path(&[(at, TOP), (at, bottom)], GRID, 1);
        let half = text_width(&text, 12) / 2;
        canvas.text(&text, (at.min(WIDTH - 4 - half), bottom + 13), Label::new().centered().color(GREY));
    }
}

fn draw_zero(canvas: &mut Canvas, forest: &Forest, x: Scale, bottom: i32) {
    let Some((low, high)) = forest.around_zero else { return };
    let within = |value: f64| x.pixel(value).clamp(x.start(), x.end());
    let (from, to) = (within(low), within(high));
    if to > from {
        canvas.veil(&[(from, TOP), (to, TOP), (to, bottom), (from, bottom)], GREY);
    }
    canvas.path(&[(x.pixel(0.0), TOP), (x.pixel(0.0), bottom)], INK, 1);
}

fn draw_row(canvas: &mut Canvas, row: &Row, x: Scale, y: i32) {
    let (color, _) = style(0);
    let Some(value) = row.value.filter(|value| value.is_finite()) else {
        canvas.text("no result", (x.start() + 6, y), Label::new().color(GREY));
        return;
    };
    let at = x.pixel(value);
    if let Some((low, high)) = row.interval {
        // An end that is not finite is beyond the axis.
        let [low, high] = [low, high].map(|end| x.pixel(end).clamp(x.start(), x.end()));
        canvas.path(&[(low, y), (high, y)], color, 2);
    }
    if row.is_filled {
        canvas.mark((at, y), Mark::Circle, color);
    } else {
        canvas.disc((at, y));
        canvas.mark((at, y), Mark::Ring, color);
    }
}
