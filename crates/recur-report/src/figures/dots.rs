//! A row a label, a mark a model: shares side by side.

use crate::figures::NARROW as WIDTH;
use crate::figures::canvas::{About, Label, cut, in_words, svg, text_width};
use crate::figures::lines::{Key, draw_key, legend_places};
use crate::figures::palette::{GREY, GRID, style};
use crate::figures::scale::Scale;

const ROW: i32 = 20;
const LONGEST: usize = 24;

pub(crate) struct Row {
    /// What stands left of it.
    pub(crate) text: String,
    /// Half the size of its marks, in pixels.
    pub(crate) half: i32,
    /// Shares, 0 to 1, with the index of their style; what is missing is not drawn.
    pub(crate) shares: Vec<(usize, f64)>,
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
            let at: Vec<i32> = row.shares.iter().map(|(_, share)| x.pixel(100.0 * share)).collect();
            if let (Some(low), Some(high)) = (at.iter().min(), at.iter().max()) {
                canvas.path(&[(*low, y), (*high, y)], GREY, 1);
            }
            // The first series, drawn last, stays on top.
            for ((series, share), at) in row.shares.iter().zip(at).rev() {
                let (color, mark) = style(*series);
                let name = keys.iter().find(|key| key.style == Some(*series)).map_or("", |key| &key.text);
                let value = in_words(x_title, 100.0 * share, 0.0);
                canvas.with_tooltip(&format!("{}, {name}: {value}", row.text), |canvas| {
                    canvas.mark_of_size((at, y), mark, color, row.half)
                });
            }
        }
    })
}
