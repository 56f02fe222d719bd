//! The battery that every model must pass.
