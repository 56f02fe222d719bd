//! `plugin.yaml`: what a plugin is called, how it is started, and what it promises.

use crate::frozen::{self, Frozen};
use crate::parameter::{Declared, specs};
use recur_core::model::{Condition, Determinism, Needs, Regime, Resources};
use recur_core::params::{ParamSpec, is_snake_case};
use recur_core::settings::TrainingKey;
use recur_core::visible::{is_hidden, visible};
use recur_files::read_regular;
use recur_spec::read_yaml;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The name of a manifest.
pub const MANIFEST: &str = "plugin.yaml";

/// The version of manifests that this recur reads.
pub const MANIFEST_FORMAT: u32 = 1;

/// Bytes that a manifest may have.
const MAX_BYTES: u64 = 1 << 18;

/// A manifest, checked.
#[derive(Clone, Debug)]
pub(crate) struct Manifest {
    /// The folder that it is in.
    pub folder: PathBuf,
    pub summary: String,
    /// How it works, as Markdown.
    pub description: String,
    /// What it costs, in a line.
    pub cost: Option<String>,
    pub version: u32,
    /// The program and its arguments.
    pub command: Vec<String>,
    /// Files besides the command's that its results depend on, relative to the folder.
    pub files: Vec<String>,
    /// Environment variables for the process.
    pub environment: BTreeMap<String, String>,
    pub determinism: Determinism,
    pub regime: Regime,
    /// The keys of `training` that the model does not use.
    pub unused_settings: Vec<TrainingKey>,
    pub parameters: Vec<ParamSpec>,
    pub conditions: &'static [Condition],
    pub limits: Limits,
    pub needs: Needs,
    pub frozen: Vec<Frozen>,
    /// Whether a process serves one model after the other.
    pub reuse: bool,
}

/// What a process is given at most.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Limits {
    /// From its start to its first answer.
    pub start: Duration,
    /// For training an epoch.
    pub epoch: Duration,
    /// For every other answer.
    pub answer: Duration,
    /// Without a sign of life while an answer is due.
    pub idle: Duration,
    /// Raw bytes of an answer.
    pub message_bytes: u64,
}

#[derive(Deserialize)]
struct Format {
    recur_plugin: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[expect(dead_code, reason = "read by `Format` before; named here, as unknown keys are refused")]
    recur_plugin: u32,
    id: String,
    summary: String,
    #[serde(default)]
    description: String,
    cost: Option<String>,
    version: u32,
    command: Vec<String>,
    #[serde(default)]
    files: Vec<String>,
    #[serde(default)]
    environment: BTreeMap<String, String>,
    grade: Grade,
    regime: RegimeWord,
    unused_settings: Option<Vec<TrainingKey>>,
    used_settings: Option<Vec<TrainingKey>>,
    #[serde(default)]
    parameters: Vec<Declared>,
    #[serde(default)]
    limits: RawLimits,
    #[serde(default)]
    texts: Texts,
    #[serde(default)]
    validation: bool,
    #[serde(default)]
    frozen: Vec<frozen::Declared>,
    #[serde(default)]
    resources: RawResources,
    #[serde(default)]
    reuse: bool,
}

/// The form in which a plugin gets texts.
#[derive(Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Texts {
    #[default]
    Tokens,
    Raw,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawResources {
    exclusive: bool,
    max_processes: Option<u32>,
    threads: u32,
}

