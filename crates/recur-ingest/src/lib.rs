//! Files of names to a canonical data set; the only crate that knows polars.
