//! What can be wrong with a spec, and how it is reported.

use crate::source::{Place, printable};
use recur_core::recurrent::RECURRENT_MODELS;
use std::fmt;

/// Everything that is wrong with a spec, in order of place: the file first, then each override.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub struct SpecErrors {
    /// The file's name, as given.
    pub file: String,
    /// At least one, at most [`SpecErrors::SHOWN`].
    pub errors: Vec<SpecError>,
    /// How many more there are.
    pub n_more: usize,
}

impl SpecErrors {
    /// So many errors are reported at most.
    pub const SHOWN: usize = 100;
}

/// One thing that is wrong with a spec.
#[derive(Clone, Debug, PartialEq)]
pub struct SpecError {
    /// Where.
    pub place: Place,
    /// What.
    pub kind: ErrorKind,
    /// The line with carets below the place, and what may help.
    pub(crate) excerpt: String,
}

/// Parts of YAML that specs do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feature {
    /// `&name`.
    Anchors,
    /// `*name`.
    Aliases,
    /// `<<`.
    MergeKeys,
    /// `!tag`.
    Tags,
    /// A second `---`.
    Documents,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ErrorKind {
    /// Bytes that are not UTF-8.
    #[error("the spec is not UTF-8: byte 0x{byte:02x}")]
    NotUtf8 {
        /// The first byte that is not.
        byte: u8,
    },
    /// A file that cannot be a spec.
    #[error("the spec has {bytes} bytes, at most {max} are read")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// A control character.
    #[error("the character U+{code:04X} is not allowed here")]
    ForbiddenCharacter {
        /// Its code point.
        code: u32,
    },
    /// No document.
    #[error("the spec is empty")]
    Empty,
    /// No YAML.
    #[error("not valid YAML: {problem}")]
    Syntax {
        /// The parser's words.
        problem: String,
    },
    /// A tab where the parser takes only blanks.
    #[error("a tab {}", if *.indents { "indents this line" } else { "separates these words" })]
    Tab {
        /// Whether it is at the beginning of its line.
        indents: bool,
    },
    /// A glob without quotes, which YAML takes for something else.
    #[error("YAML takes `{text}` for {}, not for text", if text.starts_with('*') { "an alias (*name)" } else { "a list or a mapping" })]
    UnquotedGlob {
        /// The glob.
        text: String,
        /// Whether a shell reads it before YAML does.
        is_override: bool,
    },
    /// YAML that specs do without.
    #[error("{} in a spec", .0.sentence())]
    Unsupported(Feature),
    /// Values within values within values.
    #[error("nested more than {max} levels deep")]
    TooDeep {
        /// The limit.
        max: usize,
    },
    /// A flood of values.
    #[error("more than {max} values")]
    TooManyValues {
        /// The limit.
        max: usize,
    },
    /// A document that is a list or a single value.
    #[error("expected a mapping of keys, got {got}")]
    NoMapping {
        /// What is there.
        got: String,
    },
    /// A list or mapping as a key.
    #[error("expected a word as key, got {got}")]
    KeyIsNoWord {
        /// What is there.
        got: String,
    },
    /// A key that is not declared.
    #[error("unknown key `{key}` in {section}{}", did_you_mean(nearest))]
    UnknownKey {
        /// The key.
        key: String,
        /// The mapping that it is in.
        section: Section,
        /// The valid key most like it.
        nearest: Option<String>,
        /// The valid keys, sorted.
        valid: Vec<String>,
        /// Where a key of this name does belong.
        elsewhere: Option<Box<str>>,
    },
    /// A key that is twice in one mapping.
    #[error("`{key}` is given twice, first at {first}")]
    DuplicateKey {
        /// Its path.
        key: String,
        /// The first of them.
        first: Place,
    },
    /// A required key that is not there.
    #[error("missing key `{key}` in {section}, expected {expected}")]
    MissingKey {
        /// The key.
        key: String,
        /// The mapping that it belongs to.
        section: Section,
        /// What its value should be.
        expected: String,
    },
    /// A value of another type, or out of its range.
    #[error("`{path}`: expected {expected}, got {got}{}", did_you_mean(nearest))]
    Value {
        /// The path of the key.
        path: String,
        /// Type and range.
        expected: String,
        /// What is there.
        got: String,
        /// The valid word most like it.
        nearest: Option<String>,
        /// What is there, where it would be valid as text: in quotes.
        unquoted: Option<String>,
    },
    /// A key that goes with another one only.
    #[error("`{path}` goes with `{sibling}` only{}", actual.as_ref().map(|a| format!(", and here it is `{a}`")).unwrap_or_default())]
    Companion {
        /// The path of the key.
        path: String,
        /// The other key, with the value that it would need to have, if any.
        sibling: String,
        /// The value that it has, if any.
        actual: Option<String>,
    },
    /// Two lengths of training.
    #[error("`training` has both `epochs` and `steps`, give one of them")]
    EpochsAndSteps,
    /// No training, and nothing to score.
    #[error("`training.epochs` is 0, but {} from random weights", start(models))]
    NothingTrained {
        /// The step-by-step models without `weights`, in the order of the spec.
        models: Vec<String>,
    },
    /// Initial weights for a model that has no use for them.
    #[error("model `{model}` learns in one go and cannot start from `weights`")]
    OneShotWeights {
        /// The model.
        model: String,
    },
    /// No scoring in the whole training.
    #[error("`training.evaluate_every` is {evaluate_every}, more than the {steps} steps there are")]
    NeverEvaluated {
        /// Number of steps.
        steps: u64,
        /// Steps between two scorings.
        evaluate_every: u64,
    },
    /// Shares that do not make a whole.
    #[error("the shares of `data.split` sum to {sum}, expected 1: train {train}, validation {validation}, test {test}")]
    Shares {
        /// Share of training rows.
        train: f64,
        /// Share of validation rows.
        validation: f64,
        /// Share of test rows.
        test: f64,
        /// Their sum.
        sum: f64,
    },
    /// Shares that leave nothing for the test.
    #[error("`data.split` leaves no rows for the test: train is {train} and validation is {validation}")]
    NothingToTest {
        /// Share of training rows.
        train: f64,
        /// Share of validation rows.
        validation: f64,
    },
    /// Two keys of which each decides the same thing.
    #[error("`{path}` cannot be given together with `{other}`: {why}")]
    Together {
        /// The path of the key, with its value if another one were fine.
        path: String,
        /// The path of the other key.
        other: String,
        /// What the other key decides.
        why: &'static str,
    },
    /// A column that is given two meanings.
    #[error("`{path}` and `{other}` are both `{column}`, and a column has one meaning")]
    SameColumn {
        /// The key.
        path: &'static str,
        /// The other key.
        other: &'static str,
        /// The column.
        column: String,
    },
    /// An alphabet that is written as a keyword or as ranges.
    #[error(
        "`data.text.alphabet` lists the characters that have a token one by one, and `{got}` looks like {looks_like}: write \
         `auto` for every character of the data, or the characters themselves{}",
        other_order.as_ref().map_or_else(String::new, |other| format!(" (for exactly these, in another order: `{other}`)"))
    )]
    AlphabetWord {
        /// The value.
        got: String,
        /// What it looks like: `a keyword`, `a range`.
        looks_like: &'static str,
        /// The same characters in an order that is no keyword.
        other_order: Option<String>,
    },
    /// An overlap of parts, and no parts.
    #[error("`data.split.overlap: allow` is for published splits, and this spec has none")]
    OverlapOfNothing,
    /// Validation rows that leave nothing to train on.
    #[error(
        "`data.split.validation` is {validation}, but {folds} folds leave {} of the rows for training and validation",
        (1e4 - 1e4 / f64::from(*folds)).round() / 1e4
    )]
    NothingToTrain {
        /// Share of validation rows.
        validation: f64,
        /// Folds of a repeat.
        folds: u32,
    },
    /// More folds and repeats than replicates are allowed.
    #[error("`data.split` makes {} replicates (folds {folds} × repeats {repeats}), at most {max} are allowed", folds * repeats)]
    TooManyFolds {
        /// Folds of a repeat.
        folds: u32,
        /// How often the rows are divided.
        repeats: u32,
        /// The limit.
        max: u64,
    },
    /// A number of replicates that contradicts the folds.
    #[error("`replicates` is {replicates}, but `data.split` makes {} (folds {folds} × repeats {repeats})", folds * repeats)]
    ReplicatesOfFolds {
        /// `replicates`.
        replicates: u32,
        /// Folds of a repeat.
        folds: u32,
        /// How often the rows are divided.
        repeats: u32,
    },
    /// An empty list of models.
    #[error("`models` is empty, expected at least one")]
    NoModels,
    /// A model that nobody registered.
    #[error("unknown model `{id}`{}", did_you_mean(nearest))]
    UnknownModel {
        /// The id.
        id: String,
        /// The known id most like it.
        nearest: Option<String>,
        /// All known ids, sorted.
        valid: Vec<String>,
    },
    /// A model whose declaration cannot be used.
    #[error("model `{id}` cannot be used: {problem}")]
    BrokenModel {
        /// The id.
        id: String,
        /// What is wrong with its declaration, and where.
        problem: String,
    },
    /// A model that is listed twice.
    #[error("model `{id}` is listed twice, first at {first}")]
    DuplicateModel {
        /// The id.
        id: String,
        /// The first of them.
        first: Place,
    },
    /// A parameter that the model does not declare.
    #[error("model `{model}` has no parameter `{name}`{}", did_you_mean(nearest))]
    UnknownParameter {
        /// The parameter.
        name: String,
        /// The model.
        model: String,
        /// Its parameter most like it.
        nearest: Option<String>,
        /// Its parameters, sorted.
        valid: Vec<String>,
    },
    /// A shared axis that no listed model declares.
    #[error("no listed model has a parameter `{name}`{}", did_you_mean(nearest))]
    UndeclaredAxis {
        /// The axis.
        name: String,
        /// The parameter most like it.
        nearest: Option<String>,
        /// The parameters of the listed models, sorted.
        valid: Vec<String>,
    },
    /// A setting of `training` that a model does not use.
    #[error("{} `{name}`", model.as_ref().map_or_else(|| "no listed model uses".to_owned(), |model| format!("model `{model}` does not use")))]
    UnusedAxis {
        /// The path of the setting.
        name: String,
        /// The model; `None` for all that are listed.
        model: Option<String>,
    },
    /// An axis over the data.
    #[error("`{name}` cannot be swept: models are compared on the same rows")]
    SweptData {
        /// The axis.
        name: String,
    },
    /// A parameter with a value and an axis.
    #[error("model `{model}` both fixes `{name}` in `params` and sweeps it, fixed at {fixed}")]
    FixedAndSwept {
        /// The parameter.
        name: String,
        /// The model.
        model: String,
        /// Where it is fixed.
        fixed: Place,
    },
    /// An axis without values, or with a flood of them.
    #[error("axis `{path}` has {n_values} values, expected 1 to {max}")]
    AxisLength {
        /// Its path.
        path: String,
        /// How many values it has.
        n_values: usize,
        /// How many it may have.
        max: usize,
    },
    /// An axis with a value twice.
    #[error("axis `{path}` has the value {value} twice{}", if *rounded { ", after rounding" } else { "" })]
    RepeatedValue {
        /// Its path.
        path: String,
        /// The value.
        value: String,
        /// Whether the values come from a range.
        rounded: bool,
    },
    /// A range over a parameter that is no number.
    #[error("axis `{path}` is a range, but `{name}` is not a number: {expected}")]
    RangeOfWords {
        /// Its path.
        path: String,
        /// The parameter.
        name: String,
        /// What it takes.
        expected: String,
    },
    /// A range of all numbers between its ends, without a search.
    #[error("`{name}` has a range without `steps`, which holds all numbers between its ends")]
    ContinuousInGrid {
        /// The axis.
        name: String,
    },
    /// An exception that matches no configuration.
    #[error("{exception} leaves out nothing: {why}")]
    ExceptNothing {
        /// The entry.
        exception: String,
        /// Why it matches none.
        why: String,
    },
    /// Exceptions that match every configuration of a model.
    #[error("`except` leaves no configuration of `{model}`")]
    ExceptAll {
        /// What reports call the model.
        model: String,
    },
    /// `except` together with `search`.
    #[error("`except` is for grids, and the configurations of this model are proposed by a search")]
    ExceptInSearch,
    /// A search, a race or halving where the test rows of a replicate are validation rows of others.
    #[error(
        "`{key}` does not go together with `{other}`: test rows of one replicate would choose configurations on others"
    )]
    ChoiceBeforeTest {
        /// `search`, `race` or `halving`.
        key: &'static str,
        /// The setting.
        other: &'static str,
    },
    /// A race whose last stage is not all replicates.
    #[error("the last stage of the race trains {last} replicates, and there are {replicates}")]
    RaceEnds {
        /// The last number.
        last: u32,
        /// The number of replicates.
        replicates: u32,
    },
    /// A race that drops nothing.
    #[error("a race of one stage leaves nothing out")]
    RaceOfOneStage,
    /// Halving that does not fit the training.
    #[error(transparent)]
    Halving(HalvingProblem),
    /// A search with nothing to vary.
    #[error("{}", match model { Some(model) => format!("the space of `{model}` is one point: there is nothing to search"), None => "no listed model has an axis: there is nothing to search".to_owned() })]
    NothingToSearch {
        /// What reports call the model; `None` for all.
        model: Option<String>,
    },
    /// More trials than the limit.
    #[error("the sweep makes {trials} trials, more than the limit of {limit}")]
    TooManyTrials {
        /// Configurations times replicates.
        trials: u128,
        /// `limits.max_trials`.
        limit: u64,
    },
    /// A baseline that is not among the models.
    #[error("`report.baseline` is `{id}`, which is not listed in `models`{}", did_you_mean(nearest))]
    BaselineNotListed {
        /// The baseline.
        id: String,
        /// The listed model most like it.
        nearest: Option<String>,
        /// The listed models, in the order of the spec.
        valid: Vec<String>,
    },
    /// A model to try that is not among the models, or that a report's page cannot run.
    #[error("`report.try` is `{id}`, {}", match use_of { Some(model) => format!("which uses {model}: only {} can be tried", RECURRENT_MODELS.join(", ")), None => format!("which is not listed in `models`{}", did_you_mean(nearest)) })]
    NotToTry {
        /// The model.
        id: String,
        /// The plugin that it uses; `None` where it is not listed.
        use_of: Option<String>,
        /// The listed model most like it.
        nearest: Option<String>,
        /// The listed models that can be tried, in the order of the spec.
        valid: Vec<String>,
    },
    /// An override without `=` or without a path.
    #[error("`{text}` is not of the form path=value, such as training.epochs=3")]
    OverrideForm {
        /// What was given.
        text: String,
    },
    /// A path through something that has no keys.
    #[error("`{path}` is {got}, it has no key `{segment}`")]
    NoKeysHere {
        /// The path so far.
        path: String,
        /// The segment that leads nowhere.
        segment: String,
        /// What is there.
        got: String,
    },
    /// A path to an element that a list does not have.
    #[error("the list `{path}` has no element `{segment}`{}", did_you_mean(nearest))]
    NoSuchElement {
        /// The path so far.
        path: String,
        /// The segment that leads nowhere.
        segment: String,
        /// The model most like it.
        nearest: Option<String>,
        /// The elements there are: indices, or the models' ids.
        valid: Vec<String>,
    },
}

