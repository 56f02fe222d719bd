//! Runs the trials of a plan in parallel; the only crate that knows rayon.
