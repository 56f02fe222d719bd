//! Where each weight is in a model's one vector of parameters.
//!
//! A matrix that PyTorch holds as `(out, in)` is held here as `(in, out)`: terms of the sum first ("k-major"), which is
//! the order that the product `x · W` reads. So is every tensor of a product: with its dimensions in the opposite order. A
//! table, of which rows are looked up, is held as PyTorch holds it. Tensors go in and out with PyTorch's names and shapes.

use recur_core::model::ModelError;
use recur_core::random::{Stream, StreamPath};
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
    /// PyTorch's shape.
    shape: Vec<usize>,
    /// Whether it is held with its dimensions in the opposite order.
    is_turned: bool,
    range: Range<usize>,
    init: Init,
}

/// The first values of a weight, which are drawn in PyTorch's order of elements.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Init {
    /// Uniform within `±1 / √fan`: PyTorch's own, for most layers.
    FanIn(usize),
    /// Uniform within `±√(6 / (fan_in + fan_out))` (Glorot and Bengio 2010): `torch.nn.init.xavier_uniform_`.
    XavierUniform {
        /// Number of inputs.
        fan_in: usize,
        /// Number of outputs.
        fan_out: usize,
    },
    /// Normal with the mean 0 and this standard deviation, by the transform of Box and Muller (1958) in double precision.
    Normal {
        /// The standard deviation.
        deviation: f64,
    },
    /// All 0.
    Zeros,
    /// All 1.
    Ones,
}

impl Init {
    fn draw(self, stream: &mut Stream) -> f32 {
        match self {
            Init::FanIn(fan) => stream.symmetric_f32((1.0 / (fan as f64).sqrt()) as f32),
            Init::XavierUniform { fan_in, fan_out } => {
                stream.symmetric_f32((6.0 / (fan_in as f64 + fan_out as f64)).sqrt() as f32)
            }
            Init::Normal { deviation } => (deviation * normal(stream)) as f32,
            Init::Zeros => 0.0,
            Init::Ones => 1.0,
        }
    }
}

/// A number from the standard normal distribution, from two draws of 32 bits: `√(-2 ln u) · cos(2π v)`, with u in (0, 1].
fn normal(stream: &mut Stream) -> f64 {
    const STEP: f64 = 1.0 / 4_294_967_296.0;
    let u = (f64::from(stream.next_u32()) + 1.0) * STEP;
    let v = f64::from(stream.next_u32()) * STEP;
    (-2.0 * libm::log(u)).sqrt() * libm::cos(2.0 * std::f64::consts::PI * v)
}

impl Layout {
    /// Appends a matrix `(out, in)`, drawn uniformly within `±1 / √fan`; returns its place, held as `(in, out)`.
    pub fn matrix(&mut self, name: impl Into<String>, out: usize, input: usize, fan: usize) -> Range<usize> {
        self.tensor(name, &[out, input], Init::FanIn(fan))
    }

    /// Appends a vector `(out)`, drawn uniformly within `±1 / √fan`; returns its place.
    pub fn vector(&mut self, name: impl Into<String>, out: usize, fan: usize) -> Range<usize> {
        self.tensor(name, &[out], Init::FanIn(fan))
    }

    /// Appends a tensor of PyTorch's `shape`, of at most three dimensions; returns its place, held with its dimensions in the
    /// opposite order. A kernel of a convolution `(out, in, width)` is held as `(width, in, out)`.
    ///
    /// # Panics
    /// If there are more dimensions.
    pub fn tensor(&mut self, name: impl Into<String>, shape: &[usize], init: Init) -> Range<usize> {
        assert!(shape.len() <= 3, "a weight has at most three dimensions");
        self.push(name.into(), shape, true, init)
    }

    /// Appends a table of which rows are looked up, `(rows, width)` both in PyTorch and here; returns its place.
    pub fn table(&mut self, name: impl Into<String>, rows: usize, width: usize, init: Init) -> Range<usize> {
        self.push(name.into(), &[rows, width], false, init)
    }

    fn push(&mut self, name: String, shape: &[usize], is_turned: bool, init: Init) -> Range<usize> {
        let range = self.len..self.len + shape.iter().product::<usize>();
        self.len = range.end;
        self.segments.push(Segment { name, shape: shape.to_vec(), is_turned, range: range.clone(), init });
        range
    }

    /// Number of parameters.
    pub fn n_parameters(&self) -> usize {
        self.len
    }

