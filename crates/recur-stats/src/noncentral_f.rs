//! The noncentral F distribution, and limits of its noncentrality.
//!
//! All through the `libm` crate: equal input gives equal bits on every machine. statrs has no noncentral F, and its
//! incomplete beta function stops before it converges where a parameter is above some 10,000.

/// Poisson weights below this share of the greatest are left out.
const NEGLIGIBLE: f64 = 1e-18;
/// Terms of the continued fraction; it takes about the square root of the greater parameter.
const MOST_TERMS: u32 = 100_000;
/// Above so many times the noise, limits are taken to be proportional to the statistic: exact to about four digits, and the
/// time, which grows with the square root, stays below a tenth of a second.
const GREATEST: f64 = 1e8;

/// An F statistic and its degrees of freedom, of the numerator and of the denominator.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Statistic {
    pub(crate) f: f64,
    pub(crate) numerator: f64,
    pub(crate) denominator: f64,
}

impl Statistic {
    /// The probability of a statistic of `f` or less at this `noncentrality` (λ), with an error below 1e-9: the mean over
    /// Poisson numbers j of mean λ/2 of `I_x(numerator/2 + j, denominator/2)`, with I the regularised incomplete beta function
    /// at `x = numerator·f / (numerator·f + denominator)` (Johnson, Kotz and Balakrishnan 1995, "Continuous Univariate
    /// Distributions", volume 2, equation 30.10).
    pub(crate) fn below(&self, noncentrality: f64) -> f64 {
        let beta = Beta { b: self.denominator / 2.0, x: 1.0 / (1.0 + self.denominator / (self.numerator * self.f)) };
        let (rate, least) = (noncentrality / 2.0, self.numerator / 2.0);
        let mode = rate.floor();
        let (at_mode, step) = (beta.regularised(least + mode), beta.step(least + mode));
        let (mut sum, mut total) = (at_mode, 1.0);
        let (mut j, mut weight, mut value, mut change) = (mode, 1.0, at_mode, step);
        while weight > NEGLIGIBLE && rate > 0.0 {
            value -= change;
            change *= beta.x * (least + j + beta.b) / (least + j + 1.0);
            j += 1.0;
            weight *= rate / j;
            (sum, total) = (sum + weight * value, total + weight);
        }
        (j, weight, value, change) = (mode, 1.0, at_mode, step);
        while weight > NEGLIGIBLE && j > 0.0 {
            weight *= j / rate;
            j -= 1.0;
            change *= (least + j + 1.0) / (beta.x * (least + j + beta.b));
            value += change;
            (sum, total) = (sum + weight * value, total + weight);
        }
        (sum / total).clamp(0.0, 1.0)
    }

    /// The noncentrality at which a statistic of `f` or less has probability `p`, to 9 digits or so; 0 where that is less
    /// likely even at 0 (Steiger 2004, "Beyond the F test: effect size confidence intervals and tests of close fit in the
    /// analysis of variance and contrast analysis").
    pub(crate) fn noncentrality(&self, p: f64) -> f64 {
        let scale = self.numerator * self.f / GREATEST;
        if scale > 1.0 + 1e-12 {
            return scale * Self { f: self.f / scale, ..*self }.noncentrality(p);
        }
        if self.below(0.0) <= p {
            return 0.0;
        }
        let (mut low, mut high) = (0.0, self.numerator * self.f + 1.0);
        while self.below(high) > p {
            (low, high) = (high, 2.0 * high);
        }
        while high - low > 1e-9 * high {
            let middle = f64::midpoint(low, high);
            *(if self.below(middle) > p { &mut low } else { &mut high }) = middle;
        }
        high
    }
}

/// The regularised incomplete beta function `I_x(a, b)`, for one b above 0 and one x from 0 to 1.
struct Beta {
    b: f64,
    x: f64,
}

impl Beta {
    fn regularised(&self, a: f64) -> f64 {
        let Self { b, x } = *self;
        if x < (a + 1.0) / (a + b + 2.0) {
            self.step(a) * fraction(a, b, x)
        } else {
            // `I_x(a, b) = 1 − I_{1−x}(b, a)`
            1.0 - self.step(a) * a / b * fraction(b, a, 1.0 - x)
        }
    }

    /// `I_x(a, b) − I_x(a + 1, b) = x^a (1 − x)^b / (a B(a, b))`
    fn step(&self, a: f64) -> f64 {
        let Self { b, x } = *self;
        if x == 0.0 || x == 1.0 {
            return 0.0;
        }
        let log_beta = libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b);
        libm::exp(a * libm::log(x) + b * libm::log1p(-x) - log_beta) / a
    }
}

/// The continued fraction of the incomplete beta function (Press and others 2007, "Numerical Recipes", section 6.4), by the
/// method of Lentz.
fn fraction(a: f64, b: f64, x: f64) -> f64 {
    let tiny = |value: f64| if value.abs() < 1e-300 { 1e-300 } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / tiny(1.0 - (a + b) * x / (a + 1.0));
    let mut result = d;
    for m in (1..=MOST_TERMS).map(f64::from) {
        let mut factor = 1.0;
        for numerator in [
            m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0)),
        ] {
            d = 1.0 / tiny(1.0 + numerator * d);
            c = tiny(1.0 + numerator / c);
            factor = c * d;
            result *= factor;
        }
        if (factor - 1.0).abs() < 1e-15 {
            break;
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn probabilities_are_those_of_scipy() {
        let reference: Value = serde_json::from_str(include_str!("../tests/reference.json")).unwrap();
        let cases = reference["noncentral_f"].as_array().unwrap();
        assert!(!cases.is_empty());
        for case in cases {
            let number = |key: &str| case[key].as_f64().unwrap();
            let statistic =
                Statistic { f: number("f"), numerator: number("numerator"), denominator: number("denominator") };
            let got = statistic.below(number("noncentrality"));
            assert!((got - number("below")).abs() < 1e-9, "{got} {case}");
        }
    }

    #[test]
    fn limits_are_where_the_probability_is_the_wanted_one() {
        for (f, numerator, denominator) in [(3.0, 2.0, 4.0), (40.0, 1.0, 1.0), (900.0, 26.0, 104.0), (1e5, 26.0, 50.0)]
        {
            let statistic = Statistic { f, numerator, denominator };
            for p in [0.0125, 0.5, 0.9] {
                let limit = statistic.noncentrality(p);
                let reached = statistic.below(limit);
                assert!(
                    limit == 0.0 && reached <= p || (reached - p).abs() < 1e-7,
                    "{statistic:?} {p}: {limit} {reached}"
                );
            }
        }
        let [exact, scaled] = [1.0, 1.000_001]
            .map(|f| Statistic { f: f * GREATEST / 4.0, numerator: 4.0, denominator: 20.0 }.noncentrality(0.0125));
        assert!((scaled / exact - 1.0).abs() < 1e-5, "{exact} {scaled}");
        let far = Statistic { f: 1e12, numerator: 4.0, denominator: 20.0 }.noncentrality(0.0125);
        assert!((far / exact / (4e12 / GREATEST) - 1.0).abs() < 1e-9, "{far} {exact}");
        assert_eq!(Statistic { f: 0.0, numerator: 2.0, denominator: 4.0 }.noncentrality(0.0125), 0.0);
    }
}
