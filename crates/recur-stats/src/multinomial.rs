//! How often each kind of row comes up when rows are drawn with replacement, without drawing each row.
//!
//! Of `n` rows drawn, the number of the first kind is binomial, of the rest the number of the second kind is, and so on. A
//! binomial number of `n` tries is a sum of binomial numbers of 1, 2, 4, … tries, by the bits of `n`, and for these the
//! distribution is a table. Only kinds of few rows are drawn row by row. Nothing here but sums, products and quotients of f64,
//! so equal bits give equal counts on every machine.

/// Kinds of fewer rows are drawn row by row: their tables would take longer.
const FEWEST_COMMON: u32 = 12;
/// Chances below this share of the greatest are left out of a table: far below what 64 bits distinguish.
const NEGLIGIBLE: f64 = 1e-25;
const N_GUIDES: usize = 64;
/// 2⁶⁴: one more than the greatest draw.
const WHOLE: f64 = 18_446_744_073_709_551_616.0;

/// Draws as many rows as there are, with replacement, and counts their kinds.
pub(crate) struct Multinomial {
    n_rows: u32,
    /// Kinds of many rows, the commonest first, each with its chances among the rows that are not of an earlier one.
    common: Vec<(usize, Chances)>,
    /// The kind of each other row.
    rare: Vec<u32>,
}

impl Multinomial {
    /// Of rows of which `counts` says how many each kind has.
    ///
    /// # Panics
    /// If there are no rows, or more than 2³² − 1.
    pub(crate) fn new(counts: &[u32]) -> Self {
        let n_rows = u32::try_from(counts.iter().map(|n| u64::from(*n)).sum::<u64>()).expect("fewer than 2^32 rows");
        assert!(n_rows > 0, "no rows");
        let mut kinds: Vec<usize> = (0..counts.len()).filter(|kind| counts[*kind] >= FEWEST_COMMON).collect();
        kinds.sort_by_key(|kind| std::cmp::Reverse(counts[*kind]));
        let mut left = n_rows;
        let mut chances = |kind: usize| {
            let chances = Chances::new(counts[kind], left, n_rows);
            left -= counts[kind];
            (kind, chances)
        };
        let common = kinds.into_iter().map(&mut chances).collect();
        let is_rare = |(_, n): &(usize, &u32)| **n < FEWEST_COMMON;
        let rare = counts.iter().enumerate().filter(is_rare);
        let rare = rare.flat_map(|(kind, n)| std::iter::repeat_n(kind as u32, *n as usize)).collect();
        Self { n_rows, common, rare }
    }

    /// Counts the kinds of a draw into `drawn`, an entry a kind. `bits` gives 32 random bits.
    pub(crate) fn draw(&self, bits: &mut impl FnMut() -> u32, drawn: &mut [u32]) {
        drawn.fill(0);
        let mut left = self.n_rows;
        for (kind, chances) in &self.common {
            drawn[*kind] = chances.draw(left, bits);
            left -= drawn[*kind];
        }
        if self.rare.len() <= usize::from(u16::MAX) {
            self.draw_by_halves(left, bits, drawn);
        } else {
            (0..left).for_each(|_| drawn[self.rare[below(bits, self.rare.len() as u32) as usize] as usize] += 1);
        }
    }

    /// Draws `left` of the rare rows, two from each 32 bits: as [`below`], of 16 bits.
    fn draw_by_halves(&self, mut left: u32, bits: &mut impl FnMut() -> u32, drawn: &mut [u32]) {
        let n = self.rare.len() as u32;
        let unwanted = if n > 0 { 0x1_0000 % n } else { 0 };
        while left > 0 {
            let both = bits();
            for half in [both >> 16, both & 0xFFFF] {
                let product = half * n;
                if left > 0 && product & 0xFFFF >= unwanted {
                    drawn[self.rare[(product >> 16) as usize] as usize] += 1;
                    left -= 1;
                }
            }
        }
    }
}

/// A number in `0..n`, each equally likely (Lemire 2019, "Fast random integer generation in an interval").
pub(crate) fn below(bits: &mut impl FnMut() -> u32, n: u32) -> u32 {
    let unwanted = n.wrapping_neg() % n;
    loop {
        let product = u64::from(bits()) * u64::from(n);
        if product as u32 >= unwanted {
            return (product >> 32) as u32;
        }
    }
}

