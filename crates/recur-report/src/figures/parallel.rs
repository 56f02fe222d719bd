//! Parallel coordinates: an upright axis for each of several properties, and a line through all of them for each item.

use crate::figures::WIDTH;
use crate::figures::canvas::{About, Canvas, Label, cut, svg, text_width};
use crate::figures::lines::{Key, draw_key, legend_places};
use crate::figures::palette::{GREY, GRID, INK, style};
use crate::figures::scale::Scale;

const HEIGHT: i32 = 340;
/// Room below the last axis for items without a value.
const WITHOUT: i32 = 34;
const RIGHT: i32 = WIDTH - 64;
/// Characters of a label at most.
const LONGEST: usize = 20;
const LONGEST_TITLE: usize = 24;
/// More values than these are not all named.
const MANY: usize = 12;

/// An axis of values that are named, not measured.
pub(crate) struct Axis {
    pub(crate) title: String,
    /// From the bottom upwards.
    pub(crate) values: Vec<String>,
}

/// The last axis.
pub(crate) struct Measure {
    pub(crate) title: String,
    /// Whether the better end, which is up, is the higher one.
    pub(crate) higher_is_better: bool,
}

/// An item.
pub(crate) struct Line {
    /// Chooses colour and mark.
    pub(crate) style: usize,
    /// The row that it belongs to.
    pub(crate) row: usize,
    /// One index a named axis.
    pub(crate) places: Vec<usize>,
    pub(crate) measure: Option<f64>,
    /// Drawn thick and with a mark.
    pub(crate) is_chosen: bool,
    /// What it is, in words.
    pub(crate) tooltip: String,
}

/// Where all stands, in pixels.
struct Layout {
    top: i32,
    bottom: i32,
    /// One a named axis, then that of the measure.
    x: Vec<i32>,
    y: Scale,
    /// In height, so that long ones do not meet.
    titles_take_turns: bool,
}

/// Draws `lines`, worst first, through `axes` to `measure`.
pub(crate) fn parallel(about: &About, keys: &[Key], axes: &[Axis], measure: &Measure, lines: &[Line]) -> String {
    let (places, legend_height) = legend_places(keys);
    let layout = layout(axes, measure, lines, legend_height + 34);
    svg((WIDTH, layout.bottom + 40), about, |canvas| {
        for (key, at) in keys.iter().zip(places) {
            draw_key(canvas, key, at);
        }
        layout.x.iter().for_each(|x| canvas.path(&[(*x, layout.top), (*x, layout.bottom)], GRID, 2));
        draw_measure(canvas, measure, lines, &layout);
        for (line, points) in lines.iter().zip(paths(axes, lines, &layout)) {
            canvas.with_tooltip_of_row(line.row, &line.tooltip, |canvas| draw_line(canvas, line, &points, lines.len()));
        }
        for (index, axis) in axes.iter().enumerate() {
            draw_axis(canvas, axis, &layout, index);
        }
    })
}

fn layout(axes: &[Axis], measure: &Measure, lines: &[Line], top: i32) -> Layout {
    let first = axes.first().map_or(0, widest);
    let (left, bottom) = (24 + first, top + HEIGHT);
    let n = axes.len() as i32;
    let x: Vec<i32> = (0..=n).map(|index| left + (RIGHT - left) * index / n.max(1)).collect();
    let widths: Vec<i32> = axes.iter().map(|axis| text_width(&cut(&axis.title, LONGEST_TITLE), 12)).collect();
    let meets = |index: usize| (widths[index] + widths[index + 1]) / 2 + 8 > x[index + 1] - x[index];
    let titles_take_turns = (0..widths.len().saturating_sub(1)).any(meets);
    let has_without = lines.iter().any(|line| line.measure.is_none_or(|value| !value.is_finite()));
    let low = if has_without { bottom - WITHOUT } else { bottom };
    let (from, to) = if measure.higher_is_better { (low, top) } else { (top, low) };
    let y = Scale::around(lines.iter().filter_map(|line| line.measure), from, to);
    Layout { top, bottom, x, y, titles_take_turns }
}

