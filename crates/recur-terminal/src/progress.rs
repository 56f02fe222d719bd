//! Progress bars: one for the sweep, one for each running trial. Hidden when standard error is no terminal.

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressFinish, ProgressStyle};
use recur_core::event::Event;
use recur_core::plan::Plan;
use recur_core::visible::visible;
use recur_experiment::title;
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A trial counts this much on the sweep's bar, so that its epochs can move it.
const PARTS: u64 = 1000;

/// The bars of a sweep.
pub struct Progress {
    screen: MultiProgress,
    sweep: ProgressBar,
    n_done: AtomicU64,
    running: Mutex<BTreeMap<String, Running>>,
}

struct Running {
    bar: ProgressBar,
    n_epochs: u32,
    parts: u64,
}

/// Where log lines go while bars are drawn: above them.
#[derive(Clone)]
pub struct Screen(MultiProgress);

impl Screen {
    /// A screen without bars so far.
    pub fn new() -> Self {
        Self(MultiProgress::with_draw_target(ProgressDrawTarget::stderr()))
    }
}

impl Default for Screen {
    fn default() -> Self {
        Self::new()
    }
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.suspend(|| anstream::stderr().write_all(bytes))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        anstream::stderr().flush()
    }
}

impl Progress {
    /// Bars for `n_trials` trials on `screen`, which belong to `stage`, where it is not empty.
    pub fn new(screen: &Screen, n_trials: usize, stage: &str) -> Self {
        let template = match stage.is_empty() {
            true => "{elapsed:>5} {bar:32} {msg}, {eta} left",
            false => "      {prefix}\n{elapsed:>5} {bar:32} {msg}, {eta} left",
        };
        let style = ProgressStyle::with_template(template);
        let sweep = screen.0.add(ProgressBar::new(n_trials as u64 * PARTS));
        sweep.set_style(style.expect("the template is valid").progress_chars("━╸─"));
        sweep.set_prefix(visible(stage).into_owned());
        sweep.set_message(format!("0/{n_trials} trials"));
        tick(&sweep);
        Self { screen: screen.0.clone(), sweep, n_done: AtomicU64::new(0), running: Mutex::new(BTreeMap::new()) }
    }

    /// Results decided that `n_trials` more are trained, which belong to `stage`.
    pub fn add(&self, n_trials: usize, stage: &str) {
        self.sweep.inc_length(n_trials as u64 * PARTS);
        self.sweep.set_prefix(visible(stage).into_owned());
        self.tell_rate();
    }

    /// Draws what happened.
    pub fn event(&self, plan: &Plan, event: &Event<'_>) {
        let mut running = self.running.lock().expect("no thread panics while it holds the lock");
        match event {
            Event::TrialStarted { trial, n_epochs, epochs_done } => {
                let bar = self.screen.add(ProgressBar::new(u64::from(*n_epochs)));
                let style = ProgressStyle::with_template("      {bar:12} {prefix}  {msg:.dim}");
                bar.set_style(style.expect("the template is valid").progress_chars("━╸─"));
                bar.set_prefix(visible(&title(trial)).into_owned());
                bar.set_position(u64::from(*epochs_done));
                bar.tick();
                let parts = PARTS * u64::from(*epochs_done) / u64::from((*n_epochs).max(1));
                self.sweep.inc(parts);
                running.insert(trial.id.to_string(), Running { bar, n_epochs: *n_epochs, parts });
            }
            Event::EpochFinished { trial, epoch, validation, .. } => {
                let Some(running) = running.get_mut(trial.id.as_str()) else { return };
                let metric = plan.report.primary;
                running.bar.set_position(u64::from(*epoch) + 1);
                running.bar.set_message(format!("{} {:.3}", metric.title(), validation.get(metric)));
                let parts = PARTS * (u64::from(*epoch) + 1) / u64::from(running.n_epochs.max(1));
                self.sweep.inc(parts - running.parts);
                running.parts = parts;
            }
            Event::TrialEnded { trial, .. } => {
                let parts = running.remove(trial.id.as_str()).map_or(0, |running| {
                    running.bar.finish_and_clear();
                    running.parts
                });
                self.sweep.inc(PARTS - parts);
                self.n_done.fetch_add(1, Ordering::Relaxed);
                self.tell_rate();
            }
        }
    }

    /// How many trials have ended, of how many, and how many a minute.
    fn tell_rate(&self) {
        let done = self.n_done.load(Ordering::Relaxed);
        let minutes = self.sweep.elapsed().as_secs_f64() / 60.0;
        let total = self.sweep.length().unwrap_or(0) / PARTS;
        self.sweep.set_message(format!("{done}/{total} trials, {:.1} a minute", done as f64 / minutes.max(1e-9)));
    }

    /// Removes all bars.
    pub fn finish(&self) {
        self.sweep.finish_and_clear();
        let mut running = self.running.lock().expect("no thread panics while it holds the lock");
        std::mem::take(&mut *running).into_values().for_each(|running| running.bar.finish_and_clear());
    }
}

/// A bar of `n` steps on standard error, drawn as the `template` of indicatif says; it is gone when it is dropped.
///
/// # Panics
/// If the template is wrong.
pub fn bar(n: u64, template: &str) -> ProgressBar {
    let style = ProgressStyle::with_template(template).expect("the template is valid");
    ProgressBar::with_draw_target(Some(n), ProgressDrawTarget::stderr())
        .with_style(style.progress_chars("━╸─"))
        .with_finish(ProgressFinish::AndClear)
}

/// Has `bar` drawn twice a second, where it is drawn at all. That takes a thread, which indicatif cannot do without: where the
/// system grants none, the bar moves with what happens.
pub fn tick(bar: &ProgressBar) {
    let grants_thread = || std::thread::Builder::new().spawn(|| ()).is_ok_and(|thread| thread.join().is_ok());
    if !bar.is_hidden() && grants_thread() {
        bar.enable_steady_tick(Duration::from_millis(500));
    }
}
