//! The box in a report's page in which a reader tries a text: whose network it is, and that it computes what `recur predict` does.

#[cfg(unix)]
mod browser;

use crate::common::{Lab, says};
use recur_experiment::{RunOptions, weights_of};

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
fn a_trial_whose_weights_are_damaged_is_missing_and_no_other_network_takes_its_place() {
    let lab = Lab::new();
    let experiment = lab.run("small", &lab.spec("small", 4));
    let id = predicting(&lab, "small");
    let trial = experiment.trials().iter().find(|trial| trial.id.short() == id).unwrap();
    let (weights, store) = (lab.trial(&trial.id).join("weights.safetensors"), lab.store());
    let (outcomes, whole) = (experiment.stored(&store, 2).unwrap(), page(&lab, "small"));
    let kept = std::fs::read(&weights).unwrap();
    // Of the same length: nothing but their digest shows it.
    std::fs::write(&weights, vec![0; kept.len()]).unwrap();
    says(&experiment.stored(&store, 2).unwrap_err(), None, &["1 of 4 trials"]);
    // Damaged while the report is made.
    let options = RunOptions::default();
    let error = experiment.report(&outcomes, &store, 2, &options, &lab.path("reports")).unwrap_err();
    says(&error, None, &["weights.safetensors"]);
    assert_eq!(page(&lab, "small"), whole);
    std::fs::write(&weights, kept).unwrap();
    experiment.report(&outcomes, &store, 2, &options, &lab.path("reports")).unwrap();
    assert_eq!(page(&lab, "small"), whole);
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
