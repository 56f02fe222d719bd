//! Networks as ONNX: the graph of each form, and the bytes that onnxruntime was seen to read rightly (`just check-exports`).

use crate::decode::{Field, Message, bytes};
use recur_core::digest::Digest;
use recur_core::params::{ParamValue, Params};
use recur_core::settings::TextSettings;
use recur_core::tensor::Tensor;
use recur_core::weights::{CARD_FORMAT, ModelCard, WeightsFile};
use recur_viewers::{OnnxError, onnx};

/// Labels, hidden units, tokens.
const C: usize = 3;
const H: usize = 2;
const V: usize = 5;

/// The weights of a model of `parameters` with small numbers, all different.
fn weights(model: &str, parameters: &[(&str, ParamValue)], shapes: &[(&str, &[usize])]) -> WeightsFile {
    let params = parameters.iter().fold(Params::default(), |all, (name, value)| all.with(name, value.clone()));
    let mut next = 0_u16;
    let mut tensor = |(name, shape): &(&str, &[usize])| {
        let numbers = (0..shape.iter().product()).map(|_| {
            next += 1;
            f32::from(next) / 64.0 - 1.0
        });
        Tensor::f32(*name, *shape, numbers.collect())
    };
    let card = ModelCard {
        format: CARD_FORMAT,
        model: model.to_owned(),
        model_version: 1,
        model_code: None,
        params,
        text: TextSettings::default(),
        characters: "abcé".to_owned(),
        has_unknown: true,
        labels: ["Czech", "Irish", "Korean"].map(str::to_owned).to_vec(),
        trial: None,
    };
    WeightsFile {
        path: "weights.safetensors".to_owned(),
        digest: Digest::of(b""),
        card: Some(card),
        tensors: shapes.iter().map(&mut tensor).collect(),
    }
}

/// A stack of one layer.
fn stack(model: &str, gates: usize, bidirectional: bool, pooling: &str, embedding: usize) -> WeightsFile {
    let (g, i) = (gates * H, if embedding > 0 { embedding } else { V });
    let mut shapes: Vec<(String, Vec<usize>)> = vec![("embedding.weight".to_owned(), vec![V, embedding])];
    for end in if bidirectional { &["l0", "l0_reverse"][..] } else { &["l0"] } {
        for (kind, shape) in
            [("weight_ih", vec![g, i]), ("weight_hh", vec![g, H]), ("bias_ih", vec![g]), ("bias_hh", vec![g])]
        {
            shapes.push((format!("rnn.{kind}_{end}"), shape));
        }
    }
    let width = if bidirectional { 2 * H } else { H };
    shapes.extend([("fc.weight".to_owned(), vec![C, width]), ("fc.bias".to_owned(), vec![C])]);
    let shapes: Vec<(&str, &[usize])> = shapes.iter().map(|(name, shape)| (name.as_str(), shape.as_slice())).collect();
    let parameters = [
        ("layers", ParamValue::Integer(1)),
        ("bidirectional", ParamValue::Boolean(bidirectional)),
        ("pooling", ParamValue::Text(pooling.to_owned())),
        ("embedding", ParamValue::Integer(embedding as i64)),
        ("nonlinearity", ParamValue::Text("relu".to_owned())),
    ];
    let from = if embedding > 0 { 0 } else { 1 };
    weights(model, &parameters, &shapes[from..])
}

fn manual(activation: &str) -> WeightsFile {
    let shapes: &[(&str, &[usize])] =
        &[("i2h.weight", &[H, V + H]), ("i2h.bias", &[H]), ("i2o.weight", &[C, V + H]), ("i2o.bias", &[C])];
    weights("manual_rnn", &[("activation", ParamValue::Text(activation.to_owned()))], shapes)
}

