"""fastText's classifier on hashed character n-grams.

h = mean of E[crc32(n-gram) mod buckets];  z = W h + b;  p = softmax(z)

Trained step by step on the mean gradient of a batch, each example weighed by its label.
"""
import math
import random
import sys
import zlib
from array import array
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import recur_plugin
from recur_plugin import Tensor


class HashedNgrams(recur_plugin.Model):
    def __init__(self, setup):
        params, self.n_classes = setup.params, setup.n_classes
        self.rate, self.longest = setup.params["learning_rate"], params["longest"]
        self.buckets, self.size = params["buckets"], params["dimensions"]
        self.batch_size = setup.training["batch_size"] if setup.training else None
        self.class_weights = setup.class_weights
        # The character of each token; whatever is unknown is one character more.
        self.characters = setup.alphabet + ["\ufffd"] * (setup.n_tokens - len(setup.alphabet))
        # The bucket of each n-gram that was met: a function of the n-gram.
        self.bucket_of = {}
        stream = random.Random(setup.seed)
        uniform = lambda rows: array("d", (stream.uniform(-1, 1) / self.size for _ in range(rows * self.size)))
        # (buckets, size), (C, size) and (C).
        self.embeddings, self.map, self.bias = uniform(self.buckets), uniform(self.n_classes), array("d", bytes(8 * self.n_classes))

    def ngrams(self, text):
        """The bucket of each n-gram of the text."""
        text = "<" + "".join(self.characters[token] for token in text) + ">"
        buckets = []
        for n in range(1, self.longest + 1):
            for at in range(len(text) - n + 1):
                ngram = text[at:at + n]
                bucket = self.bucket_of.get(ngram)
                if bucket is None:
                    bucket = self.bucket_of[ngram] = zlib.crc32(ngram.encode()) % self.buckets
                buckets.append(bucket)
        return buckets

    def forward(self, buckets):
        """The mean of the embeddings, and the log-probabilities."""
        size, embeddings = self.size, self.embeddings
        mean = [0.0] * size
        for bucket in buckets:
            at = bucket * size
            for i in range(size):
                mean[i] += embeddings[at + i]
        mean = [x / len(buckets) for x in mean]
        z = [self.bias[c] + sum(w * x for w, x in zip(self.map[c * size:(c + 1) * size], mean)) for c in range(self.n_classes)]
        largest = max(z)
        total = largest + math.log(sum(math.exp(x - largest) for x in z))
        return mean, [x - total for x in z]

    def train(self, chunk):
        losses = []
        for step, texts, labels in chunk.batches(self.batch_size):
            gradients, total = [], sum(self.class_weights[label] for label in labels)
            for text, label in zip(texts, labels):
                buckets = self.ngrams(text)
                mean, out = self.forward(buckets)
                losses.append(-out[label])
                if not math.isfinite(losses[-1]):
                    raise recur_plugin.Diverged(step)
                scale = self.rate * self.class_weights[label] / total
                d_z = [scale * (math.exp(x) - (c == label)) for c, x in enumerate(out)]
                d_mean = [sum(d_z[c] * self.map[c * self.size + i] for c in range(self.n_classes)) for i in range(self.size)]
                gradients.append((buckets, mean, d_z, [x / len(buckets) for x in d_mean]))
            # All gradients are of the weights before the step.
            for gradient in gradients:
                self.descend(*gradient)
        return losses

    def descend(self, buckets, mean, d_z, d_embedding):
        size = self.size
        for c in range(self.n_classes):
            self.bias[c] -= d_z[c]
            for i in range(size):
                self.map[c * size + i] -= d_z[c] * mean[i]
        for bucket in buckets:
            at = bucket * size
            for i in range(size):
                self.embeddings[at + i] -= d_embedding[i]

    def predict(self, texts):
        return [x for text in texts for x in self.forward(self.ngrams(text))[1]]

    def n_parameters(self):
        return len(self.embeddings) + len(self.map) + len(self.bias)

    def weights(self):
        return {"embeddings": Tensor([self.buckets, self.size], self.embeddings[:]),
                "map": Tensor([self.n_classes, self.size], self.map[:]), "bias": Tensor([self.n_classes], self.bias[:])}

    def set_weights(self, tensors):
        self.embeddings, self.map, self.bias = (tensors[name].data[:] for name in ("embeddings", "map", "bias"))


recur_plugin.run(HashedNgrams)
