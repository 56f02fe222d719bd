//! Progress bars: one for the sweep, one for each running trial. Without a terminal, a line a minute instead.

use crate::lines::{Size, block, minute};
use crate::sweep::Sweep;
use console::Term;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressFinish, ProgressState, ProgressStyle};
use recur_core::event::Event;
use recur_core::metric::Metric;
use recur_experiment::{Left, Started};
use std::fmt;
use std::io::Write;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Seconds between two lines of a log.
const MINUTE: f64 = 60.0;

/// Where log lines go while bars are drawn: above them.
#[derive(Clone)]
pub struct Screen {
    bars: MultiProgress,
    /// Asked each time something is drawn, as a terminal may change it.
    size: Arc<dyn Fn() -> Size + Send + Sync>,
}

impl Screen {
    /// A screen without bars so far, on standard error.
    pub fn new() -> Self {
        let terminal = Term::stderr();
        let size = move || {
            let (rows, columns) = terminal.size();
            Size { rows: rows.into(), columns: columns.into() }
        };
        Self { bars: MultiProgress::with_draw_target(ProgressDrawTarget::stderr()), size: Arc::new(size) }
    }
}

impl fmt::Debug for Screen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Screen").field("size", &(self.size)()).finish_non_exhaustive()
    }
}

impl Default for Screen {
    fn default() -> Self {
        Self::new()
    }
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.bars.suspend(|| anstream::stderr().write_all(bytes))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        anstream::stderr().flush()
    }
}

/// A sweep that several threads follow.
#[derive(Clone)]
struct Shared {
    sweep: Arc<Mutex<Sweep>>,
    started: Started,
}

impl Shared {
    fn sweep(&self) -> MutexGuard<'_, Sweep> {
        self.sweep.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Seconds since the start.
    fn now(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }
}

/// Shows how far a sweep is.
pub struct Progress {
    shared: Shared,
    shown: Shown,
}

enum Shown {
    /// All lines that are drawn are one bar of indicatif, which draws them again several times a second.
    Bars(ProgressBar),
    /// Written to the log as long as it is there; none where the system grants no thread for it.
    Lines { _logged: Option<Logged> },
}

impl Progress {
    /// The progress of `n_trials` trials on `screen`, which belong to `stage`, where it is not empty. Results are compared by `metric`.
    pub fn new(screen: &Screen, metric: Metric, n_trials: usize, stage: &str) -> Self {
        let sweep = Arc::new(Mutex::new(Sweep::new(metric, n_trials, stage)));
        let shared = Shared { sweep, started: Started::now() };
        let shown = match screen.bars.is_hidden() {
            true => Shown::Lines { _logged: Logged::start(shared.clone()) },
            false => Shown::Bars(bars(screen, shared.clone())),
        };
        Self { shared, shown }
    }

    /// Results decided that `n_trials` more are trained, which belong to `stage`.
    pub fn add(&self, n_trials: usize, stage: &str) {
        self.shared.sweep().add(n_trials, stage);
        self.draw();
    }

    /// Shows what happened.
    pub fn event(&self, event: &Event<'_>) {
        self.shared.sweep().take(event);
        self.draw();
    }

    /// Shows how much time is left.
    pub fn set_left(&self, left: Left) {
        let now = self.shared.now();
        self.shared.sweep().set_left(left, now);
        self.draw();
    }

    fn draw(&self) {
        if let Shown::Bars(bar) = &self.shown {
            bar.tick();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Shown::Bars(bar) = &self.shown {
            bar.finish_and_clear();
        }
    }
}

/// The lines of a sweep on `screen`.
fn bars(screen: &Screen, shared: Shared) -> ProgressBar {
    let bar = screen.bars.add(ProgressBar::new_spinner());
    let size = screen.size.clone();
    let lines = move |_: &ProgressState, out: &mut dyn fmt::Write| {
        let (size, now) = (size(), shared.now());
        let lines = block(&shared.sweep(), size, now).join("\n");
        // A bar is drawn to memory, which takes all.
        let _ = out.write_str(&lines);
    };
    let style = ProgressStyle::with_template("{lines}").expect("the template is valid");
    bar.set_style(style.with_key("lines", lines));
    tick(&bar);
    bar
}

/// When a line is due: the first one after a minute.
#[derive(Debug)]
struct Minutes {
    next: f64,
}

impl Minutes {
    fn new() -> Self {
        Self { next: MINUTE }
    }

    /// The line that is due at `now`, in seconds since the start.
    fn line(&mut self, sweep: &Sweep, now: f64) -> Option<String> {
        if now < self.next {
            return None;
        }
        self.next = MINUTE * ((now / MINUTE).floor() + 1.0);
        Some(minute(sweep, now))
    }
}

/// A thread that logs a line a minute, until this is dropped.
struct Logged {
    is_over: Arc<(Mutex<bool>, Condvar)>,
    thread: Option<JoinHandle<()>>,
}

impl Logged {
    fn start(shared: Shared) -> Option<Self> {
        let is_over = Arc::new((Mutex::new(false), Condvar::new()));
        let (span, seen) = (tracing::Span::current(), is_over.clone());
        let work = move || span.in_scope(|| log_minutes(&shared, &seen));
        let thread = std::thread::Builder::new().name("progress".into()).spawn(work).ok()?;
        Some(Self { is_over, thread: Some(thread) })
    }
}

fn log_minutes(shared: &Shared, (is_over, changed): &(Mutex<bool>, Condvar)) {
    let mut minutes = Minutes::new();
    let mut guard = is_over.lock().unwrap_or_else(PoisonError::into_inner);
    while !*guard {
        let now = shared.now();
        let line = minutes.line(&shared.sweep(), now);
        if let Some(line) = line {
            tracing::info!("{line}");
        }
        let time = Duration::from_secs_f64((minutes.next - now).clamp(0.01, MINUTE));
        guard = changed.wait_timeout(guard, time).unwrap_or_else(PoisonError::into_inner).0;
    }
}

impl Drop for Logged {
    fn drop(&mut self) {
        *self.is_over.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.is_over.1.notify_all();
        // It does nothing that can panic; if it did, the run is none the worse for it.
        let _ = self.thread.take().map(JoinHandle::join);
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

#[cfg(test)]
mod tests;
