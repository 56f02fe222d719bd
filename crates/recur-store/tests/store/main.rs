//! Claims about a store as its users see it.

mod disk;
mod faults;
mod format;
mod gc_export;
mod keep;
mod measure;
mod races;
mod reading;
#[path = "../../../../tools/skip.rs"]
mod skip;
mod skips;
mod support;

#[path = "../../src/samples.rs"]
mod samples;
