//! Experiments through the library, as a program that embeds recur runs them.

mod common;
mod compared;
mod predict;
mod run;
mod subject;
mod trial_file;
mod verification;
