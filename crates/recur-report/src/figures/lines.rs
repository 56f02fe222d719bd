//! Line charts, one panel above the other, with one legend.

use crate::figures::NARROW as WIDTH;
use crate::figures::canvas::{About, Canvas, Label, cut, in_words, svg, text_width};
use crate::figures::palette::{Color, GREY, GRID, INK, Mark, style};
use crate::figures::scale::Scale;
use crate::numbers::significant;

const LEFT: i32 = 48;
const RIGHT: i32 = WIDTH - 18;
const PANEL: i32 = 250;
/// Characters of a key at most.
const LONGEST_KEY: usize = 44;
const LEGEND_LINE: i32 = 20;
/// Room at the lower edge of a panel for what has no value.
const MISSING: i32 = 20;

/// How a series' line is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stroke {
    Solid,
    Dashed,
    Dotted,
    /// Thin and pale, for many lines that are not distinguished.
    Thin,
    /// Marks alone.
    None,
}

/// What surrounds the points of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Around {
    Band,
    Bars,
}

/// A point with its spread.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Point {
    pub(crate) x: f64,
    pub(crate) y: f64,
    /// Half the height of what surrounds it; 0 for nothing.
    pub(crate) spread: f64,
}

/// Points that belong together. What is not finite is left out.
pub(crate) struct Series {
    /// Chooses colour and mark.
    pub(crate) style: usize,
    pub(crate) stroke: Stroke,
    pub(crate) around: Around,
    pub(crate) has_marks: bool,
    pub(crate) points: Vec<Point>,
    /// Where on the horizontal axis there is something without a value: a cross at the lower edge.
    pub(crate) missing: Vec<f64>,
}

/// How a horizontal axis is divided.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum XAxis {
    /// At round numbers.
    Numbers,
    /// At round whole numbers.
    Whole,
    /// By the logarithm to base 10, at round numbers.
    Log,
    /// At these places, with these texts.
    Named(Vec<(f64, String)>),
}

/// One chart.
pub(crate) struct Panel {
    /// What stands upwards, with its unit.
    pub(crate) title: String,
    /// What stands to the right, with its unit.
    pub(crate) x_title: String,
    /// Ends of the horizontal axis.
    pub(crate) x_range: (f64, f64),
    pub(crate) x_axis: XAxis,
    pub(crate) series: Vec<Series>,
}

/// One entry of the legend.
pub(crate) struct Key {
    pub(crate) text: String,
    /// Chooses colour and mark; none draws in the colour of text, for what all series share.
    pub(crate) style: Option<usize>,
    pub(crate) stroke: Stroke,
    pub(crate) has_mark: bool,
}

/// Draws `panels` under a legend of `keys`.
pub(crate) fn lines(about: &About, keys: &[Key], panels: &[Panel]) -> String {
    let (places, legend_height) = legend_places(keys);
    let height = legend_height + panels.len() as i32 * PANEL + 6;
    svg((WIDTH, height), about, |canvas| {
        for (key, at) in keys.iter().zip(places) {
            draw_key(canvas, key, at);
        }
        for (index, panel) in panels.iter().enumerate() {
            draw_panel(canvas, keys, panel, legend_height + index as i32 * PANEL);
        }
    })
}

/// Where each key of a legend stands, in lines from the top, and how high the legend is.
pub(crate) fn legend_places(keys: &[Key]) -> (Vec<(i32, i32)>, i32) {
    let (mut x, mut y, mut places) = (LEFT, 20, Vec::new());
    for key in keys {
        let width = 38 + text_width(&cut(&key.text, LONGEST_KEY), 12) + 16;
        if x > LEFT && x + width > RIGHT {
            (x, y) = (LEFT, y + LEGEND_LINE);
        }
        places.push((x, y));
        x += width;
    }
    (places, y + 14)
}

/// Draws a key of a legend.
pub(crate) fn draw_key(canvas: &mut Canvas, key: &Key, (x, y): (i32, i32)) {
    let (color, mark) = key.style.map_or((GREY, None), |index| {
        let (color, mark) = style(index);
        (color, Some(mark))
    });
    draw_stroke(canvas, &[(x, y), (x + 30, y)], key.stroke, color);
    if let Some(mark) = mark.filter(|_| key.has_mark) {
        canvas.mark((x + 15, y), mark, color);
    }
    canvas.text(&cut(&key.text, LONGEST_KEY), (x + 38, y), Label::new());
}

