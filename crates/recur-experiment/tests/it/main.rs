//! Experiments through the library, as a program that embeds recur runs them.

mod bad_data;
mod common;
mod compared;
mod extend;
mod external;
mod external_faults;
mod planned;
#[cfg(unix)]
mod plugins;
mod predict;
mod resume;
mod run;
#[cfg(unix)]
#[path = "../../../../tools/skip.rs"]
mod skip;
mod small;
mod splits;
mod subject;
mod trial_file;
mod verification;
mod weights;
mod why;
