//! Parallel coordinates: a level axis for each of several properties, one below the other, and a line through all of them for each item.
//!
//! Axes are level so that the figure is as narrow as a phone, however many there are.

use crate::figures::NARROW as WIDTH;
use crate::figures::canvas::{About, Canvas, Label, cut, svg, text_width};
use crate::figures::lines::{Key, draw_key, legend_places};
use crate::figures::palette::{GREY, GRID, INK, style};
use crate::figures::scale::Scale;

const LEFT: i32 = 14;
const RIGHT: i32 = WIDTH - 14;
/// Room for the title of an axis, above it.
const TITLE: i32 = 22;
/// Room for the lines between the names of an axis and the title of the next one.
const BETWEEN: i32 = 34;
/// The height of a line of names.
const NAME: i32 = 15;
/// Room before the last axis for items without a value.
const WITHOUT: i32 = 44;
/// Characters of a label at most.
const LONGEST: usize = 20;
const LONGEST_TITLE: usize = 44;
/// More values than these are not all named.
const MANY: usize = 12;

/// An axis of values that are named, not measured.
pub(crate) struct Axis {
    pub(crate) title: String,
    /// From left to right.
    pub(crate) values: Vec<String>,
}

/// The last axis.
pub(crate) struct Measure {
    pub(crate) title: String,
    /// Whether the better end, which is right, is the higher one.
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

/// The name of a value, with its middle.
struct Name {
    text: String,
    /// Of the value.
    at: i32,
    /// Of the text, which is moved aside at the edges.
    middle: i32,
    /// The line of names that it is in.
    line: usize,
}

/// Where all stands, in pixels.
struct Layout {
    /// One a named axis, then that of the measure.
    y: Vec<i32>,
    /// Of each named axis.
    names: Vec<Vec<Name>>,
    x: Scale,
}

/// Draws `lines`, worst first, through `axes` to `measure`.
pub(crate) fn parallel(about: &About, keys: &[Key], axes: &[Axis], measure: &Measure, lines: &[Line]) -> String {
    let (places, legend_height) = legend_places(keys);
    let layout = layout(axes, measure, lines, legend_height + 8);
    svg((WIDTH, layout.y[axes.len()] + 30), about, |canvas| {
        for (key, at) in keys.iter().zip(places) {
            draw_key(canvas, key, at);
        }
        layout.y.iter().for_each(|y| canvas.path(&[(LEFT, *y), (RIGHT, *y)], GRID, 2));
        draw_measure(canvas, lines, &layout);
        for (line, points) in lines.iter().zip(paths(axes, lines, &layout)) {
            canvas.with_tooltip_of_row(line.row, &line.tooltip, |canvas| draw_line(canvas, line, &points, lines.len()));
        }
        for (axis, (y, names)) in axes.iter().zip(layout.y.iter().zip(&layout.names)) {
            draw_title(canvas, &axis.title, *y);
            names.iter().for_each(|name| draw_name(canvas, name, *y));
        }
        draw_title(canvas, &measure.title, layout.y[axes.len()]);
    })
}

fn layout(axes: &[Axis], measure: &Measure, lines: &[Line], top: i32) -> Layout {
    let names: Vec<Vec<Name>> = axes.iter().map(names).collect();
    let mut y = vec![top + TITLE];
    for names in &names {
        let n_lines = names.iter().map(|name| name.line + 1).max().unwrap_or(0) as i32;
        y.push(y[y.len() - 1] + n_lines * NAME + BETWEEN + TITLE);
    }
    let low = if has_without(lines) { LEFT + WITHOUT } else { LEFT };
    let (from, to) = if measure.higher_is_better { (low, RIGHT) } else { (RIGHT, low) };
    let x = Scale::around(lines.iter().filter_map(|line| line.measure), from, to);
    Layout { y, names, x }
}

fn has_without(lines: &[Line]) -> bool {
    lines.iter().any(|line| line.measure.is_none_or(|value| !value.is_finite()))
}

/// The middle of a value on an axis of `n`, and how much room it has.
fn slot(index: usize, n: usize) -> (f64, f64) {
    let room = f64::from(RIGHT - LEFT) / n.max(1) as f64;
    (f64::from(LEFT) + room * (index as f64 + 0.5), room)
}

/// The names of an axis, each in the first line where it has room.
fn names(axis: &Axis) -> Vec<Name> {
    let n = axis.values.len();
    let widest = axis.values.iter().map(|value| text_width(&cut(value, LONGEST), 12)).max().unwrap_or(0);
    // Many values need no name each: the lines between them stay in sight.
    let every = if n > MANY { (f64::from(widest + 10) / slot(0, n).1).ceil().max(1.0) as usize } else { 1 };
    let (mut names, mut free_from) = (Vec::new(), Vec::new());
    for (place, value) in axis.values.iter().enumerate().step_by(every) {
        let (text, at) = (cut(value, LONGEST), slot(place, n).0.round() as i32);
        let half = text_width(&text, 12) / 2;
        let middle = at.clamp(4 + half, WIDTH - 4 - half);
        let line = free_from.iter().position(|free| middle - half >= *free).unwrap_or(free_from.len());
        // At the edges there is less room, as the name is moved aside.
        if n > MANY && line > 0 {
            continue;
        }
        free_from.resize(free_from.len().max(line + 1), 0);
        free_from[line] = middle + half + 8;
        names.push(Name { text, at, middle, line });
    }
    names
}

/// Each line's points. Lines of one value lie next to each other, the better right of the worse.
fn paths(axes: &[Axis], lines: &[Line], layout: &Layout) -> Vec<Vec<(i32, i32)>> {
    let mut paths: Vec<Vec<(i32, i32)>> = vec![Vec::new(); lines.len()];
    for (index, axis) in axes.iter().enumerate() {
        for value in 0..axis.values.len() {
            let here: Vec<usize> = (0..lines.len()).filter(|line| lines[*line].places[index] == value).collect();
            let (middle, room) = slot(value, axis.values.len());
            for (rank, line) in here.iter().enumerate() {
                let aside = (rank as f64 + 0.5) / here.len() as f64 - 0.5;
                paths[*line].push(((middle + 0.72 * room * aside).round() as i32, layout.y[index]));
            }
        }
    }
    for (line, path) in lines.iter().zip(&mut paths) {
        let value = line.measure.filter(|value| value.is_finite());
        path.push((value.map_or(LEFT + WITHOUT / 4, |value| layout.x.pixel(value)), layout.y[axes.len()]));
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

fn draw_measure(canvas: &mut Canvas, lines: &[Line], layout: &Layout) {
    let y = layout.y[layout.y.len() - 1];
    let label = Label::new().centered().color(GREY);
    for (value, text) in layout.x.ticks(6) {
        let x = layout.x.pixel(value);
        canvas.path(&[(x, y), (x, y + 5)], INK, 1);
        let half = text_width(&text, 12) / 2;
        canvas.text(&text, (x.clamp(4 + half, WIDTH - 4 - half), y + 16), label);
    }
    if has_without(lines) {
        canvas.text("none", (LEFT + WITHOUT / 4 + 4, y + 16), label);
    }
}

fn draw_title(canvas: &mut Canvas, title: &str, y: i32) {
    let text = cut(title, LONGEST_TITLE);
    canvas.plate((LEFT - 2, y - 19), (LEFT + text_width(&text, 12) + 2, y - 4));
    canvas.text(&text, (LEFT, y - 12), Label::new());
}

/// A name below its value, with a line to it where others are between.
fn draw_name(canvas: &mut Canvas, name: &Name, y: i32) {
    let (below, half) = (y + 12 + NAME * name.line as i32, text_width(&name.text, 12) / 2);
    if name.line > 0 {
        canvas.path(&[(name.at, y), (name.at, below - 7)], GRID, 1);
    }
    canvas.plate((name.middle - half - 2, below - 7), (name.middle + half + 2, below + 7));
    canvas.text(&name.text, (name.middle, below), Label::new().centered());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_would_meet_are_in_lines_of_their_own() {
        let axis = |n: usize| Axis { title: String::new(), values: (0..n).map(|n| format!("long_name_{n}")).collect() };
        let lines = |n: usize| names(&axis(n)).into_iter().map(|name| name.line).collect::<Vec<_>>();
        assert_eq!((lines(3), lines(6)), (vec![0, 0, 0], vec![0, 1, 0, 1, 0, 1]));
        assert!(lines(100).len() < 8 && lines(100).iter().all(|line| *line == 0), "of many only some are named");
        for name in names(&axis(8)) {
            let half = text_width(&name.text, 12) / 2;
            assert!(name.middle - half >= 0 && name.middle + half <= WIDTH, "{}", name.text);
        }
    }
}
