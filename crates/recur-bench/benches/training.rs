//! A training step of `stacked_rnn`: texts a second for hidden sizes, layers and batch sizes.

use divan::counter::ItemsCount;
use recur_bench::{Bench, Examples};

fn main() {
    divan::main();
}

const SIZES: [i64; 4] = [32, 64, 128, 256];

#[divan::bench_group(sample_count = 15, sample_size = 1)]
mod stacked_rnn {
    use super::*;

    #[divan::bench(args = SIZES, consts = [1, 16, 64, 256])]
    fn layers_1<const BATCH: u32>(bencher: divan::Bencher<'_, '_>, hidden: i64) {
        run(bencher, hidden, 1, BATCH);
    }

    #[divan::bench(args = SIZES, consts = [1, 16, 64, 256])]
    fn layers_2<const BATCH: u32>(bencher: divan::Bencher<'_, '_>, hidden: i64) {
        run(bencher, hidden, 2, BATCH);
    }

    #[divan::bench(args = SIZES, consts = [1, 16, 64, 256])]
    fn layers_3<const BATCH: u32>(bencher: divan::Bencher<'_, '_>, hidden: i64) {
        run(bencher, hidden, 3, BATCH);
    }
}

fn run(bencher: divan::Bencher<'_, '_>, hidden: i64, layers: i64, batch: u32) {
    let examples = Examples::synthetic(512, 7);
    let rows = examples.shuffled();
    let mut bench = Bench::new(&examples, "stacked_rnn", &[("hidden_size", hidden), ("layers", layers)], batch);
    bencher.counter(ItemsCount::new(rows.len())).bench_local(|| bench.train(&rows));
}
