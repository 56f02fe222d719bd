#!/usr/bin/env python3
"""Sets up PyTorch and JAX in virtual environments, runs them and recur in turn on one core, and prints one table.

Run through `just bench-peers [NAMES]`; NAMES is a CSV file with the columns name and language, or a folder of LABEL.txt.
"""
import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).parent
ROUNDS = 3


def environment(name, packages):
    """The interpreter of the virtual environment `name`, made on first use."""
    folder = Path(os.environ.get("CARGO_TARGET_DIR", "target")) / "peers" / name
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        print(f"setting up {name} in {folder} (once)", file=sys.stderr)
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
        (folder / "ready").touch()
    return python


def recur_bench():
    """The program `recur-bench`, built."""
    subprocess.run(["cargo", "build", "--quiet", "--release", "--workspace", "--bin", "recur-bench"], check=True)
    return Path(os.environ.get("CARGO_TARGET_DIR", "target")) / "release" / "recur-bench"


def printed(command):
    """What `command` prints by workload, run on one core where the system can pin it."""
    pin = ["taskset", "-c", "0"] if shutil.which("taskset") else []
    threads = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    output = subprocess.run([*pin, *map(str, command)], check=True, capture_output=True, text=True,
                            env={**os.environ, **threads}).stdout
    return {(line := json.loads(text))["workload"]: line for text in output.splitlines()}


def run(command):
    """Rates by workload that `command` prints."""
    return {workload: line["names_per_second"] for workload, line in printed(command).items()}


def main():
    names = sys.argv[1] if len(sys.argv) > 1 else "data/names.csv"
    torch, jax = environment("torch", ["torch", "numpy"]), environment("jax", ["jax", "numpy"])
    recur = recur_bench()
    commands = {"PyTorch": [torch, HERE / "torch_peer.py", names], "JAX": [jax, HERE / "jax_peer.py", names],
                "recur": [recur, names]}
    rounds = {who: [] for who in commands}
    for number in range(ROUNDS):
        for who, command in commands.items():
            print(f"round {number + 1} of {ROUNDS}: {who}", file=sys.stderr)
            rounds[who].append(run(command))
    # The median of the rounds' medians.
    rates = {who: {workload: sorted(found[workload] for found in results)[ROUNDS // 2] for workload in results[0]}
             for who, results in rounds.items()}
    print(f"names: {names}; names a second, one core, medians of {ROUNDS} rounds\n")
    print("| workload | PyTorch | JAX | recur | × PyTorch | × JAX |")
    print("|---|--:|--:|--:|--:|--:|")
    for workload, rate in rates["recur"].items():
        peers = [rates[who].get(workload) for who in ("PyTorch", "JAX")]
        if any(peers):
            shown = [f"{peer:,}" if peer else "–" for peer in peers]
            ratios = [f"{rate / peer:.2f}" if peer else "–" for peer in peers]
            print(f"| {workload} | {' | '.join(shown)} | {int(rate):,} | {' | '.join(ratios)} |")


if __name__ == "__main__":
    main()
