//! Figures as SVG, written by the `svg` crate.
//!
//! A library of charts would place text by font metrics, which there are none of here, and choose ticks by the
//! platform's logarithm. So ticks and layout are recur's own: text is as wide as [`canvas::text_width`] estimates, and
//! every coordinate is a whole number.

pub(crate) mod canvas;
mod cells;
pub(crate) mod dots;
pub(crate) mod forest;
pub(crate) mod heat;
pub(crate) mod lines;
pub(crate) mod palette;
pub(crate) mod parallel;
pub(crate) mod scale;

/// The width of figures with many rows and columns, in pixels: what a page on GitHub shows in full, and what moves sideways on a phone.
pub(crate) const WIDTH: i32 = 560;

/// The width of charts, in pixels: their text is still legible where a phone scales them down.
pub(crate) const NARROW: i32 = 400;

/// Models drawn in one figure at most: more have no colours and marks of their own, and the file would grow without end.
pub(crate) const MOST_MODELS: usize = 24;

/// So many of `n` places at most, evenly spaced, the first and the last among them.
pub(crate) fn evenly(n: usize, most: usize) -> Vec<usize> {
    if n <= most || most < 2 {
        return (0..n.min(most.max(1))).collect();
    }
    (0..most).map(|place| place * (n - 1) / (most - 1)).collect()
}

/// What a text says of a figure that leaves some out: nothing where all are drawn. `how` says which are drawn.
pub(crate) fn left_out(n: usize, n_drawn: usize, what: &str, how: &str) -> String {
    if n_drawn >= n {
        return String::new();
    }
    let count = |n: usize| crate::numbers::count(n as u64);
    format!(" Of {} {what} the figure shows {}{how}.", count(n), count(n_drawn))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_spaced_evenly_with_both_ends() {
        assert_eq!(evenly(3, 5), [0, 1, 2]);
        assert_eq!(evenly(10, 4), [0, 3, 6, 9]);
        assert_eq!(evenly(0, 4), [0; 0]);
        let places = evenly(1000, 60);
        assert!(places.len() == 60 && places.is_sorted_by(|a, b| a < b) && places[59] == 999);
    }

    #[test]
    fn what_a_figure_leaves_out_is_said() {
        assert_eq!(
            left_out(2000, 60, "labels", ", the commonest"),
            " Of 2,000 labels the figure shows 60, the commonest."
        );
        assert_eq!(left_out(60, 60, "labels", ""), "");
    }
}
