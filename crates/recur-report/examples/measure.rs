//! Times the report of a large synthetic experiment: `cargo run --release -p recur-report --example measure`, or `just bench-report`.

#[path = "../tests/fixture/mod.rs"]
#[expect(dead_code, reason = "shared with the tests, which need more of it")]
mod fixture;

use fixture::{Build, Outline, Sketch, integers, labels, no_mishap, small};
use std::error::Error;
use std::io::Write as _;
use std::time::Instant;

/// So many models of so many configurations, five replicates each, 34 labels and 5,600 test names.
fn outline(name: &'static str, n_models: usize, n_configurations: i64) -> Outline {
    let ids: Vec<String> = (0..n_models).map(|model| format!("model_{model}")).collect();
    let model = |id: String| Sketch {
        id: id.leak(),
        axes: vec![("hidden_size", integers(&(1..=n_configurations).collect::<Vec<_>>()))],
        skill: 0.55,
        n_epochs: 10,
        mishap: no_mishap,
    };
    let names: Vec<String> = (0..34).map(|label| format!("Label {label}")).collect();
    Outline {
        name,
        labels: labels(&names.iter().map(String::as_str).collect::<Vec<_>>()),
        n_tested_labels: 34,
        models: ids.into_iter().map(model).collect(),
        baseline: Some("model_0"),
        n_test: 5_600,
        replicates: 5,
        ..small()
    }
}

/// The most memory that this process has held, in MB; 0 where the system does not tell.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok()).unwrap_or(0) / 1000
}

#[expect(clippy::disallowed_methods, reason = "what it prints is a time")]
fn main() -> Result<(), Box<dyn Error>> {
    let outlines = [
        outline("100 trials of 2 models", 2, 10),
        outline("1,000 trials of 2 models", 2, 100),
        outline("1,000 trials of 20 models", 20, 10),
        outline("1,000 trials of 200 models, all chosen", 200, 1),
    ];
    let only = std::env::args().nth(1).and_then(|place| place.parse::<usize>().ok());
    for (_, outline) in outlines.iter().enumerate().filter(|(place, _)| only.is_none_or(|only| only == *place)) {
        let experiment = outline.build();
        let (before, folder, start) = (peak(), tempfile::tempdir()?, Instant::now());
        experiment.write_analysis(&experiment.resampled(recur_stats::RESAMPLES), folder.path())?;
        let seconds = start.elapsed().as_secs_f64();
        writeln!(std::io::stdout(), "{}: {seconds:.2} s, {} MB at most, {before} MB before it", outline.name, peak())?;
    }
    Ok(())
}
