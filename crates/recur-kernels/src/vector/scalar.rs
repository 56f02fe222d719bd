//! One number: the definition.

use super::Vector;

/// One number.
#[derive(Clone, Copy)]
pub(crate) struct Scalar(pub(crate) f32);

impl Vector for Scalar {
    const LANES: usize = 1;

    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        Self(x)
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller promises one number.
        Self(unsafe { from.read() })
    }
    #[inline(always)]
    unsafe fn load_partial(_: *const f32, _: usize) -> Self {
        Self(0.0)
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller promises room for one number.
        unsafe { to.write(self.0) }
    }
    #[inline(always)]
    unsafe fn store_partial(self, _: *mut f32, _: usize) {}
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        Self(self.0 * other.0)
    }
    #[inline(always)]
    unsafe fn div(self, other: Self) -> Self {
        Self(self.0 / other.0)
    }
    #[inline(always)]
    unsafe fn fma(self, b: Self, c: Self) -> Self {
        Self(self.0.mul_add(b.0, c.0))
    }
    #[inline(always)]
    unsafe fn max(self, other: Self) -> Self {
        Self(if self.0 > other.0 { self.0 } else { other.0 })
    }
    #[inline(always)]
    unsafe fn min(self, other: Self) -> Self {
        Self(if self.0 < other.0 { self.0 } else { other.0 })
    }
    #[inline(always)]
    unsafe fn sqrt(self) -> Self {
        Self(self.0.sqrt())
    }
    #[inline(always)]
    unsafe fn abs(self) -> Self {
        Self(self.0.abs())
    }
    #[inline(always)]
    unsafe fn with_sign_of(self, sign: Self) -> Self {
        Self(self.0.copysign(sign.0))
    }
    #[inline(always)]
    unsafe fn round_even(self) -> Self {
        Self(self.0.round_ties_even())
    }
    #[inline(always)]
    unsafe fn pow2(self) -> Self {
        Self(f32::from_bits((((self.0 as i32).wrapping_add(127)) << 23) as u32))
    }
    #[inline(always)]
    unsafe fn where_positive(self, a: Self, b: Self) -> Self {
        if self.0 > 0.0 { a } else { b }
    }
    #[inline(always)]
    unsafe fn or_if_not_nan(self, other: Self) -> Self {
        if self.0.is_nan() { self } else { other }
    }

    const BLOCK: usize = 1;

    #[inline(always)]
    unsafe fn transpose_block(from: *const f32, _: usize, to: *mut f32, _: usize) {
        // SAFETY: the caller promises one number at either end.
        unsafe { *to = *from }
    }
}
