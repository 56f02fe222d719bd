#!/usr/bin/env python3
"""Coefficients of the polynomials in crates/recur-kernels/src/math.rs, printed as Rust hexadecimal bit patterns.

Each polynomial is the interpolant at Chebyshev nodes (close to the best possible one), computed with 60 digits, its
coefficients rounded to f32. The error printed is that of the rounded polynomial in exact arithmetic.
Needs: pip install mpmath. Run: python3 tools/polynomials.py
"""
import struct

from mpmath import cos, expm1, ln, log1p, lu_solve, matrix, mp, mpf, pi, sqrt

mp.dps = 60


def f32(x):
    return mpf(struct.unpack("<f", struct.pack("<f", float(x)))[0])


def bits(x):
    return struct.unpack("<I", struct.pack("<f", float(x)))[0]


def fit(function, low, high, degree):
    """The polynomial of `degree` that meets `function` at the Chebyshev nodes of [low, high], rounded to f32."""
    nodes = [(low + high) / 2 + (high - low) / 2 * cos((2 * i + 1) * pi / (2 * degree + 2)) for i in range(degree + 1)]
    solved = lu_solve(matrix([[x**j for j in range(degree + 1)] for x in nodes]), matrix([function(x) for x in nodes]))
    return [f32(c) for c in solved]


def show(name, coefficients, function, low, high):
    error = max(abs(function(x) - sum(c * x**i for i, c in enumerate(coefficients)))
                for x in (low + (high - low) * i / 2000 for i in range(2001)) if x != 0)
    print(f"{name}: error {float(error):.2e} on [{float(low):.4f}, {float(high):.4f}]")
    for i, c in enumerate(coefficients):
        print(f"    0x{bits(c):08x}, // x^{i}: {float(c)!r}")


half = ln(2) / 2 * mpf("1.001")
expm1_tail = lambda r: (expm1(r) - r) / r**2 if abs(r) > mpf("1e-12") else mpf(1) / 2 + r / 6
show("(e^r - 1 - r) / r^2", fit(expm1_tail, -half, half, 4), expm1_tail, -half, half)
show("(e^r - 1 - r) / r^2", fit(expm1_tail, -half, half, 5), expm1_tail, -half, half)

low, high = sqrt(mpf(1) / 2) - 1, sqrt(mpf(2)) - 1
ln_tail = lambda f: (log1p(f) - f + f**2 / 2) / f**3 if abs(f) > mpf("1e-12") else mpf(1) / 3 - f / 4
for degree in (6, 7, 8):
    show("(ln(1+f) - f + f^2/2) / f^3", fit(ln_tail, low, high, degree), ln_tail, low, high)

hi = mpf(struct.unpack("<f", struct.pack("<I", bits(ln(2)) & 0xFFFF8000))[0])
print(f"ln2 high: 0x{bits(hi):08x} = {float(hi)!r}, low: 0x{bits(ln(2) - hi):08x} = {float(f32(ln(2) - hi))!r}")
print(f"1/ln2: 0x{bits(1 / ln(2)):08x}")
