//! The program `recur` as a user runs it: files, exit codes, messages.

mod common;
mod processes;
#[path = "../../../../tools/skip.rs"]
mod skip;

mod bad_data;
mod bad_specs;
mod check_model;
mod compare;
mod disk;
mod end_to_end;
mod equal_bytes;
mod executors;
mod export;
mod external;
mod faults;
mod foreign_files;
mod git;
mod init;
mod interrupt;
mod kill;
mod machines;
mod memory;
mod own_data;
mod partial;
mod paths;
mod plan;
mod predict;
mod primary_metric;
mod resume;
mod schema;
mod security;
mod shells;
mod splits;
mod status;
mod store;
mod store_commands;
mod store_safety;
mod terminal;
mod together;
mod trial;
mod trial_links;
mod verify;
mod why;
