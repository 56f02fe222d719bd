//! A plugin of a few lines, and what is asked of it.

use recur_core::dataset::Sequences;
use recur_core::model::{Cancel, Chunk, Kernels, Model, ModelError, Setup, SetupData};
use recur_core::params::Params;
use recur_core::random::StreamPath;
use recur_core::registry::Deferred as _;
use recur_core::settings::{Optimizer, TrainingLength, TrainingSettings};
use recur_core::workers::alone;
use recur_external::ExternalModel;
use std::path::PathBuf;
use tempfile::TempDir;

pub const LIMITS: &str = "{start_seconds: 5, epoch_seconds: 5, answer_seconds: 5, idle_seconds: 5, message_mib: 1}";

/// Answers `build` as it must.
pub const BUILT: &str = "read -r _; echo '{\"id\":1,\"protocol\":4,\"n_parameters\":3}'\n";

/// A plugin whose process is a shell with `script`.
pub struct Odd {
    folder: TempDir,
    plugin: &'static ExternalModel,
}

impl Odd {
    pub fn new(script: &str, limits: &str) -> Self {
        Self::with_command("[/bin/sh, odd.sh]", script, limits)
    }

    pub fn with_command(command: &str, script: &str, limits: &str) -> Self {
        Self::with_lines(command, script, &format!("limits: {limits}\n"))
    }

    /// One whose manifest has more `lines`.
    pub fn with_lines(command: &str, script: &str, lines: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("odd");
        std::fs::create_dir(&home).unwrap();
        let manifest = format!(
            "recur_plugin: 1\nid: odd\nsummary: odd\nversion: 1\ncommand: {command}\ngrade: none\nregime: iterative\n\
             parameters: [{{name: size, kind: integer, min: 1, max: 9, default: 3, meaning: size}}]\n{lines}"
        );
        std::fs::write(home.join("plugin.yaml"), manifest).unwrap();
        std::fs::write(home.join("odd.sh"), script).unwrap();
        let plugin = ExternalModel::in_folder(&home);
        plugin.check().unwrap();
        Self { folder, plugin }
    }

    pub fn home(&self) -> PathBuf {
        self.folder.path().join("odd")
    }

    /// Has the plugin end the processes that wait.
    pub fn release(&self) {
        self.plugin.load().unwrap().release();
    }

    pub fn build(&self) -> Result<Box<dyn Model>, ModelError> {
        self.build_on(None)
    }

    /// A model that is built on `data`.
    pub fn build_on(&self, data: Option<SetupData<'_>>) -> Result<Box<dyn Model>, ModelError> {
        let plugin = self.plugin.load().unwrap();
        plugin.build(&Setup {
            params: &Params::defaults(plugin.about().parameters),
            training: Some(&TrainingSettings {
                length: TrainingLength::Epochs(1),
                batch_size: 2,
                optimizer: Optimizer::Sgd { momentum: 0.0 },
                ..TrainingSettings::default()
            }),
            n_tokens: 4,
            n_classes: 2,
            data,
            class_weights: &[1.0, 1.0],
            streams: &StreamPath::root(1),
            workers: &alone(),
            kernels: Kernels::widest(),
        })
    }
}

pub fn texts() -> Sequences {
    [&[0_u16, 1][..], &[2]].into_iter().collect()
}

pub fn train(model: &mut dyn Model, cancel: &Cancel) -> Result<f64, ModelError> {
    let chunk = Chunk {
        epoch: 0,
        sequences: &texts(),
        labels: &[0, 1],
        order: &[0, 1],
        steps_before: 0,
        total_steps: 1,
        streams: &StreamPath::root(1),
        cancel,
    };
    let mut losses = vec![f64::NAN; chunk.order.len()];
    model.train(&chunk, &mut losses)?;
    Ok(losses.iter().sum())
}

pub fn predict(model: &mut dyn Model) -> Result<(), ModelError> {
    model.log_probabilities(&texts(), &[0, 1], &mut [0.0; 4])
}

#[track_caller]
pub fn reported(error: &ModelError, parts: &[&str]) {
    let error = error.to_string();
    assert!(error.starts_with("plugin `odd`: "), "{error}");
    for part in parts {
        assert!(error.contains(part), "`{part}` is not in: {error}");
    }
}

#[track_caller]
pub fn check_build(script: &str, limits: &str, parts: &[&str]) {
    let error = Odd::new(script, limits).build().map(|_| ()).expect_err("it is no plugin");
    reported(&error, parts);
}

/// Checks a plugin that is built, and then answers a question with `script`.
#[track_caller]
pub fn check_asked(script: &str, limits: &str, ask: fn(&mut dyn Model) -> Result<(), ModelError>, parts: &[&str]) {
    let odd = Odd::new(&format!("{BUILT}{script}"), limits);
    let mut model = odd.build().unwrap();
    reported(&ask(&mut *model).expect_err("it fails"), parts);
    let again = predict(&mut *model).expect_err("it failed before");
    reported(&again, &["is no longer there, after it failed: "]);
}

pub fn trained(model: &mut dyn Model) -> Result<(), ModelError> {
    train(model, &Cancel::new()).map(|_| ())
}
