//! Threads that a model may share its work with.
//!
//! A model has no threads of its own: it asks for some, and what it computes must not depend on how many there are. It
//! divides rows or places, never a sum.

use std::fmt::Debug;
use std::sync::Arc;

/// Threads to share the work of one model with.
pub trait Workers: Debug + Send + Sync {
    /// Into how many shares it pays to divide work of `multiply_adds` multiplications with additions just now: 1 or more.
    /// The answer changes with what else is running.
    fn shares(&self, multiply_adds: u64) -> usize;

    /// Calls both, side by side if a thread is free, and returns when both are done. May be called from within either.
    fn join(&self, a: &mut (dyn FnMut() + Send), b: &mut (dyn FnMut() + Send));
}

/// Only the calling thread.
#[derive(Clone, Copy, Debug)]
pub struct Alone;

impl Workers for Alone {
    fn shares(&self, _multiply_adds: u64) -> usize {
        1
    }

    fn join(&self, a: &mut (dyn FnMut() + Send), b: &mut (dyn FnMut() + Send)) {
        a();
        b();
    }
}

/// No other threads than the caller's.
pub fn alone() -> Arc<dyn Workers> {
    Arc::new(Alone)
}

/// Calls `work` for each of `items` with its index, side by side where threads are free. Allocates nothing.
pub fn for_each<T: Send>(workers: &dyn Workers, items: &mut [T], work: &(impl Fn(usize, &mut T) + Sync)) {
    halves(workers, 0, items, work);
}

fn halves<T: Send>(workers: &dyn Workers, first: usize, items: &mut [T], work: &(impl Fn(usize, &mut T) + Sync)) {
    match items {
        [] => {}
        [item] => work(first, item),
        _ => {
            let middle = items.len() / 2;
            let (left, right) = items.split_at_mut(middle);
            workers.join(&mut || halves(workers, first, left, work), &mut || {
                halves(workers, first + middle, right, work);
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_item_is_worked_on_once_with_its_own_index() {
        for n in 0..9 {
            let mut items = vec![0; n];
            for_each(&Alone, &mut items, &|index, item| *item += index + 1);
            assert_eq!(items, (1..=n).collect::<Vec<_>>());
        }
    }
}
