//! Tests of the whole way from files to a data set. One program: each would have to be linked with polars.

mod bad_input;
mod column_types;
mod common;
mod odd_files;
mod published;
mod same_data;
mod shipped_data;
