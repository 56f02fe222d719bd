//! The command line of recur, as a library: a program with models of its own calls [`run`] with its own registry.
//!
//! ```no_run
//! # use std::process::ExitCode;
//! fn main() -> ExitCode {
//!     let mut registry = recur_cli::builtin();
//!     // registry.register(&MY_MODEL);
//!     recur_cli::run("my-program", &registry)
//! }
//! ```

mod args;
mod commands;
mod error;
mod event_files;
mod executors;
mod folder;
mod generated;
mod init;
mod instruction_set;
mod options;
mod plugins;
mod program;
mod scoring;
mod stores;

pub use error::Exit;
pub use recur_terminal::Allocator;

use clap::{CommandFactory as _, FromArgMatches as _};
use recur_core::registry::Registry;
use recur_core::visible::visible;
use recur_experiment::Program;
use recur_terminal::print_error;
use std::ffi::OsString;
use std::process::ExitCode;

/// The models that recur ships.
pub fn builtin() -> Registry {
    let mut registry = Registry::new();
    for plugins in [recur_models::PLUGINS, recur_linfa::PLUGINS] {
        registry.register_all(plugins);
    }
    registry
}

/// Runs the command line of this process with the models of `registry`, and gives how it ended. `name` is that of the program,
/// as users type it: reports, messages and help show it in commands. In a project, the folder of the project becomes the working folder
/// of the process.
pub fn run(name: &'static str, registry: &Registry) -> ExitCode {
    std::panic::set_hook(Box::new(report_panic));
    let mut args = arguments(name);
    let (prefix, ended) = match folder::enter(&mut args) {
        Ok(project) => {
            let prefix = program::prefix_of(name, project.as_ref()).to_owned();
            let program = Program { name, prefix: &prefix, other_prefixes: program::other_prefixes_of(name), registry };
            let ended = instruction_set::asked_kernels().and_then(|_| commands::run(&args, name, &program));
            (prefix, ended)
        }
        Err(error) => (name.to_owned(), Err(error)),
    };
    match ended {
        Ok(exit) => exit.into(),
        Err(error) => {
            error.print(&folder::prefix_here(name, &prefix));
            error.exit().into()
        }
    }
}

/// Prints a panic as all text is printed: its message may quote text from outside, and standard error may be closed.
fn report_panic(panic: &std::panic::PanicHookInfo<'_>) {
    if recur_ingest::panics_are_quiet() {
        // A library's panic at a damaged file: the file is the error, and is reported as one.
        return;
    }
    let backtrace = std::backtrace::Backtrace::capture();
    let is_captured = backtrace.status() == std::backtrace::BacktraceStatus::Captured;
    let backtrace = if is_captured { format!("\n{backtrace}") } else { String::new() };
    let thread = std::thread::current();
    let text = format!(" in thread {}: {panic}{backtrace}", thread.name().unwrap_or("(unnamed)"));
    print_error(anstyle::Style::new(), "panic", &text);
}

/// The words of the command line. Wrong ones, and requests for help, end the process here.
fn arguments(name: &'static str) -> args::Args {
    parsed(name, std::env::args_os()).unwrap_or_else(|error| {
        if !error.use_stderr() {
            error.exit();
        }
        // The message quotes the arguments: once more with what a terminal obeys as escapes.
        let words = std::env::args_os().map(|word| visible(&word.to_string_lossy()).into_owned().into());
        let error = parsed(name, words).err().unwrap_or(error);
        // A value may be from the environment, too.
        let text = error.render().to_string();
        let (head, rest) = text.split_once(':').unwrap_or(("error", &text));
        let red = anstyle::Style::new().bold().fg_color(Some(anstyle::AnsiColor::Red.into()));
        print_error(red, &format!("{head}:"), rest.trim_end());
        std::process::exit(error.exit_code())
    })
}

/// The command line `words` of the program `name`, whose help shows that name.
fn parsed(name: &'static str, words: impl Iterator<Item = OsString>) -> Result<args::Args, clap::Error> {
    let mut command = program::command_line(args::Args::command(), name);
    let mut matches = command.try_get_matches_from_mut(words)?;
    args::Args::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut command))
}
