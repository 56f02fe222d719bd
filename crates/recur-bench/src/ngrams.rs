//! The fit and the predictions of `ngram_logistic`, for the comparison with scikit-learn and fastText.

use recur_bench::{Examples, median_rate, seconds};
use recur_core::model::{Cancel, Chunk, Model, ModelPlugin as _, Setup};
use recur_core::params::Params;
use recur_core::random::StreamPath;
use recur_core::tensor::TensorData;
use recur_core::workers::alone;
use recur_kernels::Kernels;
use recur_linfa::NGRAM_LOGISTIC;
use std::error::Error;
use std::io::Write as _;

/// Texts predicted at once.
const AT_ONCE: usize = 1024;

/// Prints the seconds of a fit on all texts, by one thread, with the penalised loss that it reaches, and the texts predicted a
/// second.
pub(crate) fn measure(examples: &Examples, repeats: usize) -> Result<(), Box<dyn Error>> {
    let params = Params::defaults(NGRAM_LOGISTIC.about().parameters);
    let streams = StreamPath::root(0);
    let setup = Setup {
        params: &params,
        training: None,
        n_tokens: examples.n_tokens,
        n_classes: examples.n_classes,
        data: None,
        class_weights: &vec![1.0; examples.n_classes],
        streams: &streams,
        workers: &alone(),
        kernels: Kernels::widest(),
    };
    let rows: Vec<u32> = (0..examples.sequences.len() as u32).collect();
    let chunk = Chunk {
        epoch: 0,
        sequences: &examples.sequences,
        labels: &examples.labels,
        order: &rows,
        steps_before: 0,
        total_steps: 1,
        streams: &streams,
        cancel: &Cancel::new(),
    };
    let mut model = NGRAM_LOGISTIC.build(&setup)?;
    let mut took: Vec<f64> = Vec::new();
    for _ in 0..repeats {
        model = NGRAM_LOGISTIC.build(&setup)?;
        let mut trained = Ok(());
        took.push(seconds(|| trained = model.train(&chunk, &mut vec![0.0; rows.len()])));
        trained?;
    }
    took.sort_by(f64::total_cmp);
    let objective = objective(model.as_mut(), examples, &rows, params.real("l2"))?;
    let fit = serde_json::json!({"workload": "fit", "seconds": took[took.len() / 2], "objective": objective.round()});
    let mut out = vec![0.0; AT_ONCE * examples.n_classes];
    let mut predict = || {
        rows.chunks(AT_ONCE).try_for_each(|rows| {
            model.log_probabilities(&examples.sequences, rows, &mut out[..rows.len() * examples.n_classes])
        })
    };
    predict()?;
    let rate = median_rate(rows.len(), repeats, || predict().expect("it has predicted them before"));
    let prediction = serde_json::json!({"workload": "prediction", "texts_per_second": rate.round()});
    Ok(write!(std::io::stdout(), "{fit}\n{prediction}\n")?)
}

/// The loss of all texts, in nats, and half of `l2` times the sum of all squared weights.
fn objective(model: &mut dyn Model, examples: &Examples, rows: &[u32], l2: f64) -> Result<f64, Box<dyn Error>> {
    let c = examples.n_classes;
    let mut out = vec![0.0; rows.len() * c];
    model.log_probabilities(&examples.sequences, rows, &mut out)?;
    let losses = out.chunks_exact(c).zip(&examples.labels).map(|(row, label)| -f64::from(row[usize::from(*label)]));
    let weights = model.weights();
    let squares = weights.iter().map(|tensor| match &tensor.data {
        TensorData::F32(data) if is_weight(&tensor.name) => data.iter().map(|w| f64::from(*w) * f64::from(*w)).sum(),
        TensorData::F64(data) if is_weight(&tensor.name) => data.iter().map(|w| w * w).sum(),
        _ => 0.0,
    });
    let squares: f64 = squares.sum();
    Ok(losses.sum::<f64>() + l2 / 2.0 * squares)
}

fn is_weight(name: &str) -> bool {
    name == "coefficients" || name == "intercept"
}
