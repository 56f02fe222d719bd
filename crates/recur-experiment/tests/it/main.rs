//! Experiments through the library, as a program that embeds recur runs them.

mod adaptive;
mod bad_data;
mod common;
mod compared;
mod compared_models;
mod end_to_end;
mod equal_bytes;
mod export;
mod extend;
mod external;
mod external_faults;
mod faults;
mod foreign_files;
mod halving;
mod live;
mod logged;
mod partial;
mod pipeline;
mod planned;
#[cfg(unix)]
mod plugins;
mod predict;
mod predicted;
mod remote;
mod resume;
mod run;
#[cfg(unix)]
#[path = "../../../../tools/skip.rs"]
mod skip;
mod small;
mod splits;
mod status;
mod store;
mod store_safety;
mod subject;
mod time_left;
mod training_axes;
mod trial_file;
mod try_text;
mod verification;
mod verified_reports;
mod verified_trials;
mod weights;
mod why;
