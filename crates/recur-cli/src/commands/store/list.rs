//! `recur store list`: trials with their validation results.

use crate::args::Wanted;
use crate::error::{CliError, Exit};
use anstyle::Style;
use recur_experiment::status::trials_of_experiment;
use recur_store::{Entry, Problem, Store};
use recur_terminal::print_error;
use std::io::{BufWriter, IsTerminal as _, Write as _};
use std::ops::ControlFlow;

/// A line a trial: columns on a terminal, CSV elsewhere, JSON lines if asked for.
pub(super) fn run(store: &Store, wanted: &Wanted, json: bool) -> Result<Exit, CliError> {
    let ids = wanted.experiment.as_ref().map(|name| trials_of_experiment(name, store)).transpose()?;
    let columns = std::io::stdout().is_terminal();
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut result = Ok(());
    if !json {
        result = out.write_all(if columns { Entry::titles_of_columns() } else { Entry::csv_header() }.as_bytes());
    }
    let mut problems = 0;
    let show = |entry: Result<Entry, Problem>| {
        let line = match entry {
            Ok(entry) if !wanted.has(&entry) => return ControlFlow::Continue(()),
            Ok(entry) if json => entry.json(),
            Ok(entry) if columns => entry.columns(),
            Ok(entry) => entry.csv(),
            Err(problem) => {
                problems += 1;
                print_error(Style::new(), "", &problem.to_string());
                return ControlFlow::Continue(());
            }
        };
        result = out.write_all(line.as_bytes());
        if result.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    match &ids {
        Some(ids) => store.list_of(ids, show)?,
        None => store.list(show)?,
    }
    match result.and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => return Err(error.into()),
        _ => {}
    }
    Ok(if problems == 0 { Exit::Success } else { Exit::Different })
}
