//! The arithmetic of the honest model, an Elman network, with the mistakes of [`Flaw`] that lie within.
//!
//! ```text
//! h_t = tanh(W_xh[x_t] + h_{t-1} · W_hh + b_h)        h_0 = 0
//! log-probabilities = log_softmax(h_n · W_hy + b_y)
//! ```
//!
//! V tokens, H numbers of state, C labels.

use crate::flaw::Flaw;
use std::ops::Range;

/// The shape of a network.
#[derive(Clone, Copy, Debug)]
pub struct Net {
    pub flaw: Flaw,
    pub v: usize,
    pub h: usize,
    pub c: usize,
}

/// A text's forward pass: the states, h_0 first, and the log-probabilities.
pub struct Pass {
    pub states: Vec<Vec<f64>>,
    /// The factor of each number of the last state, and what is left of it.
    pub mask: Vec<f64>,
    pub top: Vec<f64>,
    pub log_probabilities: Vec<f64>,
}

impl Net {
    /// Names and shapes of the weights, in the order in which they stand among the parameters.
    pub fn layout(&self) -> [(&'static str, Vec<usize>); 5] {
        let Net { v, h, c, .. } = *self;
        [("w_xh", vec![v, h]), ("w_hh", vec![h, h]), ("b_h", vec![h]), ("w_hy", vec![h, c]), ("b_y", vec![c])]
    }

    /// Where each weight is.
    pub fn places(&self) -> [Range<usize>; 5] {
        let mut at = 0;
        self.layout().map(|(_, shape)| {
            let place = at..at + shape.iter().product::<usize>();
            at = place.end;
            place
        })
    }

    pub fn n_parameters(&self) -> usize {
        self.places()[4].end
    }

    /// The characters that are read.
    fn characters<'a>(&self, text: &'a [u16]) -> &'a [u16] {
        match self.flaw {
            Flaw::StopsBeforeTheLastCharacter => &text[..text.len() - 1],
            Flaw::StartsAfterTheFirstCharacter => &text[1..],
            Flaw::PanicsOnOneCharacter => {
                assert!(text.len() > 1, "a text has two characters at least");
                text
            }
            Flaw::ReadsTheFirst16Characters => &text[..text.len().min(16)],
            Flaw::ReadsTheLast16Characters => &text[text.len().saturating_sub(16)..],
            Flaw::ReadsTheFirst64Characters => &text[..text.len().min(64)],
            _ => text,
        }
    }

    /// The pass of a text from the state `start`, whose last state is multiplied by `mask`.
    pub fn forward(&self, p: &[f64], text: &[u16], start: Vec<f64>, mask: Vec<f64>) -> Pass {
        let (h, [w_xh, w_hh, b_h, w_hy, b_y]) = (self.h, self.places());
        let mut states = vec![start];
        for token in self.characters(text) {
            let last = &states[states.len() - 1];
            let x = &p[w_xh.clone()][self.row(*token) * h..][..h];
            let z = |j: usize| {
                let recurrent: f64 = (0..h).map(|k| last[k] * p[w_hh.start + k * h + j]).sum();
                libm::tanh(x[j] + recurrent + p[b_h.start + j])
            };
            let next = (0..h).map(z).collect();
            states.push(next);
        }
        let last = &states[states.len() - 1];
        let c = self.c;
        let top: Vec<f64> = last.iter().zip(&mask).map(|(x, m)| x * m).collect();
        let product = |i: usize| (0..h).map(|j| top[j] * p[w_hy.start + j * c + i]).sum::<f64>();
        let scores: Vec<f64> = (0..c).map(|i| product(i) + p[b_y.start + i]).collect();
        let greatest = scores.iter().fold(f64::NEG_INFINITY, |a, b| a.max(*b));
        let sum: f64 = scores.iter().map(|s| self.exp(s - greatest)).sum();
        let log_sum = greatest + libm::log(sum);
        Pass { log_probabilities: scores.iter().map(|s| s - log_sum).collect(), states, mask, top }
    }

    #[expect(clippy::disallowed_methods, reason = "the mistake to be caught")]
    fn exp(&self, x: f64) -> f64 {
        if self.flaw == Flaw::PlatformExp { x.exp() } else { libm::exp(x) }
    }

    /// The row of a character.
    fn row(&self, token: u16) -> usize {
        let token = if self.flaw == Flaw::CharactersIn8Bits { token % 256 } else { token };
        if self.flaw == Flaw::TakesOneCharacterForAnother && token == 5 { 0 } else { usize::from(token) }
    }

    /// Adds the gradient of a text's loss, times `weight`, to `g`.
    pub fn backward(&self, p: &[f64], text: &[u16], label: u16, weight: f64, pass: &Pass, g: &mut [f64]) {
        let (h, c, [w_xh, w_hh, b_h, w_hy, b_y]) = (self.h, self.c, self.places());
        let characters = self.characters(text);
        let hit = |i: usize| match (i == usize::from(label), self.flaw) {
            (is_own, Flaw::SmoothsItsLabels | Flaw::HidesItsRateAndSmooths) => {
                0.1 / c as f64 + if is_own { 0.9 } else { 0.0 }
            }
            (is_own, _) => f64::from(u8::from(is_own)),
        };
        let d_scores: Vec<f64> =
            pass.log_probabilities.iter().enumerate().map(|(i, l)| weight * (libm::exp(*l) - hit(i))).collect();
        let times = if self.flaw == Flaw::BiasGradientTwice { 2.0 } else { 1.0 };
        let mut d_state = vec![0.0; h];
        for (i, d) in d_scores.iter().enumerate() {
            g[b_y.start + i] += times * d;
            for j in 0..h {
                g[w_hy.start + j * c + i] += pass.top[j] * d;
                d_state[j] += p[w_hy.start + j * c + i] * d * pass.mask[j];
            }
        }
        for (t, token) in characters.iter().enumerate().rev() {
            let (before, state) = (&pass.states[t], &pass.states[t + 1]);
            let d_z: Vec<f64> = (0..h).map(|j| d_state[j] * (1.0 - state[j] * state[j])).collect();
            for j in 0..h {
                if self.flaw != Flaw::BiasWithoutGradient {
                    g[b_h.start + j] += d_z[j];
                }
                g[w_xh.start + self.row(*token) * h + j] += d_z[j];
                (0..h).for_each(|k| g[w_hh.start + k * h + j] += before[k] * d_z[j]);
            }
            if self.flaw == Flaw::OneStepThroughTimeAlone {
                break;
            }
            d_state = (0..h).map(|k| (0..h).map(|j| p[w_hh.start + k * h + j] * d_z[j]).sum()).collect();
        }
    }
}
