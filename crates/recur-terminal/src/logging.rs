//! Logs: lines for people on standard error, JSON lines in a file of the experiment.

use crate::progress::Screen;
use anstyle::{AnsiColor, Style};
use recur_core::visible::{visible_json, visible_lines};
use recur_experiment::{OfTrial, Started, TrialLogs};
use std::fs::File;
use std::io::Write;
use std::sync::{Arc, Mutex};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

/// The log file of an experiment, and the first error of writing it.
#[derive(Clone, Debug)]
pub struct LogFile(Arc<Mutex<(File, Option<std::io::Error>)>>);

impl LogFile {
    /// Writes to `file`, which is open to append to it.
    pub fn new(file: File) -> Self {
        Self(Arc::new(Mutex::new((file, None))))
    }

    /// The first error of writing to it, if there was one: the log is then incomplete.
    pub fn take_error(&self) -> Option<std::io::Error> {
        self.0.lock().ok()?.1.take()
    }
}

impl Write for LogFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if let Ok(mut guard) = self.0.lock() {
            let (file, first_error) = &mut *guard;
            // After the first error nothing more: only the last line may be cut, and the next run takes such a line off.
            if first_error.is_none() {
                // JSON lines: what a terminal obeys is an escape of JSON here, for whoever looks at the file with `cat`.
                let escaped = std::str::from_utf8(bytes).map(visible_json);
                *first_error = file.write_all(escaped.as_ref().map_or(bytes, |json| json.as_bytes())).err();
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Starts logging, and gives the logs of single trials. `RUST_LOG` goes before `level`; `NO_COLOR`, and no terminal, take
/// the colours off.
pub fn start_logs(level: tracing::Level, screen: &Screen, file: Option<&LogFile>) -> TrialLogs {
    let filter = || EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level.as_str()));
    let screen = screen.clone();
    // `Screen` takes colours off where they are not wanted.
    let people = tracing_subscriber::fmt::layer()
        .event_format(ForPeople(Started::now()))
        .with_ansi(true)
        .with_writer(move || screen.clone())
        .with_filter(filter());
    let machine = file.cloned().map(|file| {
        let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("debug"));
        tracing_subscriber::fmt::layer().json().with_writer(move || file.clone()).with_filter(filter)
    });
    let trials = TrialLogs::default();
    let detailed = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("debug"));
    // A second start in one process (tests) leaves the first in place.
    let _ =
        tracing_subscriber::registry().with(people).with(machine).with(trials.clone().with_filter(detailed)).try_init();
    trials
}

/// A line for people: seconds since the start, level, message and fields. Of the spans around them, which the log file has, only the
/// id of the trial is shown, where the message does not name it.
struct ForPeople(Started);

impl<S, N> FormatEvent<S, N> for ForPeople
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &tracing::Event<'_>,
    ) -> std::fmt::Result {
        let level = *event.metadata().level();
        let color = match level {
            tracing::Level::ERROR => AnsiColor::Red,
            tracing::Level::WARN => AnsiColor::Yellow,
            tracing::Level::INFO => AnsiColor::Green,
            _ => AnsiColor::Blue,
        };
        let (dim, style) = (Style::new().dimmed(), Style::new().fg_color(Some(color.into())));
        write!(writer, "{dim}{:7.1}s{dim:#} {style}{level:>5}{style:#} ", self.0.elapsed().as_secs_f64())?;
        let mut text = String::new();
        context.field_format().format_fields(Writer::new(&mut text), event)?;
        let scope = context.event_scope().into_iter().flatten();
        let of_trial = scope.into_iter().find_map(|span| span.extensions().get::<OfTrial>().cloned());
        if let Some(of_trial) = of_trial.filter(|of_trial| !text.contains(of_trial.short())) {
            text.push_str(&format!(" [{}]", of_trial.short()));
        }
        // A line end within a message begins no line of the log: nothing from outside can pass for one.
        writeln!(writer, "{}", visible_lines(&text).replace('\n', "\n               "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is written, for whoever has a clone.
    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_within_a_trial_has_the_beginning_of_its_id_once() {
        let written = Written::default();
        let people = tracing_subscriber::fmt::layer().event_format(ForPeople(Started::now())).with_ansi(false);
        let out = written.clone();
        let subscriber =
            tracing_subscriber::registry().with(people.with_writer(move || out.clone())).with(TrialLogs::default());
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!("outside");
            let _trial = tracing::info_span!("trial", id = "0123456789abcdef").entered();
            let _epoch = tracing::info_span!("epoch", epoch = 0).entered();
            tracing::info!("plain");
            tracing::info!("m replicate 0 [0123456789]: named");
        });
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        let ends: Vec<&str> = text.lines().map(|line| line.split_once("INFO").unwrap().1.trim()).collect();
        assert!(ends[0].ends_with("outside"), "{text}");
        assert!(ends[1].ends_with("plain [0123456789]"), "{text}");
        assert!(ends[2].ends_with("m replicate 0 [0123456789]: named"), "{text}");
    }
}
