//! The tensors of a file of weights, with the shapes that a network needs, and the gates in the order of ONNX.

use super::OnnxError;
use recur_core::params::ParamValue;
use recur_core::tensor::TensorData;
use recur_core::weights::{ModelCard, WeightsFile};

/// A file of weights with its card.
#[derive(Clone, Copy)]
pub(super) struct Weights<'a> {
    pub(super) file: &'a WeightsFile,
    pub(super) card: &'a ModelCard,
}

impl<'a> Weights<'a> {
    /// The tensor `name`: its shape of two dimensions, and its numbers.
    pub(super) fn matrix(&self, name: &str) -> Result<([usize; 2], &'a [f32]), OnnxError> {
        let (shape, data) = self.tensor(name)?;
        let shape = <[usize; 2]>::try_from(shape).map_err(|_| self.wrong(format!("the tensor {name} is no matrix")))?;
        Ok((shape, data))
    }

    /// The tensor `name`, (`rows`, `columns`).
    pub(super) fn matrix_of(&self, name: &str, rows: usize, columns: usize) -> Result<&'a [f32], OnnxError> {
        let (shape, data) = self.matrix(name)?;
        if shape == [rows, columns] {
            return Ok(data);
        }
        Err(self.wrong(format!("the tensor {name} has the shape {shape:?} instead of [{rows}, {columns}]")))
    }

    /// The tensor `name`, (`n`).
    pub(super) fn vector_of(&self, name: &str, n: usize) -> Result<&'a [f32], OnnxError> {
        let (shape, data) = self.tensor(name)?;
        if shape == [n] {
            return Ok(data);
        }
        Err(self.wrong(format!("the tensor {name} has the shape {shape:?} instead of [{n}]")))
    }

    fn tensor(&self, name: &str) -> Result<(&'a [usize], &'a [f32]), OnnxError> {
        let found = self.file.tensors.iter().find(|tensor| tensor.name == name);
        let found = found.ok_or_else(|| self.wrong(format!("it has no tensor {name}")))?;
        match &found.data {
            TensorData::F32(data) => Ok((&found.shape, data)),
            _ => Err(self.wrong(format!("the tensor {name} is not of F32"))),
        }
    }

    /// A parameter that is a word.
    pub(super) fn word(&self, name: &str) -> Result<&'a str, OnnxError> {
        match self.card.params.get(name) {
            Some(ParamValue::Text(word)) => Ok(word),
            _ => Err(self.wrong(format!("its card has no word for {name}"))),
        }
    }

    /// A parameter that is a whole number.
    pub(super) fn size(&self, name: &str) -> Result<usize, OnnxError> {
        match self.card.params.get(name) {
            Some(ParamValue::Integer(n)) if *n >= 0 => Ok(*n as usize),
            _ => Err(self.wrong(format!("its card has no number for {name}"))),
        }
    }

    /// A parameter that is true or false.
    pub(super) fn truth(&self, name: &str) -> Result<bool, OnnxError> {
        match self.card.params.get(name) {
            Some(ParamValue::Boolean(yes)) => Ok(*yes),
            _ => Err(self.wrong(format!("its card does not say whether {name} is true"))),
        }
    }

    fn wrong(&self, problem: String) -> OnnxError {
        OnnxError::Weights { path: self.file.path.clone(), model: self.card.model.clone(), problem }
    }
}

/// `rows`, a block of equal length for each gate, with the blocks in another order.
pub(super) fn reordered(rows: &[f32], order: &[usize]) -> Vec<f32> {
    let block = rows.len() / order.len();
    order.iter().flat_map(|gate| &rows[gate * block..][..block]).copied().collect()
}
