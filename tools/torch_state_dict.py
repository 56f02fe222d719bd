#!/usr/bin/env python3
"""State dicts saved by PyTorch, with PyTorch's log-probabilities for some names: fixtures for `weights: FILE`.

For the hand-written cell of PyTorch's tutorial (16 numbers of state, no activation) and for a 2-layer nn.RNN with a linear layer on
top, writes NAME.safetensors (as a user would: save_file(model.state_dict())) and NAME.json with the alphabet, the labels
and, for each name, the log-probabilities of the float32 weights, computed in float64.

Needs: pip install torch safetensors numpy. Run: python3 tools/torch_state_dict.py crates/recur-experiment/tests/it/fixtures
The seed is fixed; another version of PyTorch may draw other weights, which is why the files are kept.
"""
import copy
import json
import string
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

from torch_reference import ManualRnn, Stack

# The tutorial's characters, 58 of them.
ALPHABET = string.ascii_letters + " .,;'_"
LABELS = ["Czech", "Irish", "Korean"]
# Characters outside the alphabet ("3", "-") are left out, as `unknown: drop` does.
NAMES = ["Novak", "O'Neill", "Kim", "a", "Mac Giolla Phadraig", "J3-x", "Zzyzx_.,;"]


def main(out):
    torch.manual_seed(20261123)
    vocab, classes = len(ALPHABET), len(LABELS)
    models = {
        "manual_rnn": ManualRnn(vocab, 16, classes, "none"),
        "stacked_rnn": Stack(nn.RNN, vocab, 16, classes, 2),
    }
    for name, model in models.items():
        # Larger weights than the initial ones separate the labels clearly.
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.mul_(2 if name == "manual_rnn" else 4)
        save_file(model.state_dict(), out / f"{name}.safetensors")
        torch.set_default_dtype(torch.float64)
        exact = copy.deepcopy(model).double()
        with torch.no_grad():
            figures = {n: exact([ALPHABET.index(c) for c in n if c in ALPHABET]).tolist() for n in NAMES}
        torch.set_default_dtype(torch.float32)
        case = {"alphabet": ALPHABET, "labels": LABELS, "log_probabilities": figures}
        (out / f"{name}.json").write_text(json.dumps(case, indent=1) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
