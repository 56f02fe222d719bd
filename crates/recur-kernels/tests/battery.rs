//! Every operation on every instruction set of this machine, against the scalar form and against naive definitions.

use proptest::prelude::*;
use recur_kernels::{AdamStep, Isa, Kernels, Matrix, sigmoid, tanh};
use skip::skip;
use std::cell::RefCell;

#[path = "../../../tools/skip.rs"]
mod skip;

/// Lengths from nothing to past four vectors of 16.
const LENGTHS: std::ops::Range<usize> = 0..68;

/// Numbers of every kind, in an order that puts a special one in every lane.
fn numbers(n: usize, seed: u32) -> Vec<f32> {
    const SPECIAL: [f32; 9] =
        [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -0.0, 0.0, 1e-40, -1e-40, f32::MAX, f32::MIN_POSITIVE];
    plain(n, seed)
        .into_iter()
        .enumerate()
        .map(|(i, x)| if (i as u32 + seed) % 5 == 3 { SPECIAL[(i + seed as usize) % 9] } else { x })
        .collect()
}

/// Finite numbers of ordinary size.
fn plain(n: usize, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / 8_388_608.0 - 1.0
    };
    (0..n).map(|_| next() * 3.0).collect()
}

/// The bits, all NaNs alike.
fn bits(x: &[f32]) -> Vec<u32> {
    x.iter().map(|x| if x.is_nan() { 0x7fc0_0000 } else { x.to_bits() }).collect()
}

/// Runs `operation` on each instruction set, on unaligned slices, and compares with the scalar form.
fn check(what: &str, input: &[f32], operation: impl Fn(Kernels, &mut [f32])) {
    let result = |isa, shift: usize| {
        let mut buffer = vec![0.0; input.len() + shift];
        buffer[shift..].copy_from_slice(input);
        operation(Kernels::new(isa).unwrap(), &mut buffer[shift..]);
        bits(&buffer[shift..])
    };
    let expected = result(Isa::Scalar, 0);
    for isa in Isa::available() {
        for shift in [0, 1, 3] {
            assert_eq!(
                result(isa, shift),
                expected,
                "{what} on {} at offset {shift}, length {}",
                isa.name(),
                input.len()
            );
        }
    }
}

/// The instruction sets that this machine has, as the standard library sees them.
fn of_this_machine() -> Vec<Isa> {
    let mut isas = vec![Isa::Scalar];
    #[cfg(target_arch = "aarch64")]
    isas.push(Isa::Neon);
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::is_x86_feature_detected as has;
        if has!("avx2") && has!("fma") {
            isas.push(Isa::Avx2);
            if has!("avx512f") {
                isas.push(Isa::Avx512);
            }
        }
    }
    isas
}

#[test]
fn instruction_sets_that_ran() {
    let ran = RefCell::new(Vec::new());
    check("nothing", &[1.0], |kernels, _| ran.borrow_mut().push(kernels.isa()));
    let mut ran = ran.into_inner();
    // The scalar form is run to compare with, too.
    assert_eq!(ran.remove(0), Isa::Scalar);
    ran.dedup();
    assert_eq!(ran, of_this_machine(), "each instruction set of this machine, narrowest first");
    assert_eq!(Some(&Isa::widest()), ran.last());
    assert_eq!(Some(&Kernels::widest().isa()), ran.last());
    if ran.len() == 1 {
        skip(
            "vectors",
            "this CPU has no vector instructions that recur uses: comparisons with the scalar form are empty",
        );
    }
}

#[test]
fn a_difference_on_one_instruction_set_is_found() {
    for wrong in of_this_machine().split_off(1) {
        let spoil = |kernels: Kernels, y: &mut [f32]| y[1] = if kernels.isa() == wrong { -0.0 } else { 0.0 };
        let found = std::panic::catch_unwind(|| check("spoilt", &[1.0, 2.0], spoil)).unwrap_err();
        let message = found.downcast_ref::<String>().expect("a message");
        assert!(message.contains(&format!("spoilt on {}", wrong.name())), "{message}");
    }
}

