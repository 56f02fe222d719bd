//! The program `recur` as a user runs it: files, exit codes, messages.

mod common;

mod bad_data;
mod bad_specs;
mod end_to_end;
mod equal_bytes;
mod interrupt;
mod predict;
mod store;
mod terminal;
mod weights;
