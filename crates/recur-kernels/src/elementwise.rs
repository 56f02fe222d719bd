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

    /// The gradient through `y = relu z`: `d` where `y > 0`, else 0.
    pub fn relu_backward(self, d: &mut [f32], y: &[f32]) {
        self.map(d, y, ReluBackward());
    }
}
