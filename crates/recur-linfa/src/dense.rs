//! Sparse rows as the dense matrices that linfa takes, within a budget.

use ndarray::{Array2, NdFloat};
use recur_core::model::ModelError;

/// Most bytes that the dense n-gram matrices of one fit may take together: 1 GiB.
pub const BUDGET: usize = 1 << 30;

/// What one more n-gram costs a fit.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// Rows that are dense at one time.
    pub n_rows: usize,
    /// Bytes a number.
    pub bytes: usize,
    /// Copies of the matrix that live at one time.
    pub copies: usize,
}

impl Cost {
    /// Refuses `n_columns` that would pass [`BUDGET`].
    ///
    /// # Errors
    /// [`ModelError::Parameter`] on `max_ngrams`, naming the largest value that fits.
    pub fn check(self, n_columns: usize) -> Result<(), ModelError> {
        let a_column = self.n_rows.saturating_mul(self.bytes * self.copies);
        let fit = BUDGET / a_column.max(1);
        if n_columns <= fit {
            return Ok(());
        }
        let needed = a_column.saturating_mul(n_columns) >> 20;
        let problem = format!(
            "{n_columns} n-grams for {} dense rows need {needed} MiB of at most {} MiB; the largest that fits is {fit}",
            self.n_rows,
            BUDGET >> 20,
        );
        Err(ModelError::Parameter { name: "max_ngrams", problem })
    }
}

/// A matrix (rows, `n_columns`) of zeros but for the columns of each row, which have `of` their values.
pub fn matrix<F: NdFloat>(rows: &[(&[u32], &[f32])], n_columns: usize, of: impl Fn(f32) -> F) -> Array2<F> {
    let mut dense = Array2::zeros((rows.len(), n_columns));
    for (mut row, (columns, values)) in dense.rows_mut().into_iter().zip(rows) {
        columns.iter().zip(*values).for_each(|(column, value)| row[*column as usize] = of(*value));
    }
    dense
}

#[cfg(test)]
mod tests {
    use super::*;

    const COST: Cost = Cost { n_rows: 1 << 20, bytes: 4, copies: 2 };

    #[test]
    fn the_budget_is_used_to_its_end_and_not_passed() {
        assert!(COST.check(128).is_ok());
        let refused = COST.check(129).unwrap_err().to_string();
        assert!(refused.contains("`max_ngrams`") && refused.contains("the largest that fits is 128"), "{refused}");
    }

    #[test]
    fn no_size_overflows() {
        assert!(Cost { n_rows: usize::MAX, bytes: 8, copies: 3 }.check(usize::MAX).is_err());
        assert!(Cost { n_rows: 0, bytes: 8, copies: 3 }.check(1).is_ok());
    }

    #[test]
    fn matrix_holds_each_weight_in_its_place() {
        let dense = matrix::<f64>(&[(&[], &[]), (&[2], &[5.0])], 3, |value| f64::from(value) * 2.0);
        assert_eq!(dense, ndarray::array![[0.0, 0.0, 0.0], [0.0, 0.0, 10.0]]);
    }
}