#[test]
fn elementwise_operations_equal_scalar_on_every_length() {
    for n in LENGTHS {
        let (y, x) = (numbers(n, 1), numbers(n, 2));
        check("add", &y, |k, y| k.add(y, &x));
        check("mul", &y, |k, y| k.mul(y, &x));
        check("add_scaled", &y, |k, y| k.add_scaled(y, 0.3, &x));
        check("scale", &y, |k, y| k.scale(y, -1.7));
        check("tanh", &y, |k, y| k.tanh(y));
        check("exp", &y, |k, y| k.exp(y));
        check("relu", &y, |k, y| k.relu(y));
        check("tanh_backward", &y, |k, y| k.tanh_backward(y, &x));
        check("relu_backward", &y, |k, y| k.relu_backward(y, &x));
        check("gelu", &y, |k, y| k.gelu(y));
        check("gelu_backward", &y, |k, y| k.gelu_backward(y, &x));
        let places: Vec<f32> = (0..n).map(|i| (i % 3) as f32).collect();
        check("where_at", &y, |k, y| k.where_at(y, &places, 2));
        check("greatest", &y, |k, y| k.greatest(y, &mut places.clone(), &x, 7));
        check("places of the greatest", &places, |k, places| k.greatest(&mut y.clone(), places, &x, 7));
        check("momentum_step", &y, |k, y| {
            let mut velocity = numbers(n, 4);
            k.momentum_step(y, &x, &mut velocity, 0.1, 0.9);
            k.add(y, &velocity);
        });
        check("adam_step", &y, |k, y| {
            let (mut m, mut v) = (plain(n, 4), plain(n, 5).iter().map(|x| x * x).collect::<Vec<_>>());
            let step = AdamStep {
                keep: 0.999,
                beta1: 0.9,
                beta2: 0.999,
                step_size: 0.01,
                root_correction: 0.5,
                epsilon: 1e-8,
            };
            k.adam_step(y, &x, &mut m, &mut v, &step);
            k.add(y, &m);
            k.add(y, &v);
        });
    }
}

#[test]
fn the_greatest_is_the_first_of_equals_or_a_nan() {
    let kernels = Kernels::widest();
    let (mut best, mut places) = ([1.0, 2.0, 3.0, f32::NAN, f32::NEG_INFINITY], [0.0; 5]);
    kernels.greatest(&mut best, &mut places, &[2.0, 2.0, f32::NAN, 5.0, f32::NEG_INFINITY], 4);
    assert!(best[..2] == [2.0, 2.0] && best[2].is_nan() && best[3].is_nan() && best[4] == f32::NEG_INFINITY);
    assert_eq!(places[..2], [4.0, 0.0]);
    let mut d = [1.0, 2.0];
    kernels.where_at(&mut d, &places[..2], 4);
    assert_eq!(d, [1.0, 0.0]);
}

#[test]
fn gelu_is_near_the_exact_one_and_its_gradient_near_the_slope() {
    let kernels = Kernels::widest();
    for i in -40..=40 {
        let x = i as f32 * 0.1;
        let gelu = |x: f32| {
            let mut y = [x];
            kernels.gelu(&mut y);
            f64::from(y[0])
        };
        let exact = f64::from(x) * 0.5 * (1.0 + libm::erf(f64::from(x) / std::f64::consts::SQRT_2));
        assert!((gelu(x) - exact).abs() < 1e-3, "gelu({x})");
        let mut d = [1.0];
        kernels.gelu_backward(&mut d, &[x]);
        let slope = (gelu(x + 0.01) - gelu(x - 0.01)) / 0.02;
        assert!((f64::from(d[0]) - slope).abs() < 1e-3, "at {x}: {}, slope {slope}", d[0]);
    }
}

#[test]
fn row_operations_equal_scalar_on_every_length() {
    // Beyond 8 vectors of 16 rows are added in wider pieces.
    for n in LENGTHS.chain([128, 150, 300]) {
        check("sum_of_squares", &numbers(n.max(1), 1), |k, y| y[0] = k.sum_of_squares(y));
        check("dot", &numbers(n.max(1), 1), |k, y| y[0] = k.dot(y, &plain(n.max(1), 2)));
        if n == 0 {
            continue;
        }
        let rows = plain(3 * n, 7);
        check("log_softmax_rows", &rows, |k, y| k.log_softmax_rows(y, n));
        check("log_softmax_rows with special numbers", &numbers(3 * n, 7), |k, y| k.log_softmax_rows(y, n));
        check("smoothed_nll_gradient_rows", &rows, |k, y| {
            let uniform: Vec<f32> = (0..n).map(|i| 0.01 + 0.002 * i as f32).collect();
            k.smoothed_nll_gradient_rows(y, &[0, (n - 1) as u16, (n / 2) as u16], &[1.0, 0.5, 0.25], &uniform);
        });
        check("nll_gradient_rows", &rows, |k, y| {
            k.nll_gradient_rows(y, n, &[0, (n - 1) as u16, (n / 2) as u16], &[1.0, 0.5, 0.25]);
        });
        check("add_rows", &numbers(n, 3), |k, y| k.add_rows(y, &rows));
        check("look_up_rows", &vec![0.0; 4 * n], |k, y| k.look_up_rows(y, &numbers(n, 4), &rows, &[2, 0, 2, 1]));
    }
}

