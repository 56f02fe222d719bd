//! A spec for data that was looked at, with comments that say what was found.

use recur_core::visible::visible;
use recur_ingest::{ChosenColumns, Look};
use std::fmt::Write as _;
use std::path::{Component, Path};

/// Labels that are named.
const NAMED: usize = 8;

/// Columns that are named.
const NAMED_COLUMNS: usize = 20;

/// Rows of a label below which little can be learnt of it.
const FEW_ROWS: u64 = 10;

/// More labels than these are remarkable.
const MANY_LABELS: usize = 1000;

/// The longest texts that a spec takes.
const LENGTHS: [u32; 8] = [64, 128, 256, 512, 1024, 2048, 4096, LONGEST];

/// The most that a spec can allow.
const LONGEST: u32 = 10_000;

/// The share of rows that may be rejected where a spec says nothing.
const USUAL_REJECTED: f64 = 0.05;

/// Where more than this share of the rows cannot be used, the spec does not allow it: somebody should know.
const MOST_REJECTED: f64 = 0.5;

/// What a spec is written of.
pub(crate) struct SpecOf<'a> {
    /// What it is called.
    pub(crate) name: &'a str,
    /// The path of its data, as it has it.
    pub(crate) source: &'a str,
    pub(crate) look: &'a Look,
}

/// A name for the spec of the data at `path`: that of the file, or else of the nearest folder above whose name has letters or digits.
pub(crate) fn spec_name(path: &Path) -> Option<String> {
    let parts = path.components().rev().take_while(|part| *part != Component::ParentDir);
    parts
        .filter_map(|part| match part {
            Component::Normal(name) => name_of(&name.to_string_lossy()),
            _ => None,
        })
        .next()
}

