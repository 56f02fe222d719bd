//! From the HTML page of a report to the files of its trials in the store, and the commands that read them.
//!
//! The names of the files are those of the store's format. This crate reads no store: a link goes to what the outcome of a trial says is
//! there.

use crate::markdown::code;
use crate::numbers::NBSP;
use crate::provenance::{MadeFrom, Provenance};
use crate::shell::quoted;
use recur_analysis::{End, TrialResult};
use recur_core::trial::TrialId;

/// Where trials are, as seen from the page, and what a user types to read them.
pub(crate) struct TrialLinks {
    /// The store as the target of a link, and as a person reads its path.
    store: Option<(String, String)>,
    commands: Option<Commands>,
}

/// Parts of commands; options have a blank before them.
struct Commands {
    prefix: String,
    store: String,
    plugins: String,
}

impl TrialLinks {
    pub(crate) fn of(provenance: &Provenance) -> Self {
        let link = provenance.store_link.as_ref();
        let target = link.and_then(|link| Some((link.target()?, link.path()?)));
        let named = link.filter(|link| target.is_some() && link.store() != "runs");
        let plugins = match &provenance.made_from {
            MadeFrom::Experiment(source) => source.plugins.as_deref(),
            MadeFrom::Comparison(_) => None,
        };
        let commands = provenance.prefix.clone().map(|prefix| Commands {
            prefix,
            store: named.map(|link| format!(" --store {}", quoted(link.store()))).unwrap_or_default(),
            plugins: plugins.map(|folder| format!(" --plugins {}", quoted(folder))).unwrap_or_default(),
        });
        Self { store: target, commands }
    }

    /// The store as the target of a link, where the page may have links to it.
    pub(crate) fn store(&self) -> Option<&str> {
        self.store.as_ref().map(|(target, _)| target.as_str())
    }

    /// The path of the store from the page, as text.
    pub(crate) fn store_path(&self) -> Option<&str> {
        self.store.as_ref().map(|(_, path)| path.as_str())
    }

    /// The beginning of an id, as a link to the trial's folder where there may be one.
    pub(crate) fn id(&self, trial: &TrialId) -> String {
        let id = code(trial.short());
        match self.folder(trial) {
            Some(folder) => format!("[{id}]({folder}/)"),
            None => id,
        }
    }

    /// Links to the files of a trial that its outcome leaves; nothing where there may be none.
    pub(crate) fn files(&self, trial: &TrialResult) -> Option<String> {
        let folder = self.folder(&trial.trial)?;
        let (has_weights, is_tested) = (trial.outcome == End::Finished, trial.test.is_some());
        let files = [
            ("curves", "curves.csv", true),
            ("log", "log.jsonl", true),
            ("weights", "weights.safetensors", has_weights),
            ("predictions", "test/predictions.parquet", is_tested),
        ];
        let link = |(text, file, _)| format!("[{text}]({folder}/{file})");
        Some(
            files
                .into_iter()
                .filter(|(.., is_there)| *is_there)
                .map(link)
                .collect::<Vec<_>>()
                .join(&format!(",{NBSP}")),
        )
    }

    /// The command that predicts with a trial, without the text; none where the program has no such command.
    pub(crate) fn predict(&self, trial: &TrialId) -> Option<String> {
        let Commands { prefix, store, plugins } = self.commands.as_ref()?;
        Some(format!("{prefix} predict{plugins}{store} --model {}", trial.short()))
    }

    /// The commands that predict with a trial, where it has weights, and show its log; none where the program has no such commands.
    pub(crate) fn commands(&self, trial: &TrialResult) -> Vec<String> {
        let Some(Commands { prefix, store, .. }) = &self.commands else { return Vec::new() };
        let id = trial.trial.short();
        let predict = self.predict(&trial.trial).filter(|_| trial.outcome == End::Finished);
        predict
            .map(|command| format!("{command} 'a text'"))
            .into_iter()
            .chain([format!("{prefix} logs{store} {id}")])
            .collect()
    }

    fn folder(&self, trial: &TrialId) -> Option<String> {
        let id = trial.as_str();
        Some(format!("{}/trials/{}/{id}", self.store()?, &id[..2]))
    }
}