/// `operation` on arrays of `sizes`, laid end to end for [`check`].
fn check_together(what: &str, numbers: fn(usize, u32) -> Vec<f32>, sizes: &[usize], operation: Together) {
    let input: Vec<f32> = sizes.iter().zip(5..).flat_map(|(n, seed)| numbers(*n, seed)).collect();
    check(what, &input, |kernels, buffer| operation(kernels, &mut split(buffer, sizes)));
}

/// An operation on several arrays.
type Together = fn(Kernels, &mut [&mut [f32]]);

fn split<'a>(mut buffer: &'a mut [f32], sizes: &[usize]) -> Vec<&'a mut [f32]> {
    let part = |n: &usize| buffer.split_off_mut(..*n).expect("the buffer holds all sizes");
    sizes.iter().map(part).collect()
}

fn gru_forward(kernels: Kernels, arrays: &mut [&mut [f32]]) {
    let [gates, products, before, states] = arrays else { panic!("four arrays") };
    kernels.gru_forward(states.len() / 3, gates, products, before, states);
}

fn gru_backward(kernels: Kernels, arrays: &mut [&mut [f32]]) {
    let [gates, products, before, d] = arrays else { panic!("four arrays") };
    kernels.gru_backward(d.len() / 3, gates, products, before, d);
}

fn lstm_forward(kernels: Kernels, arrays: &mut [&mut [f32]]) {
    let [gates, before, cells, squashed, states] = arrays else { panic!("five arrays") };
    kernels.lstm_forward(states.len() / 3, gates, before, cells, squashed, states);
}

fn lstm_backward(kernels: Kernels, arrays: &mut [&mut [f32]]) {
    let [gates, before, squashed, d, d_cells] = arrays else { panic!("five arrays") };
    kernels.lstm_backward(d.len() / 3, gates, before, squashed, d, d_cells);
}

#[test]
fn gates_equal_scalar_on_every_length() {
    for h in LENGTHS.skip(1) {
        let n = 3 * h;
        for numbers in [plain, numbers] {
            check_together("gru_forward", numbers, &[3 * n, 3 * n, n, n], gru_forward);
            check_together("gru_backward", numbers, &[3 * n, 3 * n, n, n], gru_backward);
            check_together("lstm_forward", numbers, &[4 * n, n, n, n, n], lstm_forward);
            check_together("lstm_backward", numbers, &[4 * n, n, n, n, n], lstm_backward);
        }
    }
}

/// The definition of the GRU's gates at one place of a state: r, z, n and the state.
fn naive_gru(x: [f32; 3], a: [f32; 3], before: f32) -> [f32; 4] {
    let (r, z) = (sigmoid(x[0] + a[0]), sigmoid(x[1] + a[1]));
    let n = tanh(r.mul_add(a[2], x[2]));
    [r, z, n, z.mul_add(before - n, n)]
}

/// The definition of the LSTM's gates at one place of a state: i, f, g, o, the cell, its tanh, and the state.
fn naive_lstm(x: [f32; 4], before: f32) -> [f32; 7] {
    let (i, f, g, o) = (sigmoid(x[0]), sigmoid(x[1]), tanh(x[2]), sigmoid(x[3]));
    let c = f.mul_add(before, i * g);
    [i, f, g, o, c, tanh(c), o * tanh(c)]
}

/// Column `at` of row `row` of each of `N` sections of `h` numbers.
fn at_place<const N: usize>(data: &[f32], h: usize, row: usize, at: usize) -> [f32; N] {
    std::array::from_fn(|section| data[(row * N + section) * h + at])
}

const ROWS: usize = 2;
const HIDDEN: usize = 19;

