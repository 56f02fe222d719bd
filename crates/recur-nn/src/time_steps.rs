//! Which row of an array belongs to which time, and which row of the time before it follows.
//!
//! Characters for dimensions: `R` rows in all, `T` times, `N` numbers a row.

use recur_kernels::AlignedVec;
use std::ops::Range;

/// Rows, time after time. Each row but those of the first time follows a row of the time before.
#[derive(Clone, Debug)]
pub struct TimeSteps {
    /// Where each time's rows start, and the last one's end, (T + 1).
    starts: Vec<usize>,
    /// For each row, which one of the time before it follows, (R); or empty, where row i follows row i.
    parents: Vec<u32>,
}

impl Default for TimeSteps {
    fn default() -> Self {
        Self { starts: vec![0], parents: Vec::new() }
    }
}

impl TimeSteps {
    /// Removes all times.
    pub fn clear(&mut self) {
        self.starts.truncate(1);
        self.parents.clear();
    }

    /// Appends a time of `n` rows, of which row i follows row i. All times are appended this way, or all the other way.
    pub fn push_packed(&mut self, n: usize) {
        self.starts.push(self.n_rows() + n);
    }

    /// Appends a time whose rows follow those of `parents`, which are of no account for the first time.
    pub fn push_following(&mut self, parents: impl Iterator<Item = u32>) {
        self.parents.extend(parents);
        self.starts.push(self.parents.len());
    }

    /// Makes these the first `n[t]` rows of each time t of `all`, which must not follow others than such.
    pub fn copy_first(&mut self, all: &TimeSteps, n: &[usize]) {
        self.clear();
        for (start, n) in all.starts.iter().zip(n) {
            self.parents.extend_from_slice(all.parents.get(*start..start + n).unwrap_or_default());
            self.starts.push(self.n_rows() + n);
        }
    }

    /// Number of times (T).
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// Whether there is no time.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of rows (R).
    pub fn n_rows(&self) -> usize {
        self.starts[self.len()]
    }

    /// Number of rows of `time`.
    pub fn n_rows_at(&self, time: usize) -> usize {
        self.starts[time + 1] - self.starts[time]
    }

    /// Where the rows of `time` are, in an array of `n` numbers a row.
    pub fn at(&self, time: usize, n: usize) -> Range<usize> {
        self.starts[time] * n..self.starts[time + 1] * n
    }

    /// The row of the time before that `row` of `time` follows.
    pub fn parent(&self, time: usize, row: usize) -> usize {
        self.parents.get(self.starts[time] + row).map_or(row, |parent| *parent as usize)
    }

    /// Writes to `rows` those that lead to `row` of `time`, from the first time on: the characters of a text up to there.
    pub fn ancestors(&self, time: usize, mut row: usize, rows: &mut Vec<usize>) {
        rows.clear();
        for time in (0..=time).rev() {
            rows.push(self.starts[time] + row);
            row = self.parent(time, row);
        }
        rows.reverse();
    }

    /// Where the rows are that those of `time` follow, if row i follows row i: in training.
    ///
    /// # Panics
    /// If rows follow others.
    pub fn before(&self, time: usize, n: usize) -> Range<usize> {
        assert!(self.parents.is_empty(), "a backward pass needs each text by itself");
        let first = self.starts[time - 1] * n;
        first..first + self.n_rows_at(time) * n
    }

    /// Of `data`, `n` numbers a row, the rows that those of `time` follow, one for each. `gathered` is scratch.
    pub fn predecessors<'a>(&self, time: usize, n: usize, data: &'a [f32], gathered: &'a mut AlignedVec) -> &'a [f32] {
        if self.parents.is_empty() {
            return &data[self.before(time, n)];
        }
        let rows = &data[self.at(time - 1, n)];
        let gathered = gathered.take(self.n_rows_at(time) * n);
        let parents = &self.parents[self.at(time, 1)];
        for (to, parent) in gathered.chunks_exact_mut(n).zip(parents) {
            to.copy_from_slice(&rows[*parent as usize * n..][..n]);
        }
        gathered
    }
}
