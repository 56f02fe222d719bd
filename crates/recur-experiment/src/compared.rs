//! What is to be compared, from a store: experiments by their specs, reports or names, and trials by the beginnings of their ids.
//!
//! Nothing is trained or scored for a comparison, and the store is only read.

mod error;
mod input;
mod labels;
mod read;

pub use error::ComparisonError;

use crate::places::SpecPaths;
use crate::request::{Program, plugins_option};
use crate::shell::quoted;
use input::ComparedInput;
use recur_analysis::{ComparedExperiment, Comparison};
use recur_core::nearest::nearest;
use recur_core::registry::Registry;
use recur_report::{ComparedSpec, ComparisonSource, MadeFrom, Provenance};
use recur_store::Store;
use std::path::Path;

/// What is to be compared, and how.
#[derive(Clone, Copy, Debug)]
pub struct ComparisonRequest<'a> {
    /// Specs, reports, names of experiments in the store, or beginnings of trials' ids: two or more. The others are compared with
    /// the first.
    pub inputs: &'a [String],
    /// The name of the comparison.
    pub name: &'a str,
    /// Its question, where it is not that of the experiments.
    pub question: Option<&'a str>,
    /// The model that the others are compared with, as EXPERIMENT/MODEL; without one, the first experiment's best on validation.
    pub baseline: Option<&'a str>,
    /// Only these models of each experiment, where any are named.
    pub models: &'a [String],
    /// Where the relative paths in a spec begin.
    pub paths: SpecPaths,
}

/// Experiments or trials of a store that are compared.
#[derive(Debug)]
pub struct ComparedInputs(Vec<ComparedInput>);

impl ComparedInputs {
    /// All that `request` names, from `store`.
    ///
    /// # Errors
    /// If a word names nothing, the same as another, or what has no results that can be compared.
    pub fn read(request: &ComparisonRequest<'_>, store: &Store, registry: &Registry) -> Result<Self, ComparisonError> {
        read::inputs(request, store, registry).map(Self)
    }

    /// All of it as one experiment.
    ///
    /// # Errors
    /// If the experiments do not share their test sets, or have no model that is asked for.
    pub fn comparison(&self, request: &ComparisonRequest<'_>) -> Result<Comparison, ComparisonError> {
        let is_of_several = self.0.iter().any(|input| input.dataset() != self.0[0].dataset());
        let parts: Vec<ComparedExperiment<'_>> =
            self.0.iter().map(|input| input.part(is_of_several, request.models)).collect::<Result<_, _>>()?;
        let labels: Vec<&str> = parts.iter().flat_map(|part| part.labels.values().map(String::as_str)).collect();
        if let Some(name) = request.baseline.filter(|name| !labels.contains(name)) {
            let nearest = nearest(name, labels.iter().copied()).map(str::to_owned);
            let mut models: Vec<String> = labels.iter().map(|label| (*label).to_owned()).collect();
            models.sort();
            return Err(ComparisonError::NoBaseline { name: name.to_owned(), nearest, models });
        }
        Ok(Comparison::of(&parts, request.name, request.question, request.baseline)?)
    }

    /// How the comparison is made: by `program`, with the folder of plugins `plugins` where the user named one. `write` is the
    /// file that the command writes.
    pub fn provenance(
        &self,
        request: &ComparisonRequest<'_>,
        program: &Program<'_>,
        plugins: Option<&Path>,
        write: Option<&Path>,
    ) -> Provenance {
        let compared = request.inputs.iter().zip(&self.0).map(|(given, input)| ComparedSpec {
            given: given.clone(),
            name: input.name.clone(),
            resolved_spec: input.experiment.spec().resolved_yaml(),
        });
        let source = ComparisonSource {
            compared: compared.collect(),
            question: request.question.map(str::to_owned),
            models: request.models.to_vec(),
            baseline: request.baseline.map(str::to_owned),
        };
        Provenance {
            program: program.name.to_owned(),
            prefix: Some(program.prefix.to_owned()),
            command: request.command(program.prefix, plugins, write),
            recur_version: env!("CARGO_PKG_VERSION").to_owned(),
            numeric_contract: recur_core::NUMERIC_CONTRACT,
            store_link: None,
            made_from: MadeFrom::Comparison(source),
        }
    }
}

impl ComparisonRequest<'_> {
    /// The command that makes the comparison again. `prefix` is what users type before a command.
    fn command(&self, prefix: &str, plugins: Option<&Path>, write: Option<&Path>) -> String {
        let mut words: Vec<String> = self.inputs.to_vec();
        let mut option = |name: &str, value: &str| words.extend([format!("--{name}"), value.to_owned()]);
        self.baseline.iter().for_each(|baseline| option("baseline", baseline));
        self.models.iter().for_each(|model| option("model", model));
        self.question.iter().for_each(|question| option("question", question));
        write.iter().for_each(|path| option("write", &path.display().to_string()));
        let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
        format!("{prefix} compare {}{}", words.join(" "), plugins_option(plugins))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_of_a_comparison_has_all_that_changes_it() {
        let (inputs, models) = (["a b.yaml", "c"].map(str::to_owned), ["gru".to_owned()]);
        let request = ComparisonRequest {
            inputs: &inputs,
            name: "both",
            question: Some("Which one?"),
            baseline: Some("c/gru"),
            models: &models,
            paths: SpecPaths::default(),
        };
        let command = request.command("own", Some(Path::new("my plugins")), Some(Path::new("both.md")));
        let options = "--baseline c/gru --model gru --question 'Which one?' --write both.md --plugins 'my plugins'";
        assert_eq!(command, format!("own compare 'a b.yaml' c {options}"));
    }
}
