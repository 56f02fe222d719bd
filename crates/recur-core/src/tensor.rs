//! A named array of numbers: a weight, a gradient or a piece of training state.

/// The numbers of a [`Tensor`], row-major.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum TensorData {
    F32(Vec<f32>),
    F64(Vec<f64>),
    /// Signed integers (vocabularies, counters).
    I64(Vec<i64>),
    /// Bytes (what another library serialised, quantised numbers).
    U8(Vec<u8>),
}

impl TensorData {
    /// How many numbers there are.
    pub fn len(&self) -> usize {
        match self {
            TensorData::F32(data) => data.len(),
            TensorData::F64(data) => data.len(),
            TensorData::I64(data) => data.len(),
            TensorData::U8(data) => data.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A named array with its shape. Weights carry the names and shapes of PyTorch's `state_dict` where it has the model.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Unique within a model, such as `rnn.weight_ih_l0`.
    pub name: String,
    /// The extent of each dimension, outermost first.
    pub shape: Vec<usize>,
    /// The numbers, row-major; as many as the shape's product.
    pub data: TensorData,
}

impl Tensor {
    /// A single-precision tensor.
    ///
    /// # Panics
    /// If `data` does not fill `shape`.
    pub fn f32(name: impl Into<String>, shape: impl Into<Vec<usize>>, data: Vec<f32>) -> Self {
        Self::new(name, shape, TensorData::F32(data))
    }

    /// A tensor of any element type.
    ///
    /// # Panics
    /// If `data` does not fill `shape`.
    pub fn new(name: impl Into<String>, shape: impl Into<Vec<usize>>, data: TensorData) -> Self {
        let (name, shape) = (name.into(), shape.into());
        assert_eq!(shape.iter().product::<usize>(), data.len(), "tensor {name} does not fill its shape {shape:?}");
        Self { name, shape, data }
    }
}
