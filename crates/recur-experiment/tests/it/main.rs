//! Experiments through the library, as a program that embeds recur runs them.

mod bad_data;
mod common;
mod compared;
mod planned;
mod predict;
mod run;
mod subject;
mod trial_file;
mod verification;
mod why;
