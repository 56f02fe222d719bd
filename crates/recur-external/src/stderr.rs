//! What a plugin writes to standard error: into the log of its trial, never in its way.

use crate::error::printable;
use crate::time::Received;
use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::ChildStderr;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tracing::Span;

/// Bytes of one line that are kept.
const MAX_LINE: u64 = 4096;
/// Bytes of one process that are kept; the rest is read all the same, so that writing never blocks it.
const MAX_LOG: u64 = 1 << 20;
/// Lines that an error quotes.
const LAST_LINES: usize = 3;
/// The time that its end may take after that of the process.
const PATIENCE: Duration = Duration::from_secs(1);

/// A thread that reads it.
#[derive(Debug)]
pub(crate) struct Stderr {
    kept: Arc<Mutex<Kept>>,
    done: Receiver<()>,
}

/// What is kept of the model at hand, and where its lines are logged.
#[derive(Debug)]
struct Kept {
    span: Span,
    last: VecDeque<String>,
    n_bytes: u64,
}

impl Kept {
    fn new(span: Span) -> Arc<Mutex<Self>> {
        Arc::new(Mutex::new(Self { span, last: VecDeque::new(), n_bytes: 0 }))
    }

    /// Notes a line; where it is to be logged, and how many bytes there were with it.
    fn note(&mut self, text: &str, n_bytes: u64) -> (Span, u64) {
        self.n_bytes += n_bytes;
        if !text.trim().is_empty() {
            if self.last.len() == LAST_LINES {
                self.last.pop_front();
            }
            self.last.push_back(printable(text.trim(), 200));
        }
        (self.span.clone(), self.n_bytes)
    }
}

fn lock(kept: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Stderr {
    /// Reads `from` to its end, into the log of the span that is entered now.
    pub(crate) fn read(plugin: &'static str, from: ChildStderr, received: Received) -> std::io::Result<Self> {
        let kept = Kept::new(Span::current());
        let (sender, done) = channel();
        let reading = Arc::clone(&kept);
        let work = move || {
            // Dropped at the end, which reports it.
            let _sender = sender;
            log(plugin, from, &received, &reading);
        };
        std::thread::Builder::new().name(format!("{plugin}-stderr")).spawn(work)?;
        Ok(Self { kept, done })
    }

    /// From now on its lines are logged in `span`, and the earlier ones are nobody's last words.
    pub(crate) fn begin(&self, span: Span) {
        let mut kept = lock(&self.kept);
        *kept = Kept { span, last: VecDeque::new(), n_bytes: 0 };
    }

    /// Waits for its end, but not for ever: a process that left the group may hold it open.
    pub(crate) fn wait(&self) {
        let _ = self.done.recv_timeout(PATIENCE);
    }

    /// The last lines, for an error.
    pub(crate) fn last_words(&self) -> String {
        lock(&self.kept).last.iter().cloned().collect::<Vec<_>>().join(" | ")
    }
}

fn log(plugin: &str, from: ChildStderr, received: &Received, kept: &Mutex<Kept>) {
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    loop {
        line.clear();
        if matches!(from.by_ref().take(MAX_LINE).read_until(b'\n', &mut line), Ok(0) | Err(_)) {
            return;
        }
        received.again();
        let text = String::from_utf8_lossy(&line);
        let text = printable(text.trim_end(), MAX_LINE as usize);
        let (span, n_bytes) = lock(kept).note(&text, line.len() as u64);
        span.in_scope(|| {
            if n_bytes <= MAX_LOG {
                tracing::debug!("{plugin}: {text}");
            } else if n_bytes - line.len() as u64 <= MAX_LOG {
                tracing::debug!("{plugin}: the rest of its standard error is not kept, after {MAX_LOG} bytes");
            }
        });
    }
}
