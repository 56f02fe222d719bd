"""The plugin's side of recur's protocol (docs/external-plugins.md), in Python's standard library.

    class MyModel(recur_plugin.Model): ...      # with the methods below
    recur_plugin.run(MyModel)

What the model prints goes to standard error, into the log of its trial. An exception becomes recur's error.
"""
import json
import math
import os
import sys
import traceback
from array import array
from types import SimpleNamespace

PROTOCOL = 3
DTYPES = {"f32": "f", "f64": "d", "i64": "q", "u8": "B"}


CHANGED = "since version 2 of the protocol `train` returns the loss of each example: `return losses`, a list, instead of their sum"
RENAMED = "since version 3 of the protocol a chunk has `texts`: `chunk.texts` instead of `chunk.names`"


class Refused(Exception):
    """Something cannot be done: a parameter that does not go with another, or a tensor that does not fit."""

    def __init__(self, message, parameter=None, tensor=None):
        super().__init__(message)
        self.about = {key: name for key, name in (("parameter", parameter), ("tensor", tensor)) if name}


class Diverged(Exception):
    """The loss is no longer a finite number. `Diverged(step)`, counted from 0 over the whole training."""


class Tensor:
    """A shape and its numbers, row-major: array("f"), array("d"), array("q") or array("B") (bytes)."""

    def __init__(self, shape, data):
        self.shape, self.data = list(shape), data


class Model:
    """What recur asks of a model. A fresh process builds one and ends with it."""

    def __init__(self, setup):
        """`setup` has params, training (None for one_shot, and where the model only predicts), n_tokens, n_classes, class_weights, and seed, which all random
        numbers must come from."""

    def train(self, chunk):
        """Learns from chunk.texts (lists of tokens) with chunk.labels, in that order; see Chunk.batches.
        Returns a list of the loss of each example before its step, in nats, those of a step together."""
        raise NotImplementedError

    def predict(self, texts):
        """The log-probabilities of each text, n_classes a text, end to end. Those of a text must not depend on the others."""
        raise NotImplementedError

    def n_parameters(self):
        """How many numbers are trained."""
        return sum(len(tensor.data) for tensor in self.weights().values())

    def weights(self):
        """All that prediction needs: a dict from name to Tensor; empty before a one_shot model was trained."""
        raise NotImplementedError

    def set_weights(self, tensors):
        """Takes what weights() of an equally built model gave. Where weights() is not empty, names and shapes are checked."""
        raise NotImplementedError

    def state(self):
        """The rest of the training state (moments of an optimizer): a resumed training ends in the same bytes."""
        return {}

    def set_state(self, tensors):
        """Takes what state() of an equally built model gave."""


class Chunk(SimpleNamespace):
    """Examples to train on next: texts, labels, epoch, steps_before, total_steps."""

    @property
    def loss_before(self):
        raise Refused(CHANGED)

    @property
    def names(self):
        raise Refused(RENAMED)

    def batches(self, size):
        """(step, texts, labels) of each step."""
        for number, at in enumerate(range(0, len(self.texts), size)):
            yield self.steps_before + number, self.texts[at:at + size], self.labels[at:at + size]


def check_like(tensors, like):
    """Refuses tensors of other names, shapes or number types than `like` has."""
    for name in [*tensors, *like]:
        if name not in like or name not in tensors:
            raise Refused("missing" if name in like else "unknown", tensor=name)
        got, expected = ((tensor.shape, tensor.data.typecode) for tensor in (tensors[name], like[name]))
        if got != expected:
            raise Refused(f"has shape and type {got}, expected {expected}", tensor=name)


def numbers(typecode, data):
    """Little-endian bytes as numbers."""
    out = array(typecode, data)
    if sys.byteorder == "big":
        out.byteswap()
    return out


def little_endian(data):
    """Numbers as little-endian bytes."""
    if sys.byteorder == "big":
        data = array(data.typecode, data)
        data.byteswap()
    return data.tobytes()


def read_texts(block, n_texts, labelled):
    """(texts, labels) of a block: the lengths (u32), the labels if there are some (u16), then all tokens (u16)."""
    lengths = numbers("I", block[:4 * n_texts])
    at = (6 if labelled else 4) * n_texts
    labels, tokens = numbers("H", block[4 * n_texts:at]).tolist(), numbers("H", block[at:]).tolist()
    texts, start = [], 0
    for length in lengths:
        texts.append(tokens[start:start + length])
        start += length
    return texts, labels


def read_tensors(heads, block):
    tensors, at = {}, 0
    for head in heads:
        code = DTYPES[head["dtype"]]
        end = at + math.prod(head["shape"]) * array(code).itemsize
        tensors[head["name"]] = Tensor(head["shape"], numbers(code, block[at:end]))
        at = end
    return tensors


def write_tensors(tensors):
    names = {code: dtype for dtype, code in DTYPES.items()}
    heads = [{"name": name, "dtype": names[t.data.typecode], "shape": t.shape} for name, t in tensors.items()]
    return {"tensors": heads}, b"".join(little_endian(t.data) for t in tensors.values())


def answer(model, ask, block):
    """The fields and the raw bytes of the answer to a request."""
    request = ask["request"]
    if request == "train":
        texts, labels = read_texts(block, ask["n_texts"], True)
        keys = ("epoch", "steps_before", "total_steps")
        losses = model.train(Chunk(texts=texts, labels=labels, **{key: ask[key] for key in keys}))
        if isinstance(losses, (int, float)):
            raise Refused(CHANGED)
        losses = array("d", losses)
        if not all(map(math.isfinite, losses)):
            raise Diverged(ask["steps_before"])
        return {"n_parameters": model.n_parameters()}, little_endian(losses)
    if request == "predict":
        return {}, little_endian(array("f", model.predict(read_texts(block, ask["n_texts"], False)[0])))
    if request in ("weights", "state"):
        return write_tensors(getattr(model, request)())
    tensors = read_tensors(ask["tensors"], block)
    if request == "set_weights":
        like = model.weights()
        if like:
            check_like(tensors, like)
        model.set_weights(tensors)
        return {"n_parameters": model.n_parameters()}, b""
    if request == "set_state":
        check_like(tensors, model.state())
        model.set_state(tensors)
        return {}, b""
    raise Refused(f"unknown request {request!r}")


def build(model_type, ask):
    if ask["protocol"] != PROTOCOL:
        raise Refused(f"this plugin speaks version {PROTOCOL} of the protocol")
    keys = ("params", "training", "n_tokens", "n_classes", "class_weights", "seed")
    model = model_type(SimpleNamespace(**{key: ask[key] for key in keys}))
    return model, {"protocol": PROTOCOL, "n_parameters": model.n_parameters()}


def run(model_type):
    """Answers recur until it closes standard input."""
    asked, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout.reconfigure(line_buffering=True)
    model = None
    for line in iter(asked.readline, b""):
        ask = json.loads(line)
        block = asked.read(ask.get("bytes", 0))
        fields, out = {}, b""
        try:
            if ask["request"] == "build":
                model, fields = build(model_type, ask)
            else:
                fields, out = answer(model, ask, block)
        except Diverged as diverged:
            fields = {"diverged": diverged.args[0]}
        except Refused as refused:
            fields = {"error": str(refused), **refused.about}
        except Exception as error:
            traceback.print_exc()
            fields = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps({"id": ask["id"], "bytes": len(out), **fields}).encode() + b"\n" + out)
        answers.flush()