    /// Initial parameters: each weight from its own stream, `…/init/NAME`, in PyTorch's order of elements.
    pub fn initial(&self, kernels: Kernels, streams: &StreamPath) -> AlignedVec {
        let mut parameters = AlignedVec::zeros(self.len);
        for segment in &self.segments {
            let mut stream = streams.child("init").child(&segment.name).stream();
            let drawn: Vec<f32> = segment.range.clone().map(|_| segment.init.draw(&mut stream)).collect();
            segment.read_torch(kernels, &drawn, &mut parameters[segment.range.clone()]);
        }
        parameters
    }

    /// `parameters` (or anything laid out like them) as tensors with PyTorch's names, each behind `prefix`, and shapes.
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
            [out, input] if self.is_turned => kernels.transpose(ours, torch, out, input),
            [out, input, width] if self.is_turned => turn(ours, torch, [out, input, width]),
            _ => ours.copy_from_slice(torch),
        }
    }

    fn write_torch(&self, kernels: Kernels, ours: &[f32], torch: &mut [f32]) {
        match self.shape[..] {
            [out, input] if self.is_turned => kernels.transpose(torch, ours, input, out),
            [out, input, width] if self.is_turned => turn(torch, ours, [width, input, out]),
            _ => torch.copy_from_slice(ours),
        }
    }
}

/// Writes `from`, of three dimensions, to `to` with these in the opposite order.
fn turn(to: &mut [f32], from: &[f32], [first, second, third]: [usize; 3]) {
    for (place, x) in from.iter().enumerate() {
        let (i, j, k) = (place / (second * third), place / third % second, place % third);
        to[(k * second + j) * first + i] = *x;
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
    fn a_kernel_is_held_with_its_dimensions_in_the_opposite_order_and_a_table_as_it_is() {
        let mut layout = Layout::default();
        let kernel = layout.tensor("conv.weight", &[2, 3, 4], Init::Zeros);
        let table = layout.table("embedding.weight", 3, 2, Init::Zeros);
        let mut tensors = layout.export(Kernels::widest(), "", &[0.0; 30]);
        assert_eq!((&tensors[0].shape[..], &tensors[1].shape[..]), (&[2, 3, 4][..], &[3, 2][..]));
        tensors[0].data = TensorData::F32((0..24_u8).map(f32::from).collect());
        tensors[1].data = TensorData::F32((0..6_u8).map(f32::from).collect());
        let mut parameters = vec![9.0; 30];
        layout.import(Kernels::widest(), "", &tensors, &mut parameters).unwrap();
        // Output 1, input 2, place 3 is the last of PyTorch's; output 0, input 0, places 0 and 1 are the first.
        let kernel = &parameters[kernel];
        assert_eq!([kernel[0], kernel[1], kernel[3 * 2], kernel[23]], [0.0, 12.0, 1.0, 23.0]);
        assert_eq!(parameters[table], [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        let exported = layout.export(Kernels::widest(), "", &parameters);
        assert!(exported.iter().zip(&tensors).all(|(one, other)| one.data == other.data));
    }

    #[test]
    fn initial_values_have_the_moments_that_their_names_say() {
        const N: usize = 20_000;
        let moments = |init| {
            let mut layout = Layout::default();
            layout.tensor("w", &[N], init);
            let drawn = layout.initial(Kernels::widest(), &StreamPath::root(3));
            let mean = drawn.iter().map(|x| f64::from(*x)).sum::<f64>() / N as f64;
            let square = drawn.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>() / N as f64;
            let greatest = drawn.iter().fold(0.0, |max: f64, x| max.max(f64::from(*x).abs()));
            (mean, (square - mean * mean).sqrt(), greatest)
        };
        let near = |x: f64, y: f64| (x - y).abs() < 0.02 * y.max(1.0);
        let (mean, deviation, greatest) = moments(Init::Normal { deviation: 1.0 });
        assert!(
            near(mean, 0.0) && near(deviation, 1.0) && (3.3..6.7).contains(&greatest),
            "{mean} {deviation} {greatest}"
        );
        assert!(near(moments(Init::Normal { deviation: 2.0 }).1, 2.0));
        for (init, bound) in
            [(Init::FanIn(4), 0.5), (Init::XavierUniform { fan_in: 2, fan_out: 4 }, 1.0), (Init::FanIn(1), 1.0)]
        {
            let (mean, deviation, greatest) = moments(init);
            assert!(near(mean, 0.0) && near(deviation, bound / 3.0_f64.sqrt()), "{init:?}: {mean} {deviation}");
            assert!(greatest <= bound && greatest > 0.99 * bound, "{init:?}: {greatest}");
        }
        assert_eq!(moments(Init::Zeros), (0.0, 0.0, 0.0));
        assert_eq!(moments(Init::Ones), (1.0, 0.0, 1.0));
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
