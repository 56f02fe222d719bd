//! Figures as SVG, drawn through plotters' SVG backend.
//!
//! plotters' chart builder places text by font metrics, which there are none of here, and chooses ticks by the
//! platform's logarithm. So these figures stand on plotters' drawing primitives, with ticks and layout of their own:
//! text is as wide as [`canvas::text_width`] estimates, and every coordinate is a whole number.

pub(crate) mod canvas;
pub(crate) mod dots;
pub(crate) mod heat;
pub(crate) mod lines;
pub(crate) mod palette;
pub(crate) mod parallel;
pub(crate) mod scale;

/// The width of every figure, in pixels: what a phone scales down and a page on GitHub shows in full.
pub(crate) const WIDTH: i32 = 560;
