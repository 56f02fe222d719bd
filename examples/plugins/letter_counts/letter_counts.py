"""Multinomial naive Bayes on letters: counts, once, of how often each label has each letter."""
import math
import sys
from array import array
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import recur_plugin
from recur_plugin import Refused, Tensor


class LetterCounts(recur_plugin.Model):
    def __init__(self, setup):
        self.n_tokens, self.n_classes, self.smoothing = setup.n_tokens, setup.n_classes, setup.params["smoothing"]
        # (C, V) counts of letters and (C) of names; none before training.
        self.letters, self.names = [], []

    def train(self, chunk):
        self.letters = [[0] * self.n_tokens for _ in range(self.n_classes)]
        self.names = [0] * self.n_classes
        for name, label in zip(chunk.names, chunk.labels):
            self.names[label] += 1
            for token in name:
                self.letters[label][token] += 1
        self.take_logarithms()
        return [-self.log_probabilities(name)[label] for name, label in zip(chunk.names, chunk.labels)]

    def take_logarithms(self):
        def logarithms(counts):
            total = math.log(sum(counts) + self.smoothing * len(counts))
            return [math.log(count + self.smoothing) - total for count in counts]
        self.prior, self.likelihood = logarithms(self.names), [logarithms(counts) for counts in self.letters]

    def log_probabilities(self, name):
        z = [prior + sum(letters[token] for token in name) for prior, letters in zip(self.prior, self.likelihood)]
        largest = max(z)
        total = largest + math.log(sum(math.exp(x - largest) for x in z))
        return [x - total for x in z]

    def predict(self, names):
        if not self.names:
            raise Refused("it predicts only after it was trained or given weights")
        return [x for name in names for x in self.log_probabilities(name)]

    def weights(self):
        if not self.names:
            return {}
        letters = array("q", [count for counts in self.letters for count in counts])
        return {"letters": Tensor([self.n_classes, self.n_tokens], letters),
                "names": Tensor([self.n_classes], array("q", self.names))}

    def set_weights(self, tensors):
        empty = {"letters": Tensor([self.n_classes, self.n_tokens], array("q")),
                 "names": Tensor([self.n_classes], array("q"))}
        recur_plugin.check_like(tensors, empty)
        counts, v = tensors["letters"].data, self.n_tokens
        self.letters, self.names = [list(counts[at:at + v]) for at in range(0, len(counts), v)], list(tensors["names"].data)
        self.take_logarithms()


recur_plugin.run(LetterCounts)
