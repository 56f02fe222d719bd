//! Which plugins may be started. A report, or the spec of a stored trial, is text that anybody may have written: it starts a
//! program only in a folder that the user names on the command line.

use crate::args::Verify;
use crate::error::CliError;
use crate::plugins::DEFAULT;
use recur_core::plan::Plan;
use recur_core::registry::Deferred as _;
use recur_core::visible::visible;
use recur_experiment::shell::quoted;
use recur_experiment::store_option;
use recur_external::{MANIFEST, Plugins};
use std::path::{Path, PathBuf};

/// The folder whose plugins may be needed, and whether they may be started.
pub(super) struct Permission {
    /// The folder that is used: the one of the command line, or the one that a text names, or the default one.
    pub(super) folder: Option<PathBuf>,
    is_given: bool,
    /// The folder that was allowed, where it is not this one.
    other: Option<PathBuf>,
}

impl Permission {
    /// Of the folders that the command line names as `--plugins` and as `--allow-plugins`, and the one that a report does.
    pub(super) fn new(plugins: Option<&Path>, allowed: Option<&Path>, of_text: Option<&Path>) -> Self {
        let default = Path::new(DEFAULT);
        let folder = plugins.or(of_text).or_else(|| default.is_dir().then_some(default)).map(Path::to_owned);
        let is_allowed = allowed.zip(folder.as_deref()).is_some_and(|(allowed, folder)| is_same(allowed, folder));
        let is_given = plugins.is_some() || is_allowed;
        let other = allowed.filter(|_| !is_given).map(Path::to_owned);
        Self { folder, is_given, other }
    }

    /// The same for what the user names as such: a spec may use the default folder, as it may in an experiment.
    pub(super) fn of_spec(plugins: Option<&Path>) -> Self {
        Self { is_given: true, ..Self::new(plugins, None, None) }
    }

    /// Holds `plan` to it: no model of another process where nobody allowed it. `command` is what to type for leave.
    pub(super) fn check(&self, what: &str, plan: &Plan, command: &str) -> Result<(), CliError> {
        let Some(folder) = self.folder.as_deref().filter(|_| !self.is_given) else { return Ok(()) };
        let models = plan.models();
        let plugins = Plugins::find(folder)?;
        let starts: Vec<String> = plugins
            .iter()
            .filter(|plugin| models.contains(&plugin.id()))
            .map(|plugin| {
                let manifest = folder.join(plugin.id()).join(MANIFEST);
                let words: Vec<String> = plugin.command().iter().map(|word| quoted(word)).collect();
                format!("{}: {}", manifest.display(), visible(&words.join(" ")))
            })
            .collect();
        if starts.is_empty() {
            return Ok(());
        }
        let command = format!("{command} --allow-plugins {}", quoted(&folder.display().to_string()));
        let other = self.other.as_deref().map_or_else(String::new, |folder| {
            format!("\n(--allow-plugins names another folder: {})", folder.display())
        });
        let what = format!(
            "{what} names plugins of the folder {}, which are programs. They are started only if you allow it:\n  {}{other}",
            folder.display(),
            starts.join("\n  ")
        );
        Err(CliError::new(what).hint(format!("if you trust them: {command}")))
    }
}

fn is_same(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

/// The command line of `args`, but for what allows plugins.
pub(super) fn command_of(args: &Verify) -> String {
    let mut command = format!("recur verify {}", quoted(&args.what));
    if let Some(n) = args.sample {
        command.push_str(&format!(" --sample {n}"));
    }
    for change in &args.overrides {
        command.push_str(&format!(" --set {}", quoted(&format!("{}={}", change.path, change.value))));
    }
    command + &store_option(&args.store)
}
