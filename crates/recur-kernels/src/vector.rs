//! What the algorithms need of a vector of f32, and the vectors of each instruction set.
//!
//! Every method does to each lane exactly what [`Scalar`] does to its one number.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "aarch64")]
mod neon;
mod scalar;

#[cfg(target_arch = "x86_64")]
pub(crate) use avx2::F32x8;
#[cfg(target_arch = "x86_64")]
pub(crate) use avx512::F32x16;
#[cfg(target_arch = "aarch64")]
pub(crate) use neon::F32x4;
pub(crate) use scalar::Scalar;

/// The widest vector: sums "over lanes" use this many on every instruction set.
pub(crate) const MAX_LANES: usize = 16;

/// A vector of f32.
///
/// # Safety
/// Each method needs the CPU to have the instruction set of the type. `load` and `store` need a pointer to `LANES`
/// numbers, their `_partial` forms to `n < LANES` numbers, `transpose_block` to `BLOCK` rows of as many; any alignment
/// will do.
pub(crate) trait Vector: Copy {
    /// Number of lanes.
    const LANES: usize;

    /// `x` in every lane.
    unsafe fn splat(x: f32) -> Self;
    /// Reads `LANES` numbers.
    unsafe fn load(from: *const f32) -> Self;
    /// Reads `n < LANES` numbers; the other lanes are zero.
    unsafe fn load_partial(from: *const f32, n: usize) -> Self;
    /// Writes `LANES` numbers.
    unsafe fn store(self, to: *mut f32);
    /// Writes the first `n < LANES` numbers.
    unsafe fn store_partial(self, to: *mut f32, n: usize);
    /// `self + other`.
    unsafe fn add(self, other: Self) -> Self;
    /// `self - other`.
    unsafe fn sub(self, other: Self) -> Self;
    /// `self * other`.
    unsafe fn mul(self, other: Self) -> Self;
    /// `self / other`.
    unsafe fn div(self, other: Self) -> Self;
    /// `self * b + c`, rounded once.
    unsafe fn fma(self, b: Self, c: Self) -> Self;
    /// `if self > other { self } else { other }`: `other` where one is NaN or both are zero.
    unsafe fn max(self, other: Self) -> Self;
    /// `if self < other { self } else { other }`: `other` where one is NaN or both are zero.
    unsafe fn min(self, other: Self) -> Self;
    /// The square root, rounded correctly.
    unsafe fn sqrt(self) -> Self;
    /// The number without its sign.
    unsafe fn abs(self) -> Self;
    /// The number with the sign of `sign`.
    unsafe fn with_sign_of(self, sign: Self) -> Self;
    /// The nearest whole number, the even one of two.
    unsafe fn round_even(self) -> Self;
    /// Two to the power of a whole number from -126 to 127.
    unsafe fn pow2(self) -> Self;
    /// `if self > 0 { a } else { b }`: `b` where `self` is NaN.
    unsafe fn where_positive(self, a: Self, b: Self) -> Self;
    /// `if self is NaN { self } else { other }`.
    unsafe fn or_if_not_nan(self, other: Self) -> Self;

    /// Side of the square that [`Vector::transpose_block`] turns over.
    const BLOCK: usize;
    /// Writes the transpose of the square of side `BLOCK` at `from` to `to`; the strides are of their rows.
    unsafe fn transpose_block(from: *const f32, from_stride: usize, to: *mut f32, to_stride: usize);
}
