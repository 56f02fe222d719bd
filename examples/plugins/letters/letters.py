"""Multinomial logistic regression on how often each character is in a text, and which are its first and last.

z_c = b_c + (sum over characters l of w[l][c]) / length + first[l_1][c] + last[l_T][c];  p = softmax(z)

Trained step by step on the mean gradient of a batch.
"""
import math
import random
import sys
from array import array
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import recur_plugin
from recur_plugin import Tensor


class Letters(recur_plugin.Model):
    def __init__(self, setup):
        self.n_tokens, self.n_classes = setup.n_tokens, setup.n_classes
        self.rate, self.ends = setup.params["learning_rate"], setup.params["ends"]
        # There are no training settings where the model is only to predict.
        self.batch_size = setup.training["batch_size"] if setup.training else None
        self.class_weights = setup.class_weights
        n_rows = self.n_tokens * (3 if self.ends else 1) + 1
        stream = random.Random(setup.seed)
        # A row of C numbers for each character, for each character as first and as last, and for the bias.
        self.rows = [[stream.uniform(-0.01, 0.01) for _ in range(self.n_classes)] for _ in range(n_rows)]

    def features(self, text):
        """Pairs of a row and its share."""
        features = [(token, 1 / len(text)) for token in text]
        if self.ends:
            features += [(self.n_tokens + text[0], 1.0), (2 * self.n_tokens + text[-1], 1.0)]
        return features + [(len(self.rows) - 1, 1.0)]

    def log_probabilities(self, features):
        z = [0.0] * self.n_classes
        for row, share in features:
            weights = self.rows[row]
            for c in range(self.n_classes):
                z[c] += share * weights[c]
        largest = max(z)
        total = largest + math.log(sum(math.exp(x - largest) for x in z))
        return [x - total for x in z]

    def train(self, chunk):
        losses = []
        for step, texts, labels in chunk.batches(self.batch_size):
            # The mean that counts each text with its label's weight.
            total = sum(self.class_weights[label] for label in labels)
            steps = []
            for text, label in zip(texts, labels):
                features = self.features(text)
                out = self.log_probabilities(features)
                losses.append(-out[label])
                if not math.isfinite(losses[-1]):
                    raise recur_plugin.Diverged(step)
                scale = self.rate * self.class_weights[label] / total
                steps.append((features, [scale * (math.exp(x) - (c == label)) for c, x in enumerate(out)]))
            for features, gradient in steps:
                for row, share in features:
                    weights = self.rows[row]
                    for c in range(self.n_classes):
                        weights[c] -= share * gradient[c]
        return losses

    def predict(self, texts):
        return [x for text in texts for x in self.log_probabilities(self.features(text))]

    def n_parameters(self):
        return len(self.rows) * self.n_classes

    def weights(self):
        numbers = array("d", [x for row in self.rows for x in row])
        return {"rows": Tensor([len(self.rows), self.n_classes], numbers)}

    def set_weights(self, tensors):
        numbers, c = tensors["rows"].data, self.n_classes
        self.rows = [list(numbers[at:at + c]) for at in range(0, len(numbers), c)]


recur_plugin.run(Letters)
