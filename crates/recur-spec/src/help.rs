//! What may help besides the message of an error: the valid names, or the way out.

use crate::error::{ErrorKind, Feature, HalvingProblem};

impl ErrorKind {
    /// What may help besides the message: the valid names, or the way out.
    pub fn help(&self) -> Option<String> {
        let list = |what: &str, valid: &[String]| (!valid.is_empty()).then(|| format!("{what}: {}", valid.join(", ")));
        match self {
            ErrorKind::Empty | ErrorKind::NoMapping { .. } => {
                Some("required keys: recur, name, data, models".to_owned())
            }
            ErrorKind::Tab { .. } => {
                Some("use blanks: a spec takes no tabs for indentation or after a colon".to_owned())
            }
            ErrorKind::Value { unquoted: Some(text), got, .. } => {
                let read = if got == "nothing" { "nothing" } else { "a number or a truth value" };
                Some(format!("YAML reads {text} as {read}; in quotes it is text: \"{text}\""))
            }
            ErrorKind::Value { path, .. } if path.ends_with("training.warmup") => {
                Some("a share of all steps: `warmup: 0.1` is over after the first tenth of the training".to_owned())
            }
            ErrorKind::Unsupported(Feature::Documents) => Some("one file holds one spec".to_owned()),
            ErrorKind::Unsupported(Feature::Tags) => Some("put the value in quotes if it is text".to_owned()),
            ErrorKind::UnquotedGlob { text, is_override: false } => Some(format!("put it in quotes: \"{text}\"")),
            ErrorKind::UnquotedGlob { text, is_override: true } => {
                Some(format!("put it in quotes, and in quotes for the shell too: --set 'data.source=\"{text}\"'"))
            }
            ErrorKind::Unsupported(Feature::Aliases) => {
                Some("write the values out where they are used; text that begins with * needs quotes".to_owned())
            }
            ErrorKind::Unsupported(_) => Some("write the values out where they are used".to_owned()),
            ErrorKind::UnknownKey { elsewhere: Some(place), .. } => Some(place.to_string()),
            ErrorKind::UnknownKey { valid, .. } => list("valid keys", valid),
            ErrorKind::UnknownModel { valid, .. } => list("known models", valid),
            ErrorKind::UnknownParameter { valid, .. } => list("its parameters", valid),
            ErrorKind::UndeclaredAxis { valid, .. } => list("their parameters", valid),
            ErrorKind::SweptData { .. } => Some("make a spec for each of them, and compare the experiments".to_owned()),
            ErrorKind::BaselineNotListed { valid, .. } => list("listed models", valid),
            ErrorKind::NotToTry { valid, .. } if valid.is_empty() => {
                Some("no listed model can be tried: leave `try` out".to_owned())
            }
            ErrorKind::NotToTry { valid, .. } => list("listed models that can be tried", valid),
            ErrorKind::NoSuchElement { valid, .. } => list("its elements", valid),
            ErrorKind::NothingTrained { .. } => {
                Some("give each of them `weights: FILE`, or train for an epoch at least".to_owned())
            }
            ErrorKind::ReplicatesOfFolds { .. } => Some("leave `replicates` out".to_owned()),
            ErrorKind::OverlapOfNothing => Some(
                "a published split is named by `data.split.column` or by a file for each part in `data.source`"
                    .to_owned(),
            ),
            ErrorKind::ContinuousInGrid { .. } => {
                Some("add `steps` to make it a list of values, or a `search`, which proposes values".to_owned())
            }
            ErrorKind::ExceptInSearch => Some("a list of grids under `sweep` says which values go together".to_owned()),
            ErrorKind::ChoiceBeforeTest { .. } => Some(
                "with `data.split.test: fixed`, the default here, all replicates are tested on the same rows"
                    .to_owned(),
            ),
            ErrorKind::RaceEnds { replicates, .. } => {
                Some(format!("end `race.replicates` with {replicates}, or change `replicates`"))
            }
            ErrorKind::RaceOfOneStage => {
                Some("for example `replicates: 5` and `race: {replicates: [1, 2, 5]}`".to_owned())
            }
            ErrorKind::Halving(problem) => Some(problem.hint()),
            ErrorKind::NothingToSearch { .. } => {
                Some("an axis such as `sweep: {learning_rate: {log: {from: 1e-4, to: 1e-1}}}`".to_owned())
            }
            ErrorKind::TooManyTrials { .. } => Some("raise `limits.max_trials` if this is meant".to_owned()),
            _ => None,
        }
    }
}

impl HalvingProblem {
    fn hint(&self) -> String {
        match self {
            Self::Swept { .. } => "leave the axis out, or race over replicates: `race: {replicates: [1, 2, 5]}`",
            Self::Steps { .. } => "say the length as `training.epochs`",
            Self::Stopped { .. } => "leave one of them out",
            Self::NoEpochs => "a race needs no epochs: `race: {replicates: [1, 2, 5]}`",
            Self::NothingShorter { .. } => "lower `halving.shortest`, or raise `training.epochs`",
        }
        .to_owned()
    }
}