fn draw_stroke(canvas: &mut Canvas, points: &[(i32, i32)], stroke: Stroke, color: Color) {
    match stroke {
        Stroke::Solid => canvas.path(points, color, 2),
        Stroke::Dashed => canvas.dashed(points, color, 2, 6.0),
        Stroke::Dotted => canvas.dashed(points, color, 2, 2.5),
        Stroke::Thin if points.len() > 1 => canvas.thread(points, color, 1, 0.45),
        Stroke::Thin => {}
        Stroke::None => {}
    }
}

fn draw_panel(canvas: &mut Canvas, keys: &[Key], panel: &Panel, top: i32) {
    let (plot_top, plot_bottom) = (top + 44, top + PANEL - 48);
    let points = || panel.series.iter().flat_map(|series| &series.points).filter(|point| is_drawn(point));
    let has_missing = panel.series.iter().any(|series| !series.missing.is_empty());
    let lowest = if has_missing { plot_bottom - MISSING } else { plot_bottom };
    let y = Scale::around(points().flat_map(|p| [p.y - p.spread, p.y + p.spread]), lowest, plot_top);
    let x = Scale::new(panel.x_range.0, panel.x_range.1, LEFT + 8, RIGHT - 8);
    draw_title(canvas, &panel.title, top);
    for (value, text) in y.ticks(6) {
        let at = y.pixel(value);
        canvas.path(&[(LEFT, at), (RIGHT, at)], GRID, 1);
        canvas.text(&text, (LEFT - 7, at), Label::new().ending().color(GREY));
    }
    canvas.path(&[(LEFT, plot_bottom), (RIGHT, plot_bottom)], INK, 1);
    draw_x_ticks(canvas, panel, x, plot_bottom);
    canvas.text(&cut(&panel.x_title, LONGEST_KEY), ((LEFT + RIGHT) / 2, plot_bottom + 36), Label::new().centered());
    for series in &panel.series {
        draw_series(canvas, series, x, y);
    }
    if has_missing {
        canvas.text("none", (LEFT - 7, plot_bottom - MISSING / 2), Label::new().ending().color(GREY));
        panel
            .series
            .iter()
            .for_each(|series| draw_missing(canvas, keys, panel, series, (x, plot_bottom - MISSING / 2)));
    }
    // Above all lines, so that none is in a pointer's way.
    for series in &panel.series {
        tell_points(canvas, keys, panel, series, x, y);
    }
}

/// A cross for each place without a value.
fn draw_missing(canvas: &mut Canvas, keys: &[Key], panel: &Panel, series: &Series, (x, y): (Scale, i32)) {
    let (color, _) = style(series.style);
    for place in &series.missing {
        let text = format!("{}, {} {}: no result", name(keys, series), panel.x_title, x_text(panel, *place));
        canvas.with_tooltip(&text, |canvas| canvas.mark((x.pixel(*place), y), Mark::Cross, color));
    }
}

fn draw_x_ticks(canvas: &mut Canvas, panel: &Panel, x: Scale, bottom: i32) {
    let ticks = match &panel.x_axis {
        XAxis::Numbers => x.ticks(10),
        XAxis::Whole => x.whole_ticks(10),
        XAxis::Log => x.log_ticks(),
        XAxis::Named(ticks) => ticks.clone(),
    };
    let widest = ticks.iter().map(|(_, text)| text_width(text, 12) + 8).max().unwrap_or(0);
    let n_that_fit = ((RIGHT - LEFT) / widest.max(1)).max(1) as usize;
    // Ticks at equal distances are thinned evenly.
    let every = if is_even(&ticks) { ticks.len().div_ceil(n_that_fit).max(1) } else { 1 };
    let mut free_from = 0;
    for (value, text) in ticks.iter().step_by(every) {
        let at = x.pixel(*value);
        canvas.path(&[(at, bottom), (at, bottom + 5)], INK, 1);
        let half = text_width(text, 12) / 2;
        // The last of them may be wider than the margin.
        let middle = at.min(WIDTH - 2 - half);
        if middle - half >= free_from {
            canvas.text(text, (middle, bottom + 16), Label::new().centered().color(GREY));
            free_from = middle + half + 6;
        }
    }
}

