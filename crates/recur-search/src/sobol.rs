//! Points of a scrambled Sobol sequence (Sobol 1967; scrambled as in Burley 2020, "Practical hash-based Owen scrambling").
//!
//! The first coordinate of a point chooses the box, if there are several, and the next ones are the dimensions of that box
//! in the order of their names. So one sequence fills all boxes: within a box, the points are those of the sequence whose
//! first coordinate fell there.

use crate::draws::below;
use crate::ranges::{Place, Ranges};
use recur_core::random::StreamPath;

/// Points in one sequence, and dimensions in one: what the crate has tables for. Further ones take another seed.
const LENGTH: usize = 1 << 16;
const DIMENSIONS: usize = 256;

/// Point `index` of the sequence of the model with this root of random numbers.
pub(crate) fn place(ranges: &Ranges, root: &StreamPath, index: usize) -> Place {
    let seeds = root.child("sobol");
    let several = usize::from(ranges.boxes.len() > 1);
    let in_box = if several == 1 { below(coordinate(&seeds, index, 0), ranges.boxes.len()) } else { 0 };
    let axes = ranges.boxes[in_box].0.iter().enumerate();
    let at = axes.map(|(number, axis)| axis.at_unit(coordinate(&seeds, index, number + several))).collect();
    Place { in_box, at }
}

/// A coordinate of a point, in `[0, 1)`.
fn coordinate(seeds: &StreamPath, index: usize, dimension: usize) -> f64 {
    let seed = seeds.child(index / LENGTH).child(dimension / DIMENSIONS).stream().next_u32();
    f64::from(sobol_burley::sample((index % LENGTH) as u32, (dimension % DIMENSIONS) as u32, seed))
}
