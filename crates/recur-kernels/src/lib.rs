//! Vector and matrix operations with a fixed rounding order, equal bits on every instruction set.