/// The mapping that a key is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section(pub(crate) String);

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { f.write_str("the spec") } else { write!(f, "`{}`", self.0) }
    }
}

fn start(models: &[String]) -> String {
    let verb = if models.len() == 1 { "starts" } else { "start" };
    format!("{} {verb}", models.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", "))
}

fn did_you_mean(nearest: &Option<String>) -> String {
    nearest.as_ref().map(|name| format!(", did you mean `{name}`?")).unwrap_or_default()
}

impl Feature {
    fn sentence(self) -> &'static str {
        match self {
            Feature::Anchors => "anchors (&name) cannot be used",
            Feature::Aliases => "aliases (*name) cannot be used",
            Feature::MergeKeys => "merge keys (<<) cannot be used",
            Feature::Tags => "tags (!name) cannot be used",
            Feature::Documents => "a second document (---) cannot stand",
        }
    }
}

/// Why configurations cannot be compared before the end of their training.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages name the fields")]
pub enum HalvingProblem {
    #[error("`halving` compares configurations of equal length, and `{axis}` of `{model}` is swept")]
    Swept { model: String, axis: String },
    #[error("`halving` counts epochs, and `{model}` is trained for `training.steps`")]
    Steps { model: String },
    #[error("`halving` decides where a training stops, and so does `training.stop_after` of `{model}`")]
    Stopped { model: String },
    #[error("`halving` compares configurations after some epochs, and no listed model is trained in epochs")]
    NoEpochs,
    #[error(
        "`halving` stops nothing: configurations would be compared after {} of {epochs} epochs, and `halving.shortest` is {shortest}",
        epochs.div_ceil(*eta)
    )]
    NothingShorter { shortest: u32, eta: u32, epochs: u32 },
}

