//! The box in a report's page in which a reader tries a text: whose network it is, and that it computes what `recur predict` does.

#[cfg(unix)]
mod browser;

use crate::common::Lab;
use recur_experiment::weights_of;

/// The page of the report of `name`.
fn page(lab: &Lab, name: &str) -> String {
    lab.read(&format!("reports/{name}.html"))
}

/// The trial that the page computes with; `None` if it has no box.
fn tried(lab: &Lab, name: &str) -> Option<String> {
    let page = page(lab, name);
    let (_, section) = page.split_once("<h2 id=\"try-a-text\">").filter(|_| page.contains("id=\"try-text\""))?;
    let (_, id) = section.split_once(" --model ")?;
    Some(id.split(' ').next().unwrap().to_owned())
}

/// The trial whose weights `recur predict` takes.
fn predicting(lab: &Lab, word: &str) -> String {
    let file = weights_of(word, &lab.path("runs"), &lab.registry).unwrap();
    file.card.unwrap().trial.unwrap().short().to_owned()
}

#[test]
fn the_page_computes_with_the_trial_that_predict_takes() {
    let lab = Lab::with_small();
    assert_eq!(tried(&lab, "small"), Some(predicting(&lab, "small")));
    for model in ["manual_rnn", "stacked_rnn"] {
        let spec = lab.spec("small", 4) + &format!("report: {{try: {model}}}\n");
        lab.run("small", &spec);
        assert_eq!(tried(&lab, "small"), Some(predicting(&lab, &format!("small/{model}"))), "{model}");
    }
    lab.run("small", &(lab.spec("small", 4) + "report: {try: none}\n"));
    assert!(!page(&lab, "small").contains("Try a text"));
}

#[test]
fn a_report_is_written_without_the_weights_and_says_that_they_are_missing() {
    let lab = Lab::new();
    let spec = lab.spec("small", 4);
    let experiment = lab.run("small", &spec);
    let whole = page(&lab, "small");
    let id = predicting(&lab, "small");
    let trial = experiment.trials().iter().find(|trial| trial.id.short() == id).unwrap();
    let weights = lab.trial(&trial.id).join("weights.safetensors");
    let (kept, store, options) =
        (std::fs::read(&weights).unwrap(), lab.store(), recur_experiment::RunOptions::default());
    let again = || {
        let outcomes = experiment.stored(&store, 2).unwrap();
        experiment.report(&outcomes, &store, 2, &options, &lab.path("reports")).unwrap();
        page(&lab, "small")
    };
    std::fs::remove_file(&weights).unwrap();
    let without = again();
    assert!(without.contains(&format!("the weights of trial <code>{id}</code> are not in the store")));
    assert!(!without.contains("try-network"));
    std::fs::write(&weights, kept).unwrap();
    assert_eq!(again(), whole, "the same bytes as before");
}

#[test]
fn a_network_that_is_too_large_leaves_the_box_to_the_best_one_that_fits() {
    let lab = Lab::new();
    let spec = lab
        .spec("large", 4)
        .replace("{use: manual_rnn, params: {hidden_size: 4}}", "{use: manual_rnn, params: {hidden_size: 600}}");
    let spec = spec.replace("epochs: 2", "epochs: 1").replace("replicates: 2", "replicates: 1");
    lab.run("large", &(spec.clone() + "report: {try: manual_rnn}\n"));
    assert_eq!(tried(&lab, "large"), None);
    let said = page(&lab, "large");
    assert!(said.contains("cannot be tried here: its network is too large"), "{said}");
    lab.run("large", &spec);
    assert_eq!(tried(&lab, "large"), Some(predicting(&lab, "large/stacked_rnn")));
}
