//! Where each weight is in a model's one vector of parameters.
//!
//! A matrix that PyTorch holds as `(out, in)` is held here as `(in, out)`: terms of the sum first ("k-major"), which is
//! the order that the product `x · W` reads. Tensors go in and out with PyTorch's texts and shapes.

use recur_core::model::ModelError;
use recur_core::random::StreamPath;
use recur_core::tensor::{Tensor, TensorData};
use recur_kernels::{AlignedVec, Kernels};
use std::ops::Range;

/// The weights of a model, one after another.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    segments: Vec<Segment>,
    len: usize,
}

#[derive(Clone, Debug)]
struct Segment {
    name: String,
    /// PyTorch's shape: `[out, in]` or `[out]`.
    shape: Vec<usize>,
    range: Range<usize>,
    /// Initial values are uniform in `[-bound, bound)`.
    bound: f32,
}

impl Layout {
    /// Appends a matrix `(out, in)`, drawn uniformly within `±1 / √fan`; returns its place, held as `(in, out)`.
    pub fn matrix(&mut self, name: impl Into<String>, out: usize, input: usize, fan: usize) -> Range<usize> {
        self.push(name.into(), vec![out, input], fan)
    }

    /// Appends a vector `(out)`, drawn uniformly within `±1 / √fan`; returns its place.
    pub fn vector(&mut self, name: impl Into<String>, out: usize, fan: usize) -> Range<usize> {
        self.push(name.into(), vec![out], fan)
    }

    fn push(&mut self, name: String, shape: Vec<usize>, fan: usize) -> Range<usize> {
        let range = self.len..self.len + shape.iter().product::<usize>();
        self.len = range.end;
        let bound = (1.0 / (fan as f64).sqrt()) as f32;
        self.segments.push(Segment { name, shape, range: range.clone(), bound });
        range
    }

    /// Initial parameters, as PyTorch draws them: each weight from its own stream, in PyTorch's order of elements.
    pub fn initial(&self, kernels: Kernels, streams: &StreamPath) -> AlignedVec {
        let mut parameters = AlignedVec::zeros(self.len);
        for segment in &self.segments {
            let mut stream = streams.child("init").child(&segment.name).stream();
            let drawn: Vec<f32> = segment.range.clone().map(|_| stream.symmetric_f32(segment.bound)).collect();
            segment.read_torch(kernels, &drawn, &mut parameters[segment.range.clone()]);
        }
        parameters
    }

    /// `parameters` (or anything laid out like them) as tensors with PyTorch's texts, each behind `prefix`, and shapes.
    pub fn export(&self, kernels: Kernels, prefix: &str, parameters: &[f32]) -> Vec<Tensor> {
        let tensor = |segment: &Segment| {
            let mut data = vec![0.0; segment.range.len()];
            segment.write_torch(kernels, &parameters[segment.range.clone()], &mut data);
            Tensor::f32(format!("{prefix}{}", segment.name), segment.shape.clone(), data)
        };
        self.segments.iter().map(tensor).collect()
    }

    /// Reads `parameters` from `tensors`, each behind `prefix`. Nothing is changed unless all fit.
    ///
    /// # Errors
    /// [`ModelError::Weights`] where a tensor is missing, unknown, or of another shape or type.
    pub fn import(
        &self,
        kernels: Kernels,
        prefix: &str,
        tensors: &[Tensor],
        parameters: &mut [f32],
    ) -> Result<(), ModelError> {
        let name_of = |segment: &Segment| format!("{prefix}{}", segment.name);
        if let Some(unknown) = tensors.iter().find(|t| !self.segments.iter().any(|s| name_of(s) == t.name)) {
            let known: Vec<String> = self.segments.iter().map(name_of).collect();
            return Err(wrong(&unknown.name, format!("unknown to this model, which has {}", known.join(", "))));
        }
        let mut read = vec![0.0; self.len];
        for segment in &self.segments {
            let name = name_of(segment);
            let tensor = tensors.iter().find(|tensor| tensor.name == name);
            let Some(tensor) = tensor else { return Err(wrong(&name, "missing".to_owned())) };
            if tensor.shape != segment.shape {
                return Err(wrong(&name, format!("has shape {:?}, expected {:?}", tensor.shape, segment.shape)));
            }
            let TensorData::F32(data) = &tensor.data else {
                return Err(wrong(&name, "holds other numbers than f32".to_owned()));
            };
            segment.read_torch(kernels, data, &mut read[segment.range.clone()]);
        }
        parameters.copy_from_slice(&read);
        Ok(())
    }
}

fn wrong(name: &str, problem: String) -> ModelError {
    ModelError::Weights { name: name.to_owned(), problem }
}

impl Segment {
    fn read_torch(&self, kernels: Kernels, torch: &[f32], ours: &mut [f32]) {
        match self.shape[..] {
            [out, input] => kernels.transpose(ours, torch, out, input),
            _ => ours.copy_from_slice(torch),
        }
    }

    fn write_torch(&self, kernels: Kernels, ours: &[f32], torch: &mut [f32]) {
        match self.shape[..] {
            [out, input] => kernels.transpose(torch, ours, input, out),
            _ => torch.copy_from_slice(ours),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout() -> Layout {
        let mut layout = Layout::default();
        layout.matrix("fc.weight", 2, 3, 3);
        layout.vector("fc.bias", 2, 3);
        layout
    }

    #[test]
    fn export_and_import_are_inverse_and_matrices_are_transposed() {
        let layout = layout();
        let parameters: Vec<f32> = (0..8_u8).map(f32::from).collect();
        let tensors = layout.export(Kernels::widest(), "", &parameters);
        assert_eq!(tensors[0].data, TensorData::F32(vec![0.0, 2.0, 4.0, 1.0, 3.0, 5.0]));
        let mut read = vec![0.0; 8];
        layout.import(Kernels::widest(), "", &tensors, &mut read).unwrap();
        assert_eq!(read, parameters);
    }

    #[test]
    fn misfits_are_named_and_change_nothing() {
        let layout = layout();
        let mut parameters = vec![7.0; 8];
        let mut check = |edit: fn(&mut Vec<Tensor>), expected: &str| {
            let mut tensors = layout.export(Kernels::widest(), "", &[0.0; 8]);
            edit(&mut tensors);
            let message = layout.import(Kernels::widest(), "", &tensors, &mut parameters).unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        };
        check(|tensors| tensors.truncate(1), "`fc.bias`: missing");
        check(|tensors| tensors[0].shape = vec![3, 2], "`fc.weight`: has shape [3, 2], expected [2, 3]");
        check(|tensors| tensors[0].name = "fc.wait".into(), "`fc.wait`: unknown");
        assert_eq!(parameters, [7.0; 8]);
    }
}
