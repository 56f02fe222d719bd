//! A network as JSON for the script of the page.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use recur_core::recurrent::{
    Activation, CellKind, Direction, Form, Layer, Linear, ManualCell, Pooling, RecurrentNetwork, Stack,
};
use recur_core::settings::{Fold, TextSettings, UnicodeForm, Unknown};
use recur_core::visible::visible;
use recur_core::weights::MOST_CHARACTERS;
use recur_text::FOLDED;
use serde::Serialize;

/// What the script reads: `decoded` in `html/try.js`.
#[derive(Serialize)]
struct Document {
    /// As they are shown.
    labels: Vec<String>,
    text: Preparation,
    characters: String,
    has_unknown: bool,
    most_characters: usize,
    #[serde(flatten)]
    shape: Shape,
    /// 32-bit floats, least byte first, in base 64.
    weights: String,
}

/// How a text becomes what the model reads: `recur_text::normalise`.
#[derive(Serialize)]
struct Preparation {
    /// As JavaScript calls it; none if texts keep theirs.
    form: Option<&'static str>,
    fold: Fold,
    /// Characters that are folded and what they become, where any are.
    replaced: Vec<(char, &'static str)>,
    /// Whether a character without a token is an error.
    is_strict: bool,
}

#[derive(Serialize)]
struct Shape {
    cell: &'static str,
    activation: &'static str,
    hidden: usize,
    pooling: &'static str,
    /// 0 where characters are one-hot.
    embedding: usize,
    layers: usize,
    directions: usize,
}

/// The document of `network`, without characters of markup and without any outside of ASCII.
pub(super) fn document(network: &RecurrentNetwork<'_>) -> String {
    let card = network.card;
    let alphabet = card.alphabet();
    let document = Document {
        labels: card.labels.iter().map(|label| visible(label).into_owned()).collect(),
        text: preparation(&card.text),
        characters: alphabet.characters().iter().collect(),
        has_unknown: alphabet.has_unknown(),
        most_characters: MOST_CHARACTERS,
        shape: shape(&network.form),
        weights: encoded(&weights(&network.form, alphabet.n_tokens())),
    };
    plain(&serde_json::to_string(&document).expect("a document is JSON"))
}

/// The bytes that the weights of a network take in its document.
pub(super) fn n_bytes_of_weights(form: &Form<'_>) -> usize {
    let of = |linear: &Linear<'_>| linear.weight.len() + linear.bias.len();
    let n = match form {
        Form::Manual(cell) => of(&cell.i2h) + of(&cell.i2o),
        Form::Stack(stack) => {
            let directions = stack.layers.iter().flat_map(|layer| &layer.directions);
            let layers: usize = directions.map(|direction| of(&direction.input) + of(&direction.recurrent)).sum();
            stack.embedding.map_or(0, |embedding| embedding.table.len()) + layers + of(&stack.head)
        }
    };
    base64::encoded_len(4 * n, true).expect("weights in memory, four bytes each")
}

/// `numbers` as 32-bit floats, least byte first, in base 64.
fn encoded(numbers: &[f32]) -> String {
    BASE64_STANDARD.encode(numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>())
}

fn preparation(text: &TextSettings) -> Preparation {
    let form = match text.unicode {
        UnicodeForm::Nfc => Some("NFC"),
        UnicodeForm::Nfd => Some("NFD"),
        UnicodeForm::Nfkc => Some("NFKC"),
        UnicodeForm::None => None,
    };
    let replaced = if text.fold == Fold::None { Vec::new() } else { FOLDED.to_vec() };
    Preparation { form, fold: text.fold, replaced, is_strict: text.unknown == Unknown::Error }
}

fn shape(form: &Form<'_>) -> Shape {
    match form {
        Form::Manual(cell) => Shape {
            cell: "manual",
            activation: word(cell.activation),
            hidden: cell.hidden,
            pooling: "last",
            embedding: 0,
            layers: 1,
            directions: 1,
        },
        Form::Stack(stack) => {
            let (cell, activation) = match stack.cell {
                CellKind::Rnn(activation) => ("rnn", activation),
                CellKind::Gru => ("gru", Activation::Tanh),
                CellKind::Lstm => ("lstm", Activation::Tanh),
            };
            let pooling = match stack.pooling {
                Pooling::Last => "last",
                Pooling::Mean => "mean",
                Pooling::Max => "max",
            };
            Shape {
                cell,
                activation: word(activation),
                hidden: stack.hidden,
                pooling,
                embedding: stack.embedding.map_or(0, |embedding| embedding.size),
                layers: stack.layers.len(),
                directions: stack.layers[0].directions.len(),
            }
        }
    }
}

fn word(activation: Activation) -> &'static str {
    match activation {
        Activation::None => "none",
        Activation::Tanh => "tanh",
        Activation::Relu => "relu",
    }
}

/// All weights in the order in which the script takes them, each matrix by rows of its input.
fn weights(form: &Form<'_>, n_tokens: usize) -> Vec<f32> {
    let mut all = Vec::new();
    match form {
        Form::Manual(ManualCell { hidden, i2h, i2o, .. }) => {
            for linear in [i2h, i2o] {
                // Rows of the tokens, then rows of the state.
                transpose(linear.weight, n_tokens + hidden, &mut all);
                all.extend_from_slice(linear.bias);
            }
        }
        Form::Stack(Stack { hidden, embedding, layers, head, .. }) => {
            all.extend(embedding.iter().flat_map(|embedding| embedding.table));
            for Layer { inputs, directions } in layers {
                for Direction { input, recurrent } in directions {
                    for (linear, columns) in [(input, inputs), (recurrent, hidden)] {
                        transpose(linear.weight, *columns, &mut all);
                        all.extend_from_slice(linear.bias);
                    }
                }
            }
            transpose(head.weight, head.weight.len() / head.bias.len(), &mut all);
            all.extend_from_slice(head.bias);
        }
    }
    all
}

/// Appends a matrix of rows of `columns` numbers column by column.
fn transpose(matrix: &[f32], columns: usize, to: &mut Vec<f32>) {
    let of_column = |column| matrix.iter().skip(column).step_by(columns);
    (0..columns).for_each(|column| to.extend(of_column(column)));
}

/// JSON with escapes for what is not ASCII and for what could be taken for markup: the same value.
fn plain(json: &str) -> String {
    let mut plain = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '<' | '>' | '&' | '\u{7f}'.. => {
                let mut units = [0; 2];
                let units = character.encode_utf16(&mut units);
                units.iter().for_each(|unit| plain.push_str(&format!("\\u{unit:04x}")));
            }
            other => plain.push(other),
        }
    }
    plain
}
