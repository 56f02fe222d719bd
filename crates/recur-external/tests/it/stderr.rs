//! Whose log the lines are in that a process writes to standard error.

use crate::odd::{BUILT, LIMITS, Odd, trained};
use std::fmt::{Debug, Write as _};
use std::sync::{Mutex, Once};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber, info_span};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

/// The lines of all threads of the test program, each with the name of the innermost span that it was logged in.
static LINES: Mutex<Vec<(&str, String)>> = Mutex::new(Vec::new());

struct ToLines;

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for ToLines {
    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut words = Words(String::new());
        event.record(&mut words);
        let span = context.event_span(event).map_or("none", |span| span.name());
        LINES.lock().unwrap().push((span, words.0));
    }
}

struct Words(String);

impl Visit for Words {
    fn record_debug(&mut self, _: &Field, value: &dyn Debug) {
        write!(self.0, "{value:?}").unwrap();
    }
}

/// From now on all lines are noted.
fn note_lines() {
    static NOTED: Once = Once::new();
    let note = || tracing::subscriber::set_global_default(tracing_subscriber::registry().with(ToLines)).unwrap();
    NOTED.call_once(note);
}

/// The lines that were logged in the span `name`.
fn lines_of(name: &str) -> Vec<String> {
    LINES.lock().unwrap().iter().filter(|(of, _)| *of == name).map(|(_, line)| line.clone()).collect()
}

/// Writes a line when it builds and one when it is to forget the model; after the first model one as soon as the file
/// `go` is there, without end.
const LATE: &str = "id=0
while read -r line; do
  id=$((id+1))
  case $id$line in
    *build*) echo \"built $id\" >&2 ;;
    '2{'*reset*) echo \"forgot $id\" >&2
      ( exec < /dev/null > /dev/null; until [ -e go ]; do sleep 0.01; done; printf 'late %s' $id >&2; : > gone ) & ;;
    *reset*) echo \"forgot $id\" >&2 ;;
  esac
  echo \"{\\\"id\\\":$id,\\\"protocol\\\":4}\"
done
";

#[test]
fn lines_that_come_before_the_next_model_is_built_are_of_the_model_before() {
    note_lines();
    let odd = Odd::with_lines("[/bin/sh, odd.sh]", LATE, &format!("limits: {LIMITS}\nreuse: true\n"));
    info_span!("even").in_scope(|| drop(odd.build().unwrap()));
    std::fs::write(odd.home().join("go"), "").unwrap();
    while !odd.home().join("gone").exists() {
        std::thread::yield_now();
    }
    // Each process answers right after its line: in many rounds, a line that nobody waits for comes too late.
    for _ in 0..100 {
        info_span!("uneven").in_scope(|| drop(odd.build().unwrap()));
        info_span!("even").in_scope(|| drop(odd.build().unwrap()));
    }
    let mut expected = [vec![], vec![]];
    for round in 0..200 {
        let lines: &mut Vec<String> = &mut expected[round % 2];
        lines.extend([format!("odd: built {}", 2 * round + 1), format!("odd: forgot {}", 2 * round + 2)]);
        lines.extend((round == 0).then(|| "odd: late 2".to_owned()));
    }
    // The last model's lines are read whenever they come.
    assert_eq!(lines_of("even")[..201], expected[0]);
    assert_eq!(lines_of("uneven"), expected[1]);
}

#[test]
fn lines_are_logged_whole_and_those_without_end_in_pieces() {
    note_lines();
    let script = format!(
        "{BUILT}printf 'one\\n\\ntwo' >&2; sleep 0.05; printf ' halves\\n' >&2\n\
         printf '%05000d\\nend' 0 >&2\nread -r _\n"
    );
    let odd = Odd::new(&script, LIMITS);
    info_span!("trial").in_scope(|| {
        let mut model = odd.build().unwrap();
        let error = trained(&mut *model).unwrap_err().to_string();
        assert!(error.contains("to standard error: 000") && error.ends_with(" | end"), "the last words: {error}");
    });
    let zeros = |n: usize| format!("odd: {}", "0".repeat(n));
    let expected = [
        "odd: one".to_owned(),
        "odd: ".to_owned(),
        "odd: two halves".to_owned(),
        zeros(4096),
        zeros(904),
        "odd: end".to_owned(),
    ];
    assert_eq!(lines_of("trial"), expected);
}
