//! Experiments through the library, as a program that embeds recur runs them.

mod bad_data;
mod common;
mod compared;
mod extend;
mod planned;
mod predict;
mod resume;
mod run;
mod small;
mod splits;
mod subject;
mod trial_file;
mod verification;
mod weights;
mod why;