fn name_of(file: &str) -> Option<String> {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let words = |part: &str| -> Vec<String> {
        let name: String = part.chars().map(plain).collect();
        name.split('-').filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    let mut parts = file.split('.');
    // In `*.csv` the ending is no name.
    let stem = if file.starts_with('.') { parts.find(|part| !part.is_empty()) } else { parts.next() };
    let name: String = words(stem?).join("-").chars().take(60).collect();
    (!name.is_empty()).then_some(name)
}

impl SpecOf<'_> {
    /// The text of the spec.
    pub(crate) fn text(&self) -> String {
        let look = self.look;
        let (source, name) = (yaml(self.source), yaml(self.name));
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ =
            writeln!(text, "# Which model predicts {} best, and is a neural network worth its cost?", self.subject());
        let _ = writeln!(
            text,
            "# The comment at the top is the question, which the report shows. `recur init` wrote this spec;"
        );
        let _ = writeln!(text, "# docs/spec.md lists all keys.");
        let _ = writeln!(text, "recur: 1\nname: {name}\nseed: 1");
        let _ = writeln!(text, "data:\n{}  source: {source}", self.found());
        text.push_str(&self.columns());
        text.push_str(&self.lengths());
        text.push_str(&self.rejected());
        text.push_str(&self.split());
        let epochs = (500_000 / look.rows.max(1)).clamp(2, 20);
        let _ =
            writeln!(text, "training:\n  epochs: {epochs}\n  batch_size: {}", if look.rows < 2000 { 16 } else { 64 });
        text.push_str(MODELS);
        let replicates = if look.rows < 20_000 { 5 } else { 3 };
        let _ = writeln!(text, "replicates: {replicates}");
        text + &self.report()
    }

    fn subject(&self) -> String {
        match &self.look.columns {
            Some(ChosenColumns { text, label, .. }) => format!("`{}` from `{}`", cut(label), cut(text)),
            None => "the label of a text".to_owned(),
        }
    }

    /// What was found, as comments.
    fn found(&self) -> String {
        let look = self.look;
        let columns = look.columns.as_ref().map_or_else(String::new, |columns| {
            let named: Vec<String> = columns.all.iter().take(NAMED_COLUMNS).map(|name| cut(name)).collect();
            let (n, named) = (columns.all.len(), named.join(", "));
            let more = if n > NAMED_COLUMNS { format!(", and {} more", n - NAMED_COLUMNS) } else { String::new() };
            format!(" and {n} columns ({named}{more})")
        });
        let mut text = format!("  # Found: {} rows{columns}.\n", grouped(look.rows));
        for (n, what) in [
            (look.unreadable, "cannot be read: `recur plan` shows the first ones"),
            (look.without_text, "have no text"),
            (look.without_label, "have no label"),
            (look.duplicates, "repeat the text and the label of another row: they are used once"),
        ] {
            if n > 0 {
                let _ = writeln!(text, "  # {} rows {what}.", grouped(n));
            }
        }
        if look.ambiguous > 0 {
            let _ = writeln!(
                text,
                "  # {} texts have more than one label: no model can be right on all of their rows.",
                grouped(look.ambiguous)
            );
        }
        let n = look.labels.len();
        let of = self.n_labelled();
        let share = |count: u64| format!("{:.1} %", 100.0 * count as f64 / of);
        let named = look.labels.iter().take(NAMED).map(|(label, count)| format!("{} {}", cut(label), share(*count)));
        let more = if n > NAMED { format!(", and {} more", n - NAMED) } else { String::new() };
        let _ = writeln!(text, "  # {n} labels: {}{more}.", named.collect::<Vec<_>>().join(", "));
        self.warnings().iter().for_each(|warning| {
            let _ = writeln!(text, "  # Note: {warning}.");
        });
        text
    }

    fn n_labelled(&self) -> f64 {
        self.look.labels.iter().map(|(_, count)| *count as f64).sum()
    }

    fn columns(&self) -> String {
        let Some(ChosenColumns { text, why_text, label, why_label, .. }) = &self.look.columns else {
            return String::new();
        };
        let why = |why: &str, option: &str| match why {
            "" => String::new(),
            why => format!("    # chosen because {}; `--{option} COLUMN` chooses another", visible(why)),
        };
        let line = |key: &str, value: &str, why: &str| format!("    {key}: {}{}\n", yaml(value), why);
        let [why_text, why_label] = [why(why_text, "text"), why(why_label, "label")];
        format!("  columns:\n{}{}", line("text", text, &why_text), line("label", label, &why_label))
    }

    /// The most characters of a text that the spec takes.
    fn most_characters(&self) -> u32 {
        let most = self.look.lengths.most;
        LENGTHS.into_iter().find(|limit| *limit >= most).unwrap_or(LONGEST)
    }

    fn lengths(&self) -> String {
        let (lengths, limit) = (self.look.lengths, self.most_characters());
        let longer = self.look.longer_than(limit);
        let rejected =
            if longer == 0 { String::new() } else { format!(" Longer ones are rejected: {}.", grouped(longer)) };
        format!(
            "  # A text has {} to {} characters, and half of them have at most {}.{rejected}\n  max_characters: {limit}\n",
            lengths.shortest, lengths.longest, lengths.median
        )
    }

    /// The most that the share of rejected rows can be: some rows may have neither a text nor a label.
    fn share_rejected(&self) -> f64 {
        let look = self.look;
        let without = look.unreadable + look.without_text + look.without_label;
        let rejected = (without + look.longer_than(self.most_characters())) as f64;
        rejected / look.rows.max(1) as f64
    }

    fn rejected(&self) -> String {
        let share = self.share_rejected();
        if share <= USUAL_REJECTED {
            return String::new();
        }
        if share > MOST_REJECTED {
            return "  # Most rows cannot be used, so `recur experiment` refuses this data; `max_rejected: SHARE` would allow it.\n"
                .to_owned();
        }
        let limit = ((share * 20.0).ceil() / 20.0 + 0.01).min(0.99);
        format!(
            "  # Without this line, more than 5 % of rejected rows would be an error.\n  max_rejected: {limit:.2}\n"
        )
    }

    fn split(&self) -> String {
        match self.look.columns.as_ref().and_then(|columns| columns.part.as_deref()) {
            Some(part) => format!(
                "  # The data comes with a split: this column says which part a row is in.\n  split: {{column: {}}}\n",
                yaml(part)
            ),
            None => {
                let few = self.look.rows < 1000;
                let [train, rest] = if few { ["0.6", "0.2"] } else { ["0.8", "0.1"] };
                format!(
                    "  split: {{train: {train}, validation: {rest}, test: {rest}}}     # drawn again for each replicate\n"
                )
            }
        }
    }

    fn report(&self) -> String {
        let counts: Vec<u64> = self.look.labels.iter().map(|(_, count)| *count).collect();
        let [most, least] = [counts.iter().max(), counts.iter().min()].map(|n| n.copied().unwrap_or(1));
        let (metric, why) = if most >= 2 * least.max(1) {
            ("macro_f1", "every label counts the same, as some have many more rows than others")
        } else {
            ("accuracy", "the share of right answers, as all labels have about as many rows")
        };
        format!("report:\n  primary: {metric}    # {why}\n  baseline: ngram_logistic\n")
    }

    /// Why no row can be used: all texts are longer than a spec can allow.
    pub(crate) fn all_too_long(&self) -> Option<String> {
        let shortest = self.look.lengths.shortest;
        (shortest > LONGEST).then(|| {
            let [shortest, longest] = [shortest, LONGEST].map(|n| grouped(n.into()));
            format!("its shortest text has {shortest} characters, and {longest} are the most that recur takes")
        })
    }

    /// What may be a mistake, in sentences without a full stop.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let look = self.look;
        let (n_labels, of) = (look.labels.len(), self.n_labelled());
        let mut warnings = Vec::new();
        if n_labels > MANY_LABELS || n_labels as f64 * 2.0 > of {
            let what = look.columns.as_ref().map_or("the labels", |columns| &columns.label);
            warnings.push(format!(
                "`{}` has {} different values in {} rows, and is more like a number or a text than a label",
                cut(what),
                grouped(n_labels as u64),
                grouped(look.rows)
            ));
        }
        let few: Vec<&(String, u64)> = look.labels.iter().filter(|(_, count)| *count < FEW_ROWS).collect();
        if let (Some((label, count)), true) = (few.last(), n_labels <= MANY_LABELS) {
            warnings.push(format!(
                "{} of the labels have fewer than {FEW_ROWS} rows, such as {} with {count}: little can be learnt of them",
                few.len(), cut(label)
            ));
        }
        let too_long = look.longer_than(LONGEST);
        if too_long > 0 {
            warnings.push(format!(
                "{} texts have more than {} characters, the most that recur takes",
                grouped(too_long),
                grouped(LONGEST.into())
            ));
        }
        if self.share_rejected() > USUAL_REJECTED {
            warnings.push(format!("up to {:.1} % of the rows cannot be used", 100.0 * self.share_rejected()));
        }
        warnings
    }
}

