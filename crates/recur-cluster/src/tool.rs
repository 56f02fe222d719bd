//! Runs a command of a batch system, and waits for it no longer than a time limit: with its controller gone, Slurm's commands
//! hang.

use crate::engine::EngineError;
use recur_core::visible::visible;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// How often it is looked whether the command has ended.
const STEP: Duration = Duration::from_millis(10);

/// The most of an answer that is read, in bytes.
const MAX_BYTES: usize = 256 << 20;

/// Bytes that are read at once.
const PART: usize = 1 << 16;

/// What a command said.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Whether it ended well.
    pub(crate) is_success: bool,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Answer {
    /// What it complained of, in a line.
    pub(crate) fn complaint(&self) -> String {
        let lines: Vec<&str> = self.stderr.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let text = if lines.is_empty() { "it said nothing".to_owned() } else { lines.join("; ") };
        visible(&text).into_owned()
    }
}

/// Runs `program` with `arguments` for at most `seconds`.
pub(crate) fn run(program: &str, arguments: &[String], seconds: u64) -> Result<Answer, EngineError> {
    let start = |error: std::io::Error| EngineError::Start { program: program.to_owned(), problem: error.to_string() };
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(start)?;
    let stdout = Stream::of(child.stdout.take());
    let stderr = Stream::of(child.stderr.take());
    match wait(&mut child, seconds).map_err(start)? {
        Some(is_success) => Ok(Answer { is_success, stdout: stdout.whole(), stderr: stderr.whole() }),
        None => {
            let _ = child.kill();
            let _ = child.wait();
            // A child of its own may hold its streams open: what is read so far is all.
            let answer = Answer { is_success: false, stdout: String::new(), stderr: stderr.so_far() };
            let said = if answer.stderr.is_empty() { String::new() } else { format!(" but: {}", answer.complaint()) };
            Err(EngineError::Silent { program: program.to_owned(), seconds, said })
        }
    }
}

/// Whether it ended well; `None` if it has not ended in time.
fn wait(child: &mut Child, seconds: u64) -> std::io::Result<Option<bool>> {
    let mut waited = Duration::ZERO;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status.success()));
        }
        if waited >= Duration::from_secs(seconds) {
            return Ok(None);
        }
        std::thread::sleep(STEP);
        waited += STEP;
    }
}

/// What is read of a stream by a thread.
struct Stream {
    bytes: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
}

impl Stream {
    fn of(stream: Option<impl Read + Send + 'static>) -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let reader = stream.map(|stream| {
            let bytes = bytes.clone();
            std::thread::spawn(move || read(stream, &bytes))
        });
        Self { bytes, reader }
    }

    /// All of it, to its end.
    fn whole(mut self) -> String {
        if let Some(reader) = self.reader.take() {
            // What could be read before an error is all that there is to show.
            let _ = reader.join();
        }
        self.so_far()
    }

    fn so_far(&self) -> String {
        String::from_utf8_lossy(&self.bytes.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

fn read(mut stream: impl Read, bytes: &Mutex<Vec<u8>>) {
    let mut part = vec![0; PART];
    while let Ok(n) = stream.read(&mut part) {
        let mut bytes = bytes.lock().unwrap_or_else(PoisonError::into_inner);
        if n == 0 || bytes.len() > MAX_BYTES {
            return;
        }
        bytes.extend_from_slice(&part[..n]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str, seconds: u64) -> Result<Answer, EngineError> {
        run("sh", &["-c".to_owned(), script.to_owned()], seconds)
    }

    #[test]
    fn an_answer_is_read_to_its_end() {
        let answer = sh("seq 100000; echo a >&2; echo b >&2; exit 3", 60).unwrap();
        assert!(!answer.is_success);
        assert_eq!((answer.stdout.lines().count(), answer.complaint().as_str()), (100_000, "a; b"));
        assert_eq!(sh("", 60).unwrap().complaint(), "it said nothing");
    }

    #[test]
    fn a_command_that_hangs_is_given_up() {
        let error = sh("sleep 100", 0).unwrap_err();
        assert_eq!(error.to_string(), "`sh` gave no answer in 0 s");
        let error = sh("echo it waits >&2; sleep 100", 1).unwrap_err();
        assert_eq!(error.to_string(), "`sh` gave no answer in 1 s but: it waits");
        assert!(matches!(run("no such program", &[], 1), Err(EngineError::Start { .. })));
    }
}
