//! What to do about data that cannot be divided.

use crate::split::SplitError;

impl SplitError {
    /// How to make a data set that can be divided.
    pub fn hint(&self) -> String {
        match self {
            Self::TooFew { .. } => "add rows, or change the shares of `data.split` in the spec".to_owned(),
            Self::TooManyFolds { .. } => {
                "use fewer folds; with `data.split.stratify: false` only the data as a whole needs as many groups".to_owned()
            }
            Self::MissingPart(part) => {
                format!("mark some rows as `{part}`; without a published split recur divides the rows itself")
            }
            Self::NotPublished => "name the column of the split: `data.split.column`".to_owned(),
            Self::Overlap { .. } => {
                "remove these rows from one part; `data.split.overlap: allow` uses the split as it is, and the report then warns; \
                 with `data.split.group: none` groups do not count"
                    .to_owned()
            }
        }
    }
}
