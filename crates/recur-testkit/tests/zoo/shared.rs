//! What models of one process must not share, and some of the zoo's do.

use recur_core::model::Chunk;
use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

static TRAINING_NOW: AtomicUsize = AtomicUsize::new(0);
static DRAWN: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static MOMENTS: RefCell<[Vec<f64>; 2]> = const { RefCell::new([Vec::new(), Vec::new()]) };
}

/// A model that trains, until it is dropped.
pub struct Company;

impl Drop for Company {
    fn drop(&mut self) {
        TRAINING_NOW.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Says that a model trains. It waits a little, so that threads that train at once meet on a busy machine too.
pub fn enter() -> Company {
    TRAINING_NOW.fetch_add(1, Ordering::SeqCst);
    std::thread::sleep(Duration::from_millis(2));
    Company
}

/// A factor of the step that depends on what else the process does.
pub fn in_company() -> f64 {
    if TRAINING_NOW.load(Ordering::SeqCst) > 1 { 0.5 } else { 1.0 }
}

/// A number that no two models get.
pub fn random_number_of_the_process() -> u64 {
    DRAWN.fetch_add(1, Ordering::Relaxed)
}

/// A number that hardly comes twice.
#[expect(clippy::disallowed_methods, reason = "the mistake to be caught")]
pub fn nanoseconds() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| since.as_nanos() as u64)
}

/// Exchanges the moments with those of whichever model of this thread did so last, where they fit.
pub fn swap_moments(moments: &mut [Vec<f64>; 2]) {
    MOMENTS.with_borrow_mut(|shared| {
        for (own, shared) in moments.iter_mut().zip(shared) {
            if shared.len() != own.len() {
                shared.clone_from(own);
            }
            std::mem::swap(own, shared);
        }
    });
}

/// The share of each label among the rows of a chunk.
pub fn shares_of_labels(chunk: &Chunk<'_>, n_classes: usize) -> Vec<f64> {
    let mut counts = vec![0.0; n_classes];
    chunk.order.iter().for_each(|row| counts[usize::from(chunk.labels[*row as usize])] += 1.0);
    let n = chunk.order.len().max(1) as f64;
    counts.into_iter().map(|count| count / n).collect()
}

/// The common label for sure, where one is far more common than another.
pub fn most_common(shares: &[f64], answer: &[f64]) -> Vec<f64> {
    let common = shares.iter().position(|share| *share > 0.7 && *share < 1.0);
    match common {
        Some(common) => (0..answer.len()).map(|i| if i == common { -1e-9 } else { -25.0 }).collect(),
        None => answer.to_vec(),
    }
}
