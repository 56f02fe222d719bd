//! Questions to a process, one at a time, each with its limits.

use crate::error::{ExternalError, Problem, printable};
use crate::manifest::Limits;
use crate::metrics;
use crate::pipes::Answering;
use crate::process::Process;
use crate::quoted::quoted;
use crate::time::{Received, Stopwatch};
use crate::wire::{self, Head};
use recur_core::model::{Cancel, ModelError};
use serde_json::{Value, json};
use std::time::Duration;

/// A process, and the next question's number.
#[derive(Debug)]
pub(crate) struct Connection {
    plugin: &'static str,
    process: Process,
    limits: Limits,
    next: u64,
    /// Memory for the next answer, see [`Connection::keep`].
    spare: Vec<u8>,
    /// Its first failure: nothing is asked after it.
    failure: Option<String>,
    /// Whether it said that it cannot do something, for no reason that the protocol names: it is not reused.
    is_doubtful: bool,
    /// What it wrote of its progress for the model at hand.
    n_notices: u64,
}

/// Notices of progress of one model that are logged.
const MAX_NOTICES: u64 = 10_000;

/// The time that a process may take to forget a model, before it is ended instead.
const TO_FORGET: Duration = Duration::from_secs(2);

/// How long an answer may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit {
    /// Its key in the manifest.
    pub key: &'static str,
    pub after: Duration,
    /// What of it earlier questions have taken.
    pub spent: Duration,
}

impl Limit {
    pub(crate) fn new(key: &'static str, after: Duration) -> Self {
        Self { key, after, spent: Duration::ZERO }
    }
}

pub(crate) struct Question<'a> {
    pub request: &'static str,
    /// The fields besides `id`, `request` and `bytes`.
    pub fields: Value,
    pub block: &'a [u8],
    pub limit: Limit,
    pub cancel: Option<&'a Cancel>,
    /// Raw bytes that the answer may have, where that is more than the manifest's limit.
    pub room: u64,
}

impl Connection {
    pub(crate) fn new(plugin: &'static str, process: Process, limits: Limits) -> Self {
        Self { plugin, process, limits, next: 1, spare: Vec::new(), failure: None, is_doubtful: false, n_notices: 0 }
    }

    pub(crate) fn limits(&self) -> Limits {
        self.limits
    }

    /// Whether it has failed: then it is asked nothing more.
    pub(crate) fn has_failed(&self) -> bool {
        self.failure.is_some()
    }

    /// Whether its process still runs.
    pub(crate) fn is_alive(&mut self) -> bool {
        matches!(self.process.child.try_wait(), Ok(None))
    }

    /// Asks it nothing more: it ends by itself, or with this value.
    pub(crate) fn close(&mut self) {
        self.process.pipes.close();
    }

    /// Takes a process that waited for a model: what it writes from now on is logged with that model's trial, and what
    /// it wrote before with the trial before.
    pub(crate) fn begin(&mut self) {
        self.n_notices = 0;
        self.process.stderr.begin(tracing::Span::current());
    }

    /// Has the process forget its model; whether it may serve another one. One that failed, was stopped, or reported an
    /// error of its own never does.
    pub(crate) fn reset(&mut self) -> bool {
        if self.failure.is_some() || self.is_doubtful {
            return false;
        }
        let limit = Limit::new("answer_seconds", TO_FORGET);
        let fields = Value::Object(serde_json::Map::new());
        let question = Question { request: "reset", fields, block: &[], limit, cancel: None, room: 0 };
        let forgot = self.ask(&question).is_ok();
        // The trial's log is taken when its model is gone.
        self.process.stderr.drain();
        forgot
    }

    /// The limit for answers of no other kind.
    pub(crate) fn answer_limit(&self) -> Limit {
        Limit::new("answer_seconds", self.limits.answer)
    }

    /// Asks, and waits for the answer.
    pub(crate) fn ask(&mut self, question: &Question<'_>) -> Result<(Head, Vec<u8>), ModelError> {
        if let Some(first) = self.failure.clone() {
            let problem = Problem::Gone { first };
            return Err(ExternalError::Process { plugin: self.plugin, problem, last_words: String::new() }.into());
        }
        let id = self.next;
        self.next += 1;
        let head = head(id, question);
        if !self.process.pipes.send(|message| wire::push(message, &head, question.block)) {
            return Err(self.fail(Problem::NotReading { request: question.request }));
        }
        let (head, block) = self.wait(question)?;
        if head.id != id {
            let (request, got) = (question.request, head.id);
            return Err(self.fail(Problem::OutOfTurn { request, expected: id, got }));
        }
        if let Some(message) = &head.error {
            return Err(self.refused(question.request, message, &head));
        }
        Ok((head, block))
    }

