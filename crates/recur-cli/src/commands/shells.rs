//! `recur completions` and `recur man`: what a shell and `man` know of the command line.

use crate::args::{Args, Completions, Man};
use crate::error::{CliError, Exit};
use crate::program;
use clap::CommandFactory as _;
use recur_core::visible::shown;
use recur_files::write_unless_other;
use recur_terminal::{print, write_data};

/// Prints the completions of the program `name` for a shell.
pub(crate) fn completions(args: &Completions, name: &'static str) -> Result<Exit, CliError> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut program::command_line(Args::command(), name), name, &mut text);
    write_data(&text)?;
    Ok(Exit::Success)
}

/// Writes a page for the program and for each of its commands.
pub(crate) fn man(args: &Man, name: &'static str) -> Result<Exit, CliError> {
    std::fs::create_dir_all(&args.dir)
        .map_err(|error| CliError::new(format!("cannot make the folder {}", shown(&args.dir))).because(&error))?;
    let pages = pages(name)?;
    for (page, text) in &pages {
        write_unless_other(&args.dir.join(page), text, args.replace)?;
    }
    print(&format!("{} pages are in {}", pages.len(), shown(&args.dir)))?;
    Ok(Exit::Success)
}

/// The pages: the name of each file, and its text.
fn pages(name: &'static str) -> Result<Vec<(String, Vec<u8>)>, CliError> {
    let mut line = program::command_line(Args::command(), name).disable_help_subcommand(true);
    line.build();
    let mut pages = Vec::new();
    page(&line, name.to_owned(), &mut pages)?;
    Ok(pages)
}

fn page(command: &clap::Command, name: String, pages: &mut Vec<(String, Vec<u8>)>) -> Result<(), CliError> {
    let mut text = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut text)?;
    for below in command.get_subcommands() {
        page(below, format!("{name}-{}", below.get_name()), pages)?;
    }
    pages.push((format!("{name}.1"), text));
    Ok(())
}
