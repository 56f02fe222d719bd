//! `recur models`: which models there are, and all about one.

use crate::args::Models;
use crate::error::{CliError, Exit};
use crate::generated::{deliver, rewrite};
use recur_core::model::ModelPlugin;
use recur_core::registry::Registry;
use recur_report::{ModelDescription, models_page};
use recur_terminal::{print, print_json, table};
use std::path::Path;

/// Lists all models, tells all about one, or writes the page of all; `plugins` is the folder that the user named.
pub(crate) fn run(args: &Models, plugins: Option<&Path>, registry: &Registry) -> Result<Exit, CliError> {
    match &args.id {
        Some(id) => one(registry.get(id)?, args.json),
        None => all(args, plugins, registry),
    }
}

fn one(plugin: &'static dyn ModelPlugin, json: bool) -> Result<Exit, CliError> {
    let model = ModelDescription::of(plugin);
    if json { print_json(&to_json(&model)) } else { print(&details(&model)) }?;
    Ok(Exit::Success)
}

/// What to do about a manifest.
pub(crate) const MANIFESTS: &str = "docs/external-plugins.md explains every key of a manifest";

/// Models that cannot be used are reported after the others.
fn all(args: &Models, plugins: Option<&Path>, registry: &Registry) -> Result<Exit, CliError> {
    let models: Vec<ModelDescription> = registry.iter().map(ModelDescription::of).collect();
    let exit = if args.target.write.is_some() || args.target.check.is_some() {
        deliver(&models_page(&models), &args.target, |path| rewrite("models", plugins, path))?
    } else {
        if args.json { print_json(&to_json(&models)) } else { print(&list(&models)) }?;
        Exit::Success
    };
    let problems: Vec<String> = registry.all().filter_map(|plugin| Some(plugin.err()?.problem)).collect();
    if problems.is_empty() {
        return Ok(exit);
    }
    let what = format!("{} of the plugins cannot be used:\n  {}", problems.len(), problems.join("\n  "));
    Err(CliError::new(what).hint(MANIFESTS.to_owned()))
}

fn to_json(value: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(value).expect("a description has only string keys")
}

fn list(models: &[ModelDescription]) -> String {
    let row = |model: &ModelDescription| {
        let names: Vec<&str> = model.parameters.iter().map(|parameter| parameter.name).collect();
        [model.id, model.summary, model.grade_word(), model.regime_word(), &names.join(", "), model.source_file]
            .map(str::to_owned)
            .to_vec()
    };
    let rows: Vec<Vec<String>> = models.iter().map(row).collect();
    table(&["model", "what it is", "grade", "trained", "parameters", "source"], &rows, usize::MAX)
}

fn details(model: &ModelDescription) -> String {
    let rows: Vec<Vec<String>> = model.parameters.iter().map(|parameter| parameter.cells().to_vec()).collect();
    let facts: Vec<String> = model.facts().iter().map(|(name, fact)| format!("{name:<12} {fact}")).collect();
    format!(
        "{}: {}\n\n{}\n\n{}\n\n{}",
        model.id,
        model.summary,
        facts.join("\n"),
        model.description.trim(),
        table(&["parameter", "takes", "default", "meaning"], &rows, usize::MAX)
    )
}
