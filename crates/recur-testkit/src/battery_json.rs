//! The outcomes of a battery, for other programs.

use crate::battery::{Battery, Outcome};
use recur_core::params::Params;
use serde::Serialize;

#[derive(Serialize)]
struct Report<'a> {
    model: &'a str,
    params: &'a Params,
    n_ran: usize,
    n_failed: usize,
    checks: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    check: &'a str,
    outcome: &'static str,
    /// What a check in part left out, why it was skipped, or what it found.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<&'a str>,
}

impl Battery {
    /// The outcomes as JSON: of a model with `params`.
    pub fn json(&self, params: &Params) -> String {
        let checks = self.results.iter().map(|(check, outcome)| row(check, outcome)).collect();
        let (n_ran, n_failed) = (self.n_ran(), self.failures().count());
        let report = Report { model: self.model, params, n_ran, n_failed, checks };
        serde_json::to_string_pretty(&report).expect("words and numbers are JSON")
    }
}

fn row<'a>(check: &'a str, outcome: &'a Outcome) -> Row<'a> {
    let (outcome, reasons) = match outcome {
        Outcome::Ran => ("passed", vec![]),
        Outcome::RanInPart(parts) => ("in_part", parts.iter().map(String::as_str).collect()),
        Outcome::Skipped(reason) => ("skipped", vec![reason.as_str()]),
        Outcome::Failed(reason) => ("failed", vec![reason.as_str()]),
    };
    Row { check, outcome, reasons }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_outcome_has_its_word_and_its_reasons() {
        let results = vec![
            ("a", Outcome::Ran),
            ("b", Outcome::RanInPart(vec!["x".to_owned()])),
            ("c", Outcome::Skipped("y".to_owned())),
            ("d", Outcome::Failed("z".to_owned())),
        ];
        let json = Battery { model: "m", results }.json(&Params::defaults(&[]));
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        let row =
            |check: usize| (json["checks"][check]["outcome"].as_str().unwrap(), &json["checks"][check]["reasons"]);
        assert_eq!(row(0), ("passed", &serde_json::Value::Null));
        assert_eq!(row(1), ("in_part", &serde_json::json!(["x"])));
        assert_eq!(row(2), ("skipped", &serde_json::json!(["y"])));
        assert_eq!(row(3), ("failed", &serde_json::json!(["z"])));
        assert_eq!((&json["n_ran"], &json["n_failed"]), (&serde_json::json!(2), &serde_json::json!(1)));
    }
}
