//! A spec for data that was looked at, with comments that say what was found.

use recur_core::visible::visible;
use recur_ingest::{ChosenColumns, Look};
use std::fmt::Write as _;
use std::path::Path;

/// Labels that are named.
const NAMED: usize = 8;

/// Rows of a label below which little can be learnt of it.
const FEW_ROWS: u64 = 10;

/// More labels than these are remarkable.
const MANY_LABELS: usize = 1000;

/// The longest texts that a spec takes.
const LENGTHS: [u32; 8] = [64, 128, 256, 512, 1024, 2048, 4096, 10_000];

/// The share of rows that may be rejected where a spec says nothing.
const USUAL_REJECTED: f64 = 0.05;

/// What a spec is written of.
pub(crate) struct SpecOf<'a> {
    /// What it is called.
    pub(crate) name: &'a str,
    /// The path of its data, as it has it.
    pub(crate) source: &'a str,
    pub(crate) look: &'a Look,
}

/// A name for the spec of the data at `path`.
pub(crate) fn spec_name(path: &Path) -> String {
    let stem = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let stem = stem.split('.').find(|part| !part.is_empty()).unwrap_or_default();
    let name: String = stem.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let words: Vec<&str> = name.split('-').filter(|word| !word.is_empty()).collect();
    let name: String = words.join("-").chars().take(60).collect();
    if name.is_empty() { "first".to_owned() } else { name }
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
            let all: Vec<String> = columns.all.iter().map(|name| cut(name)).collect();
            format!(" and {} columns ({})", all.len(), all.join(", "))
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
        LENGTHS.into_iter().find(|limit| *limit >= most).unwrap_or(LENGTHS[LENGTHS.len() - 1])
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
mod tests {
    use super::*;
    use recur_ingest::{LookRequest, look};

    /// The spec that is written for `content`, which is a spec that recur takes.
    fn written(name: &str, content: &str, label: Option<&str>) -> (String, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(name), content).unwrap();
        let look = look(LookRequest { source: name, text: None, label }, folder.path()).unwrap();
        let of = SpecOf { name: &spec_name(Path::new(name)), source: name, look: &look };
        let (text, registry) = (of.text(), crate::builtin());
        let spec =
            recur_spec::parse(text.as_bytes(), "s.yaml", &[], &registry).unwrap_or_else(|e| panic!("{e}\n{text}"));
        assert!(spec.question.starts_with("Which model predicts"), "{}", spec.question);
        assert!(text.lines().all(|line| line.chars().count() <= 400));
        (text, of.warnings())
    }

    fn check(text: &str, parts: &[&str]) {
        parts.iter().for_each(|part| assert!(text.contains(part), "`{part}` is not in:\n{text}"));
    }

    #[test]
    fn the_name_of_a_file_is_a_text_in_the_spec() {
        let rows: String = (0..30).map(|n| format!("message {n},{}\n", ["spam", "ham"][n % 2])).collect();
        for (file, name) in [("2024.csv", "\"2024\""), ("true.csv", "\"true\""), ("1e5.csv", "\"1e5\"")] {
            check(&written(file, &format!("text,label\n{rows}"), None).0, &[&format!("name: {name}\n")]);
        }
    }

    #[test]
    fn the_spec_says_what_was_found_and_chosen() {
        let rows: String =
            (0..30).map(|n| format!("a message number {n},{}\n", ["spam", "ham", "ham"][n % 3])).collect();
        let (text, warnings) =
            written("My mails.csv", &format!("content,kind\n{rows},ham\na message number 1,ham\n"), None);
        check(
            &text,
            &[
                "name: my-mails\n",
                "source: \"My mails.csv\"",
                "# Found: 32 rows and 2 columns (content, kind).",
                "# 1 rows have no text.",
                "# 1 rows repeat the text",
                "# 2 labels: ham 67.7 %, spam 32.3 %.",
                "text: content    # chosen because of its name; `--text COLUMN` chooses another",
                "label: kind    # chosen because it has the fewest different values: 2 different ones in 32 rows",
                "max_characters: 64",
                "train: 0.6",
                "primary: macro_f1    # every label",
                "epochs: 20",
                "replicates: 5",
            ],
        );
        assert_eq!(warnings, Vec::<String>::new());
    }

    #[test]
    fn even_labels_long_texts_and_a_published_split_change_the_spec() {
        let rows: String = (0..60)
            .map(|n| format!("{},{},{}\n", "x".repeat(100 + n), n % 2, ["train", "dev", "test"][n % 3]))
            .collect();
        let (text, _) = written("a.csv", &format!("text,label,part\n{rows}"), None);
        check(
            &text,
            &[
                "primary: accuracy",
                "max_characters: 256",
                "split: {column: part}",
                "100 to 159 characters, and half of them have at most 129",
            ],
        );
    }

    #[test]
    fn what_may_be_a_mistake_is_a_warning() {
        let rows: String = (0..40).map(|n| format!("word{n},{n}\n")).collect();
        let (text, warnings) = written("a.csv", &format!("text,population\n{rows},\n,\n,\n"), Some("population"));
        assert_eq!(warnings.len(), 3, "{warnings:?}");
        check(
            &warnings[0],
            &["`population` has 40 different values in 43 rows, and is more like a number or a text than a label"],
        );
        check(&text, &["max_rejected: 0.16", "# Note: `population` has 40"]);
    }

    #[test]
    fn names_of_columns_and_labels_cannot_leave_their_comments_and_quotes() {
        let rows: String = (0..12).map(|n| format!("text {n},\"{}\"\n", ["a\u{85}b: c", "# x"][n % 2])).collect();
        let (text, _) = written("a.csv", &format!("\"no: {{te\"\"xt\",\"- label #\"\n{rows}"), None);
        check(&text, &["text: \"no: {te\\\"xt\"", "label: \"- label #\""]);
    }

    #[test]
    fn a_spec_gets_the_name_of_its_data() {
        let check = |path: &str, name: &str| assert_eq!(spec_name(Path::new(path)), name);
        check("data/names.csv.gz", "names");
        check("x/Größe 2.PARQUET", "gr-e-2");
        check("..", "first");
        check("d/.hidden", "hidden");
    }
}
