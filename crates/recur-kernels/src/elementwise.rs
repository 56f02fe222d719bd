//! Operations on each element by itself.

use crate::Kernels;
use crate::gemm::{load, store};
use crate::isa::{Operation, run};
use crate::math::{exp_v, tanh_v};
use crate::vector::Vector;

/// What an operation does to a lane of `y`, given the same lane of `x`.
pub(crate) trait Lanes: Copy {
    /// # Safety
    /// The CPU has the instructions of `V`.
    unsafe fn apply<V: Vector>(self, y: V, x: V) -> V;
}

/// `y = f(y, x)` for each element.
pub(crate) struct Map<'a, F> {
    pub(crate) y: &'a mut [f32],
    pub(crate) x: &'a [f32],
    pub(crate) f: F,
}

impl<F: Lanes> Operation for Map<'_, F> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let n = self.y.len();
        let y = self.y.as_mut_ptr();
        let x = self.x.as_ptr();
        // SAFETY: both slices hold `n` numbers (checked by `map`), and every access stays below `n`.
        unsafe {
            let mut at = 0;
            while at + V::LANES <= n {
                self.f.apply(V::load(y.add(at)), V::load(x.add(at))).store(y.add(at));
                at += V::LANES;
            }
            if at < n {
                let rest = Some(n - at);
                store(self.f.apply::<V>(load(y.add(at), rest), load(x.add(at), rest)), y.add(at), rest);
            }
        }
    }
}

/// `y = f(y)` for each element.
struct MapInPlace<'a, F>(&'a mut [f32], F);

impl<F: Lanes> Operation for MapInPlace<'_, F> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let n = self.0.len();
        let y = self.0.as_mut_ptr();
        // SAFETY: every access stays below `n`.
        unsafe {
            let mut at = 0;
            while at + V::LANES <= n {
                let lanes = V::load(y.add(at));
                self.1.apply(lanes, lanes).store(y.add(at));
                at += V::LANES;
            }
            if at < n {
                let lanes: V = load(y.add(at), Some(n - at));
                store(self.1.apply(lanes, lanes), y.add(at), Some(n - at));
            }
        }
    }
}

/// `if x > best { (best, places) = (x, place) }` for each element.
struct Greatest<'a> {
    best: &'a mut [f32],
    places: &'a mut [f32],
    x: &'a [f32],
    place: f32,
}

impl Operation for Greatest<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let n = self.x.len();
        let (best, places, x) = (self.best.as_mut_ptr(), self.places.as_mut_ptr(), self.x.as_ptr());
        // SAFETY: all slices hold `n` numbers (checked by `greatest`), and every access stays below `n`.
        unsafe {
            let place = V::splat(self.place);
            let mut at = 0;
            while at < n {
                let partial = (at + V::LANES > n).then_some(n - at);
                let (old, new): (V, V) = (load(best.add(at), partial), load(x.add(at), partial));
                let is_greater = new.sub(old);
                let taken = is_greater.where_positive(place, load(places.add(at), partial));
                store(taken, places.add(at), partial);
                store(new.or_if_not_nan(is_greater.where_positive(new, old)), best.add(at), partial);
                at += V::LANES;
            }
        }
    }
}

/// Declares a [`Lanes`] with the constants that it needs.
macro_rules! lanes {
    ($name:ident($($constant:ident),*), |$y:ident, $x:ident| $body:expr) => {
        #[derive(Clone, Copy)]
        pub(crate) struct $name($($crate::elementwise::lanes!(@f32 $constant)),*);
        impl Lanes for $name {
            #[inline(always)]
            unsafe fn apply<V: Vector>(self, $y: V, $x: V) -> V {
                let $name($($constant),*) = self;
                // SAFETY: the caller promises the instruction set.
                unsafe {
                    $(let $constant = V::splat($constant);)*
                    $body
                }
            }
        }
    };
    (@f32 $constant:ident) => { f32 };
}

pub(crate) use lanes;

