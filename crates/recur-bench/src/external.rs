//! What the protocol of external plugins costs: the same model asked in this process, and in another one.

use crate::read;
use recur_bench::Examples;
use recur_core::model::{Kernels, Model, ModelPlugin, Setup};
use recur_core::params::{ParamKind, ParamSpec, ParamValue, Params};
use recur_core::random::StreamPath;
use recur_core::registry::Deferred as _;
use recur_core::workers::alone;
use recur_external::ExternalModel;
use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::os::fd::AsFd as _;

/// The model that is asked.
const MODEL: &str = "stacked_rnn";
/// Texts of a question.
const N_TEXTS: usize = 1024;
/// Questions of a round.
const QUESTIONS: usize = 4;

/// Plugs `stacked_rnn` in, for a process that is to be the plugin.
///
/// # Errors
/// If its standard input holds no questions.
pub fn serve() -> Result<(), Box<dyn Error>> {
    // Standard output itself looks for lines in what it is given.
    let mut to = std::fs::File::from(std::io::stdout().as_fd().try_clone_to_owned()?);
    Ok(recur_external::serve(recur_bench::plugin(MODEL), &mut std::io::stdin().lock(), &mut to)?)
}

/// Measures and prints the overhead for one layer and for two.
///
/// # Errors
/// If the texts cannot be read or the plugin fails.
pub fn overhead(source: &str, repeats: usize) -> Result<(), Box<dyn Error>> {
    let examples = read(source)?;
    let folder = tempfile::tempdir()?;
    let home = folder.path().join(MODEL);
    std::fs::create_dir(&home)?;
    std::fs::write(home.join("plugin.yaml"), manifest()?)?;
    let external = ExternalModel::in_folder(&home);
    let external = external.load()?;
    let mut out = std::io::stdout();
    writeln!(
        out,
        "{MODEL}, hidden 128, {} labels, prediction of {N_TEXTS} texts, medians of {repeats} rounds",
        examples.n_classes
    )?;
    writeln!(out, "{:>7} {:>15} {:>15} {:>10}", "layers", "in process", "external", "overhead")?;
    for layers in [1, 2] {
        let [inside, outside] = compare(&examples, external, layers, repeats)?;
        // Of each round by itself: the machine's speed is not the same in the next.
        let overhead = median(inside.iter().zip(&outside).map(|(inside, outside)| outside / inside - 1.0));
        let [inside, outside] = [inside, outside].map(|seconds| 1e3 * median(seconds.into_iter()));
        writeln!(out, "{layers:>7} {inside:>12.3} ms {outside:>12.3} ms {:>8.1} %", 100.0 * overhead)?;
    }
    Ok(())
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Seconds of a question in each round, in this process and in the other, which get equal weights and give equal bits.
fn compare(
    examples: &Examples,
    external: &'static dyn ModelPlugin,
    layers: i64,
    repeats: usize,
) -> Result<[Vec<f64>; 2], Box<dyn Error>> {
    let rows: Vec<u32> = examples.shuffled().into_iter().take(N_TEXTS).collect();
    let mut inside = build(recur_bench::plugin(MODEL), examples, layers)?;
    let mut outside = build(external, examples, layers)?;
    outside.set_weights(&inside.weights())?;
    let ask = |model: &mut dyn Model| {
        let mut out = vec![0.0; rows.len() * examples.n_classes];
        model.log_probabilities(&examples.sequences, &rows, &mut out).map(|()| out)
    };
    if ask(&mut *inside)? != ask(&mut *outside)? {
        return Err("the two give other results".into());
    }
    let mut seconds = [Vec::new(), Vec::new()];
    // In turn, as the machine's speed changes from second to second.
    for _ in 0..repeats {
        for (model, seconds) in [&mut inside, &mut outside].into_iter().zip(&mut seconds) {
            let round = || (0..QUESTIONS).for_each(|_| drop(ask(&mut **model)));
            seconds.push(recur_bench::seconds(round) / QUESTIONS as f64);
        }
    }
    Ok(seconds)
}

fn build(plugin: &dyn ModelPlugin, examples: &Examples, layers: i64) -> Result<Box<dyn Model>, Box<dyn Error>> {
    let params = Params::defaults(plugin.about().parameters).with("layers", ParamValue::Integer(layers));
    Ok(plugin.build(&Setup {
        params: &params,
        training: Some(&recur_bench::training(64)),
        n_tokens: examples.n_tokens,
        n_classes: examples.n_classes,
        data: None,
        class_weights: &vec![1.0; examples.n_classes],
        streams: &StreamPath::root(0),
        workers: &alone(),
        kernels: Kernels::widest(),
    })?)
}

/// A manifest of the model as this program serves it.
fn manifest() -> Result<String, Box<dyn Error>> {
    let plugin = recur_bench::plugin(MODEL);
    let program = std::env::current_exe()?;
    let mut text = format!(
        "recur_plugin: 1\nid: {MODEL}\nsummary: served\nversion: 1\ncommand: ['{}', --serve]\ngrade: portable\n\
         regime: iterative\nparameters:\n",
        program.display()
    );
    plugin.about().parameters.iter().try_for_each(|spec| write!(text, "{}", declaration(spec)))?;
    Ok(text)
}

fn declaration(spec: &ParamSpec) -> String {
    let ParamSpec { name, kind, default, meaning } = spec;
    let kind = match kind {
        ParamKind::Integer { min, max } => format!("integer, min: {min}, max: {max}"),
        ParamKind::Real { min, max, above_min } => format!("real, min: {min}, max: {max}, above_min: {above_min}"),
        ParamKind::Choice(words) => format!("choice, words: [{}]", words.join(", ")),
        ParamKind::Text { max_characters } => format!("text, max_characters: {max_characters}"),
        ParamKind::Boolean => "boolean".to_owned(),
        ParamKind::IntegerPair { min, max } => format!("integer_pair, min: {min}, max: {max}"),
    };
    format!(
        "  - {{name: {name}, kind: {kind}, default: {}, meaning: '{}'}}\n",
        default.value(),
        meaning.replace('\'', "''")
    )
}