    fn wait(&mut self, question: &Question<'_>) -> Result<(Head, Vec<u8>), ModelError> {
        let (since, request) = (Stopwatch::start(), question.request);
        self.process.received.again();
        let mut stopped = None;
        let (idle, received, child) = (self.limits.idle, &self.process.received, &mut self.process.child);
        let mut has_ended = false;
        let mut stop = || {
            // Whoever looks has read all that there was. What it wrote before its end is read until the next look; only
            // processes that it left behind can still hold the pipe open then.
            let had_ended = std::mem::replace(&mut has_ended, !matches!(child.try_wait(), Ok(None)));
            let ended = had_ended.then_some(Stopped::Ended);
            stopped = ended.or_else(|| Stopped::look(question, since, idle, received));
            stopped.is_some()
        };
        let mut block = std::mem::take(&mut self.spare);
        let most = self.limits.message_bytes.max(question.room);
        let mut answering = Answering { pipes: &mut self.process.pipes, stop: &mut stop };
        let answer = read_answer(self.plugin, request, &mut answering, &mut block, most, &mut self.n_notices);
        match (stopped, answer) {
            (Some(Stopped::Cancelled), _) => {
                self.process.end(false);
                self.failure = Some("it was asked to stop".to_owned());
                Err(ModelError::Cancelled)
            }
            (Some(Stopped::TooLate { limit, after }), _) => Err(self.fail(Problem::TooLate { request, limit, after })),
            (None, Ok(Some(head))) => Ok((head, block)),
            (Some(Stopped::Ended), _) | (None, Ok(None)) => {
                let how = self.process.how_it_ended();
                Err(self.fail(Problem::Ended { how, request }))
            }
            (None, Err(problem)) => Err(self.fail(problem)),
        }
    }

    /// Takes an answer's raw bytes back that are no longer needed, to put the next ones there.
    pub(crate) fn keep(&mut self, block: Vec<u8>) {
        self.spare = block;
    }

    /// Ends the process, for it did not keep the protocol.
    pub(crate) fn fail(&mut self, problem: Problem) -> ModelError {
        self.process.end(false);
        let last_words = self.process.stderr.last_words();
        let error = ExternalError::Process { plugin: self.plugin, problem, last_words };
        self.failure.get_or_insert_with(|| error.to_string());
        error.into()
    }

    /// What the plugin itself says is wrong: it is well, and may be asked again.
    fn refused(&mut self, request: &'static str, message: &str, head: &Head) -> ModelError {
        let message = quoted(message, 500);
        match &head.tensor {
            Some(name) => ModelError::Weights { name: printable(name, 100), problem: message },
            None => {
                let message = match &head.parameter {
                    Some(name) => format!("parameter `{}`: {message}", printable(name, 100)),
                    None => message,
                };
                self.is_doubtful |= head.parameter.is_none();
                let (problem, last_words) = (Problem::Refused { request, message }, String::new());
                ExternalError::Process { plugin: self.plugin, problem, last_words }.into()
            }
        }
    }
}

/// The answer to `request`, of at most `most` raw bytes, once its notices of progress are logged; `None` at the end.
fn read_answer(
    plugin: &str,
    request: &'static str,
    from: &mut Answering<'_>,
    block: &mut Vec<u8>,
    most: u64,
    n_notices: &mut u64,
) -> Result<Option<Head>, Problem> {
    loop {
        let head = match wire::read(from, block, most, |head: &Head| head.bytes)? {
            Some(head) if head.progress.is_some() => head,
            other => return Ok(other),
        };
        log_progress(plugin, head.progress.as_deref().unwrap_or_default(), n_notices);
        if *n_notices <= MAX_NOTICES {
            metrics::log(plugin, &head.metrics).map_err(|problem| Problem::Answer { request, problem })?;
        }
    }
}

/// Logs what a plugin says of its progress, with the trial at hand.
fn log_progress(plugin: &str, text: &str, n_notices: &mut u64) {
    *n_notices += 1;
    if *n_notices <= MAX_NOTICES {
        tracing::debug!("{plugin}: {}", printable(text, 500));
    } else if *n_notices == MAX_NOTICES + 1 {
        tracing::debug!("{plugin}: the rest of its notices is not kept, after {MAX_NOTICES}");
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.failure.is_none() {
            self.process.end(true);
        }
    }
}

/// Why an answer was not waited for.
enum Stopped {
    Cancelled,
    Ended,
    TooLate { limit: &'static str, after: Duration },
}

impl Stopped {
    /// Whether to stop now.
    fn look(question: &Question<'_>, since: Stopwatch, idle: Duration, received: &Received) -> Option<Self> {
        let Limit { key, after, spent } = question.limit;
        if question.cancel.is_some_and(Cancel::is_cancelled) {
            Some(Self::Cancelled)
        } else if spent + since.elapsed() >= after {
            Some(Self::TooLate { limit: key, after })
        } else if received.silence() >= idle {
            Some(Self::TooLate { limit: "idle_seconds", after: idle })
        } else {
            None
        }
    }
}

fn head(id: u64, question: &Question<'_>) -> Value {
    let mut head = json!({"id": id, "request": question.request, "bytes": question.block.len()});
    if let (Value::Object(head), Value::Object(fields)) = (&mut head, &question.fields) {
        head.extend(fields.clone());
    }
    head
}
