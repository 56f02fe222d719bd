"""A linear head on a frozen encoder of bytes: mean, first and last.

h = [mean E[b], E[b_1], E[b_n]];  z = W h + c;  p = softmax(z)
"""
import functools
import math
import random
import sys
from array import array
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import recur_plugin
from recur_plugin import FROZEN, Tensor

SIZE = 24


@functools.cache
def encoder(path):
    """The rows of the frozen file. They stay in the process from one model to the next: nothing changes them."""
    data = recur_plugin.numbers("f", Path(path).read_bytes())
    return [data[at:at + SIZE].tolist() for at in range(0, len(data), SIZE)]


class ByteEncoder(recur_plugin.Model):
    def __init__(self, setup):
        self.encoder, self.prefix = encoder(setup.frozen["encoder"]), setup.params["prefix"]
        self.n_classes, self.rate = setup.n_classes, setup.params["learning_rate"]
        self.batch_size = setup.training["batch_size"] if setup.training else None
        self.class_weights = setup.class_weights
        stream = random.Random(setup.seed)
        # (C, 3 · SIZE + 1), the bias last.
        self.head = [[stream.uniform(-0.01, 0.01) for _ in range(3 * SIZE + 1)] for _ in range(self.n_classes)]

    def encode(self, raw):
        """What the frozen encoder makes of a text, and a 1 for the bias."""
        rows = [self.encoder[byte] for byte in (self.prefix + raw).encode()]
        return [sum(column) / len(rows) for column in zip(*rows)] + rows[0] + rows[-1] + [1.0]

    def log_probabilities(self, h):
        z = [sum(w * x for w, x in zip(row, h)) for row in self.head]
        largest = max(z)
        total = largest + math.log(sum(math.exp(x - largest) for x in z))
        return [x - total for x in z]

    def train(self, chunk):
        losses = []
        for step, texts, labels in chunk.batches(self.batch_size):
            steps, total = [], sum(self.class_weights[label] for label in labels)
            for raw, label in zip(texts.raw, labels):
                h = self.encode(raw)
                out = self.log_probabilities(h)
                losses.append(-out[label])
                if not math.isfinite(losses[-1]):
                    raise recur_plugin.Diverged(step)
                scale = self.rate * self.class_weights[label] / total
                steps.append((h, [scale * (math.exp(x) - (c == label)) for c, x in enumerate(out)]))
            for h, d_z in steps:
                for row, d in zip(self.head, d_z):
                    for i, x in enumerate(h):
                        row[i] -= d * x
        return losses

    def predict(self, texts):
        return [x for raw in texts.raw for x in self.log_probabilities(self.encode(raw))]

    def n_parameters(self):
        return self.n_classes * (3 * SIZE + 1)

    def weights(self):
        head = Tensor([self.n_classes, 3 * SIZE + 1], array("d", [x for row in self.head for x in row]))
        return {"encoder": FROZEN, "head": head}

    def set_weights(self, tensors):
        data, width = tensors["head"].data, 3 * SIZE + 1
        self.head = [data[at:at + width].tolist() for at in range(0, len(data), width)]


recur_plugin.run(ByteEncoder)
