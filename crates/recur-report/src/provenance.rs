//! How a report was made, as data: a report's text is written from it and never read back.

use crate::store_link::StoreLink;
use serde::{Deserialize, Serialize};

/// How a report was made. Nothing in it depends on the machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// The program that wrote the report, by the name under which users start it.
    pub program: String,
    /// What users type before a command of the program, where it has the commands of recur: commands that read a trial begin with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// The command that writes the report again, as users type it. It is shown, and never run or taken apart: what it means
    /// is in `made_from`.
    pub command: String,
    /// The version of recur.
    pub recur_version: String,
    /// The version of the numeric contract.
    pub numeric_contract: u32,
    /// The way from the HTML page to the store with the trials, where both were named by relative paths.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store_link: Option<StoreLink>,
    /// What the report is about.
    pub made_from: MadeFrom,
}

/// What a report is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MadeFrom {
    /// The spec of one experiment.
    Experiment(SpecSource),
    /// Experiments or trials that are compared.
    Comparison(ComparisonSource),
}

/// The spec of an experiment, and what changed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpecSource {
    /// The path of the spec as the user named it.
    pub spec_path: String,
    /// Changes of the spec, each as `PATH=VALUE`.
    pub overrides: Vec<String>,
    /// The folder of external plugins, if the user named one.
    pub plugins: Option<String>,
    /// The spec as YAML, with defaults and overrides filled in.
    pub resolved_spec: String,
}

/// What a comparison compares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComparisonSource {
    /// In the order that the user named them.
    pub compared: Vec<ComparedSpec>,
    /// The question, if the comparison has one of its own; otherwise it has those of its experiments.
    pub question: Option<String>,
    /// Only these models are compared; all where it is empty.
    #[serde(default)]
    pub models: Vec<String>,
    /// The model that the others are compared with, where one was named.
    #[serde(default)]
    pub baseline: Option<String>,
}

/// One of the things that are compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComparedSpec {
    /// As the user named it: a spec, an experiment in the store, or a trial.
    pub given: String,
    /// Its name in the comparison.
    pub name: String,
    /// Its spec as YAML, with defaults and overrides filled in.
    pub resolved_spec: String,
}

impl Provenance {
    /// The path of the spec as the user named it; of a comparison, all that it compares.
    pub fn spec_path(&self) -> String {
        match &self.made_from {
            MadeFrom::Experiment(source) => source.spec_path.clone(),
            MadeFrom::Comparison(source) => {
                source.compared.iter().map(|spec| spec.given.as_str()).collect::<Vec<_>>().join(", ")
            }
        }
    }

    /// The spec as YAML, with defaults and overrides filled in; of a comparison, those of all that it compares, each below its
    /// name.
    pub fn resolved_spec(&self) -> String {
        match &self.made_from {
            MadeFrom::Experiment(source) => source.resolved_spec.clone(),
            MadeFrom::Comparison(source) => {
                let specs = source.compared.iter().map(|spec| format!("# {}\n{}", spec.name, spec.resolved_spec));
                specs.collect::<Vec<_>>().join("---\n")
            }
        }
    }
}