/// What is upwards, and on a line of its own what the title has in parentheses.
fn draw_title(canvas: &mut Canvas, title: &str, top: i32) {
    let (title, note) = title.split_once(" (").unwrap_or((title, ""));
    canvas.text(title, (LEFT, top + 14), Label::new().size(13));
    canvas.text(note.trim_end_matches(')'), (LEFT, top + 31), Label::new().color(GREY));
}

/// Whether the distances between ticks are equal, but for rounding.
fn is_even(ticks: &[(f64, String)]) -> bool {
    let gaps = ticks.windows(2).map(|pair| pair[1].0 - pair[0].0);
    let (least, most) =
        gaps.fold((f64::INFINITY, 0.0), |(least, most): (f64, f64), gap| (least.min(gap), most.max(gap)));
    most <= 1.01 * least
}

fn draw_series(canvas: &mut Canvas, series: &Series, x: Scale, y: Scale) {
    let (color, mark) = style(series.style);
    let points: Vec<&Point> = series.points.iter().filter(|point| is_drawn(point)).collect();
    let at = |point: &Point, offset: f64| (x.pixel(point.x), y.pixel(point.y + offset * point.spread));
    let has_spread = points.iter().any(|point| point.spread > 0.0);
    match series.around {
        Around::Band if has_spread && points.len() > 1 => {
            let upper = points.iter().map(|point| at(point, 1.0));
            let outline: Vec<(i32, i32)> = upper.chain(points.iter().rev().map(|point| at(point, -1.0))).collect();
            canvas.veil(&outline, color);
        }
        Around::Bars if has_spread => {
            for point in &points {
                let ((x, low), (_, high)) = (at(point, -1.0), at(point, 1.0));
                canvas.path(&[(x, low), (x, high)], color, 1);
                canvas.path(&[(x - 4, low), (x + 4, low)], color, 1);
                canvas.path(&[(x - 4, high), (x + 4, high)], color, 1);
            }
        }
        _ => {}
    }
    let line: Vec<(i32, i32)> = points.iter().map(|point| at(point, 0.0)).collect();
    draw_stroke(canvas, &line, series.stroke, color);
    if series.has_marks {
        line.iter().for_each(|at| canvas.mark(*at, mark, color));
    }
}

/// Lets the points of a series tell their values.
fn tell_points(canvas: &mut Canvas, keys: &[Key], panel: &Panel, series: &Series, x: Scale, y: Scale) {
    /// Points of a series that can be distinguished by a pointer.
    const MOST: usize = 60;
    if series.stroke == Stroke::Thin {
        return;
    }
    let name = name(keys, series);
    let points: Vec<&Point> = series.points.iter().filter(|point| is_drawn(point)).collect();
    for point in points.iter().step_by(points.len().div_ceil(MOST).max(1)) {
        let at = (x.pixel(point.x), y.pixel(point.y));
        let value = in_words(&panel.title, point.y, point.spread);
        // A level is the same wherever one looks.
        let place = match series.stroke {
            Stroke::Dotted => String::new(),
            _ => format!(", {} {}", panel.x_title, x_text(panel, point.x)),
        };
        canvas.with_tooltip(&format!("{name}{place}: {value}"), |canvas| canvas.hold(at));
    }
}

/// What the legend calls a series: what its style stands for, then what its stroke does.
fn name(keys: &[Key], series: &Series) -> String {
    let by_style = keys.iter().find(|key| key.style == Some(series.style));
    let by_stroke = keys.iter().find(|key| key.style.is_none() && key.stroke == series.stroke);
    let texts: Vec<&str> = by_style.into_iter().chain(by_stroke).map(|key| key.text.as_str()).collect();
    texts.join(", ")
}

/// The value at `x`: of named ones the text of the nearest tick, as series are drawn a little aside.
fn x_text(panel: &Panel, x: f64) -> String {
    match &panel.x_axis {
        XAxis::Numbers | XAxis::Whole => significant(x, 6),
        XAxis::Log => significant(libm::pow(10.0, x), 6),
        XAxis::Named(ticks) => {
            let near = ticks.iter().min_by(|(a, _), (b, _)| (a - x).abs().total_cmp(&(b - x).abs()));
            near.map_or_else(|| significant(x, 6), |(_, text)| text.clone())
        }
    }
}

fn is_drawn(point: &Point) -> bool {
    point.y.is_finite() && point.spread.is_finite()
}
