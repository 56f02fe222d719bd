//! The section on one label that is looked for.

use crate::fixture::{Build, labels, small};
use crate::markdown;

#[test]
fn with_two_labels_the_report_shows_how_well_the_rarer_one_is_found() {
    let mut outline = small();
    (outline.labels, outline.n_tested_labels) = (labels(&["ham", "sp|am"]), 2);
    let text = markdown(&outline.build());
    let section = text.split("\n## ").find(|section| section.starts_with("The positive label")).unwrap();
    for part in [
        "find `sp\\|am`, the rarer of the two labels",
        "| F1 at the threshold |",
        "recall at precision ≥\u{A0}90 |",
        "![ROC and precision-recall curves of the label sp\\|am. ROC-AUC and average precision in per cent: ",
    ] {
        assert!(section.contains(part), "{part}: {section}");
    }
    let mut named = small().build();
    named.plan.report.positive = Some("Greek".to_owned());
    let text = markdown(&named);
    assert!(
        text.contains("How well the models find `Greek`. It is") && !text.contains("F1 at the threshold"),
        "{text}"
    );
}