#[test]
fn gru_gates_equal_their_definition_and_slopes() {
    let n = ROWS * HIDDEN;
    let (x, a, before) = (plain(3 * n, 1), plain(3 * n, 2), plain(n, 3));
    let (kernels, mut gates, mut products, mut states) = (Kernels::widest(), x.clone(), a.clone(), vec![0.0; n]);
    kernels.gru_forward(HIDDEN, &mut gates, &products, &before, &mut states);
    let (y, h, mut d) = (gates.clone(), states.clone(), vec![1.0; n]);
    kernels.gru_backward(HIDDEN, &mut gates, &mut products, &before, &mut d);
    for (row, at) in (0..n).map(|i| (i / HIDDEN, i % HIDDEN)) {
        let (x, a) = (at_place::<3>(&x, HIDDEN, row, at), at_place::<3>(&a, HIDDEN, row, at));
        let [before] = at_place(&before, HIDDEN, row, at);
        let [r, z, candidate, state] = naive_gru(x, a, before);
        assert_eq!(at_place(&y, HIDDEN, row, at), [r, z, candidate]);
        assert_eq!(at_place(&h, HIDDEN, row, at), [state]);
        let state_of = |x: [f32; 3], a: [f32; 3], before| naive_gru(x, a, before)[3];
        for gate in 0..3 {
            let slope = slope(|step| state_of(moved(x, gate, step), a, before));
            assert_near(at_place::<3>(&gates, HIDDEN, row, at)[gate], slope);
            let slope = self::slope(|step| state_of(x, moved(a, gate, step), before));
            assert_near(at_place::<3>(&products, HIDDEN, row, at)[gate], slope);
        }
        assert_near(at_place::<1>(&d, HIDDEN, row, at)[0], slope(|step| state_of(x, a, before + step)));
    }
}

#[test]
fn lstm_gates_equal_their_definition_and_slopes() {
    let n = ROWS * HIDDEN;
    let (x, before) = (plain(4 * n, 1), plain(n, 3));
    let (mut gates, mut cells, mut squashed, mut states) = (x.clone(), vec![0.0; n], vec![0.0; n], vec![0.0; n]);
    let kernels = Kernels::widest();
    kernels.lstm_forward(HIDDEN, &mut gates, &before, &mut cells, &mut squashed, &mut states);
    let (y, mut d_cells) = (gates.clone(), vec![0.5; n]);
    kernels.lstm_backward(HIDDEN, &mut gates, &before, &squashed, &vec![1.0; n], &mut d_cells);
    for (row, at) in (0..n).map(|i| (i / HIDDEN, i % HIDDEN)) {
        let x = at_place::<4>(&x, HIDDEN, row, at);
        let [before] = at_place(&before, HIDDEN, row, at);
        let [i, f, g, o, expected @ ..] = naive_lstm(x, before);
        assert_eq!(at_place(&y, HIDDEN, row, at), [i, f, g, o]);
        assert_eq!([&cells, &squashed, &states].map(|array| array[row * HIDDEN + at]), expected);
        // A loss that weighs the state with 1 and the cell with ½.
        let loss = |x, before| naive_lstm(x, before)[6] + 0.5 * naive_lstm(x, before)[4];
        for gate in 0..4 {
            let slope = slope(|step| loss(moved(x, gate, step), before));
            assert_near(at_place::<4>(&gates, HIDDEN, row, at)[gate], slope);
        }
        assert_near(at_place::<1>(&d_cells, HIDDEN, row, at)[0], slope(|step| loss(x, before + step)));
    }
}

/// `x` with `step` added to element `i`.
fn moved<const N: usize>(mut x: [f32; N], i: usize, step: f32) -> [f32; N] {
    x[i] += step;
    x
}

/// The central difference at zero.
fn slope(f: impl Fn(f32) -> f32) -> f32 {
    (f(0.01) - f(-0.01)) / 0.02
}

fn assert_near(got: f32, slope: f32) {
    assert!((got - slope).abs() < 3e-4, "{got}, slope {slope}");
}

/// The definition of the product: one chain an element.
fn naive_gemm(c: &mut [f32], a: &[f32], b: &[f32], m: usize, n: usize, k: usize) {
    for i in 0..m {
        for j in 0..n {
            for t in 0..k {
                c[i * n + j] = a[i * k + t].mul_add(b[t * n + j], c[i * n + j]);
            }
        }
    }
}

fn check_gemm(m: usize, n: usize, k: usize) {
    let (c, a, b) = (plain(m * n, 1), plain(m * k, 2), plain(k * n, 3));
    let mut expected = c.clone();
    naive_gemm(&mut expected, &a, &b, m, n, k);
    let mut a_by_columns = vec![0.0; a.len()];
    Kernels::new(Isa::Scalar).unwrap().transpose(&mut a_by_columns, &a, m, k);
    for isa in Isa::available() {
        let kernels = Kernels::new(isa).unwrap();
        let (mut by_rows, mut by_columns) = (c.clone(), c.clone());
        kernels.gemm(&mut by_rows, Matrix::new(&a, m, k), Matrix::new(&b, k, n));
        kernels.gemm(&mut by_columns, Matrix::new(&a_by_columns, k, m).transposed(), Matrix::new(&b, k, n));
        assert_eq!(bits(&by_rows), bits(&expected), "{m} {n} {k} on {}", isa.name());
        assert_eq!(bits(&by_columns), bits(&expected), "{m} {n} {k}, columns of A, on {}", isa.name());
    }
}

