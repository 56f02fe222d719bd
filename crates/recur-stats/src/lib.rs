//! Figures, intervals and tests, as pure functions.