/// Binomial numbers of one chance and any number of tries.
enum Chances {
    /// Every try succeeds.
    Sure,
    /// Tables for 1, 2, 4, … tries.
    Tables(Vec<Table>),
}

impl Chances {
    /// A try succeeds in `part` of `whole` cases; there are at most `most_tries`.
    fn new(part: u32, whole: u32, most_tries: u32) -> Self {
        if part == whole {
            return Self::Sure;
        }
        let odds = f64::from(part) / f64::from(whole - part);
        Self::Tables((0..=most_tries.ilog2()).map(|bit| Table::new(1 << bit, odds)).collect())
    }

    fn draw(&self, tries: u32, bits: &mut impl FnMut() -> u32) -> u32 {
        let Self::Tables(tables) = self else { return tries };
        let (mut sum, mut tries) = (0, tries);
        while tries > 0 {
            sum += tables[tries.trailing_zeros() as usize].draw(bits);
            tries &= tries - 1;
        }
        sum
    }
}

/// A binomial distribution, to be inverted (Chen and Asau 1974, "On generating random variates from an empirical distribution").
struct Table {
    /// The least number with a chance worth having.
    first: u32,
    /// For each number from `first` on, 2⁶⁴ times the chance of it or less.
    below: Vec<u64>,
    /// Where to begin in `below`, by the highest bits of a draw.
    guides: [u16; N_GUIDES],
}

impl Table {
    fn new(tries: u32, odds: f64) -> Self {
        let (first, weights) = weights(tries, odds);
        let total: f64 = weights.iter().sum();
        let mut sum = 0.0;
        let mut cumulated = |weight: &f64| {
            sum += weight;
            (sum / total * WHOLE) as u64
        };
        let below: Vec<u64> = weights.iter().map(&mut cumulated).collect();
        let start = |guide: usize| {
            let least = (guide as u64) << (u64::BITS - N_GUIDES.ilog2());
            below.partition_point(|bound| *bound <= least).min(below.len() - 1) as u16
        };
        Self { first, guides: std::array::from_fn(start), below }
    }

    fn draw(&self, bits: &mut impl FnMut() -> u32) -> u32 {
        let draw = u64::from(bits()) << 32 | u64::from(bits());
        let mut place = usize::from(self.guides[(draw >> (u64::BITS - N_GUIDES.ilog2())) as usize]);
        // The last bound takes whatever rounding has left above it.
        while place + 1 < self.below.len() && draw >= self.below[place] {
            place += 1;
        }
        self.first + place as u32
    }
}

/// The chances of a binomial number relative to the greatest of them, from a first number on: each follows from its neighbour,
/// `P(k + 1) = P(k) · (n − k)/(k + 1) · odds`.
fn weights(tries: u32, odds: f64) -> (u32, Vec<f64>) {
    let mode = ((f64::from(tries) + 1.0) * odds / (1.0 + odds)).floor().min(f64::from(tries)) as u32;
    let up = |k: u32| f64::from(tries - k) / f64::from(k + 1) * odds;
    let (mut weights, mut first, mut weight) = (vec![1.0], mode, 1.0);
    while first > 0 && weight > NEGLIGIBLE {
        first -= 1;
        weight /= up(first);
        weights.push(weight);
    }
    weights.reverse();
    let (mut last, mut weight) = (mode, 1.0);
    while last < tries && weight > NEGLIGIBLE {
        weight *= up(last);
        weights.push(weight);
        last += 1;
    }
    (first, weights)
}

#[cfg(test)]
mod tests {
    use super::*;
    use statrs::distribution::{Binomial, Discrete};

    /// Steele and others 2014, "Fast splittable pseudorandom number generators".
    fn bits(seed: u64) -> impl FnMut() -> u32 {
        let mut state = seed;
        move || {
            state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let z = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            ((z ^ (z >> 31)) >> 32) as u32
        }
    }

