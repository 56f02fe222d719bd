//! What a plugin writes to standard error: into the log of its trial, never in its way.

use crate::error::printable;
use crate::quoted::quoted;
use crate::ready;
use crate::time::Received;
use std::collections::VecDeque;
use std::io::{ErrorKind, Read as _};
use std::process::ChildStderr;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tracing::Span;

/// Bytes of one line that are kept.
const MAX_LINE: usize = 4096;
/// Bytes of one process that are kept; the rest is read all the same, so that writing never blocks it.
const MAX_LOG: u64 = 1 << 20;
/// Bytes that are read at once: more than a pipe holds, and an end to what is written all the time.
const MAX_AT_ONCE: usize = 1 << 20;
/// Lines that an error quotes.
const LAST_LINES: usize = 3;
/// The time that its end may take after that of the process.
const PATIENCE: Duration = Duration::from_secs(1);

/// A thread that reads it.
#[derive(Debug)]
pub(crate) struct Stderr {
    reading: Arc<Mutex<Reading>>,
    done: Receiver<()>,
}

/// The pipe, what is kept of the model at hand, and where its lines are logged.
#[derive(Debug)]
struct Reading {
    plugin: &'static str,
    from: ChildStderr,
    received: Received,
    /// A line whose end is not read yet.
    line: Vec<u8>,
    span: Span,
    last: VecDeque<String>,
    n_bytes: u64,
}

impl Stderr {
    /// Reads `from` to its end, into the log of the span that is entered now.
    pub(crate) fn read(plugin: &'static str, from: ChildStderr, received: Received) -> std::io::Result<Self> {
        let waiter = ready::prepare_stderr(&from)?;
        let (line, last) = (Vec::new(), VecDeque::new());
        let reading = Reading { plugin, from, received, line, span: Span::current(), last, n_bytes: 0 };
        let reading = Arc::new(Mutex::new(reading));
        let (sender, done) = channel();
        let shared = Arc::clone(&reading);
        let work = move || {
            // Dropped at the end, which reports it.
            let _sender = sender;
            while lock(&shared).read() {
                waiter.wait();
            }
        };
        std::thread::Builder::new().name(format!("{plugin}-stderr")).spawn(work)?;
        Ok(Self { reading, done })
    }

    /// What can be read now is of the model before. Lines that come later are logged in `span`, and the earlier ones
    /// are nobody's last words.
    pub(crate) fn begin(&self, span: Span) {
        self.drain();
        let mut reading = lock(&self.reading);
        (reading.span, reading.n_bytes) = (span, 0);
        reading.last.clear();
    }

    /// Logs all that can be read now.
    pub(crate) fn drain(&self) {
        let mut reading = lock(&self.reading);
        reading.read();
        reading.end_line();
    }

    /// Waits for its end, but not for ever: a process that left the group may hold it open.
    pub(crate) fn wait(&self) {
        let _ = self.done.recv_timeout(PATIENCE);
    }

    /// The last lines, for an error.
    pub(crate) fn last_words(&self) -> String {
        lock(&self.reading).last.iter().cloned().collect::<Vec<_>>().join(" | ")
    }
}

fn lock(reading: &Mutex<Reading>) -> MutexGuard<'_, Reading> {
    reading.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Reading {
    /// Reads what there is; whether it has not ended.
    fn read(&mut self) -> bool {
        let mut chunk = [0; MAX_LINE];
        for _ in 0..MAX_AT_ONCE / MAX_LINE {
            match self.from.read(&mut chunk) {
                Ok(0) => {
                    self.end_line();
                    return false;
                }
                Ok(n_bytes) => {
                    self.received.again();
                    chunk[..n_bytes].split_inclusive(|byte| *byte == b'\n').for_each(|bytes| self.take(bytes));
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return true,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => {
                    self.end_line();
                    return false;
                }
            }
        }
        true
    }

    /// Takes a line, or a part of one.
    fn take(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(MAX_LINE - self.line.len()));
            self.line.extend_from_slice(now);
            if self.line.len() == MAX_LINE || self.line.ends_with(b"\n") {
                self.end_line();
            }
            bytes = later;
        }
    }

    /// Logs the line that was read, if there is one, however it ended.
    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        if line.is_empty() {
            return;
        }
        let text = String::from_utf8_lossy(&line);
        let text = printable(text.trim_end(), MAX_LINE);
        self.n_bytes += line.len() as u64;
        if !text.trim().is_empty() {
            if self.last.len() == LAST_LINES {
                self.last.pop_front();
            }
            self.last.push_back(quoted(text.trim(), 200));
        }
        let (plugin, n_bytes) = (self.plugin, self.n_bytes);
        self.span.in_scope(|| {
            if n_bytes <= MAX_LOG {
                tracing::debug!("{plugin}: {text}");
            } else if n_bytes - line.len() as u64 <= MAX_LOG {
                tracing::debug!("{plugin}: the rest of its standard error is not kept, after {MAX_LOG} bytes");
            }
        });
    }
}
