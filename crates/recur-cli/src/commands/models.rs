//! `recur models`: which models there are.

use crate::args::Models;
use crate::error::{CliError, Exit};
use crate::output::{print, table};
use recur_core::model::{Determinism, ModelPlugin, Regime};
use recur_core::registry::Registry;

/// Lists all models, or tells all about one.
pub(crate) fn run(args: &Models, registry: &Registry) -> Result<Exit, CliError> {
    match &args.id {
        None => {
            print(&list(registry))?;
            let problems: Vec<String> = registry.iter().filter_map(|plugin| plugin.problem()).collect();
            if !problems.is_empty() {
                return Err(CliError::BrokenPlugins { problems });
            }
        }
        Some(id) => {
            let plugin = registry.get(id)?;
            if let Some(problem) = plugin.problem() {
                return Err(CliError::BrokenModel { id: id.clone(), problem });
            }
            print(&details(plugin))?;
        }
    }
    Ok(Exit::Success)
}

fn list(registry: &Registry) -> String {
    let row = |plugin: &dyn ModelPlugin| {
        let names: Vec<&str> = plugin.parameters().iter().map(|spec| spec.name).collect();
        [plugin.id(), plugin.summary(), &names.join(", "), plugin.source_file()].map(str::to_owned).to_vec()
    };
    let rows: Vec<Vec<String>> = registry.iter().map(row).collect();
    table(&["model", "what it is", "parameters", "source"], &rows, usize::MAX)
}

fn details(plugin: &dyn ModelPlugin) -> String {
    let parameter = |spec: &recur_core::params::ParamSpec| {
        vec![spec.name.to_owned(), spec.kind.to_string(), spec.default.value().to_string(), spec.meaning.to_owned()]
    };
    let rows: Vec<Vec<String>> = plugin.parameters().iter().map(parameter).collect();
    let determinism = match plugin.determinism() {
        Determinism::Portable => "equal bits on every machine and instruction set",
        Determinism::Machine => "equal bits on machines of one kind",
        Determinism::None => "no promise of equal bits",
    };
    let regime = match plugin.regime() {
        Regime::Iterative => "step by step, as the spec's `training` says",
        Regime::OneShot => "in one go on all training names; the spec's `training` does not concern it",
    };
    format!(
        "{}: {}\n\nversion      {}\ntrained      {regime}\npromises     {determinism}\nsource       {}\n\n{}\n\n{}",
        plugin.id(),
        plugin.summary(),
        plugin.version(),
        plugin.source_file(),
        plugin.description().trim_end(),
        table(&["parameter", "takes", "default", "meaning"], &rows, usize::MAX)
    )
}