    #[test]
    fn a_table_holds_the_binomial_distribution() {
        for (tries, part, whole) in [(1, 1, 2), (2, 1, 7), (16, 3, 4), (64, 999, 1000), (1024, 13, 700), (8192, 1, 2)] {
            let table = Table::new(tries, f64::from(part) / f64::from(whole - part));
            let expected = Binomial::new(f64::from(part) / f64::from(whole), u64::from(tries)).unwrap();
            let chance = |k: u32| {
                let Some(place) = k.checked_sub(table.first).map(|place| place as usize) else { return 0.0 };
                let bound = |place: usize| table.below.get(place).map_or(1.0, |bound| *bound as f64 / WHOLE);
                bound(place) - if place > 0 { bound(place - 1) } else { 0.0 }
            };
            for k in 0..=tries {
                let (got, expected) = (chance(k), expected.pmf(u64::from(k)));
                assert!((got - expected).abs() < 1e-12, "{tries} {part}/{whole} {k}: {got} {expected}");
            }
        }
    }

    #[test]
    fn a_guide_leads_to_the_number_that_a_search_finds() {
        let table = Table::new(256, 0.3);
        let mut draws = bits(3);
        for _ in 0..2_000 {
            let (high, low) = (draws(), draws());
            let draw = u64::from(high) << 32 | u64::from(low);
            let expected = table.first + table.below.partition_point(|bound| *bound <= draw) as u32;
            let mut given = [high, low].into_iter();
            assert_eq!(table.draw(&mut || given.next().unwrap()), expected);
        }
    }

    /// Means `n p`, variances `n p (1 − p)`, covariances `−n p q`: within five standard errors.
    #[test]
    fn counts_spread_as_those_of_rows_drawn_one_by_one_do() {
        let counts = [300, 120, 40, 12, 11, 5, 1, 1, 0];
        let n: u32 = counts.iter().sum();
        let (multinomial, mut draws, mut drawn) = (Multinomial::new(&counts), bits(7), [0; 9]);
        let n_draws = 40_000;
        let (mut sums, mut products) = ([0.0; 9], [[0.0; 9]; 9]);
        for _ in 0..n_draws {
            multinomial.draw(&mut draws, &mut drawn);
            assert_eq!(drawn.iter().sum::<u32>(), n);
            for (a, count) in drawn.iter().enumerate() {
                sums[a] += f64::from(*count);
                drawn.iter().enumerate().for_each(|(b, other)| products[a][b] += f64::from(count * other));
            }
        }
        let (n, n_draws) = (f64::from(n), f64::from(n_draws));
        for a in 0..counts.len() {
            let p = f64::from(counts[a]) / n;
            let variance = n * p * (1.0 - p);
            let mean = sums[a] / n_draws;
            assert!((mean - n * p).abs() <= 5.0 * (variance / n_draws).sqrt(), "{a}: {mean} {}", n * p);
            for b in 0..counts.len() {
                let q = f64::from(counts[b]) / n;
                let expected = if a == b { variance } else { -n * p * q };
                let got = products[a][b] / n_draws - sums[a] * sums[b] / n_draws / n_draws;
                let error = (2.0 * variance * n * q * (1.0 - q) / n_draws).sqrt() + 1.0 / n_draws;
                assert!((got - expected).abs() <= 5.0 * error, "{a} {b}: {got} {expected}");
            }
        }
    }

    #[test]
    fn each_row_is_as_likely_as_another_however_many_bits_it_is_drawn_by() {
        for n in [40_000_u32, 70_000] {
            let (counts, mut draws, mut drawn) = (vec![1; n as usize], bits(11), vec![0; n as usize]);
            let multinomial = Multinomial::new(&counts);
            let mut sums = [0_u32; 10];
            for _ in 0..50 {
                multinomial.draw(&mut draws, &mut drawn);
                sums.iter_mut()
                    .zip(drawn.chunks_exact(n as usize / 10))
                    .for_each(|(sum, part)| *sum += part.iter().sum::<u32>());
            }
            let expected = 5.0 * f64::from(n);
            assert!(sums.iter().all(|sum| (f64::from(*sum) - expected).abs() < 5.0 * expected.sqrt()), "{sums:?}");
        }
    }

    #[test]
    fn one_kind_and_one_row_are_drawn_as_they_are() {
        for counts in [vec![1], vec![0, 7, 0], vec![0, 500], vec![12, 0]] {
            let mut drawn = vec![9; counts.len()];
            Multinomial::new(&counts).draw(&mut bits(1), &mut drawn);
            assert_eq!(drawn, counts);
        }
    }
}
