//! The reference of all keys, in Markdown.

use crate::key::{Default, Key, Kind};
use crate::keys::{AXIS, RANGE, TABLES};
use std::fmt::Write as _;

/// A table for each mapping of a spec: key, what it takes, default, meaning.
pub fn reference() -> String {
    let mut text = String::new();
    for (path, keys) in TABLES {
        let title = match *path {
            "" => "Top level".to_owned(),
            "models" => "Each element of `models`".to_owned(),
            "data.source" | "data.noun" => format!("`{path}`, where it is a mapping"),
            path => format!("`{path}`"),
        };
        table(&mut text, &title, keys);
    }
    table(&mut text, "A range, instead of an axis' list", AXIS);
    table(&mut text, "`log` and `linear`", RANGE);
    text.truncate(text.trim_end().len());
    text + "\n"
}

fn table(text: &mut String, title: &str, keys: &[Key]) {
    let mut row = |line: String| writeln!(text, "{line}").expect("writing to a String cannot fail");
    row(format!("## {title}\n"));
    row("| key | takes | default | meaning |".to_owned());
    row("|---|---|---|---|".to_owned());
    for key in keys {
        row(format!("| `{}` | {} | {} | {} |", key.name, takes(&key.kind), default(key), meaning(key)));
    }
    row(String::new());
}

fn takes(kind: &Kind) -> String {
    let listed = |words: &[&str]| words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    match kind {
        Kind::Choice(words) => listed(words),
        Kind::RealOr { min, max, words } => format!("{}, {}", Kind::Real { min: *min, max: *max }, listed(words)),
        kind => kind.to_string(),
    }
}

fn default(key: &Key) -> String {
    match key.default {
        Default::Required => "required".to_owned(),
        Default::OfSettings => format!("`{}`", key.default_text()),
        Default::None => "`none`".to_owned(),
        Default::Derived(words) => words.to_owned(),
        Default::Empty => "empty".to_owned(),
    }
}

/// What `key` means, and what it needs.
pub(crate) fn meaning(key: &Key) -> String {
    match key.with {
        None => key.meaning.to_owned(),
        Some(with) => format!("{} (with `{}` only)", key.meaning, with.written(with.key)),
    }
}
