//! The same work on many items, on a few threads.

use std::thread::ScopedJoinHandle;

/// Trials that can run at once: one for each core that this process may use.
pub fn available_cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// `look` at each of `items` on up to `jobs` threads, in order. What a thread was to do that the system does not grant is
/// done by the calling one.
pub fn in_parallel<T: Sync, R: Send>(items: &[T], jobs: usize, look: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let share = items.len().div_ceil(jobs.max(1)).max(1);
    let all = &|chunk: &[T]| chunk.iter().map(&look).collect::<Vec<R>>();
    std::thread::scope(|scope| {
        let start = |chunk| std::thread::Builder::new().spawn_scoped(scope, move || all(chunk)).map_err(|_| chunk);
        let threads: Vec<_> = items.chunks(share).map(start).collect();
        let join = |thread: Result<ScopedJoinHandle<'_, Vec<R>>, &[T]>| match thread {
            Ok(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            Err(chunk) => all(chunk),
        };
        threads.into_iter().flat_map(join).collect()
    })
}
