#!/usr/bin/env python3
"""Sets up a virtual environment with PyTorch on first use, and prints its folder of programs."""
from compare import environment

if __name__ == "__main__":
    print(environment("torch", ["torch", "numpy"]).parent.resolve())
