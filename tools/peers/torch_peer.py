#!/usr/bin/env python3
"""PyTorch on the workloads of recur-bench, one thread: plain SGD; sizes are the defaults of recur's models, or in the title.

Needs: pip install torch numpy. Run: python3 torch_peer.py NAMES
"""
import sys

import torch
from torch import nn
from torch.nn import functional

from common import ALPHABET, HIDDEN, RATE, equal_lengths, measure, of_length, read_names

V = len(ALPHABET)
EYE = torch.eye(V)


class Manual(nn.Module):
    """The tutorial's cell."""

    def __init__(self, classes):
        super().__init__()
        self.i2h = nn.Linear(V + HIDDEN, HIDDEN)
        self.i2o = nn.Linear(V + HIDDEN, classes)

    def forward(self, letters):
        state = torch.zeros(1, HIDDEN)
        for letter in letters:
            combined = torch.cat((letter, state), 1)
            out = self.i2o(combined)
            state = self.i2h(combined)
        return out


class Stacked(nn.Module):
    """nn.RNN and a linear map of its last state; takes packed names or a (T, B, V) tensor."""

    def __init__(self, classes, layers):
        super().__init__()
        self.rnn = nn.RNN(V, HIDDEN, layers)
        self.fc = nn.Linear(HIDDEN, classes)

    def forward(self, letters):
        return self.fc(self.rnn(letters)[1][-1])


class BothDirections(nn.Module):
    """nn.GRU in both directions and a linear map of its final states; takes packed names."""

    def __init__(self, classes, hidden, layers):
        super().__init__()
        self.rnn = nn.GRU(V, hidden, layers, bidirectional=True)
        self.fc = nn.Linear(2 * hidden, classes)

    def forward(self, letters):
        return self.fc(self.rnn(letters)[1][-2:].transpose(0, 1).flatten(1))


class CharCnn(nn.Module):
    """Convolutions and the greatest output of each filter; takes padded names."""

    def __init__(self, classes, width=64, filters=128):
        super().__init__()
        self.embedding = nn.Embedding(V + 1, width, padding_idx=V)
        self.convs = nn.ModuleList([nn.Conv1d(width, filters, n, padding="same") for n in range(2, 6)])
        self.fc = nn.Linear(4 * filters, classes)

    def forward(self, tokens):
        x = self.embedding(tokens).transpose(1, 2)
        return self.fc(torch.cat([conv(x).relu().amax(2) for conv in self.convs], 1))


class Transformer(nn.Module):
    """nn.TransformerEncoder and the mean over its characters; takes padded names."""

    def __init__(self, classes, width=64, heads=4, inner=256, layers=2):
        super().__init__()
        self.embedding = nn.Embedding(V + 1, width, padding_idx=V)
        self.places = torch.randn(100, width)
        layer = nn.TransformerEncoderLayer(width, heads, inner, 0.0, "gelu", batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, layers, nn.LayerNorm(width), enable_nested_tensor=False)
        self.fc = nn.Linear(width, classes)

    def forward(self, tokens):
        is_padding = tokens == V
        h = self.encoder(self.embedding(tokens) + self.places[:tokens.shape[1]], src_key_padding_mask=is_padding)
        counted = (~is_padding).unsqueeze(2).to(h.dtype)
        return self.fc((h * counted).sum(1) / counted.sum(1))


def step(model, optimizer, letters, targets):
    optimizer.zero_grad()
    functional.cross_entropy(model(letters), targets).backward()
    optimizer.step()


def one_name_a_step(label, model, names):
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    # As in the tutorial, characters become one-hot rows before training.
    coded = [(EYE[tokens].unsqueeze(1), torch.tensor([target])) for tokens, target in names]
    measure(f"{label}, one text of 7 characters per step", len(coded),
            lambda: [step(model, optimizer, letters, target) for letters, target in coded])


def batches(label, model, groups, coded):
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    targets = [torch.tensor([target for _, target in group]) for group in groups]
    measure(label, sum(map(len, groups)),
            lambda: [step(model, optimizer, coded(group), target) for group, target in zip(groups, targets)])


def packed(group):
    return nn.utils.rnn.pack_sequence([EYE[tokens] for tokens, _ in group], enforce_sorted=False)


def padded(group):
    return nn.utils.rnn.pad_sequence([torch.tensor(tokens) for tokens, _ in group], batch_first=True, padding_value=V)


def stacked(group):
    return EYE[torch.tensor([tokens for tokens, _ in group]).T]


def main():
    torch.set_num_threads(1)
    torch.manual_seed(0)
    names, classes = read_names(sys.argv[1])
    one_name_a_step("manual_rnn", Manual(classes), of_length(names, 7)[:1500])
    for layers, plural in ((1, "1 layer"), (2, "2 layers")):
        label = f"stacked_rnn {plural}"
        one_name_a_step(label, Stacked(classes, layers), of_length(names, 7)[:1500])
        equal = equal_lengths(names, 64)[:200]
        batches(f"{label}, batches of 64 of equal lengths", Stacked(classes, layers), equal, stacked)
        mixed = [names[at:at + 64] for at in range(0, 12_800, 64)]
        batches(f"{label}, batches of 64 of mixed lengths", Stacked(classes, layers), mixed, packed)
    mixed = [names[at:at + 64] for at in range(0, 5_120, 64)]
    for label, model, coded in (("gru 256, 2 layers, both directions", BothDirections(classes, 256, 2), packed),
                                ("char_cnn", CharCnn(classes), padded), ("transformer", Transformer(classes), padded)):
        batches(f"{label}, batches of 64 of mixed lengths", model, mixed, coded)
    model = Stacked(classes, 2)
    groups = [names[at:at + 1024] for at in range(0, 16_384, 1024)]
    with torch.no_grad():
        measure("stacked_rnn 2 layers, prediction of 1,024", sum(map(len, groups)),
                lambda: [functional.log_softmax(model(packed(group)), 1) for group in groups])


if __name__ == "__main__":
    main()