impl fmt::Display for SpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message = self.kind.to_string();
        // A plugin's manifest may come with its own excerpt, which is shown below that of the spec.
        let (message, of_manifest) = match &self.kind {
            ErrorKind::BrokenModel { .. } => message.split_once('\n').unwrap_or((&message, "")),
            _ => (message.as_str(), ""),
        };
        write!(f, "{}: {}\n{}", self.place, printable(message, 1000), self.excerpt)?;
        if of_manifest.is_empty() { Ok(()) } else { write!(f, "\n{of_manifest}") }
    }
}

impl fmt::Display for SpecErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for error in &self.errors {
            writeln!(f, "{error}\n")?;
        }
        let n_errors = self.errors.len() + self.n_more;
        write!(f, "{n_errors} error{} in {}", if n_errors == 1 { "" } else { "s" }, self.file)?;
        if self.n_more > 0 { write!(f, ", the first {} of them are shown", self.errors.len()) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Override;
    use crate::source::{Sources, Span};

    #[test]
    fn the_excerpt_of_a_manifest_is_below_that_of_the_spec() {
        let sources = Sources::new("x.yaml", "- use: mine".to_owned(), &[] as &[Override]);
        let span = Span { source: 0, line: 1, column: 8, len: 4 };
        let problem = "mine/plugin.yaml: no\n  |\n2 | id: [\n  |     ^".to_owned();
        let kind = ErrorKind::BrokenModel { id: "mine".to_owned(), problem };
        let error = SpecError { place: sources.place(span), kind, excerpt: sources.excerpt(span, None) };
        assert_eq!(
            error.to_string(),
            "x.yaml:1:8: model `mine` cannot be used: mine/plugin.yaml: no\n  |\n1 | - use: mine\n  |        ^^^^\n  |\n2 | id: [\n  |     ^"
        );
    }
}
