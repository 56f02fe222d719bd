//! The bits of a short training run of networks, pinned: a change here changes every result of every user.

use crate::PLUGINS;
use recur_core::dataset::Sequences;
use recur_core::digest::Hasher;
use recur_core::model::{Cancel, Chunk, Kernels, Model, ModelPlugin, Setup};
use recur_core::params::{ParamValue, Params};
use recur_core::random::StreamPath;
use recur_core::settings::{Schedule, TrainingLength, TrainingSettings};
use recur_core::tensor::TensorData;
use recur_core::workers::alone;

const N_TOKENS: usize = 9;
const N_CLASSES: usize = 4;

/// Texts of 1 to 7 characters, and a label each.
fn texts() -> (Sequences, Vec<u16>) {
    let mut stream = StreamPath::root(11).child("names").stream();
    let text = |n: u32| (0..n % 7 + 1).map(|_| stream.below(N_TOKENS as u32) as u16).collect::<Vec<u16>>();
    let texts: Vec<Vec<u16>> = (0..30).map(text).collect();
    let labels = texts.iter().map(|text| text[0] % N_CLASSES as u16).collect();
    (texts.iter().map(Vec::as_slice).collect(), labels)
}

fn training() -> TrainingSettings {
    TrainingSettings {
        length: TrainingLength::Epochs(3),
        batch_size: 8,
        clip_norm: Some(1.0),
        schedule: Schedule::Cosine,
        ..TrainingSettings::default()
    }
}

/// Trained with `options`, and deep and with dropout where the model has them.
fn trained(plugin: &dyn ModelPlugin, options: &[(&str, ParamValue)]) -> Box<dyn Model> {
    let (sequences, labels) = texts();
    let sizes = [("hidden_size", 21), ("layers", 3), ("heads", 3), ("filters", 10)];
    let sizes = sizes.map(|(name, size)| (name, ParamValue::Integer(size)));
    let rates = [("dropout", ParamValue::Real(0.25)), ("learning_rate", ParamValue::Real(0.01))];
    let set = |params: Params, (name, value): (&str, ParamValue)| {
        if params.get(name).is_some() { params.with(name, value) } else { params }
    };
    let defaults = Params::defaults(plugin.about().parameters);
    let params = sizes.into_iter().chain(rates).chain(options.iter().cloned()).fold(defaults, set);
    let setup = Setup {
        params: &params,
        training: Some(&training()),
        n_tokens: N_TOKENS,
        n_classes: N_CLASSES,
        data: None,
        class_weights: &[1.0; N_CLASSES],
        streams: &StreamPath::root(12),
        workers: &alone(),
        kernels: Kernels::widest(),
    };
    let mut model = plugin.build(&setup).unwrap();
    let order: Vec<u32> = (0..sequences.len() as u32).collect();
    for index in 0..3 {
        let chunk = Chunk {
            epoch: index,
            sequences: &sequences,
            labels: &labels,
            order: &order,
            steps_before: u64::from(index) * 4,
            total_steps: 12,
            streams: &StreamPath::root(12),
            cancel: &Cancel::new(),
        };
        model.train(&chunk, &mut vec![0.0; order.len()]).unwrap();
    }
    model
}

/// The first digits of the digest of all texts and bits of the trained weights.
fn bits(id: &str, options: &[(&str, ParamValue)]) -> String {
    let plugin = PLUGINS.iter().find(|plugin| plugin.about().id == id).unwrap();
    let mut hasher = Hasher::new();
    for tensor in trained(*plugin, options).weights() {
        let TensorData::F32(data) = &tensor.data else { panic!("{} is not f32", tensor.name) };
        let bytes: Vec<u8> = data.iter().flat_map(|x| x.to_bits().to_le_bytes()).collect();
        hasher.field(tensor.name.as_bytes()).field(&bytes);
    }
    hasher.finish().short().to_owned()
}

#[test]
fn trained_bits_of_the_layered_models_never_change() {
    assert_eq!(bits("stacked_rnn", &[]), "63644fd25c3f");
    assert_eq!(bits("gru", &[]), "90981e9e4cb7");
    assert_eq!(bits("lstm", &[]), "fccf86837728");
}

#[test]
fn trained_bits_of_networks_that_look_ahead_never_change() {
    let both = ("bidirectional", ParamValue::Boolean(true));
    let (max, embedding) = (("pooling", ParamValue::Text("max".to_owned())), ("embedding", ParamValue::Integer(6)));
    assert_eq!(bits("gru", std::slice::from_ref(&both)), "de935a6a0be9");
    assert_eq!(bits("lstm", &[both, max, embedding]), "386dc5bce73b");
    assert_eq!(bits("char_cnn", &[]), "5df49f434578");
    assert_eq!(bits("char_cnn", &[("ngram_buckets", ParamValue::Integer(64))]), "8669a67ef5a7");
    assert_eq!(bits("transformer", &[]), "5cea81bd9d1c");
}
