//! The box in which a reader tries a text. Only the HTML page has this section.

use super::trials;
use crate::markdown::{code, code_block, escape, list};
use crate::numbers::fixed;
use crate::page::Page;
use crate::trial_links::TrialLinks;
use crate::try_text::{MOST_BYTES, NotTried, Passed, Tried, TryText};
use recur_analysis::Analysis;
use recur_core::recurrent::NoRecurrentNetwork;

/// What the script fills. Without the script there is a sentence in its place.
pub(crate) const BOX: &str = "\
<div class=\"try\" id=\"try\" hidden=\"hidden\">
<label for=\"try-text\">Text</label>
<textarea id=\"try-text\" rows=\"2\" spellcheck=\"false\" autocomplete=\"off\" autocapitalize=\"off\"></textarea>
<p role=\"status\" aria-live=\"polite\"></p>
<ol aria-label=\"The likeliest labels\"></ol>
</div>
<noscript><p>The box needs JavaScript, which is off in this browser. The command below gives the same.</p></noscript>
";

pub(crate) fn render(analysis: &Analysis, try_text: &TryText, links: &TrialLinks, page: &mut Page) {
    let TryText { tried, passed } = try_text;
    if tried.is_none() && passed.is_empty() {
        return;
    }
    page.html_block("## Try a text");
    if let Some(tried) = tried {
        page.html_block(&introduction(analysis, tried));
        page.html_block(BOX);
        page.try_network = Some(tried.network.document().to_owned());
        if let Some(command) = links.predict(&tried.trial) {
            page.html_block("The same on the command line:");
            page.html_block(&code_block("sh", &format!("{command} --top 5 'a text'")));
        }
    }
    too_large(passed, tried.is_some())
        .into_iter()
        .chain(passed.iter().filter_map(sentence))
        .for_each(|sentence| page.html_block(&sentence));
}

fn introduction(analysis: &Analysis, tried: &Tried) -> String {
    let id = code(tried.trial.short());
    // Two models may share a trial: the link leads to that of the model.
    let is_its = |configuration: usize| analysis.configurations[configuration].model == tried.model;
    let found = analysis.trials.iter().find(|trial| trial.trial == tried.trial && is_its(trial.configuration));
    let (trial, replicate) = match found {
        Some(found) => (
            format!("[{id}](#{})", trials::anchor(found.configuration)),
            format!(" (replicate {}, the best on validation)", found.replicate),
        ),
        None => (id, String::new()),
    };
    format!(
        "Type a text, and this page computes the labels that {} gives it, with the weights of trial {trial}{replicate}. Nothing is \
         sent anywhere.",
        code(&tried.model)
    )
}

/// Which networks have no room in a page, and what would help; nothing where all have.
fn too_large(passed: &[Passed], has_box: bool) -> Option<String> {
    let size = |passed: &Passed| match passed.reason {
        NotTried::TooLarge { bytes } => Some(format!("{} ({})", code(&passed.model), megabytes(bytes))),
        _ => None,
    };
    let models: Vec<String> = passed.iter().filter_map(size).collect();
    let what = match (models.len(), has_box) {
        (0, _) => return None,
        (1, true) => "is better on validation, but its network is",
        (_, true) => "are better on validation, but their networks are",
        (1, false) => "cannot be tried here: its network is",
        (_, false) => "cannot be tried here: their networks are",
    };
    Some(format!(
        "{} {what} too large for a page, which has room for {}. A smaller `hidden_size`, fewer `layers` or an `embedding` makes a network \
         smaller; `report.try: MODEL` in the spec names another model.",
        list(&models),
        megabytes(MOST_BYTES)
    ))
}

/// Why a model cannot be tried that has room in a page, and what would help.
fn sentence(passed: &Passed) -> Option<String> {
    let what = match &passed.reason {
        NotTried::TooLarge { .. } => return None,
        // The path is that of a store, which a page does not depend on.
        NotTried::NoNetwork(NoRecurrentNetwork::Weights { problem, .. }) => {
            format!("its weights are not those of the network: {}", escape(problem))
        }
        NotTried::NoNetwork(_) => "its file of weights holds no recurrent network".to_owned(),
        NotTried::NothingFinished => {
            "none of its configurations finished; `report.try: MODEL` in the spec names another model".to_owned()
        }
    };
    Some(format!("{} cannot be tried here: {what}.", code(&passed.model)))
}

fn megabytes(bytes: usize) -> String {
    format!("{} MB", fixed(bytes as f64 / 1e6, 2))
}
