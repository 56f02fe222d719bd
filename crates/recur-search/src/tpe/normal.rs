//! The standard normal distribution, also far out in its tails.

use std::f64::consts::{FRAC_1_SQRT_2, TAU};

/// Below this, the series of [`log_tail`] is exact to f64; above, erfc is.
const FAR: f64 = -20.0;

/// The probability of less than `x`.
pub(super) fn below(x: f64) -> f64 {
    0.5 * libm::erfc(-x * FRAC_1_SQRT_2)
}

/// The logarithm of the probability of a value from `a` to `b`.
pub(super) fn log_mass(a: f64, b: f64) -> f64 {
    if a < -9.0 && b > 9.0 {
        // Both tails together are below 2⁻⁵³.
        0.0
    } else if b <= 0.0 {
        log_mass_of_tail(a, b)
    } else if a >= 0.0 {
        log_mass_of_tail(-b, -a)
    } else {
        // What is left of 1: exact where both tails are small.
        libm::log1p(-below(a) - below(-b))
    }
}

/// The same for `a < b <= 0`.
fn log_mass_of_tail(a: f64, b: f64) -> f64 {
    if a > -5.0 {
        return libm::log(below(b) - below(a));
    }
    let (lower, upper) = (log_below(a), log_below(b));
    upper + libm::log1p(-libm::exp(lower - upper))
}

/// The logarithm of the probability of less than `x`, which is not positive.
fn log_below(x: f64) -> f64 {
    if x > FAR { libm::log(below(x)) } else { log_tail(x) }
}

/// The asymptotic series of the tail: φ(x) / |x| · (1 − 1/x² + 1·3/x⁴ − 1·3·5/x⁶ + …).
fn log_tail(x: f64) -> f64 {
    let square = x * x;
    let (mut term, mut sum) = (1.0, 1.0);
    for odd in [1.0, 3.0, 5.0, 7.0, 9.0, 11.0, 13.0] {
        term *= -odd / square;
        sum += term;
    }
    -0.5 * square - 0.5 * libm::log(TAU) - libm::log(-x) + libm::log(sum)
}

/// The value below which lies the share `u` of the mass from `a <= 0` to `b >= 0`.
pub(super) fn truncated_quantile(u: f64, a: f64, b: f64) -> f64 {
    let (before, after) = (below(a), below(-b));
    let mass = 1.0 - before - after;
    let share = before + u * mass;
    let x = if share <= 0.5 { quantile(share) } else { -quantile(after + (1.0 - u) * mass) };
    x.clamp(a, b)
}

/// The value below which lies `share`, which is at most one half.
fn quantile(share: f64) -> f64 {
    if share < f64::MIN_POSITIVE {
        return f64::NEG_INFINITY;
    }
    // Abramowitz and Stegun, 26.2.23: right to 4.5e-4. Each step of Halley's method cubes the error.
    let t = libm::sqrt(-2.0 * libm::log(share));
    let numerator = 2.515517 + t * (0.802853 + t * 0.010328);
    let denominator = 1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308));
    let mut x = numerator / denominator - t;
    for _ in 0..2 {
        let density = libm::exp(-0.5 * x * x) / libm::sqrt(TAU);
        let newton = (below(x) - share) / density;
        x -= newton / (1.0 + 0.5 * x * newton);
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SciPy 1.17: `scipy.stats.norm.logcdf`.
    const LOG_BELOW: [(f64, f64); 6] = [
        (-1.0, -1.8410216450092634),
        (-8.0, -35.01343715991456),
        (-19.0, -184.36612866916096),
        (-21.0, -224.4657158314145),
        (-38.0, -726.5572160188201),
        (-100.0, -5005.524208694205),
    ];

    #[test]
    fn tails_are_right_far_out() {
        for (x, expected) in LOG_BELOW {
            assert!((log_below(x) - expected).abs() < 1e-11 * -expected, "{x}: {} {expected}", log_below(x));
        }
    }

    #[test]
    fn masses_add_up() {
        let edges = [-60.0, -21.0, -19.5, -6.0, -4.9, -1.0, 0.0, 0.5, 3.0, 5.5, 40.0];
        for pair in edges.windows(3) {
            let [a, b, c] = pair else { unreachable!("windows of three") };
            let [first, second, both] = [(a, b), (b, c), (a, c)].map(|(from, to)| log_mass(*from, *to));
            let largest = first.max(second);
            let sum = largest + libm::log(libm::exp(first - largest) + libm::exp(second - largest));
            assert!((sum - both).abs() < 1e-12 * both.abs().max(1.0), "{pair:?}: {sum} {both}");
        }
    }

    #[test]
    fn a_quantile_has_its_share_below_it() {
        for (a, b) in [(-0.01, 0.02), (-1.0, 1.0), (-50.0, 0.0), (0.0, 99.0), (-3.0, 40.0), (-100.0, 100.0)] {
            for step in 0..=1_000 {
                let u = f64::from(step) / 1_000.0;
                let x = truncated_quantile(u, a, b);
                let share = (below(x) - below(a)) / (1.0 - below(a) - below(-b));
                assert!((a..=b).contains(&x) && (share - u).abs() < 1e-11, "{u} of {a} to {b}: {x}, {share}");
            }
        }
    }
}
