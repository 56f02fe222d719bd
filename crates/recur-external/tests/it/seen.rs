//! What a plugin is given besides tokens: the alphabet, the names of labels, raw texts, validation examples, threads;
//! and what it may say besides its answers.

use crate::odd::{BUILT, LIMITS, Odd, check_asked, predict, texts, train, trained};
use crate::python::{EXAMPLES, python_is_there};
use recur_core::dataset::{Alphabet, Sequences};
use recur_core::model::{Cancel, Labelled, Model, SetupData};
use recur_core::tensor::TensorData;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

/// Writes all that it is given into a tensor of bytes.
fn witness(lines: &str) -> Odd {
    let script = format!(
        "import sys, json\nfrom array import array\nsys.path.insert(0, {EXAMPLES:?})\nimport recur_plugin\n\
         class Witness(recur_plugin.Model):\n    \
         def __init__(self, setup):\n        \
         self.seen = {{key: value for key, value in vars(setup).items() if key != 'validation'}}\n        \
         if setup.validation:\n            \
         v = setup.validation\n            self.seen['validation'] = [v.texts, v.labels, v.texts.raw]\n    \
         def weights(self):\n        \
         data = json.dumps(self.seen).encode()\n        \
         return {{'seen': recur_plugin.Tensor([len(data)], array('B', data))}}\n    \
         def train(self, chunk):\n        \
         self.seen['trained'] = [chunk.texts, [t.raw for _, t, _ in chunk.batches(1)]]\n        \
         chunk.progress('at work')\n        chunk.metrics.update(gain=0.5, loss=float('nan'))\n        \
         return [1.0 for _ in chunk.texts]\n    \
         def predict(self, texts):\n        \
         self.seen['predicted'] = texts.raw\n        return [-0.6931471805599453] * 2 * len(texts)\n\
         recur_plugin.run(Witness)\n"
    );
    Odd::with_lines("[python3, odd.sh]", &script, lines)
}

fn seen(model: &dyn Model) -> serde_json::Value {
    let weights = model.weights();
    let TensorData::U8(bytes) = &weights[0].data else { panic!("{weights:?}") };
    serde_json::from_slice(bytes).unwrap()
}

/// Three characters and an unknown token, two labels, and a validation example.
fn with_data<T>(of: impl FnOnce(SetupData<'_>) -> T) -> T {
    let validation: Sequences = [&[3_u16, 0][..]].into_iter().collect();
    let validation = validation.with_raw(["\u{e9}A"]);
    let labelled = Labelled { sequences: &validation, labels: &[1] };
    let labels = ["one".to_owned(), "zw\u{f6}lf".to_owned()];
    of(SetupData { alphabet: &Alphabet::new("abc".chars(), true), labels: &labels, validation: Some(labelled) })
}

#[test]
fn a_plugin_is_given_the_alphabet_the_labels_and_its_threads() {
    if !python_is_there() {
        return;
    }
    let odd = witness("resources: {threads: 3}\n");
    let mut model = with_data(|data| odd.build_on(Some(SetupData { validation: None, ..data }))).unwrap();
    let log = Log::default();
    tracing::subscriber::with_default(log.clone(), || trained(&mut *model)).unwrap();
    let log = log.0.lock().unwrap().clone();
    assert!(log.contains("odd: at work\n") && log.contains("odd: metrics gain=0.5\n"), "{log}");
    predict(&mut *model).unwrap();
    let seen = seen(&*model);
    assert_eq!(seen["alphabet"], serde_json::json!(["a", "b", "c"]));
    assert_eq!((&seen["unknown_token"], &seen["threads"]), (&serde_json::json!(3), &serde_json::json!(3)));
    assert_eq!(seen["labels"], serde_json::json!(["one", "zw\u{f6}lf"]));
    assert_eq!(seen["trained"], serde_json::json!([[[0, 1], [2]], [null, null]]), "no raw texts, as it asks for none");
    assert_eq!((&seen["predicted"], &seen["validation"]), (&serde_json::Value::Null, &serde_json::Value::Null));
}

#[test]
fn a_plugin_that_asks_for_them_is_given_raw_texts_and_validation_examples() {
    if !python_is_there() {
        return;
    }
    let odd = witness("texts: raw\nvalidation: true\n");
    let mut model = with_data(|data| odd.build_on(Some(data))).unwrap();
    trained(&mut *model).unwrap();
    let raw = texts().with_raw(["\u{c4}b", "C."]);
    model.log_probabilities(&raw, &[1, 0], &mut [0.0; 4]).unwrap();
    let seen = seen(&*model);
    assert_eq!(seen["validation"], serde_json::json!([[[3, 0]], [1], ["\u{e9}A"]]));
    assert_eq!(seen["trained"], serde_json::json!([[[0, 1], [2]], [["ab"], ["c"]]]), "made of the characters");
    assert_eq!(seen["predicted"], serde_json::json!(["C.", "\u{c4}b"]));
}

/// Keeps what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl tracing::field::Visit for Log {
    fn record_debug(&mut self, _: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        writeln!(self.0.lock().unwrap(), "{value:?}").unwrap();
    }
}

impl tracing::Subscriber for Log {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        event.record(&mut self.clone());
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

/// Two losses of 1, after `before`.
fn losses(before: &str) -> String {
    let one = "\\000\\000\\000\\000\\000\\000\\360\\077";
    format!(
        "read -r _; {before} echo '{{\"id\":2,\"bytes\":16,\"metrics\":{{\"gain\":0.5,\"steps\":3}}}}'; printf '{one}{one}'; cat > /dev/null"
    )
}

#[test]
fn progress_and_metrics_are_logged_and_nothing_of_them_reaches_a_terminal_raw() {
    let notice = "echo '{\"id\":2,\"progress\":\"half\\u001b[31m way\",\"metrics\":{\"rate\":0.25}}';";
    let odd = Odd::new(&format!("{BUILT}{}", losses(notice)), LIMITS);
    let log = Log::default();
    tracing::subscriber::with_default(log.clone(), || {
        assert_eq!(train(&mut *odd.build().unwrap(), &Cancel::new()).unwrap(), 2.0);
    });
    let log = log.0.lock().unwrap();
    for line in ["odd: half\\x1b[31m way", "odd: metrics rate=0.25", "odd: metrics gain=0.5 steps=3"] {
        assert!(log.contains(line), "{line} is not in {log}");
    }
    assert!(!log.contains('\u{1b}'));
}

#[test]
fn metrics_that_are_none_are_reported() {
    let check = |metrics: &str, parts: &[&str]| {
        let answer = format!("echo '{{\"id\":2,\"metrics\":{metrics}}}'; sleep 60");
        check_asked(&answer, LIMITS, trained, parts);
    };
    check("{\"gain\":NaN}", &["JSON has no NaN", "a metric that is none is left out"]);
    check("{\"gain\":1e999}", &["wrote `", "number out of range"]);
    check("{\"gain\":\"much\"}", &["wrote `", "expected f64"]);
    check("{\"a\\u001bb\":1}", &["its answer to `train` has a metric `a\\x1bb`: a name is snake_case"]);
    let many: Vec<String> = (0..101).map(|i| format!("\"m{i}\":1")).collect();
    check(&format!("{{{}}}", many.join(",")), &["has 101 metrics, and 100 are allowed"]);
}
