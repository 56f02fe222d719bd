//! The program `recur-bench`: texts a second on the workloads of the peers, one JSON line each.

mod external;
mod ngrams;

use clap::Parser;
use recur_bench::{ALPHABET, Bench, Examples, median_rate, peak_flops, stacked_rnn_flops};
use recur_core::settings::{DataSettings, Duplicates, Fold, Group, TextSettings, Unknown};
use std::error::Error;
use std::io::Write as _;
use std::path::Path;

/// Measures training and prediction, texts folded to the 58 characters of PyTorch's tutorial.
#[derive(Debug, Parser)]
struct Args {
    /// The texts: a CSV file with the columns `name` and `language`, or a folder of LABEL.txt
    #[arg(default_value = "data/names.csv")]
    examples: String,
    /// Runs of each workload, of which the median counts
    #[arg(long, default_value_t = 7)]
    repeats: usize,
    /// Only the workloads that have this in their titles
    #[arg(long, default_value = "")]
    only: String,
    /// Print the fraction of the measured peak for all sizes instead
    #[arg(long)]
    fractions: bool,
    /// Print what the protocol of external plugins costs instead
    #[arg(long)]
    external: bool,
    /// Measure the sparse linear model instead
    #[arg(long)]
    ngrams: bool,
    /// Be an external plugin
    #[arg(long, hide = true)]
    serve: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    if args.serve {
        return external::serve();
    }
    if args.external {
        return external::overhead(&args.examples, args.repeats);
    }
    if args.ngrams {
        return ngrams::measure(&read(&args.examples)?, args.repeats);
    }
    if args.fractions { fractions(args.repeats) } else { peers(&read(&args.examples)?, args.repeats, &args.only) }
}

fn read(source: &str) -> Result<Examples, Box<dyn Error>> {
    let settings = DataSettings {
        label_column: "language".to_owned(),
        text: TextSettings {
            fold: Fold::Ascii,
            alphabet: Some(ALPHABET.to_owned()),
            unknown: Unknown::Drop,
            ..TextSettings::default()
        },
        duplicates: Duplicates::Keep,
        ..DataSettings::of(source)
    };
    let dataset = recur_ingest::ingest(&settings, Group::None, Path::new(""))?.dataset;
    Ok(Examples {
        sequences: dataset.sequences().clone(),
        labels: dataset.labels().to_vec(),
        n_tokens: dataset.alphabet().n_tokens(),
        n_classes: dataset.label_names().len(),
    })
}

fn print(workload: &str, rate: f64) -> Result<(), Box<dyn Error>> {
    let line = serde_json::json!({"workload": workload, "names_per_second": rate.round()});
    Ok(writeln!(std::io::stdout(), "{line}")?)
}

/// A title, a model's id, and the parameters that are not its defaults.
type Entry = (&'static str, &'static str, &'static [(&'static str, i64)]);

const MODELS: [Entry; 3] = [
    ("manual_rnn", "manual_rnn", &[]),
    ("stacked_rnn 1 layer", "stacked_rnn", &[("layers", 1)]),
    ("stacked_rnn 2 layers", "stacked_rnn", &[("layers", 2)]),
];

/// Networks that are larger, or read a text as a whole.
const OTHERS: [Entry; 3] = [
    ("gru 256, 2 layers, both directions", "gru", &[("hidden_size", 256), ("layers", 2), ("bidirectional", 1)]),
    ("char_cnn", "char_cnn", &[]),
    ("transformer", "transformer", &[]),
];

/// The workloads of `tools/peers`; of [`MODELS`] with the default hidden size of 128.
fn peers(examples: &Examples, repeats: usize, only: &str) -> Result<(), Box<dyn Error>> {
    let sample = |mut rows: Vec<u32>, n: usize| {
        rows.truncate(n);
        rows
    };
    let train = |label: &str, model: &Entry, rows: &[u32], batch: u32| {
        let title = format!("{}, {label}", model.0);
        if !title.contains(only) {
            return Ok(());
        }
        let mut bench = Bench::new(examples, model.1, model.2, batch);
        print(&title, median_rate(rows.len(), repeats, || bench.train(rows)))
    };
    for model in &MODELS {
        train("one text of 7 characters per step", model, &sample(examples.of_length(7), 4000), 1)?;
    }
    for model in &MODELS[1..] {
        train("batches of 64 of equal lengths", model, &examples.equal_lengths(64), 64)?;
        train("batches of 64 of mixed lengths", model, &sample(examples.shuffled(), 20_480), 64)?;
    }
    for model in &OTHERS {
        train("batches of 64 of mixed lengths", model, &sample(examples.shuffled(), 5_120), 64)?;
    }
    let title = "stacked_rnn 2 layers, prediction of 1,024";
    if !title.contains(only) {
        return Ok(());
    }
    let mut bench = Bench::new(examples, "stacked_rnn", &[("layers", 2)], 64);
    let rows = sample(examples.shuffled(), 16_384);
    print(title, median_rate(rows.len(), repeats, || bench.predict(&rows, 1024)))
}

fn fractions(repeats: usize) -> Result<(), Box<dyn Error>> {
    let peak = peak_flops();
    let mut out = std::io::stdout();
    writeln!(out, "measured peak of fused multiply-adds, one thread: {:.1} GFLOP/s", peak / 1e9)?;
    writeln!(out, "{:>6} {:>6} {:>6} {:>12} {:>10}", "hidden", "layers", "batch", "names/s", "of peak")?;
    let examples = Examples::synthetic(4096, 7);
    for hidden in [32, 64, 128, 256_usize] {
        for layers in [1, 2, 3_usize] {
            for batch in [1, 16, 64, 256_u32] {
                let params = [("hidden_size", hidden as i64), ("layers", layers as i64)];
                let mut bench = Bench::new(&examples, "stacked_rnn", &params, batch);
                let mut rows = examples.shuffled();
                rows.truncate(if hidden == 256 { 1024 } else { 4096 });
                let rate = median_rate(rows.len(), repeats, || bench.train(&rows));
                let fraction = rate * stacked_rnn_flops(hidden, layers, examples.n_classes, 7) / peak;
                writeln!(out, "{hidden:>6} {layers:>6} {batch:>6} {rate:>12.0} {:>9.0}%", 100.0 * fraction)?;
            }
        }
    }
    Ok(())
}