#[test]
fn gemm_is_one_ascending_chain_an_element() {
    for m in [1, 2, 3, 4, 5, 6, 7, 11, 12, 13, 25] {
        for n in LENGTHS {
            for k in [0, 1, 2, 17] {
                check_gemm(m, n, k);
            }
        }
    }
    check_gemm(64, 128, 128);
    check_gemm(1, 300, 33);
}

proptest! {
    #[test]
    fn gemm_equals_its_definition_for_any_shape(m in 0_usize..40, n in 0_usize..150, k in 0_usize..40) {
        check_gemm(m, n, k);
    }
}

#[test]
fn sgd_gemm_is_a_product_into_zeros_and_a_step() {
    for (m, n, k) in [(1, 1, 1), (5, 33, 7), (13, 70, 3), (128, 128, 6), (12, 18, 0)] {
        let (w, a, b) = (plain(m * n, 1), plain(m * k, 2), plain(k * n, 3));
        for isa in Isa::available() {
            let kernels = Kernels::new(isa).unwrap();
            let (mut gradient, mut expected, mut got) = (vec![0.0; m * n], w.clone(), w.clone());
            kernels.gemm(&mut gradient, Matrix::new(&a, m, k), Matrix::new(&b, k, n));
            kernels.sgd_step(&mut expected, &gradient, 0.1);
            kernels.sgd_gemm(&mut got, Matrix::new(&a, m, k), Matrix::new(&b, k, n), 0.1);
            assert_eq!(bits(&got), bits(&expected), "{m} {n} {k} on {}", isa.name());
        }
    }
}

#[test]
fn transpose_moves_every_element() {
    for (rows, cols) in [(1, 1), (3, 5), (16, 16), (17, 33), (64, 31)] {
        let from = plain(rows * cols, 9);
        for isa in Isa::available() {
            let mut to = vec![0.0; from.len()];
            Kernels::new(isa).unwrap().transpose(&mut to, &from, rows, cols);
            assert!((0..rows).all(|r| (0..cols).all(|c| to[c * rows + r] == from[r * cols + c])));
        }
    }
}

#[test]
fn looked_up_rows_are_the_start_plus_rows_of_the_table() {
    let mut to = [0.0; 6];
    Kernels::widest().look_up_rows(&mut to, &[0.5, 1.0], &[1.0, 2.0, 3.0, 4.0], &[1, 0, 1]);
    assert_eq!(to, [3.5, 5.0, 1.5, 3.0, 3.5, 5.0]);
}

#[test]
#[should_panic(expected = "row 3 of the table")]
fn a_row_that_is_not_in_the_table_is_refused() {
    Kernels::widest().look_up_rows(&mut [0.0; 2], &[0.0; 2], &[0.0; 4], &[2]);
}

#[test]
fn log_softmax_sums_to_one_and_survives_large_logits() {
    let mut row = vec![1000.0, 999.0, -1000.0];
    Kernels::widest().log_softmax_rows(&mut row, 3);
    let sum: f64 = row.iter().map(|x| libm::exp(f64::from(*x))).sum();
    assert!((sum - 1.0).abs() < 1e-6, "{row:?}");
}

#[test]
fn an_unavailable_instruction_set_is_refused() {
    let missing = Isa::ALL.into_iter().find(|isa| !isa.is_available()).expect("no CPU has both AVX and NEON");
    let error = Kernels::new(missing).unwrap_err().to_string();
    assert!(error.contains(missing.name()) && error.contains("scalar"), "{error}");
}

#[test]
fn a_round_of_the_peak_measure_computes_what_it_counts() {
    for isa in Isa::available() {
        let ((few, early), (many, late)) =
            (Kernels::new(isa).unwrap().peak_round(10), Kernels::new(isa).unwrap().peak_round(1000));
        assert_eq!(many, 100 * few, "operations on {}", isa.name());
        // Each of 12 chains goes from its number towards 0.002 / (1 - 0.999) = 2.
        assert!((late - early).abs() > 1.0 && (20.0..40.0).contains(&late), "{early} {late} on {}", isa.name());
    }
}
