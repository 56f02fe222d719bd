//! Records and weights on disk.
