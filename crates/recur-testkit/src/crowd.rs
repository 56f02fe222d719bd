//! Workers for tests: threads that are always free, for work however small.

use recur_core::workers::Workers;

/// Divides all work into as many shares as it says, each on a thread of its own.
#[derive(Clone, Copy, Debug)]
pub struct Crowd(pub usize);

impl Workers for Crowd {
    fn shares(&self, _multiply_adds: u64) -> usize {
        self.0
    }

    fn join(&self, a: &mut (dyn FnMut() + Send), b: &mut (dyn FnMut() + Send)) {
        std::thread::scope(|scope| {
            scope.spawn(b);
            a();
        });
    }
}
