//! A plugin in Rust: what a model of it is built from.

use recur_core::dataset::Sequences;
use recur_core::model::{Chunk, Declaration, Determinism, Model, ModelError, ModelPlugin, Regime, Setup};
use recur_core::tensor::{Tensor, TensorData};

/// Notes what its models are given.
struct Witness;

const ABOUT: Declaration = Declaration {
    id: "witness",
    summary: "notes what it is given",
    description: "",
    version: 1,
    code: "",
    determinism: Determinism::None,
    regime: Regime::OneShot,
    unused_settings: &[],
    parameters: &[],
    source_file: file!(),
    cost_in_words: None,
};

struct Noted(String);

impl ModelPlugin for Witness {
    fn about(&self) -> &Declaration {
        &ABOUT
    }

    fn build(&self, setup: &Setup<'_>) -> Result<Box<dyn Model>, ModelError> {
        let data = setup.data.expect("recur names tokens and labels");
        let validation = data.validation.map(|validation| (validation.sequences.raw(0), validation.labels));
        let unknown = data.alphabet.has_unknown();
        Ok(Box::new(Noted(format!("{:?} {unknown} {:?} {validation:?}", data.alphabet.characters(), data.labels))))
    }
}

impl Model for Noted {
    fn train(&mut self, chunk: &Chunk<'_>, losses: &mut [f64]) -> Result<(), ModelError> {
        self.0 += &format!(" {:?} {:?}", chunk.sequences.get(0), chunk.sequences.raw(0));
        losses.fill(0.0);
        Ok(())
    }
    fn log_probabilities(&mut self, _: &Sequences, _: &[u32], _: &mut [f32]) -> Result<(), ModelError> {
        Ok(())
    }
    fn n_parameters(&self) -> usize {
        0
    }
    fn weights(&self) -> Vec<Tensor> {
        vec![Tensor::new("noted", [self.0.len()], TensorData::U8(self.0.clone().into_bytes()))]
    }
    fn set_weights(&mut self, _: &[Tensor]) -> Result<(), ModelError> {
        Ok(())
    }
    fn training_state(&self) -> Vec<Tensor> {
        Vec::new()
    }
    fn set_training_state(&mut self, _: &[Tensor]) -> Result<(), ModelError> {
        Ok(())
    }
}

/// What `serve` answers to `questions`, each with its raw bytes.
fn answered(questions: &[(&str, &[u8])]) -> String {
    let mut asked = Vec::new();
    for (id, (fields, block)) in (1..).zip(questions) {
        asked.extend(format!("{{\"id\":{id},\"bytes\":{},{fields}}}\n", block.len()).into_bytes());
        asked.extend_from_slice(block);
    }
    let mut answers = Vec::new();
    recur_external::serve(&Witness, &mut &asked[..], &mut answers).unwrap();
    String::from_utf8_lossy(&answers).into_owned()
}

/// `build` with a validation example: one token, label 1, and the raw text `B.` after it.
const BUILD: (&str, &[u8]) = (
    "\"request\":\"build\",\"protocol\":4,\"params\":{},\"training\":null,\"n_tokens\":3,\"n_classes\":2,\
     \"alphabet\":[\"a\",\"b\"],\"unknown_token\":2,\"labels\":[\"x\",\"y\"],\"texts\":\"raw\",\"n_validation\":1,\
     \"class_weights\":[1.0,1.0],\"seed\":1,\"threads\":1,\"frozen\":{}",
    b"\x01\0\0\0\x01\0\x01\0\x02\0\0\0B.",
);
const WEIGHTS: (&str, &[u8]) = ("\"request\":\"weights\"", b"");

#[test]
fn a_plugin_in_rust_sees_characters_labels_raw_texts_and_validation_examples() {
    let train = "\"request\":\"train\",\"epoch\":0,\"steps_before\":0,\"total_steps\":1,\"n_texts\":1";
    let text = b"\x01\0\0\0\0\0\x02\0\x03\0\0\0C\xc3\xa9";
    let answers = answered(&[BUILD, (train, text), WEIGHTS]);
    let noted =
        r#"['a', 'b'] true ["x", "y"] Some((Some("B."), [1])) [2] Some("C\u{e9}")"#.replace("\\u{e9}", "\u{e9}");
    assert!(answers.ends_with(&noted), "{answers}");
    assert!(answers.contains("\"dtype\":\"u8\""), "{answers}");
}

#[test]
fn a_reset_forgets_the_model_and_another_one_can_be_built() {
    let reset = ("\"request\":\"reset\"", &b""[..]);
    let answers = answered(&[BUILD, reset, WEIGHTS, BUILD, WEIGHTS]);
    assert!(answers.contains("`weights` before `build`"), "{answers}");
    assert!(answers.ends_with("[1]))"), "{answers}");
}
