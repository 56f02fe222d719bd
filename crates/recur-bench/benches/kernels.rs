//! The kernels on each instruction set of this machine. A product counts its fused multiply-adds as items.

use divan::counter::ItemsCount;
use recur_kernels::{AlignedVec, Isa, Kernels, Matrix};

fn main() {
    divan::main();
}

fn isas() -> Vec<Kernels> {
    Isa::available().filter(|isa| *isa != Isa::Scalar).map(|isa| Kernels::new(isa).expect("available")).collect()
}

/// At the start of a cache line, as models hold them.
fn numbers(n: usize) -> AlignedVec {
    let mut numbers = AlignedVec::zeros(n);
    (0..).zip(numbers.iter_mut()).for_each(|(i, number)| *number = (i % 17) as f32 * 0.01 - 0.08);
    numbers
}

#[divan::bench(args = isas(), consts = [1, 4, 16, 64, 448])]
fn gemm_rows_by_128_by_128<const ROWS: usize>(bencher: divan::Bencher<'_, '_>, kernels: Kernels) {
    let (mut c, a, b) = (numbers(ROWS * 128), numbers(ROWS * 128), numbers(128 * 128));
    bencher.counter(ItemsCount::new(ROWS * 128 * 128)).bench_local(|| {
        kernels.gemm(&mut c, Matrix::new(&a, ROWS, 128), Matrix::new(&b, 128, 128));
    });
}

#[divan::bench(args = isas(), consts = [6, 64, 448])]
fn sgd_gemm_128_by_128_by_rows<const ROWS: usize>(bencher: divan::Bencher<'_, '_>, kernels: Kernels) {
    let (mut w, a, d) = (numbers(128 * 128), numbers(ROWS * 128), numbers(ROWS * 128));
    bencher.counter(ItemsCount::new(ROWS * 128 * 128)).bench_local(|| {
        kernels.sgd_gemm(&mut w, Matrix::new(&a, ROWS, 128).transposed(), Matrix::new(&d, ROWS, 128), 1e-6);
    });
}

#[divan::bench(args = isas())]
fn tanh_of_8192(bencher: divan::Bencher<'_, '_>, kernels: Kernels) {
    let mut x = numbers(8192);
    bencher.counter(ItemsCount::new(8192_usize)).bench_local(|| kernels.tanh(&mut x));
}

#[divan::bench(args = isas())]
fn transpose_128_by_128(bencher: divan::Bencher<'_, '_>, kernels: Kernels) {
    let (mut to, from) = (numbers(128 * 128), numbers(128 * 128));
    bencher.counter(ItemsCount::new(128 * 128_usize)).bench_local(|| kernels.transpose(&mut to, &from, 128, 128));
}

#[divan::bench(args = isas())]
fn log_softmax_of_64_by_18(bencher: divan::Bencher<'_, '_>, kernels: Kernels) {
    let logits = numbers(64 * 18);
    bencher
        .with_inputs(|| logits.clone())
        .counter(ItemsCount::new(64 * 18_usize))
        .bench_local_refs(|logits| kernels.log_softmax_rows(logits, 18));
}
