//! exp, tanh, the logistic function and ln by polynomials of our own: the same operations in every lane on every instruction set.
//!
//! Coefficients come from `tools/polynomials.py`. Bounds are in units in the last place of the exact result (ulp) and
//! are tested: sampled in the normal run, over all 2³² inputs by the ignored test `bounds_hold_for_every_input`.

use crate::vector::{Scalar, Vector};

/// Greatest error of [`exp`], in ulp.
#[cfg(test)]
pub(crate) const EXP_ULP: f64 = 1.14;
/// Greatest error of [`tanh`], in ulp.
#[cfg(test)]
pub(crate) const TANH_ULP: f64 = 2.5;
/// Greatest error of [`ln`], in ulp.
#[cfg(test)]
pub(crate) const LN_ULP: f64 = 0.83;
/// Greatest error of [`sigmoid`]: half of tanh's, which is 2.8 · 2⁻²⁴ below one, and a rounding below one.
#[cfg(test)]
pub(crate) const SIGMOID_ERROR: f64 = 1.2e-7;

/// 1 / ln 2.
const INV_LN_2: f32 = f32::from_bits(0x3fb8_aa3b);
/// The first 9 bits of ln 2: its product with a whole number below 2¹⁵ is exact.
const LN_2_HIGH: f32 = f32::from_bits(0x3f31_0000);
/// ln 2 less its high part.
const LN_2_LOW: f32 = f32::from_bits(0x3ae4_2ff0);

/// (eʳ - 1 - r) / r² on |r| <= 0.3469, lowest degree first; error 6.7e-8.
const EXPM1_TAIL: [f32; 5] = [
    f32::from_bits(0x3f00_0000),
    f32::from_bits(0x3e2a_aa6e),
    f32::from_bits(0x3d2a_aa8c),
    f32::from_bits(0x3c09_05f1),
    f32::from_bits(0x3ab6_88be),
];

/// (ln(1 + f) - f + f²/2) / f³ on √½ <= 1 + f <= √2, lowest degree first; error 3.1e-8.
const LN_TAIL: [f32; 9] = [
    f32::from_bits(0x3eaa_aaaa),
    f32::from_bits(0xbe7f_fffe),
    f32::from_bits(0x3e4c_cead),
    f32::from_bits(0xbe2a_ada5),
    f32::from_bits(0x3e11_e90d),
    f32::from_bits(0xbdfe_7a63),
    f32::from_bits(0x3def_5141),
    f32::from_bits(0xbdeb_1ade),
    f32::from_bits(0x3d8e_c753),
];

/// `x = n ln 2 + r` with whole `n` and `|r| <= ln(2) / 2` to rounding; returns `n` and `eʳ - 1`.
#[inline(always)]
unsafe fn reduced_expm1<V: Vector>(x: V) -> (V, V) {
    // SAFETY: the caller promises the instruction set.
    unsafe {
        let n = x.mul(V::splat(INV_LN_2)).round_even();
        let r = n.fma(V::splat(-LN_2_HIGH), x);
        let r = n.fma(V::splat(-LN_2_LOW), r);
        let mut tail = V::splat(EXPM1_TAIL[4]);
        tail = tail.fma(r, V::splat(EXPM1_TAIL[3]));
        tail = tail.fma(r, V::splat(EXPM1_TAIL[2]));
        tail = tail.fma(r, V::splat(EXPM1_TAIL[1]));
        tail = tail.fma(r, V::splat(EXPM1_TAIL[0]));
        (n, r.mul(r).fma(tail, r))
    }
}

/// eˣ: reduction by ln 2, a polynomial of degree 6, and two exact scalings by powers of two.
///
/// # Safety
/// The CPU has the instructions of `V`.
#[inline(always)]
pub(crate) unsafe fn exp_v<V: Vector>(x: V) -> V {
    // SAFETY: the caller promises the instruction set.
    unsafe {
        // Beyond these bounds the result is 0 or infinite, and `n` would leave the range of `pow2`.
        let bounded = x.max(V::splat(-104.0)).min(V::splat(89.0));
        let (n, expm1) = reduced_expm1(bounded);
        let half = n.mul(V::splat(0.5)).round_even();
        let scaled = expm1.add(V::splat(1.0)).mul(half.pow2()).mul(n.sub(half).pow2());
        x.or_if_not_nan(scaled)
    }
}

/// tanh x = -m / (m + 2) with m = e⁻²ˣ - 1, for x >= 0, and the sign put back.
///
/// # Safety
/// The CPU has the instructions of `V`.
#[inline(always)]
pub(crate) unsafe fn tanh_v<V: Vector>(x: V) -> V {
    // SAFETY: the caller promises the instruction set.
    unsafe {
        // tanh is 1 to rounding from 9.02 on.
        let doubled = x.abs().mul(V::splat(-2.0)).max(V::splat(-20.0));
        let (n, expm1) = reduced_expm1(doubled);
        let power = n.pow2();
        let m = power.fma(expm1, power.sub(V::splat(1.0)));
        let magnitude = m.div(m.add(V::splat(2.0)));
        x.or_if_not_nan(magnitude.with_sign_of(x))
    }
}

/// σ(x) = fma(½, tanh(½ x), ½).
///
/// # Safety
/// The CPU has the instructions of `V`.
#[inline(always)]
pub(crate) unsafe fn sigmoid_v<V: Vector>(x: V) -> V {
    // SAFETY: the caller promises the instruction set.
    unsafe {
        let half = V::splat(0.5);
        half.fma(tanh_v(half.mul(x)), half)
    }
}

