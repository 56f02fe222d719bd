//! The training texts as a sparse matrix that linfa's traits take.

use super::weighting::Weight;
use linfa::dataset::Records;
use sprs::CsMatI;

/// Texts by n-gram columns (N, K): the values that are not zero, row by row, columns ascending. It is a matrix of the crate
/// `sprs` in compressed rows, in a type of this crate because linfa's [`Records`] is not for sparse matrices.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows(CsMatI<f32, u32, usize>);

impl Rows {
    /// A matrix with `n_columns` columns of the given rows, whose columns ascend.
    ///
    /// # Panics
    /// If a row's columns do not ascend, or one is not below `n_columns`.
    pub fn new(n_columns: usize, rows: impl IntoIterator<Item = Vec<Weight>>) -> Self {
        let (mut ends, mut columns, mut values) = (vec![0], Vec::new(), Vec::new());
        for row in rows {
            columns.extend(row.iter().map(|weight| weight.column));
            values.extend(row.iter().map(|weight| weight.value));
            ends.push(columns.len());
        }
        Self(CsMatI::new((ends.len() - 1, n_columns), ends, columns, values))
    }

    /// Number of rows (N).
    #[expect(clippy::len_without_is_empty, reason = "nobody asks whether there are no rows")]
    pub fn len(&self) -> usize {
        self.0.rows()
    }

    /// Number of columns (K).
    pub fn n_columns(&self) -> usize {
        self.0.cols()
    }

    /// The columns of row `row` that are not zero, and their values.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn get(&self, row: usize) -> (&[u32], &[f32]) {
        let places = self.0.indptr().outer_inds_sz(row);
        (&self.0.indices()[places.clone()], &self.0.data()[places])
    }

    /// Every row as its columns and values.
    pub fn iter(&self) -> impl Iterator<Item = (&[u32], &[f32])> {
        (0..self.len()).map(|row| self.get(row))
    }
}

impl Records for Rows {
    type Elem = f32;

    fn nsamples(&self) -> usize {
        self.len()
    }

    fn nfeatures(&self) -> usize {
        self.n_columns()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_as_they_were_given() {
        let weight = |column, value| Weight { column, value };
        let rows = Rows::new(4, [vec![weight(1, 0.5), weight(3, 2.0)], vec![], vec![weight(0, 1.0)]]);
        let expect: [(&[u32], &[f32]); 3] = [(&[1, 3], &[0.5, 2.0]), (&[], &[]), (&[0], &[1.0])];
        assert_eq!(rows.iter().collect::<Vec<_>>(), expect);
        assert_eq!((rows.nsamples(), rows.nfeatures()), (3, 4));
    }
}
