//! A table for other programs: columns with a name, a type and a value a row, before they are a file.

/// A column of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its name, snake_case.
    pub name: String,
    /// One entry a row, in order.
    pub values: Values,
}

/// The values of a column; `None` where a row has none.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Values {
    Text(Vec<Option<String>>),
    Integer(Vec<Option<i64>>),
    /// Numbers, infinite ones among them.
    Real(Vec<Option<f64>>),
    Boolean(Vec<Option<bool>>),
}

impl Values {
    /// The number of rows.
    pub fn len(&self) -> usize {
        match self {
            Values::Text(values) => values.len(),
            Values::Integer(values) => values.len(),
            Values::Real(values) => values.len(),
            Values::Boolean(values) => values.len(),
        }
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of a row as text: numbers by the shortest decimals that read back as the same `f64`, nothing where there is
    /// none.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn text(&self, row: usize) -> String {
        fn shown<T: ToString>(value: &Option<T>) -> String {
            value.as_ref().map(T::to_string).unwrap_or_default()
        }
        match self {
            Values::Text(values) => shown(&values[row]),
            Values::Integer(values) => shown(&values[row]),
            Values::Real(values) => shown(&values[row]),
            Values::Boolean(values) => shown(&values[row]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_reported_as_they_read_back() {
        let reals = Values::Real(vec![Some(0.1 + 0.2), None, Some(f64::INFINITY), Some(1e300)]);
        assert_eq!(
            (reals.text(0), reals.text(1), reals.text(2)),
            ("0.30000000000000004".into(), "".into(), "inf".into())
        );
        assert_eq!(reals.text(3).parse(), Ok(1e300));
        assert_eq!(Values::Boolean(vec![Some(true)]).text(0), "true");
    }
}