/// What every spec compares.
const MODELS: &str = "\
models:                     # `recur models` lists all
  - use: ngram_logistic     # a linear model of pieces of each text
  - use: gru                # a recurrent network, which reads character by character
    params: {hidden_size: 32}
    sweep: {learning_rate: [0.002, 0.006]}
";

/// A text of the data in a comment.
fn cut(text: &str) -> String {
    const MOST: usize = 40;
    let begin: String = text.chars().take(MOST).collect();
    let more = if begin.len() < text.len() { "…" } else { "" };
    format!("{}{more}", visible(&begin))
}

/// A text as YAML has it: in quotes, unless it is a plain word.
fn yaml(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/' | '-');
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic());
    let means_other = ["null", "true", "false", "yes", "no", "on", "off", "none", "auto", "y", "n"];
    let is_word = !means_other.iter().any(|word| text.eq_ignore_ascii_case(word));
    if begins && is_word && text.chars().all(is_plain) {
        return text.to_owned();
    }
    serde_json::Value::from(text).to_string()
}

/// A number with a comma before each group of three digits.
fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let place = |(at, digit): (usize, char)| {
        let comma = at > 0 && (digits.len() - at).is_multiple_of(3);
        [comma.then_some(','), Some(digit)].into_iter().flatten()
    };
    digits.chars().enumerate().flat_map(place).collect()
}

#[cfg(test)]
mod tests;
