//! What a plugin writes to standard error: into the log of its trial, never in its way.

use crate::error::printable;
use crate::time::Received;
use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::ChildStderr;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

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
    last: Arc<Mutex<VecDeque<String>>>,
    done: Receiver<()>,
}

impl Stderr {
    /// Reads `from` to its end, into the log of the span that is entered now.
    pub(crate) fn read(plugin: &'static str, from: ChildStderr, received: Received) -> std::io::Result<Self> {
        let last = Arc::new(Mutex::new(VecDeque::new()));
        let (sender, done) = channel();
        let (span, kept) = (tracing::Span::current(), last.clone());
        let work = move || {
            // Dropped at the end, which reports it.
            let _sender = sender;
            span.in_scope(|| log(plugin, from, &received, &kept));
        };
        std::thread::Builder::new().name(format!("{plugin}-stderr")).spawn(work)?;
        Ok(Self { last, done })
    }

    /// Waits for its end, but not for ever: a process that left the group may hold it open.
    pub(crate) fn wait(&self) {
        let _ = self.done.recv_timeout(PATIENCE);
    }

    /// The last lines, for an error.
    pub(crate) fn last_words(&self) -> String {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.iter().cloned().collect::<Vec<_>>().join(" | ")
    }
}

fn log(plugin: &str, from: ChildStderr, received: &Received, last: &Mutex<VecDeque<String>>) {
    let mut from = BufReader::new(from);
    let mut n_bytes = 0;
    let mut line = Vec::new();
    loop {
        line.clear();
        match from.by_ref().take(MAX_LINE).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(read) => n_bytes += read as u64,
        }
        received.again();
        let text = String::from_utf8_lossy(&line);
        let text = printable(text.trim_end(), MAX_LINE as usize);
        if n_bytes - line.len() as u64 <= MAX_LOG && n_bytes > MAX_LOG {
            tracing::debug!("{plugin}: the rest of its standard error is not kept, after {MAX_LOG} bytes");
        } else if n_bytes <= MAX_LOG {
            tracing::debug!("{plugin}: {text}");
        }
        if !text.trim().is_empty() {
            let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
            if last.len() == LAST_LINES {
                last.pop_front();
            }
            last.push_back(printable(text.trim(), 200));
        }
    }
}
