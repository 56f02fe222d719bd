//! What a sweep promises, with a scripted model (and one real model where arithmetic matters).

mod common;
mod toy;

mod cancel;
mod checkpoints;
mod independence;
mod initial_weights;
mod jobs;
mod memory;
mod outcomes;
mod resources;
mod rows;
mod stopping;
mod test_set;
