//! Vector and matrix operations in f32 with one fixed rounding order: equal bits on every instruction set.
//!
//! The scalar code is the definition. Each algorithm is written once, over the `Vector` trait; an instruction set is a
//! thin file that implements the trait. Lanes and tiles run across *outputs*, never across a sum, so the width of a
//! vector cannot be seen in a result. This is the only crate of recur with `unsafe` code; its public face is safe:
//! every function of [`Kernels`] checks its slices' lengths before any pointer is made.
//!
//! The NaN that an operation makes has no promised sign or payload; every other bit is promised.
//!
//! Characters for dimensions: `M` rows of a result, `N` columns of it, `K` terms of a sum.

mod aligned;
mod elementwise;
mod gates;
mod gemm;
mod isa;
mod math;
mod peak;
mod rows;
mod softmax_step;
mod sparse;
mod update;
mod vector;

pub use aligned::AlignedVec;
pub use gemm::Matrix;
pub use isa::{Isa, UnavailableIsa};
pub use math::{exp, ln, sigmoid, tanh};
pub use update::AdamStep;

/// The operations on one instruction set: a token that is cheap to copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kernels {
    isa: Isa,
}

impl Kernels {
    /// The operations on `isa`.
    ///
    /// # Errors
    /// If this CPU does not have it.
    pub fn new(isa: Isa) -> Result<Self, UnavailableIsa> {
        if isa.is_available() { Ok(Self { isa }) } else { Err(UnavailableIsa { isa }) }
    }

    /// The operations on the widest instruction set of this CPU.
    pub fn widest() -> Self {
        Self { isa: Isa::widest() }
    }

    /// The instruction set.
    pub fn isa(self) -> Isa {
        self.isa
    }
}
