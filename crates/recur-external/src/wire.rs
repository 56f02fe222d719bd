//! Messages on a pipe: a JSON object on one line, and the raw bytes that it announces.
//!
//! Control is JSON, so that a person can read it and any language write it. Texts, labels, log-probabilities and tensors
//! are raw little-endian numbers: writing 1,024 texts' log-probabilities as JSON takes longer than computing them.

use crate::error::Problem;
use crate::quoted::quoted;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{BufRead, Read as _};

/// The version of the protocol.
pub const PROTOCOL: u32 = 4;

/// Bytes that a line may have.
pub(crate) const MAX_LINE: u64 = 4 << 20;

/// Bytes of memory that a buffer keeps from one message to the next: fresh memory costs more than what is written to it.
const KEPT: usize = 1 << 20;

/// Empties a buffer for the next message.
pub(crate) fn empty(buffer: &mut Vec<u8>) {
    buffer.clear();
    buffer.shrink_to(KEPT);
}

/// The head of a message: what is asked, or answered, besides the raw bytes.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Head {
    /// The number of the question.
    pub id: u64,
    /// How many raw bytes follow the line.
    #[serde(default)]
    pub bytes: u64,
    /// Why it cannot be done.
    pub error: Option<String>,
    /// The parameter that `error` is about.
    pub parameter: Option<String>,
    /// The tensor that `error` is about.
    pub tensor: Option<String>,
    /// The step, from 0 over the whole training, at which the loss stopped being a number.
    pub diverged: Option<u64>,
    /// The version that the plugin speaks.
    pub protocol: Option<u32>,
    /// Parameters.
    pub n_parameters: Option<u64>,
    /// The tensors in the raw bytes, in their order.
    pub tensors: Option<Vec<TensorHead>>,
    /// What it is doing. The answer is still due then.
    pub progress: Option<String>,
    /// Numbers for the log.
    #[serde(default)]
    pub metrics: BTreeMap<String, f64>,
}

/// A tensor without its numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct TensorHead {
    pub name: String,
    /// `f32`, `f64`, `i64` or `u8`.
    #[serde(default)]
    pub dtype: String,
    #[serde(default)]
    pub shape: Vec<usize>,
    /// Whether it stands for the frozen file of its name: it has no numbers here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub frozen: bool,
}

impl TensorHead {
    /// A tensor whose numbers follow.
    pub(crate) fn new(name: impl Into<String>, dtype: &str, shape: &[usize]) -> Self {
        Self { name: name.into(), dtype: dtype.to_owned(), shape: shape.to_owned(), frozen: false }
    }

    /// A tensor that stands for a frozen file.
    pub(crate) fn of_frozen(name: impl Into<String>) -> Self {
        Self { frozen: true, ..Self::new(name, "", &[]) }
    }
}

/// Reads one line and, into `block`, the bytes that it announces; `None` at the end. `T` is the line's content, `bytes` tells
/// how many it announces.
pub(crate) fn read<T: for<'de> Deserialize<'de>>(
    from: &mut impl BufRead,
    block: &mut Vec<u8>,
    max_bytes: u64,
    bytes: impl Fn(&T) -> u64,
) -> Result<Option<T>, Problem> {
    let Some(line) = read_line(from)? else { return Ok(None) };
    let text = std::str::from_utf8(&line).map_err(|error| garbage(&line, error.to_string()))?;
    let head: T = serde_json::from_str(text).map_err(|error| garbage(&line, json_problem(&error, text)))?;
    let n_bytes = bytes(&head);
    if n_bytes > max_bytes {
        return Err(Problem::TooLarge { bytes: n_bytes, limit: format!("limits.message_mib: {}", max_bytes >> 20) });
    }
    empty(block);
    while (block.len() as u64) < n_bytes {
        // It grows with what arrives: an announcement takes no memory.
        let start = block.len();
        block.resize(n_bytes.min((start + KEPT) as u64) as usize, 0);
        if from.read_exact(&mut block[start..]).is_err() {
            return Ok(None);
        }
    }
    Ok(Some(head))
}

fn read_line(from: &mut impl BufRead) -> Result<Option<Vec<u8>>, Problem> {
    let mut line = Vec::new();
    // A pipe that breaks is the end of the process, like one that is closed.
    let read = from.take(MAX_LINE + 1).read_until(b'\n', &mut line).unwrap_or(0);
    if read as u64 > MAX_LINE {
        return Err(Problem::TooLarge { bytes: read as u64, limit: format!("{MAX_LINE} in a line") });
    }
    match line.pop() {
        Some(b'\n') => Ok(Some(line)),
        Some(last) => {
            line.push(last);
            Err(garbage(&line, "it ends within the line".to_owned()))
        }
        None => Ok(None),
    }
}

fn garbage(line: &[u8], problem: String) -> Problem {
    Problem::Garbage { line: quoted(&String::from_utf8_lossy(line), 80), problem }
}

fn json_problem(error: &serde_json::Error, text: &str) -> String {
    let has_nan = ["NaN", "Infinity", "nan", "inf"].iter().any(|word| text.contains(word));
    let hint = if error.is_syntax() && has_nan {
        ": JSON has no NaN: a loss that is none is `diverged`, and a metric that is none is left out"
    } else {
        ""
    };
    format!("{error}{hint}")
}

/// Appends a message to `to`.
pub(crate) fn push(to: &mut Vec<u8>, head: &serde_json::Value, block: &[u8]) {
    to.extend_from_slice(head.to_string().as_bytes());
    to.push(b'\n');
    to.extend_from_slice(block);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &[u8], reported: &str) {
        let read = read(&mut &text[..], &mut Vec::new(), 8, |head: &Head| head.bytes);
        let problem = read.expect_err("it is refused").to_string();
        assert!(problem.contains(reported), "{problem}");
    }

    #[test]
    fn what_is_no_message_is_reported() {
        check(b"hello\n", "wrote `hello`");
        check(b"\xff\n", "utf-8");
        check(b"{\"id\": 1", "ends within the line");
        check(b"{\"id\": 1, \"diverged\": NaN}\n", "JSON has no NaN");
        check(b"{\"diverged\": 1}\n", "missing field `id`");
        check(b"{\"id\": 1, \"bytes\": 9}\n123456789", "9 bytes or more");
        check(&[b'x'; (MAX_LINE + 2) as usize], "in a line");
    }

    #[test]
    fn a_message_has_the_bytes_that_it_announces() {
        let mut text = &b"{\"id\": 7, \"bytes\": 3, \"later\": []}\nabc{\"id\": 8}\n{\"id\": 9, \"bytes\": 3}\na"[..];
        let mut block = Vec::new();
        let mut next = || {
            let head = read(&mut text, &mut block, 8, |head: &Head| head.bytes).unwrap()?;
            Some((head.id, block.clone()))
        };
        assert_eq!(next(), Some((7, b"abc".to_vec())));
        assert_eq!(next(), Some((8, Vec::new())));
        assert_eq!(next(), None, "it ends within the bytes");
    }
}