fn widest(axis: &Axis) -> i32 {
    axis.values.iter().map(|value| text_width(&cut(value, LONGEST), 12)).max().unwrap_or(0)
}

impl Layout {
    /// The height of a value's middle on an axis of `n`, and how much room it has.
    fn slot(&self, index: usize, n: usize) -> (f64, f64) {
        let room = f64::from(self.bottom - self.top) / n.max(1) as f64;
        (f64::from(self.bottom) - room * (index as f64 + 0.5), room)
    }
}

/// Each line's points. Lines of one value lie next to each other, the better above the worse.
fn paths(axes: &[Axis], lines: &[Line], layout: &Layout) -> Vec<Vec<(i32, i32)>> {
    let mut paths: Vec<Vec<(i32, i32)>> = vec![Vec::new(); lines.len()];
    for (index, axis) in axes.iter().enumerate() {
        for value in 0..axis.values.len() {
            let here: Vec<usize> = (0..lines.len()).filter(|line| lines[*line].places[index] == value).collect();
            let (middle, room) = layout.slot(value, axis.values.len());
            for (rank, line) in here.iter().enumerate() {
                let aside = (rank as f64 + 0.5) / here.len() as f64 - 0.5;
                paths[*line].push((layout.x[index], (middle - 0.72 * room * aside).round() as i32));
            }
        }
    }
    let last = layout.x[axes.len()];
    for (line, path) in lines.iter().zip(&mut paths) {
        let value = line.measure.filter(|value| value.is_finite());
        path.push((last, value.map_or(layout.bottom - 8, |value| layout.y.pixel(value))));
    }
    paths
}

fn draw_line(canvas: &mut Canvas, line: &Line, points: &[(i32, i32)], n_lines: usize) {
    let (color, mark) = style(line.style);
    let opacity = if n_lines > 60 { 0.35 } else { 0.6 };
    if line.is_chosen {
        canvas.path(points, color, 3);
        points.last().into_iter().for_each(|at| canvas.mark(*at, mark, color));
    } else {
        canvas.thread(points, color, 1, opacity);
    }
    canvas.hold_along(points);
}

fn draw_measure(canvas: &mut Canvas, measure: &Measure, lines: &[Line], layout: &Layout) {
    let x = layout.x[layout.x.len() - 1];
    canvas.text(&measure.title, (WIDTH - 16, layout.top - 18), Label::new().ending().size(12));
    for (value, text) in layout.y.ticks(8) {
        let y = layout.y.pixel(value);
        canvas.path(&[(x, y), (x + 5, y)], INK, 1);
        canvas.text(&text, (x + 10, y), Label::new().color(GREY));
    }
    if lines.iter().any(|line| line.measure.is_none_or(|value| !value.is_finite())) {
        canvas.text("none", (x + 10, layout.bottom - 8), Label::new().color(GREY));
    }
}

fn draw_axis(canvas: &mut Canvas, axis: &Axis, layout: &Layout, index: usize) {
    let x = layout.x[index];
    let below = if layout.titles_take_turns && index % 2 == 1 { 29 } else { 14 };
    canvas.text(&cut(&axis.title, LONGEST_TITLE), (x, layout.bottom + below), Label::new().centered());
    let n = axis.values.len();
    let (_, room) = layout.slot(0, n);
    // Many values need no name each: the lines between them stay in sight.
    let height = if n > MANY { 30.0 } else { 13.0 };
    let every = (height / room).ceil().max(1.0) as usize;
    for (place, value) in axis.values.iter().enumerate().step_by(every) {
        let y = layout.slot(place, n).0.round() as i32;
        let text = cut(value, LONGEST);
        if index > 0 {
            canvas.plate((x - 10 - text_width(&text, 12), y - 8), (x - 5, y + 8));
        }
        canvas.text(&text, (x - 7, y), Label::new().ending());
    }
}
