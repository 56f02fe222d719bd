//! A measure of what the CPU could do at best: fused multiply-adds and nothing else.

use crate::Kernels;
use crate::isa::{Operation, run};
use crate::vector::Vector;
use std::hint::black_box;

/// Independent chains: enough to hide the latency of a multiply-add, few enough to stay in the registers of AVX2.
const CHAINS: usize = 12;

impl Kernels {
    /// Runs `rounds` rounds of independent fused multiply-adds in registers and returns the number of floating-point
    /// operations done (an fma counts as two) and a number that depends on all of them.
    pub fn peak_round(self, rounds: u32) -> (u64, f32) {
        run(self.isa(), Peak(rounds))
    }
}

struct Peak(u32);

impl Operation for Peak {
    type Output = (u64, f32);

    #[inline(always)]
    unsafe fn run<V: Vector>(self) -> (u64, f32) {
        // SAFETY: the caller promises the instruction set; `lanes` has room for every vector.
        unsafe {
            // The compiler must not see the numbers: it would find that nothing changes.
            let (factor, term) = (V::splat(black_box(0.999)), V::splat(black_box(0.002)));
            let mut chains = [V::splat(0.0); CHAINS];
            for (i, chain) in chains.iter_mut().enumerate() {
                *chain = V::splat(black_box(i as f32));
            }
            for _ in 0..self.0 {
                for chain in &mut chains {
                    *chain = chain.fma(factor, term);
                }
            }
            let mut lanes = [0.0; crate::vector::MAX_LANES];
            let sum = chains.into_iter().fold(V::splat(0.0), |sum, chain| sum.add(chain));
            sum.store(lanes.as_mut_ptr());
            (2 * CHAINS as u64 * V::LANES as u64 * u64::from(self.0), lanes[0])
        }
    }
}
