//! What to do about an error.

use recur_core::split::SplitError;
use recur_core::visible::visible;
use recur_ingest::IngestError;
use recur_store::{Fault, Problem, Refused, StoreError, layout};
use recur_train::Misfit;
use std::path::Path;

const OTHER_STORE: &str = "--store DIR names another store";

/// What to do where a store cannot be opened or written.
pub fn using_a_store(error: &StoreError) -> Option<String> {
    Some(match error {
        StoreError::OlderFormat { .. } => "in another folder the experiments have to be run again".to_owned(),
        StoreError::Format { .. } => "use a later version of recur, or another folder: --store DIR".to_owned(),
        StoreError::NotAStore { .. } => {
            "--store DIR names a store, or a folder that is empty or does not exist; nothing was changed in this one"
                .to_owned()
        }
        StoreError::InUse { .. } => {
            "wait for it to end; if none is running, the user who owns that folder runs `recur store gc`, and \
             where the file system has no locks `recur store gc --host-gone HOST` (the folder's name begins with HOST)"
                .to_owned()
        }
        StoreError::InUseElsewhere { host, .. } => format!(
            "wait for it to end; if that machine is gone, or was started again since: recur store gc --host-gone {}",
            visible(host)
        ),
        // The error itself names the remedy.
        StoreError::Io { source, .. } if Refused::of(source).is_some() => OTHER_STORE.to_owned(),
        StoreError::Io { .. } => {
            "name a folder that can be written: --store DIR; recur report, recur store check and other commands \
             that only read need no leave to write"
                .to_owned()
        }
        StoreError::Damaged(problem) => damaged(problem),
        _ => return None,
    })
}

fn damaged(problem: &Problem) -> String {
    let is_format = problem.path.ends_with(layout::STORE);
    match problem.fault {
        Fault::Refused(Refused::NoFolder) if problem.path.parent().is_none_or(|p| !p.join(layout::STORE).is_file()) => {
            format!("a store is a folder; {OTHER_STORE}")
        }
        Fault::Refused(_) | Fault::Unreadable { .. } => {
            format!("make it a file or folder that can be read; {OTHER_STORE}")
        }
        _ if is_format => {
            let path = problem.path.display().to_string();
            format!(
                "if this folder is a store of this version of recur, write its format again: echo '{{\"format\": 5}}' > {}; \
                 {OTHER_STORE}",
                crate::shell::quoted(&visible(&path))
            )
        }
        _ => format!("recur store check lists all damage; {OTHER_STORE}"),
    }
}

/// What to do where the weights of the trial in `folder` cannot be used to score it.
pub(crate) fn scoring(folder: &Path, error: &StoreError) -> String {
    let is_damage = match error {
        StoreError::Damaged(problem) => !matches!(problem.fault, Fault::Refused(_) | Fault::Unreadable { .. }),
        StoreError::Weights { .. } => true,
        _ => false,
    };
    let folder = folder.display().to_string();
    if is_damage {
        format!(
            "{} was damaged after this run began. Nothing was scored with it; run the experiment again: it trains this trial again",
            visible(&folder)
        )
    } else {
        "the trial may be whole: recur store check tells, and the same command goes on".to_owned()
    }
}

/// What to do where a file of weights cannot be read.
pub fn reading_a_model(error: &StoreError) -> Option<String> {
    match error {
        StoreError::Damaged(Problem { fault: Fault::Refused(_) | Fault::Unreadable { .. }, .. }) => None,
        StoreError::Damaged(_) => Some(
            "take the file from a copy that is whole; if it is a trial of a store, recur experiment with its spec trains it again"
                .to_owned(),
        ),
        _ => None,
    }
}

/// How to make a data set that can be divided.
pub(crate) fn dividing(error: &SplitError) -> String {
    match error {
        SplitError::TooFew { .. } => "add names, or change the shares of `data.split` in the spec".to_owned(),
        SplitError::TooManyFolds { .. } => {
            "use fewer folds; with `data.split.stratify: false` only the data as a whole needs as many groups".to_owned()
        }
        SplitError::MissingPart(part) => {
            format!("mark some rows as `{part}`; without a published split recur divides the rows itself")
        }
        SplitError::NotPublished => "name the column of the split: `data.split.column`".to_owned(),
        SplitError::Overlap { .. } => {
            "remove these rows from one part; `data.split.overlap: allow` uses the split as it is, and the report then warns; \
             with `data.split.group: none` groups do not count"
                .to_owned()
        }
    }
}

/// How to get data that can be used.
pub fn using_data(error: &IngestError) -> Option<String> {
    Some(match error {
        IngestError::TooManyRejected { count, total, .. } => {
            let share = accepting(*count, *total);
            format!("mend the file; to go on without these rows: --set data.max_rejected={share}")
        }
        IngestError::Rejected { .. } => "mend the file; `data.rejects: report` leaves these rows out".to_owned(),
        IngestError::LostLabels { .. } => {
            "mend these rows; to go on without the labels remove their rows from the file".to_owned()
        }
        IngestError::NoKnownCharacter { .. } => {
            "with `data.text.alphabet: auto` and `data.text.fold: none` every character of the data has a token"
                .to_owned()
        }
        IngestError::NoUsableRows { .. } => {
            "mend the file; `data.columns` names its columns and `data.text` its alphabet".to_owned()
        }
        IngestError::OneLabel { .. } => "name another column of labels: --set data.columns.label=COLUMN".to_owned(),
        _ => return error.remedy(),
    })
}

/// The least share with two decimals that accepts `count` rejected rows of `total`.
fn accepting(count: u64, total: u64) -> f64 {
    let share = count as f64 / total as f64;
    let hundredths = (100.0 * share).floor();
    // A product is rounded, so what accepts the rows is found by the comparison itself.
    [0.0, 1.0, 2.0].map(|more| (hundredths + more) / 100.0).into_iter().find(|limit| share <= *limit).unwrap_or(1.0)
}

/// How to make initial weights fit.
pub(crate) fn fitting(misfit: &Misfit) -> String {
    match misfit {
        Misfit::Model { model } => format!("put the file under `use: {model}`"),
        Misfit::Alphabet { weights, .. } => {
            let alphabet = weights.letters.replace('\'', "''");
            let unknown = if weights.has_unknown { "token" } else { "drop" };
            format!("the weights fit `data.text`: {{alphabet: '{alphabet}', unknown: {unknown}}}")
        }
        Misfit::Labels { .. } => "the data must have the labels that the weights were trained on".to_owned(),
        Misfit::Tensor { problem, .. } if problem.to_string().contains(".float()") => {
            "save the weights as F32: model.float() before safetensors.torch.save_file".to_owned()
        }
        Misfit::Tensor { .. } => {
            "shapes follow from the model's `params`, `data.text.alphabet` with `unknown`, and the \
            number of labels: give those that the weights were trained with"
                .to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::accepting;

    #[test]
    fn the_share_of_the_hint_is_accepted_and_the_least_with_two_decimals() {
        for total in 1..=200 {
            for count in 1..=total {
                let share = count as f64 / total as f64;
                // As a user types what the hint prints.
                let hinted: f64 = accepting(count, total).to_string().parse().unwrap();
                assert!(share <= hinted && hinted <= 1.0, "{count} of {total}: {hinted}");
                assert!(hinted.to_string().len() <= 4, "{count} of {total}: {hinted}");
                assert!(hinted - share < 0.01, "{count} of {total}: {hinted}");
            }
        }
        assert_eq!(accepting(29, 100), 0.29);
    }
}
