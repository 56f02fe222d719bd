//! `recur models`: which models there are, and all about one.

mod card;
mod page;

use crate::args::Models;
use crate::error::{CliError, Exit};
use crate::generated::{deliver, rewrite};
use crate::output::{print, print_json, table};
use card::Card;
use recur_core::model::ModelPlugin;
use recur_core::registry::Registry;
use std::path::Path;

/// Lists all models, tells all about one, or writes the page of all; `plugins` is the folder that the user named.
pub(crate) fn run(args: &Models, plugins: Option<&Path>, registry: &Registry) -> Result<Exit, CliError> {
    match &args.id {
        Some(id) => one(registry.get(id)?, args.json),
        None => all(args, plugins, registry),
    }
}

fn one(plugin: &'static dyn ModelPlugin, json: bool) -> Result<Exit, CliError> {
    let card = Card::of(plugin);
    if json { print_json(&to_json(&card)) } else { print(&details(&card)) }?;
    Ok(Exit::Success)
}

/// What to do about a manifest.
pub(crate) const MANIFESTS: &str = "docs/external-plugins.md explains every key of a manifest";

/// Models that cannot be used are told after the others.
fn all(args: &Models, plugins: Option<&Path>, registry: &Registry) -> Result<Exit, CliError> {
    let cards: Vec<Card> = registry.iter().map(Card::of).collect();
    let exit = if args.target.write.is_some() || args.target.check.is_some() {
        deliver(&page::page(&cards), &args.target, |path| rewrite("models", plugins, path))?
    } else {
        if args.json { print_json(&to_json(&cards)) } else { print(&list(&cards)) }?;
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
    serde_json::to_string_pretty(value).expect("a card has only string keys")
}

fn list(cards: &[Card]) -> String {
    let row = |card: &Card| {
        let names: Vec<&str> = card.parameters.iter().map(|parameter| parameter.name).collect();
        [card.id, card.summary, card.grade_word(), card.regime_word(), &names.join(", "), card.source_file]
            .map(str::to_owned)
            .to_vec()
    };
    let rows: Vec<Vec<String>> = cards.iter().map(row).collect();
    table(&["model", "what it is", "grade", "trained", "parameters", "source"], &rows, usize::MAX)
}

fn details(card: &Card) -> String {
    let rows: Vec<Vec<String>> = card.parameters.iter().map(|parameter| parameter.cells().to_vec()).collect();
    let facts: Vec<String> = card.facts().iter().map(|(name, fact)| format!("{name:<12} {fact}")).collect();
    format!(
        "{}: {}\n\n{}\n\n{}\n\n{}",
        card.id,
        card.summary,
        facts.join("\n"),
        card.description.trim(),
        table(&["parameter", "takes", "default", "meaning"], &rows, usize::MAX)
    )
}
