//! Which configurations a search proposes, and which of them a race trains on more replicates, and halving for more epochs.
//!
//! Everything here is a pure function of settings and results of trials: no files, threads, clock or environment. A
//! [`Study`] is asked for the trials that it needs, and is asked again when some of them have results. Its decisions do
//! not depend on the order in which results arrive, nor on how many trials ran at once.
//!
//! | question | answer |
//! |---|---|
//! | which trials are needed next? | [`Study::decide`] |
//! | what does a search propose? | [`Study::points`] |
//! | which configurations go on to more epochs or replicates? | [`Study::eliminated`], [`Study::stages`] |
//! | how many trials can it become? | [`Study::most_trials`] |

#[cfg(test)]
mod arrival_order;
mod draws;
mod outcome;
mod proposals;
mod race;
mod ranges;
mod sobol;
mod study;
mod study_of_model;
mod tpe;

// The tests within the crate share helpers with those outside.
#[cfg(test)]
extern crate self as recur_search;

pub use outcome::{Results, TrialResult};
pub use race::StageResult;
pub use study::{Candidates, Needed, Source, Study, StudySettings};
