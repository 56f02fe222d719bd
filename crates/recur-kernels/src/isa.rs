//! Instruction sets: which there are, and how an operation is run on one.

use crate::vector::{Scalar, Vector};
use std::fmt;
use std::str::FromStr;

/// An instruction set that the kernels are written for. All give equal bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isa {
    /// One number at a time: the definition.
    Scalar,
    /// x86-64 with AVX2 and FMA, 8 lanes.
    Avx2,
    /// x86-64 with AVX-512F, 16 lanes.
    Avx512,
    /// AArch64, 4 lanes.
    Neon,
}

/// An instruction set that this CPU (or this build) does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnavailableIsa {
    /// The instruction set.
    pub isa: Isa,
}

impl fmt::Display for UnavailableIsa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = Isa::available().map(Isa::name).collect();
        write!(
            f,
            "instruction set {} is not available on this machine, which has {}",
            self.isa.name(),
            names.join(", ")
        )
    }
}

impl std::error::Error for UnavailableIsa {}

/// A word that names no instruction set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownIsa(String);

impl fmt::Display for UnknownIsa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown instruction set `{}`; known: scalar, avx2, avx512, neon", self.0)
    }
}

impl std::error::Error for UnknownIsa {}

impl FromStr for Isa {
    type Err = UnknownIsa;

    fn from_str(name: &str) -> Result<Self, UnknownIsa> {
        Isa::ALL.into_iter().find(|isa| isa.name() == name).ok_or_else(|| UnknownIsa(name.to_owned()))
    }
}

impl Isa {
    /// All that there are, narrowest first.
    pub const ALL: [Isa; 4] = [Isa::Scalar, Isa::Neon, Isa::Avx2, Isa::Avx512];

    /// The name in `RECUR_ISA` and in records of the environment.
    pub fn name(self) -> &'static str {
        match self {
            Isa::Scalar => "scalar",
            Isa::Avx2 => "avx2",
            Isa::Avx512 => "avx512",
            Isa::Neon => "neon",
        }
    }

    /// Those that this CPU has, narrowest first.
    pub fn available() -> impl Iterator<Item = Isa> {
        Isa::ALL.into_iter().filter(|isa| isa.is_available())
    }

    /// The widest that this CPU has.
    pub fn widest() -> Isa {
        Isa::available().last().unwrap_or(Isa::Scalar)
    }

    /// Whether this CPU has it.
    pub fn is_available(self) -> bool {
        match self {
            Isa::Scalar => true,
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => has_avx2(),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => has_avx2() && std::arch::is_x86_feature_detected!("avx512f"),
            #[cfg(target_arch = "aarch64")]
            Isa::Neon => true,
            #[cfg(not(target_arch = "x86_64"))]
            Isa::Avx2 | Isa::Avx512 => false,
            #[cfg(not(target_arch = "aarch64"))]
            Isa::Neon => false,
        }
    }
}

#[cfg(target_arch = "x86_64")]
fn has_avx2() -> bool {
    std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma")
}

/// An algorithm over any vector type, with its arguments.
pub(crate) trait Operation {
    /// What it returns.
    type Output;
    /// Runs it.
    ///
    /// # Safety
    /// - The CPU has the instructions of `V`.
    unsafe fn run<V: Vector>(self) -> Self::Output;
}

/// Runs `operation` on `isa`, which must be available (a [`crate::Kernels`] proves that it is).
#[inline]
pub(crate) fn run<O: Operation>(isa: Isa, operation: O) -> O::Output {
    match isa {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `Kernels` are made only of available instruction sets.
        Isa::Avx2 => unsafe { run_avx2(operation) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `Kernels` are made only of available instruction sets.
        Isa::Avx512 => unsafe { run_avx512(operation) },
        #[cfg(target_arch = "aarch64")]
        // SAFETY: every AArch64 CPU has NEON.
        Isa::Neon => unsafe { operation.run::<crate::vector::F32x4>() },
        _ => run_scalar(operation),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn run_avx2<O: Operation>(operation: O) -> O::Output {
    // SAFETY: the caller has checked for AVX2 and FMA.
    unsafe { operation.run::<crate::vector::F32x8>() }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx2,fma")]
unsafe fn run_avx512<O: Operation>(operation: O) -> O::Output {
    // SAFETY: the caller has checked for AVX-512F, AVX2 and FMA.
    unsafe { operation.run::<crate::vector::F32x16>() }
}

/// The scalar form. Where the CPU has a fused multiply-add the compiler may use it instead of a call: the same bits.
fn run_scalar<O: Operation>(operation: O) -> O::Output {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "fma")]
        unsafe fn run_fma<O: Operation>(operation: O) -> O::Output {
            // SAFETY: `Scalar` needs no instructions beyond the target's own.
            unsafe { operation.run::<Scalar>() }
        }
        if std::arch::is_x86_feature_detected!("fma") {
            // SAFETY: just checked.
            return unsafe { run_fma(operation) };
        }
    }
    // SAFETY: `Scalar` needs no instructions beyond the target's own.
    unsafe { operation.run::<Scalar>() }
}
