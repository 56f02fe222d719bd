//! A row a label, a mark a model: shares side by side.

use crate::figures::NARROW as WIDTH;
use crate::figures::canvas::{About, Canvas, Label, cut, in_words, svg, text_width};
use crate::figures::lines::{Key, draw_key, legend_places};
use crate::figures::palette::{GREY, GRID, style};
use crate::figures::scale::Scale;
use crate::numbers::fixed;

const ROW: i32 = 20;
const LONGEST: usize = 24;

pub(crate) struct Row {
    /// What stands left of it.
    pub(crate) text: String,
    /// Half the size of its marks, in pixels.
    pub(crate) half: i32,
    /// What is missing is not drawn.
    pub(crate) shares: Vec<Share>,
}

/// A share, 0 to 1.
pub(crate) struct Share {
    /// The index of its style.
    pub(crate) style: usize,
    pub(crate) value: f64,
    /// The ends of its interval: in words for all, and drawn for the first.
    pub(crate) interval: Option<(f64, f64)>,
}

/// Draws `rows` from top to bottom on an axis of 0 to 100 %.
pub(crate) fn dots(about: &About, keys: &[Key], x_title: &str, rows: &[Row]) -> String {
    let (places, legend_height) = legend_places(keys);
    let top = legend_height + 12;
    let bottom = top + rows.len() as i32 * ROW;
    let left = 20 + rows.iter().map(|row| text_width(&cut(&row.text, LONGEST), 12)).max().unwrap_or(0);
    let x = Scale::new(0.0, 100.0, left, WIDTH - 30);
    svg((WIDTH, bottom + 54), about, |canvas| {
        for (key, at) in keys.iter().zip(places) {
            draw_key(canvas, key, at);
        }
        for (value, text) in x.ticks(10) {
            let at = x.pixel(value);
            canvas.path(&[(at, top), (at, bottom)], GRID, 1);
            canvas.text(&text, (at, bottom + 14), Label::new().centered().color(GREY));
        }
        canvas.text(x_title, ((left + WIDTH - 30) / 2, bottom + 36), Label::new().centered());
        for (index, row) in rows.iter().enumerate() {
            let y = top + index as i32 * ROW + ROW / 2;
            canvas.text(&cut(&row.text, LONGEST), (left - 10, y), Label::new().ending());
            canvas.path(&[(left, y), (WIDTH - 30, y)], GRID, 1);
            draw_interval(canvas, row, x, y);
            // The first series, drawn last, stays on top.
            for share in row.shares.iter().rev() {
                let (color, mark) = style(share.style);
                let at = (x.pixel(100.0 * share.value), y);
                let text = words(row, share, keys, x_title);
                canvas.with_tooltip(&text, |canvas| canvas.mark_of_size(at, mark, color, row.half));
            }
        }
    })
}

/// The interval of the first share of a row.
fn draw_interval(canvas: &mut Canvas, row: &Row, x: Scale, y: i32) {
    let Some(share) = row.shares.first() else { return };
    let Some((low, high)) = share.interval else { return };
    let ((color, _), [low, high]) = (style(share.style), [low, high].map(|end| x.pixel(100.0 * end)));
    canvas.path(&[(low, y), (high, y)], color, 2);
    [low, high].iter().for_each(|end| canvas.path(&[(*end, y - 3), (*end, y + 3)], color, 2));
}

/// A share in words, with its interval.
fn words(row: &Row, share: &Share, keys: &[Key], x_title: &str) -> String {
    let name = keys.iter().find(|key| key.style == Some(share.style)).map_or("", |key| &key.text);
    let value = in_words(x_title, 100.0 * share.value, 0.0);
    let ends = share.interval.map(|(low, high)| format!(" [{}, {}]", fixed(100.0 * low, 1), fixed(100.0 * high, 1)));
    format!("{}, {name}: {value}{}", row.text, ends.unwrap_or_default())
}
