//! Steps of the optimizers: each parameter by itself.

use crate::Kernels;
use crate::elementwise::{Lanes, lanes};
use crate::isa::{Operation, run};
use crate::vector::{Scalar, Vector};

/// The constants of one step of Adam, or of AdamW.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamStep {
    /// What a parameter is multiplied by before the step: 1 for Adam, `1 - rate · weight_decay` for AdamW.
    pub keep: f32,
    /// Decay of the first moment, β₁.
    pub beta1: f32,
    /// Decay of the second moment, β₂.
    pub beta2: f32,
    /// Learning rate over the first moment's bias correction, `rate / (1 - β₁ᵗ)`.
    pub step_size: f32,
    /// Square root of the second moment's bias correction, `√(1 - β₂ᵗ)`.
    pub root_correction: f32,
    /// Added to the denominator.
    pub epsilon: f32,
}

impl Kernels {
    /// Plain SGD: `p = fma(-rate, g, p)`.
    ///
    /// # Panics
    /// If the lengths differ; so do the others here.
    pub fn sgd_step(self, parameters: &mut [f32], gradients: &[f32], rate: f32) {
        self.add_scaled(parameters, -rate, gradients);
    }

    /// SGD with momentum: `v = fma(momentum, v, g)`, then `p = fma(-rate, v, p)`.
    pub fn momentum_step(self, p: &mut [f32], g: &[f32], velocity: &mut [f32], rate: f32, momentum: f32) {
        self.map(velocity, g, ScaleAdd(momentum));
        self.add_scaled(p, -rate, velocity);
    }

    /// Adam (Kingma and Ba 2015): `m = fma(β₁, m, (1 - β₁) g)`, `v = fma(β₂, v, (1 - β₂) g · g)`,
    /// `p = keep · p - step_size · m / (√v / root_correction + ε)`, each operation rounded. Another `keep` than 1 makes
    /// it AdamW (Loshchilov and Hutter 2019).
    pub fn adam_step(self, p: &mut [f32], g: &[f32], moment1: &mut [f32], moment2: &mut [f32], step: &AdamStep) {
        assert!(p.len() == g.len() && g.len() == moment1.len() && g.len() == moment2.len(), "elements of all operands");
        run(self.isa(), Adam { p, g, m: moment1, v: moment2, step: *step });
    }
}

lanes!(ScaleAdd(factor), |y, x| factor.fma(y, x));

struct Adam<'a> {
    p: &'a mut [f32],
    g: &'a [f32],
    m: &'a mut [f32],
    v: &'a mut [f32],
    step: AdamStep,
}

impl Operation for Adam<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Adam { p, g, m, v, step } = self;
        let n = p.len();
        let lanes = AdamLanes { p: p.as_mut_ptr(), g: g.as_ptr(), m: m.as_mut_ptr(), v: v.as_mut_ptr(), step };
        // SAFETY: all slices have `n` elements, and every access stays below `n`; one number needs no instructions
        // beyond the target's own.
        unsafe {
            let mut at = 0;
            while at + V::LANES <= n {
                lanes.step::<V>(at);
                at += V::LANES;
            }
            while at < n {
                lanes.step::<Scalar>(at);
                at += 1;
            }
        }
    }
}

struct AdamLanes {
    p: *mut f32,
    g: *const f32,
    m: *mut f32,
    v: *mut f32,
    step: AdamStep,
}

impl AdamLanes {
    /// # Safety
    /// The CPU has the instructions of `W`, and `at + W::LANES` elements exist.
    #[inline(always)]
    unsafe fn step<W: Vector>(&self, at: usize) {
        let AdamStep { keep, beta1, beta2, step_size, root_correction, epsilon } = self.step;
        // SAFETY: the caller promises the elements.
        unsafe {
            let g = W::load(self.g.add(at));
            let m = W::splat(beta1).fma(W::load(self.m.add(at)), W::splat(1.0 - beta1).mul(g));
            let v = W::splat(beta2).fma(W::load(self.v.add(at)), W::splat(1.0 - beta2).mul(g).mul(g));
            let denominator = v.sqrt().div(W::splat(root_correction)).add(W::splat(epsilon));
            let p = W::splat(keep).mul(W::load(self.p.add(at)));
            let p = p.sub(W::splat(step_size).mul(m).div(denominator));
            m.store(self.m.add(at));
            v.store(self.v.add(at));
            p.store(self.p.add(at));
        }
    }
}
