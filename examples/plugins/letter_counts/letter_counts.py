"""Multinomial naive Bayes on characters: counts, once, of how often each label has each character."""
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
        # (C, V) counts of characters and (C) of texts; none before training.
        self.characters, self.texts = [], []

    def train(self, chunk):
        self.characters = [[0] * self.n_tokens for _ in range(self.n_classes)]
        self.texts = [0] * self.n_classes
        for text, label in zip(chunk.texts, chunk.labels):
            self.texts[label] += 1
            for token in text:
                self.characters[label][token] += 1
        self.take_logarithms()
        return [-self.log_probabilities(text)[label] for text, label in zip(chunk.texts, chunk.labels)]

    def take_logarithms(self):
        def logarithms(counts):
            total = math.log(sum(counts) + self.smoothing * len(counts))
            return [math.log(count + self.smoothing) - total for count in counts]
        self.prior, self.likelihood = logarithms(self.texts), [logarithms(counts) for counts in self.characters]

    def log_probabilities(self, text):
        z = [prior + sum(characters[token] for token in text) for prior, characters in zip(self.prior, self.likelihood)]
        largest = max(z)
        total = largest + math.log(sum(math.exp(x - largest) for x in z))
        return [x - total for x in z]

    def predict(self, texts):
        if not self.texts:
            raise Refused("it predicts only after it was trained or given weights")
        return [x for text in texts for x in self.log_probabilities(text)]

    def weights(self):
        if not self.texts:
            return {}
        characters = array("q", [count for counts in self.characters for count in counts])
        return {"characters": Tensor([self.n_classes, self.n_tokens], characters),
                "texts": Tensor([self.n_classes], array("q", self.texts))}

    def set_weights(self, tensors):
        empty = {"characters": Tensor([self.n_classes, self.n_tokens], array("q")),
                 "texts": Tensor([self.n_classes], array("q"))}
        recur_plugin.check_like(tensors, empty)
        counts, v = tensors["characters"].data, self.n_tokens
        self.characters, self.texts = [list(counts[at:at + v]) for at in range(0, len(counts), v)], list(tensors["texts"].data)
        self.take_logarithms()


recur_plugin.run(LetterCounts)
