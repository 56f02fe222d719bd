//! Metrics of a plugin's own. They go to the log of the trial, and nowhere else: no record, no report and no choice
//! depends on them.

use crate::error::printable;
use recur_core::params::is_snake_case;
use std::collections::BTreeMap;

/// Metrics of one answer.
const MOST: usize = 100;
/// Characters of a name.
const MOST_CHARACTERS: usize = 64;

/// Logs `metrics` with the trial at hand.
///
/// # Errors
/// What is wrong with them: too many, or a name that is none.
pub(crate) fn log(plugin: &str, metrics: &BTreeMap<String, f64>) -> Result<(), String> {
    if metrics.len() > MOST {
        return Err(format!("has {} metrics, and {MOST} are allowed", metrics.len()));
    }
    if let Some(name) = metrics.keys().find(|name| !is_snake_case(name) || name.len() > MOST_CHARACTERS) {
        let name = printable(name, 100);
        return Err(format!("has a metric `{name}`: a name is snake_case, of at most {MOST_CHARACTERS} characters"));
    }
    if let Some((name, number)) = metrics.iter().find(|(_, number)| !number.is_finite()) {
        return Err(format!("has the metric `{name}` of {number}: leave out what is not a finite number"));
    }
    if !metrics.is_empty() {
        let of = |(name, number): (&String, &f64)| format!("{name}={number}");
        tracing::debug!("{plugin}: metrics {}", metrics.iter().map(of).collect::<Vec<_>>().join(" "));
    }
    Ok(())
}
