//! `recur logs`: the log of a trial, as it is kept or as it comes.

use crate::args::Logs;
use crate::error::{CliError, Exit};
use crate::stores;
use anstyle::Style;
use recur_core::visible::{visible, visible_json};
use recur_experiment::{LogEnd, LogOfTrial};
use recur_terminal::{print_error, write_data};
use serde_json::{Map, Value};
use std::ops::ControlFlow;
use std::time::Duration;

/// The time between two looks whether there are more lines.
const LOOK: Duration = Duration::from_millis(200);

/// Prints the lines of a trial's log; goes on until the trial ends, if asked to.
pub(crate) fn run(args: &Logs) -> Result<Exit, CliError> {
    let store = stores::to_read(&args.store)?;
    let mut log = LogOfTrial::find(&args.trial, &store)?;
    let (mut start, mut written) = (None, Ok(true));
    let end = loop {
        let mut show = |line: &[u8]| {
            let line = if args.json { raw(line) } else { for_people(line, &mut start) };
            written = write_data(line.as_bytes());
            if matches!(written, Ok(true)) { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        };
        let end = log.read(&mut show)?;
        if !std::mem::replace(&mut written, Ok(true))? {
            return Ok(Exit::Success);
        }
        if end != LogEnd::Running || !args.follow {
            break end;
        }
        std::thread::sleep(LOOK);
    };
    let note = match end {
        LogEnd::Running | LogEnd::Kept => return Ok(Exit::Success),
        LogEnd::Stopped => {
            "its process has ended, and the store does not have the trial: it is trained again by the next run"
        }
        LogEnd::KeptByAnother => "another process kept it meanwhile, and the rest of this log is lost",
    };
    print_error(Style::new(), "", &format!("trial {}: {note}", log.trial().short()));
    Ok(Exit::Success)
}

/// A line as it is; what a terminal obeys is an escape of JSON.
fn raw(line: &[u8]) -> String {
    format!("{}\n", visible_json(&String::from_utf8_lossy(line)))
}

/// A line for people: seconds since the first one, whose time is put into `start`, level, message and fields.
fn for_people(line: &[u8], start: &mut Option<f64>) -> String {
    let Ok(mut fields) = serde_json::from_slice::<Map<String, Value>>(line) else {
        return format!("{}\n", visible(&String::from_utf8_lossy(line)));
    };
    let time = fields.remove("unix_time").and_then(|time| time.as_f64()).unwrap_or_default();
    let seconds = time - *start.get_or_insert(time);
    let [level, message] = ["level", "message"].map(|key| fields.remove(key).map(plain).unwrap_or_default());
    let fields: String = fields.into_iter().map(|(key, value)| format!(" {key}={}", plain(value))).collect();
    visible(&format!("{seconds:7.1}s {level:>5} {message}{fields}")).into_owned() + "\n"
}

/// A text without its quotes; any other value as JSON.
fn plain(value: Value) -> String {
    match value {
        Value::String(text) => text,
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_for_people_has_time_level_message_and_fields_and_no_terminal_obeys_it() {
        let mut start = None;
        let mut check = |line: &str, expect: &str| assert_eq!(for_people(line.as_bytes(), &mut start), expect);
        check(r#"{"level":"INFO","message":"started","unix_time":100.0}"#, "    0.0s  INFO started\n");
        check(
            r#"{"epoch":1,"level":"WARN","message":"a\u001bb\nc","text":"x","unix_time":102.5}"#,
            "    2.5s  WARN a\\x1bb\\nc epoch=1 text=x\n",
        );
        check("no JSON \u{1b}", "no JSON \\x1b\n");
        check("[1]", "[1]\n");
        assert_eq!(raw("{\"a\":\"\u{202e}\"}".as_bytes()), "{\"a\":\"\\u202e\"}\n");
    }
}
