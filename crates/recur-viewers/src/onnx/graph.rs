//! An ONNX graph as it is built: nodes, and tensors that are known.

use crate::protobuf::Message;

/// The types of elements, as ONNX numbers them.
#[derive(Clone, Copy)]
pub(super) enum Element {
    F32 = 1,
    I32 = 6,
    I64 = 7,
}

/// An attribute of a node.
pub(super) enum Attribute<'a> {
    Integer(i64),
    Text(&'a str),
    Integers(&'a [i64]),
    Reals(&'a [f32]),
    Texts(&'a [&'a str]),
}

/// A graph whose nodes are in the order in which they are computed.
#[derive(Default)]
pub(super) struct Graph {
    nodes: Vec<Message>,
    tensors: Vec<Message>,
}

impl Graph {
    /// Adds a node with a single output, and returns the output's name. An input without a name is left out.
    pub(super) fn node(
        &mut self,
        operator: &str,
        inputs: &[&str],
        attributes: &[(&str, Attribute<'_>)],
        output: &str,
    ) -> String {
        self.node_with_outputs(operator, inputs, attributes, &[output]);
        output.to_owned()
    }

    /// Adds a node.
    pub(super) fn node_with_outputs(
        &mut self,
        operator: &str,
        inputs: &[&str],
        attributes: &[(&str, Attribute<'_>)],
        outputs: &[&str],
    ) {
        let node = Message::new().texts(1, inputs.iter().copied()).texts(2, outputs.iter().copied());
        let name = format!("{operator}_{}", self.nodes.len());
        let attributes = attributes.iter().map(|(name, value)| attribute(name, value));
        self.nodes.push(node.text(3, &name).text(4, operator).messages(5, attributes));
    }

    /// Adds a tensor of numbers, and returns its name.
    pub(super) fn reals(&mut self, name: &str, shape: &[usize], values: &[f32]) -> String {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.tensor(name, shape, Element::F32, &bytes)
    }

    /// Adds whole numbers, (N), and returns their name.
    pub(super) fn integers(&mut self, name: &str, values: &[i64]) -> String {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.tensor(name, &[values.len()], Element::I64, &bytes)
    }

    /// Adds a single whole number without dimensions, and returns its name.
    pub(super) fn integer(&mut self, name: &str, value: i64) -> String {
        self.tensor(name, &[], Element::I64, &value.to_le_bytes())
    }

    fn tensor(&mut self, name: &str, shape: &[usize], element: Element, bytes: &[u8]) -> String {
        let dims: Vec<i64> = shape.iter().map(|extent| *extent as i64).collect();
        self.tensors.push(Message::new().integers(1, &dims).integer(2, element as i64).text(8, name).bytes(9, bytes));
        name.to_owned()
    }

    /// The graph called `name`, from `inputs` to `outputs`.
    pub(super) fn finish(self, name: &str, inputs: &[Value<'_>], outputs: &[Value<'_>]) -> Message {
        let graph = Message::new().messages(1, self.nodes).text(2, name).messages(5, self.tensors);
        graph.messages(11, inputs.iter().map(Value::message)).messages(12, outputs.iter().map(Value::message))
    }
}

/// An input or an output of a graph.
pub(super) struct Value<'a> {
    pub(super) name: &'a str,
    pub(super) element: Element,
    pub(super) shape: &'a [Extent<'a>],
}

/// The extent of a dimension.
pub(super) enum Extent<'a> {
    /// Known only when the network runs.
    Any(&'a str),
    Of(usize),
}

impl Value<'_> {
    fn message(&self) -> Message {
        let extent = |extent: &Extent<'_>| match extent {
            Extent::Any(name) => Message::new().text(2, name),
            Extent::Of(n) => Message::new().integer(1, *n as i64),
        };
        let shape = Message::new().messages(1, self.shape.iter().map(extent));
        let tensor = Message::new().integer(1, self.element as i64).message(2, shape);
        Message::new().text(1, self.name).message(2, Message::new().message(1, tensor))
    }
}

fn attribute(name: &str, value: &Attribute<'_>) -> Message {
    let named = Message::new().text(1, name);
    match value {
        Attribute::Integer(value) => named.integer(3, *value).integer(20, 2),
        Attribute::Text(value) => named.text(4, value).integer(20, 3),
        Attribute::Reals(values) => values.iter().fold(named, |all, value| all.float(7, *value)).integer(20, 6),
        Attribute::Integers(values) => named.integers(8, values).integer(20, 7),
        Attribute::Texts(values) => named.texts(9, values.iter().copied()).integer(20, 8),
    }
}
