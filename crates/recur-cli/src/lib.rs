//! The command line of recur.
