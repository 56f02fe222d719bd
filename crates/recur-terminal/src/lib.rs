//! What a program shows on a terminal while it runs experiments, for the command line of recur and any other program.
//!
//! ```no_run
//! use recur_experiment::RunOptions;
//! use recur_terminal::{CANCEL, Screen, Watchers, cancel_on_interrupt, start_logs};
//!
//! let screen = Screen::new();
//! let logs = start_logs(tracing::Level::INFO, &screen, None);
//! cancel_on_interrupt();
//! let watchers = Watchers::new(&screen);
//! let options = RunOptions { observers: watchers.all(), logs, cancel: &CANCEL, ..RunOptions::default() };
//! ```
//!
//! All text is escaped here: what is from outside (data, plugins, file names) never reaches a terminal raw. This crate knows
//! neither arguments nor exit codes, but for that of a process that is interrupted twice.

mod allocator;
mod lines;
mod logging;
mod output;
mod progress;
mod refresh;
#[cfg(test)]
mod samples;
mod signals;
mod sweep;
mod watch;

pub use allocator::Allocator;
pub use logging::{LogFile, start_logs};
pub use output::{duration, print, print_error, print_json, table, write_data};
pub use progress::{Screen, bar, tick};
pub use refresh::Refresh;
pub use signals::{CANCEL, cancel_on_interrupt, cancel_when_time_is_over, is_time_over, was_interrupted};
pub use watch::{MemoryNames, Watchers};
