//! What the models learned from.

use crate::answer::{is_of_the_section, overlapping, sentence};
use crate::markdown::{Table, code, details, escape, left, list, right};
use crate::numbers::{count, percent, plural};
use crate::page::Page;
use recur_analysis::{Analysis, Data, DifferentEncoding, LabelRows, PartialAnalysis};
use recur_core::facts::{DataFacts, PublishedFacts};
use recur_core::noun::Noun;
use recur_core::settings::{Division, SplitSettings, TestRows};
use recur_core::visible::visible_fully;

/// What the section is about: of an experiment with results, or of one that is not finished.
pub(crate) struct OfData<'a> {
    facts: &'a DataFacts,
    data: &'a Data,
    noun: &'a Noun,
    split: &'a SplitSettings,
    has_published_validation: bool,
    different_encodings: &'a [DifferentEncoding],
}

impl<'a> From<&'a Analysis> for OfData<'a> {
    fn from(analysis: &'a Analysis) -> Self {
        let merged = analysis.comparison.as_ref();
        Self {
            facts: &analysis.facts,
            data: &analysis.data,
            noun: &analysis.noun,
            split: &analysis.settings.split,
            has_published_validation: analysis.method.has_published_validation,
            different_encodings: merged.map(|merged| merged.different_encodings.as_slice()).unwrap_or_default(),
        }
    }
}

impl<'a> From<&'a PartialAnalysis> for OfData<'a> {
    fn from(analysis: &'a PartialAnalysis) -> Self {
        Self {
            facts: &analysis.facts,
            data: &analysis.data,
            noun: &analysis.noun,
            split: &analysis.settings.split,
            has_published_validation: analysis.has_published_validation,
            different_encodings: &[],
        }
    }
}

pub(crate) fn render<'a>(of: impl Into<OfData<'a>>, page: &mut Page) {
    let of = &of.into();
    let OfData { facts, noun, .. } = *of;
    page.section("Data");
    page.block(&table(of).render());
    page.block(&format!(
        "The accuracy ceiling is what the best model of the exact {noun} could reach, which answers each {noun} with its commonest \
         label. A model that answers the commonest label for every row gets {} right.",
        percent(facts.majority_share)
    ));
    if let Some(published) = facts.published {
        page.block(&overlap(published, noun));
    }
    for warning in facts.warnings.iter().filter(|warning| is_of_the_section(warning)) {
        page.block(&sentence(warning, noun, code));
    }
    of.different_encodings.iter().for_each(|other| page.block(&other_encoding(other)));
    page.block(&details("Rows by label", &by_label(of.data)));
    if !facts.unknown_characters.is_empty() {
        page.block(&details("Characters outside the alphabet", &unknown_characters(facts)));
    }
}

/// What other data set is compared here, too.
fn other_encoding(other: &DifferentEncoding) -> String {
    let settings: Vec<String> = other
        .settings
        .iter()
        .map(|s| format!("{} is {} here and {} there", code(&s.path), code(&s.first), code(&s.second)))
        .collect();
    format!(
        "{} has the same rows, divided in the same way, with its texts in other characters: {} (digest {}). What this section \
         says of texts and characters does not hold there, and models are not compared example by example.",
        code(&other.name),
        list(&settings),
        code(other.dataset.short())
    )
}

fn table(of: &OfData<'_>) -> Table {
    let OfData { facts, data, noun, .. } = *of;
    let mut table = Table::new([left("fact"), left("value")]);
    let mut row = |fact: &str, value: String| table.row([fact.to_owned(), value]);
    row("source", code(&facts.source));
    row("rows read", count(facts.rows_read));
    row("rows rejected", rejected(facts, noun));
    row("duplicates left out", count(facts.duplicates));
    row("rows used", count(facts.rows));
    row(&format!("distinct {}", noun.many), count(facts.distinct_texts));
    row(&format!("{} with more than one label", noun.many), count(facts.ambiguous_texts));
    row("accuracy ceiling, all rows", percent(facts.accuracy_ceiling));
    if let Some(ceiling) = data.accuracy_ceiling_tested {
        row("accuracy ceiling, tested rows", percent(ceiling));
    }
    row("share of the commonest label", percent(facts.majority_share));
    row("labels", count(facts.rows_by_label.len() as u64));
    row("tokens, the unknown one included", count(facts.n_tokens));
    row("groups kept on one side of a split", count(facts.groups));
    row(
        "split",
        format!(
            "{}: {} training, {} validation, {} test rows{}",
            division(of),
            count(data.train_rows as u64),
            count(data.validation_rows as u64),
            count(data.test_rows as u64),
            if data.sizes_differ { " (means over replicates)" } else { "" }
        ),
    );
    row("digest", code(facts.dataset.short()));
    table
}

/// How the rows are divided.
fn division(of: &OfData<'_>) -> String {
    let split = of.split;
    let design = match split.test_rows {
        TestRows::PerReplicate => "test rows drawn anew for each replicate",
        TestRows::Fixed => "the same test rows for all replicates",
    };
    match split.division {
        Division::Shares { .. } => format!("random, {design}"),
        Division::Folds { folds, repeats, .. } => {
            format!("{folds}-fold cross-validation, {}", plural(repeats.into(), "repeat"))
        }
        Division::Published { .. } if of.has_published_validation => "published".to_owned(),
        Division::Published { .. } => {
            "published test rows, validation rows drawn from the published training rows".to_owned()
        }
    }
}

/// What a published split has in two of its parts.
fn overlap(published: PublishedFacts, noun: &Noun) -> String {
    match overlapping(published, noun) {
        None => format!("No {noun} and no group of {} is in two parts of the published split.", noun.many),
        Some(what) => format!(
            "**The parts of the published split overlap:** {what}. Where these are training and test, a model may know test rows \
             from training, and its test results are too good."
        ),
    }
}

fn rejected(facts: &DataFacts, noun: &Noun) -> String {
    let total: u64 = facts.rejected.values().sum();
    let reasons: Vec<String> = facts
        .rejected
        .iter()
        .filter(|(_, n)| **n > 0)
        .map(|(reason, n)| format!("{}: {}", reason.title(noun), count(*n)))
        .collect();
    if reasons.is_empty() { count(total) } else { format!("{} ({})", count(total), reasons.join(", ")) }
}

fn by_label(data: &Data) -> String {
    let mut table = Table::new([left("label"), right("rows"), right("share")]);
    for LabelRows { label, rows, share } in &data.rows_by_label {
        table.row([escape(&visible_fully(label)), count(*rows), percent(*share)]);
    }
    table.render()
}

fn unknown_characters(facts: &DataFacts) -> String {
    let characters: Vec<String> = facts
        .unknown_characters
        .iter()
        .map(|(character, rows)| {
            format!("{} in {}", code(&visible_fully(&character.to_string())), plural(*rows, "row"))
        })
        .collect();
    format!("{}.\n", characters.join(", "))
}
