"""scikit-learn's multinomial naive Bayes on character n-grams of the raw texts."""
import json
import sys
from array import array
from pathlib import Path

import numpy
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.naive_bayes import MultinomialNB

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import recur_plugin
from recur_plugin import Refused, Tensor


def to_tensor(values, typecode):
    return Tensor(values.shape, array(typecode, numpy.ascontiguousarray(values).tobytes()))


def to_numpy(tensor):
    return numpy.array(tensor.data).reshape(tensor.shape)


class SklearnBayes(recur_plugin.Model):
    def __init__(self, setup):
        self.params, self.n_classes, self.class_weights = setup.params, setup.n_classes, numpy.array(setup.class_weights)
        # None before training.
        self.vectorizer = self.bayes = None

    def make_vectorizer(self, vocabulary=None):
        ngrams, lowercase = tuple(self.params["ngrams"]), self.params["lowercase"]
        return CountVectorizer(analyzer="char_wb", ngram_range=ngrams, lowercase=lowercase, vocabulary=vocabulary)

    def train(self, chunk):
        self.vectorizer = self.make_vectorizer()
        counts = self.vectorizer.fit_transform(chunk.texts.raw)
        # A text counts as often as its label weighs.
        weights = self.class_weights[chunk.labels]
        # Smoothed as the n-grams are: a label without training examples has no infinite logarithm.
        priors = numpy.bincount(chunk.labels, weights=weights, minlength=self.n_classes) + self.params["smoothing"]
        self.bayes = MultinomialNB(alpha=self.params["smoothing"], class_prior=priors / priors.sum())
        self.bayes.partial_fit(counts, chunk.labels, classes=numpy.arange(self.n_classes), sample_weight=weights)
        chunk.metrics["n_ngrams"] = counts.shape[1]
        return (-self.log_probabilities(chunk.texts)[range(len(chunk.labels)), chunk.labels]).tolist()

    def log_probabilities(self, texts):
        """(texts, C). Each text is summed by itself, so that no other text changes a bit of its result."""
        out = self.bayes.predict_log_proba(self.vectorizer.transform(texts.raw))
        return numpy.minimum(out, 0)

    def predict(self, texts):
        if self.bayes is None:
            raise Refused("it predicts only after it was trained or given weights")
        return array("f", self.log_probabilities(texts).astype("f4").tobytes())

    def weights(self):
        if self.bayes is None:
            return {}
        vocabulary = json.dumps(list(self.vectorizer.get_feature_names_out())).encode()
        return {"log_shares": to_tensor(self.bayes.feature_log_prob_, "d"), "log_priors": to_tensor(self.bayes.class_log_prior_, "d"),
                "vocabulary": Tensor([len(vocabulary)], array("B", vocabulary))}

    def set_weights(self, tensors):
        for name in ("log_shares", "log_priors", "vocabulary"):
            if name not in tensors:
                raise Refused("missing", tensor=name)
        unknown = set(tensors) - {"log_shares", "log_priors", "vocabulary"}
        if unknown:
            raise Refused("unknown", tensor=min(unknown))
        try:
            vocabulary = json.loads(bytes(tensors["vocabulary"].data))
        except ValueError as error:
            raise Refused(f"is no JSON: {error}", tensor="vocabulary") from error
        for name, shape in (("log_shares", [self.n_classes, len(vocabulary)]), ("log_priors", [self.n_classes]),
                            ("vocabulary", [len(tensors["vocabulary"].data)])):
            if tensors[name].shape != shape or tensors[name].data.typecode != ("B" if name == "vocabulary" else "d"):
                raise Refused(f"has the shape {tensors[name].shape}, expected {shape}", tensor=name)
        self.vectorizer = self.make_vectorizer({ngram: place for place, ngram in enumerate(vocabulary)})
        self.bayes = MultinomialNB(alpha=self.params["smoothing"])
        self.bayes.classes_ = numpy.arange(self.n_classes)
        self.bayes.feature_log_prob_, self.bayes.class_log_prior_ = to_numpy(tensors["log_shares"]), to_numpy(tensors["log_priors"])
        self.bayes.n_features_in_ = len(vocabulary)

    def n_parameters(self):
        return 0 if self.bayes is None else self.bayes.feature_log_prob_.size + self.n_classes


recur_plugin.run(SklearnBayes)