impl Default for RawResources {
    fn default() -> Self {
        Self { exclusive: false, max_processes: None, threads: 1 }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Grade {
    Portable,
    Machine,
    None,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum RegimeWord {
    Iterative,
    OneShot,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawLimits {
    start_seconds: f64,
    epoch_seconds: f64,
    answer_seconds: f64,
    idle_seconds: f64,
    message_mib: u64,
}

impl Default for RawLimits {
    fn default() -> Self {
        // Silence as long as an epoch: who is granted an hour may be quiet for it, unless the manifest says otherwise.
        Self {
            start_seconds: 60.0,
            epoch_seconds: 3600.0,
            answer_seconds: 600.0,
            idle_seconds: 3600.0,
            message_mib: 64,
        }
    }
}

impl Manifest {
    /// Reads and checks the manifest at `path`, which must be that of the model `id`.
    ///
    /// # Errors
    /// What is wrong with it, with its line, column and excerpt where it has one.
    pub(crate) fn read(path: &Path, id: &str) -> Result<Self, String> {
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let text = String::from_utf8(read_regular(path, MAX_BYTES).map_err(|error| error.to_string())?)
            .map_err(|error| error.to_string())?;
        let format: Format = read_yaml(&text).map_err(|error| error.to_string())?;
        if format.recur_plugin != MANIFEST_FORMAT {
            let found = format.recur_plugin;
            return Err(format!("`recur_plugin` is {found}, this recur reads manifests of format {MANIFEST_FORMAT}"));
        }
        let raw: Raw = read_yaml(&text).map_err(|error| error.to_string())?;
        check(&raw, id)?;
        let unused_settings = unused_settings(&raw)?;
        let (parameters, conditions) = specs(raw.parameters)?;
        Ok(Self {
            folder,
            description: if raw.description.trim().is_empty() { raw.summary.clone() } else { raw.description },
            summary: raw.summary,
            cost: raw.cost,
            version: raw.version,
            command: raw.command,
            files: raw.files,
            environment: raw.environment,
            determinism: match raw.grade {
                Grade::Portable => Determinism::Portable,
                Grade::Machine => Determinism::Machine,
                Grade::None => Determinism::None,
            },
            unused_settings,
            regime: match raw.regime {
                RegimeWord::Iterative => Regime::Iterative,
                RegimeWord::OneShot => Regime::OneShot,
            },
            parameters,
            conditions: Vec::leak(conditions),
            limits: limits(&raw.limits)?,
            needs: Needs {
                raw_texts: raw.texts == Texts::Raw,
                validation: raw.validation,
                resources: resources(&raw.resources)?,
            },
            frozen: frozen::declared(raw.frozen)?,
            reuse: raw.reuse,
        })
    }

    /// The program to start: a bare name is looked for as the shell does, any other is relative to the folder.
    pub(crate) fn program(&self) -> PathBuf {
        let program = Path::new(&self.command[0]);
        if program.components().count() < 2 || program.is_absolute() {
            return program.to_owned();
        }
        // Absolute, as systems differ in what a relative one is relative to once the folder is changed.
        std::path::absolute(self.folder.join(program)).unwrap_or_else(|_| self.folder.join(program))
    }
}

fn check(raw: &Raw, id: &str) -> Result<(), String> {
    if !is_snake_case(id) {
        return Err(format!("the folder's name `{}` is not snake_case, and it names the model", visible(id)));
    }
    if raw.id != id {
        return Err(format!("`id` is `{}`, expected `{id}` as the folder is called", visible(&raw.id)));
    }
    refuse_hidden(raw)?;
    let is_line = |text: &str| !text.trim().is_empty() && !text.contains('\n');
    if !is_line(&raw.summary) {
        return Err("`summary` is not one line".to_owned());
    }
    if !raw.cost.as_deref().is_none_or(is_line) {
        return Err("`cost` is not one line".to_owned());
    }
    if raw.command.first().is_none_or(|program| program.is_empty()) {
        return Err("`command` names no program".to_owned());
    }
    Ok(())
}

/// The keys of `training` that the model does not use: an iterative one names them, a one-shot one names what it does
/// use.
fn unused_settings(raw: &Raw) -> Result<Vec<TrainingKey>, &'static str> {
    let by_recur = [TrainingKey::Length, TrainingKey::Sampling, TrainingKey::EarlyStopping];
    match (&raw.regime, &raw.unused_settings, &raw.used_settings) {
        (RegimeWord::Iterative, Some(unused), None) if unused.iter().any(|key| by_recur.contains(key)) => {
            Err("`unused_settings` may name batch_size, optimizer, schedule, warmup, class_weights and \
                 label_smoothing: recur itself applies the others")
        }
        (RegimeWord::Iterative, unused, None) => Ok(unused.clone().unwrap_or_default()),
        (RegimeWord::Iterative, _, Some(_)) => {
            Err("`used_settings` is for `regime: one_shot`: an iterative model uses all but its `unused_settings`")
        }
        (RegimeWord::OneShot, Some(_), _) => {
            Err("`unused_settings` is for `regime: iterative`: a one-shot model uses only its `used_settings`")
        }
        (RegimeWord::OneShot, None, Some(used)) if used.iter().any(|key| TrainingKey::OF_STEPS.contains(key)) => {
            Err("`used_settings` may name class_weights: the others are for models that learn step by step")
        }
        (RegimeWord::OneShot, None, Some(used)) if !used.is_empty() => Ok(TrainingKey::OF_STEPS.to_vec()),
        (RegimeWord::OneShot, None, _) => Ok(TrainingKey::ALL.to_vec()),
    }
}

/// Words for people that a terminal would obey, or that would be read in another order.
fn refuse_hidden(raw: &Raw) -> Result<(), String> {
    let texts = [("summary", Some(&raw.summary)), ("description", Some(&raw.description)), ("cost", raw.cost.as_ref())];
    for (key, text) in texts {
        // What is not one line is shown below.
        if let Some(hidden) = text.and_then(|text| text.chars().find(|c| !matches!(c, '\n' | '\t') && is_hidden(*c))) {
            return Err(format!("`{key}` has the character {}, which cannot be shown", visible(&hidden.to_string())));
        }
    }
    Ok(())
}

fn resources(raw: &RawResources) -> Result<Resources, String> {
    let RawResources { exclusive, max_processes, threads } = *raw;
    for (key, number) in [("max_processes", max_processes), ("threads", Some(threads))] {
        if let Some(number) = number.filter(|number| !(1..=4096).contains(number)) {
            return Err(format!("`resources.{key}` is {number}, expected a whole number from 1 to 4096"));
        }
    }
    Ok(Resources { exclusive, max_processes, threads })
}

fn limits(raw: &RawLimits) -> Result<Limits, String> {
    const WEEK: f64 = 7.0 * 86_400.0;
    let seconds = |key: &str, seconds: f64| {
        let is_sensible = seconds > 0.0 && seconds <= WEEK;
        let reported = || format!("`limits.{key}` is {seconds}, expected a number above 0, up to {WEEK}");
        is_sensible.then(|| Duration::from_secs_f64(seconds)).ok_or_else(reported)
    };
    if !(1..=4096).contains(&raw.message_mib) {
        return Err(format!("`limits.message_mib` is {}, expected a whole number from 1 to 4096", raw.message_mib));
    }
    Ok(Limits {
        start: seconds("start_seconds", raw.start_seconds)?,
        epoch: seconds("epoch_seconds", raw.epoch_seconds)?,
        answer: seconds("answer_seconds", raw.answer_seconds)?,
        idle: seconds("idle_seconds", raw.idle_seconds)?,
        message_bytes: raw.message_mib << 20,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quiet_plugin_has_the_time_that_each_answer_has() {
        let Limits { start, epoch, answer, idle, .. } = limits(&RawLimits::default()).unwrap();
        assert!(idle >= start.max(epoch).max(answer), "{idle:?} of silence");
    }
}