lanes!(Add(), |y, x| y.add(x));
lanes!(Mul(), |y, x| y.mul(x));
lanes!(Scale(factor), |y, _x| y.mul(factor));
lanes!(AddScaled(factor), |y, x| factor.fma(x, y));
lanes!(Tanh(), |y, _x| tanh_v(y));
lanes!(Exp(), |y, _x| exp_v(y));
lanes!(Relu(), |y, _x| y.or_if_not_nan(y.where_positive(y, V::splat(0.0))));
lanes!(TanhBackward(one), |d_y, y| d_y.mul(one.sub(y.mul(y))));
lanes!(ReluBackward(), |d_y, y| y.where_positive(d_y, V::splat(0.0)));
lanes!(Gelu(half, one, slope, cubic), |x, _unused| {
    let inner = x.mul(slope).mul(x.mul(x).fma(cubic, one));
    x.mul(half).mul(tanh_v(inner).add(one))
});
lanes!(GeluBackward(half, one, slope, cubic), |d_y, x| {
    let square = x.mul(x);
    let t = tanh_v(x.mul(slope).mul(square.fma(cubic, one)));
    let d_inner = slope.mul(square.fma(cubic.mul(V::splat(3.0)), one));
    let d_t = one.sub(t.mul(t)).mul(d_inner).mul(x);
    d_y.mul(half.mul(one.add(t).add(d_t)))
});
lanes!(WhereAt(at, half), |d, places| half.sub(places.sub(at).abs()).where_positive(d, V::splat(0.0)));

/// √(2 / π).
const GELU_SLOPE: f32 = 0.797_884_6;
/// The factor of the cube in the argument of tanh.
const GELU_CUBIC: f32 = 0.044_715;

impl Kernels {
    pub(crate) fn map<F: Lanes>(self, y: &mut [f32], x: &[f32], f: F) {
        assert_eq!(y.len(), x.len(), "elements of both operands");
        run(self.isa(), Map { y, x, f });
    }

    /// `y += x`.
    ///
    /// # Panics
    /// If the lengths differ; so do all functions of two slices here.
    pub fn add(self, y: &mut [f32], x: &[f32]) {
        self.map(y, x, Add());
    }

    /// `y *= x`.
    pub fn mul(self, y: &mut [f32], x: &[f32]) {
        self.map(y, x, Mul());
    }

    /// `y = fma(factor, x, y)`.
    pub fn add_scaled(self, y: &mut [f32], factor: f32, x: &[f32]) {
        self.map(y, x, AddScaled(factor));
    }

    /// `y *= factor`.
    pub fn scale(self, y: &mut [f32], factor: f32) {
        run(self.isa(), MapInPlace(y, Scale(factor)));
    }

    /// `y = tanh y`, see [`crate::tanh`].
    pub fn tanh(self, y: &mut [f32]) {
        run(self.isa(), MapInPlace(y, Tanh()));
    }

    /// `y = exp y`, see [`crate::exp`].
    pub fn exp(self, y: &mut [f32]) {
        run(self.isa(), MapInPlace(y, Exp()));
    }

    /// `y = max(y, 0)`; NaN stays NaN.
    pub fn relu(self, y: &mut [f32]) {
        run(self.isa(), MapInPlace(y, Relu()));
    }

    /// The gradient through `y = tanh z`: `d *= 1 - y²`, given `d` with respect to `y`.
    pub fn tanh_backward(self, d: &mut [f32], y: &[f32]) {
        self.map(d, y, TanhBackward(1.0));
    }

    /// The Gaussian error linear unit by tanh (Hendrycks and Gimpel 2016), as `torch.nn.GELU(approximate="tanh")`:
    /// `y = y/2 · (1 + tanh(√(2/π) · (y + 0.044715 y³)))`.
    pub fn gelu(self, y: &mut [f32]) {
        run(self.isa(), MapInPlace(y, Gelu(0.5, 1.0, GELU_SLOPE, GELU_CUBIC)));
    }

    /// The gradient through [`Kernels::gelu`] of `x`: `d` with respect to its result becomes that with respect to `x`.
    pub fn gelu_backward(self, d: &mut [f32], x: &[f32]) {
        self.map(d, x, GeluBackward(0.5, 1.0, GELU_SLOPE, GELU_CUBIC));
    }

    /// Of `d`, sets to zero what is not at `place`, whole numbers below 2²³: the backward pass of
    /// [`Kernels::greatest`] for one of its rows.
    pub fn where_at(self, d: &mut [f32], places: &[f32], place: usize) {
        self.map(d, places, WhereAt(place as f32, 0.5));
    }

    /// Where `x` is greater than `best`, makes it the best and `place` (below 2²³) its place; NaN is greater than all.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn greatest(self, best: &mut [f32], places: &mut [f32], x: &[f32], place: usize) {
        assert!(best.len() == x.len() && places.len() == x.len(), "a best and a place for each");
        run(self.isa(), Greatest { best, places, x, place: place as f32 });
    }

    /// The gradient through `y = relu z`: `d` where `y > 0`, else 0.
    pub fn relu_backward(self, d: &mut [f32], y: &[f32]) {
        self.map(d, y, ReluBackward());
    }
}