/// ln x: `x = 2ᵏ (1 + f)` with √½ <= 1 + f < √2, then `k ln 2 + f - f²/2 + f³ P(f)`.
fn ln_scalar(x: f32) -> f32 {
    if x.is_nan() || x < 0.0 {
        return f32::NAN;
    }
    if x == 0.0 {
        return f32::NEG_INFINITY;
    }
    if x == f32::INFINITY {
        return x;
    }
    let (x, denormal_shift) = if x < f32::MIN_POSITIVE { (x * 8_388_608.0, 23) } else { (x, 0) };
    // The bits of √½: subtracting them makes the exponent field count from there.
    let offset = x.to_bits().wrapping_sub(0x3f35_04f3);
    let k = ((offset as i32) >> 23) - denormal_shift;
    let f = f32::from_bits((offset & 0x007f_ffff) + 0x3f35_04f3) - 1.0;
    let tail = LN_TAIL.iter().rev().skip(1).fold(LN_TAIL[8], |sum, c| sum.mul_add(f, *c));
    let square = f * f;
    let k = k as f32;
    let low = (square * f).mul_add(tail, k * LN_2_LOW);
    let rest = square.mul_add(-0.5, low);
    k.mul_add(LN_2_HIGH, f + rest)
}

/// eˣ, within 1.14 ulp.
pub fn exp(x: f32) -> f32 {
    // SAFETY: `Scalar` needs no instructions beyond the target's own.
    unsafe { exp_v(Scalar(x)) }.0
}

/// tanh x, within 2.5 ulp.
pub fn tanh(x: f32) -> f32 {
    // SAFETY: `Scalar` needs no instructions beyond the target's own.
    unsafe { tanh_v(Scalar(x)) }.0
}

/// The logistic function 1 / (1 + e⁻ˣ) as `fma(½, tanh(½ x), ½)`, within 1.2e-7 (absolute: far below zero it is 0).
pub fn sigmoid(x: f32) -> f32 {
    // SAFETY: `Scalar` needs no instructions beyond the target's own.
    unsafe { sigmoid_v(Scalar(x)) }.0
}

/// The natural logarithm, within 0.83 ulp; NaN below zero, minus infinity at zero.
pub fn ln(x: f32) -> f32 {
    ln_scalar(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The distance of `got` from `exact` in units in the last place of `exact`.
    fn ulps(got: f32, exact: f64) -> f64 {
        let nearest = exact as f32;
        if got == nearest || (got.is_nan() && exact.is_nan()) {
            return 0.0;
        }
        let exponent = libm::ilogb(exact).max(-126);
        (f64::from(got) - exact).abs() / libm::scalbn(1.0, exponent - 23)
    }

    /// The greatest error over the floats whose bits are `0, step, 2 step, …`, with the input where it occurs.
    fn worst(f: fn(f32) -> f32, exact: fn(f64) -> f64, step: usize) -> (f64, f32) {
        let mut worst = (0.0, 0.0);
        for bits in (0..=u32::MAX).step_by(step) {
            let x = f32::from_bits(bits);
            let error = ulps(f(x), exact(f64::from(x)));
            if error > worst.0 || error.is_nan() {
                worst = (error, x);
            }
        }
        worst
    }

    fn check(step: usize) {
        for (name, f, exact, bound) in [
            ("exp", exp as fn(f32) -> f32, libm::exp as fn(f64) -> f64, EXP_ULP),
            ("tanh", tanh, libm::tanh, TANH_ULP),
            ("ln", ln, libm::log, LN_ULP),
        ] {
            let (error, at) = worst(f, exact, step);
            println!("{name}: at most {error:.3} ulp, at {at:e}");
            assert!(error <= bound, "{name}({at:e}) is off by {error} ulp");
        }
    }

    /// The greatest absolute error of the logistic function over the same floats.
    fn check_sigmoid(step: usize) {
        for bits in (0..=u32::MAX).step_by(step) {
            let x = f32::from_bits(bits);
            let error = (f64::from(sigmoid(x)) - 1.0 / (1.0 + libm::exp(-f64::from(x)))).abs();
            assert!(error <= SIGMOID_ERROR || x.is_nan(), "sigmoid({x:e}) is off by {error:e}");
        }
    }

    #[test]
    fn bounds_hold_for_a_sample() {
        check(4099);
        check_sigmoid(4099);
    }

    #[test]
    #[ignore = "all 2^32 inputs take minutes: just test-math"]
    fn bounds_hold_for_every_input() {
        check(1);
        check_sigmoid(1);
    }

    #[test]
    fn special_values_are_exact() {
        assert_eq!([exp(0.0), exp(-0.0), exp(f32::NEG_INFINITY), exp(f32::INFINITY)], [1.0, 1.0, 0.0, f32::INFINITY]);
        assert_eq!([tanh(f32::INFINITY), tanh(f32::NEG_INFINITY), tanh(20.0)], [1.0, -1.0, 1.0]);
        assert_eq!(tanh(-0.0).to_bits(), (-0.0_f32).to_bits());
        assert_eq!(
            [ln(1.0), ln(0.0), ln(-0.0), ln(f32::INFINITY)],
            [0.0, f32::NEG_INFINITY, f32::NEG_INFINITY, f32::INFINITY]
        );
        assert_eq!([sigmoid(0.0), sigmoid(f32::INFINITY), sigmoid(f32::NEG_INFINITY)], [0.5, 1.0, 0.0]);
        assert!(sigmoid(f32::NAN).is_nan());
        assert!(exp(f32::NAN).is_nan() && tanh(f32::NAN).is_nan() && ln(-1.0).is_nan());
    }
}