/// A model as lines: its metadata, inputs and outputs, tensors and nodes.
fn shown(model: &Message) -> String {
    let graph = model.message(7);
    let mut lines = Vec::new();
    let operators = model.message(8).integer(2);
    lines.push(format!("format {}, operators {operators}, by {}", model.integer(1), model.text(2)));
    lines.extend(model.messages(14).map(|entry| format!("{}: {}", entry.text(1), entry.text(2))));
    lines.extend(graph.messages(11).map(|value| format!("input {}", value.text(1))));
    lines.extend(graph.messages(12).map(|value| format!("output {}", value.text(1))));
    for tensor in graph.messages(5) {
        let data = bytes(tensor.all(9).next().unwrap()).to_vec();
        let numbers: Vec<String> = match tensor.integer(2) {
            1 => data.chunks_exact(4).map(|x| f32::from_le_bytes(x.try_into().unwrap()).to_string()).collect(),
            _ => data.chunks_exact(8).map(|n| i64::from_le_bytes(n.try_into().unwrap()).to_string()).collect(),
        };
        lines.push(format!("{} {:?} = {}", tensor.text(8), tensor.integers(1), numbers.join(" ")));
    }
    for node in graph.messages(1) {
        let inputs: Vec<String> = node.texts(1).collect();
        let outputs: Vec<String> = node.texts(2).collect();
        let attributes: Vec<String> = node.messages(5).map(|own| attribute(&own)).collect();
        lines.push(format!(
            "{} = {}({}) {}",
            outputs.join(", "),
            node.text(4),
            inputs.join(", "),
            attributes.join(" ")
        ));
    }
    lines.join("\n")
}

fn attribute(own: &Message) -> String {
    let values = own.0.iter().filter(|(number, _)| !matches!(number, 1 | 20)).map(|(_, field)| match field {
        Field::Bytes(text) => String::from_utf8(text.clone()).unwrap(),
        Field::Integer(n) => n.to_string(),
        Field::Float(x) => x.to_string(),
        Field::Double(x) => x.to_string(),
    });
    format!("{}={}", own.text(1), values.collect::<Vec<_>>().join(","))
}

/// Each form of a network.
fn forms() -> Vec<(&'static str, WeightsFile)> {
    vec![
        ("manual_rnn", manual("none")),
        ("manual_rnn_tanh", manual("tanh")),
        ("stacked_rnn", stack("stacked_rnn", 1, false, "last", 0)),
        ("gru_mean", stack("gru", 3, false, "mean", 4)),
        ("lstm_max_bidirectional", stack("lstm", 4, true, "max", 0)),
        ("lstm_last_bidirectional", stack("lstm", 4, true, "last", 0)),
    ]
}

#[test]
fn each_form_has_the_graph_that_onnxruntime_was_seen_to_read() {
    for (name, file) in forms() {
        insta::assert_snapshot!(format!("onnx_{name}"), shown(&Message::of(&onnx(&file).unwrap())));
    }
}

#[test]
fn each_form_has_the_same_bytes_on_every_machine() {
    let digests: Vec<String> =
        forms().iter().map(|(name, file)| format!("{name} {}", Digest::of(&onnx(file).unwrap()))).collect();
    insta::assert_snapshot!("onnx_digests", digests.join("\n"));
}

#[test]
fn what_is_no_recurrent_network_is_refused_with_the_reason() {
    let file = weights("transformer", &[], &[]);
    let error = onnx(&file).unwrap_err();
    assert_eq!(error, OnnxError::NotRecurrent { model: "transformer".to_owned() });
    assert!(error.to_string().contains("only for gru, lstm, manual_rnn, stacked_rnn"), "{error}");
    let without_card = WeightsFile { card: None, ..file };
    assert!(matches!(onnx(&without_card), Err(OnnxError::NoCard { .. })));
}

#[test]
fn weights_of_another_shape_are_refused() {
    let check = |change: fn(&mut WeightsFile), expected: &str| {
        let mut file = stack("gru", 3, false, "last", 0);
        change(&mut file);
        let error = onnx(&file).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    check(|file| file.tensors.retain(|tensor| tensor.name != "fc.bias"), "it has no tensor fc.bias");
    check(|file| file.card.as_mut().unwrap().labels.truncate(2), "fc.weight has the shape [3, 2] instead of [2, 2]");
    check(|file| file.card.as_mut().unwrap().characters.push('z'), "[6, 5] instead of [6, 6]");
    check(|file| file.card.as_mut().unwrap().params = Params::default(), "no number for layers");
    check(|file| file.tensors[1] = Tensor::f32("rnn.weight_hh_l0", [0, 0], vec![]), "instead of");
}
