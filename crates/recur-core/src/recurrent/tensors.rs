//! The tensors and parameters of a file of weights, with the shapes that a network needs.

use super::{Linear, NoRecurrentNetwork};
use crate::params::ParamValue;
use crate::tensor::TensorData;
use crate::weights::{ModelCard, WeightsFile};

/// A file of weights with its card.
#[derive(Clone, Copy)]
pub(super) struct Tensors<'a> {
    pub(super) file: &'a WeightsFile,
    pub(super) card: &'a ModelCard,
}

impl<'a> Tensors<'a> {
    /// The tensor `name`: its shape of two dimensions, and its numbers.
    pub(super) fn matrix(&self, name: &str) -> Result<([usize; 2], &'a [f32]), NoRecurrentNetwork> {
        let (shape, data) = self.tensor(name)?;
        let shape = <[usize; 2]>::try_from(shape).map_err(|_| self.wrong(format!("the tensor {name} is no matrix")))?;
        Ok((shape, data))
    }

    /// The tensor `name`, (`rows`, `columns`).
    pub(super) fn matrix_of(&self, name: &str, rows: usize, columns: usize) -> Result<&'a [f32], NoRecurrentNetwork> {
        let (shape, data) = self.matrix(name)?;
        if shape == [rows, columns] {
            return Ok(data);
        }
        Err(self.wrong(format!("the tensor {name} has the shape {shape:?} instead of [{rows}, {columns}]")))
    }

    /// The matrix `weight` (`rows`, `columns`) and its `bias` (`rows`).
    pub(super) fn linear(
        &self,
        weight: &str,
        bias: &str,
        [rows, columns]: [usize; 2],
    ) -> Result<Linear<'a>, NoRecurrentNetwork> {
        Ok(Linear { weight: self.matrix_of(weight, rows, columns)?, bias: self.vector_of(bias, rows)? })
    }

    fn vector_of(&self, name: &str, n: usize) -> Result<&'a [f32], NoRecurrentNetwork> {
        let (shape, data) = self.tensor(name)?;
        if shape == [n] {
            return Ok(data);
        }
        Err(self.wrong(format!("the tensor {name} has the shape {shape:?} instead of [{n}]")))
    }

    fn tensor(&self, name: &str) -> Result<(&'a [usize], &'a [f32]), NoRecurrentNetwork> {
        let found = self.file.tensors.iter().find(|tensor| tensor.name == name);
        let found = found.ok_or_else(|| self.wrong(format!("it has no tensor {name}")))?;
        match &found.data {
            TensorData::F32(data) => Ok((&found.shape, data)),
            _ => Err(self.wrong(format!("the tensor {name} is not of F32"))),
        }
    }

    /// A parameter that is a word.
    pub(super) fn word(&self, name: &str) -> Result<&'a str, NoRecurrentNetwork> {
        match self.card.params.get(name) {
            Some(ParamValue::Text(word)) => Ok(word),
            _ => Err(self.wrong(format!("its card has no word for {name}"))),
        }
    }

    /// A parameter that is a whole number.
    pub(super) fn size(&self, name: &str) -> Result<usize, NoRecurrentNetwork> {
        match self.card.params.get(name) {
            Some(ParamValue::Integer(n)) if *n >= 0 => Ok(*n as usize),
            _ => Err(self.wrong(format!("its card has no number for {name}"))),
        }
    }

    /// A parameter that is true or false.
    pub(super) fn truth(&self, name: &str) -> Result<bool, NoRecurrentNetwork> {
        match self.card.params.get(name) {
            Some(ParamValue::Boolean(yes)) => Ok(*yes),
            _ => Err(self.wrong(format!("its card does not say whether {name} is true"))),
        }
    }

    pub(super) fn wrong(&self, problem: String) -> NoRecurrentNetwork {
        NoRecurrentNetwork::Weights { path: self.file.path.clone(), model: self.card.model.clone(), problem }
    }
}
