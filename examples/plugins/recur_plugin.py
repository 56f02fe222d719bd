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

PROTOCOL = 4
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


# What weights() has instead of a tensor that is a frozen file of the manifest, under the name that it has there.
FROZEN = object()


class Texts(list):
    """Lists of tokens. `raw` has the texts as the data has them if the manifest says `texts: raw`, and is None otherwise; a slice
    keeps those of its texts."""

    raw = None

    def __getitem__(self, at):
        if not isinstance(at, slice):
            return super().__getitem__(at)
        part = Texts(super().__getitem__(at))
        part.raw = self.raw[at] if self.raw is not None else None
        return part


class Model:
    """What recur asks of a model. A process builds one, or with `reuse: true` one after the other: then nothing of a model may
    outlive it (modules, caches of what no text, label or parameter decides)."""

    def __init__(self, setup):
        """`setup` has params, training (None for one_shot, and where the model only predicts), n_tokens, n_classes, alphabet (the character of each
        token), unknown_token (the one without a character, or None), labels (names), class_weights, threads to use, frozen (paths by name),
        validation (with texts and labels; None unless the manifest asks for it and the model is to be trained), and seed, which all random
        numbers must come from."""

    def train(self, chunk):
        """Learns from chunk.texts (lists of tokens) with chunk.labels, in that order; see Chunk.batches.
        Returns a list of the loss of each example before its step, in nats, those of a step together."""
        raise NotImplementedError

    def predict(self, texts):
        """`texts` are `Texts`. The log-probabilities of each text, n_classes a text, end to end. Those of a text must not depend on the others."""
        raise NotImplementedError

    def n_parameters(self):
        """How many numbers are trained."""
        return sum(len(tensor.data) for tensor in self.weights().values() if tensor is not FROZEN)

    def weights(self):
        """All that prediction needs: a dict from name to Tensor, or to FROZEN for a frozen file; empty before a one_shot model was
        trained."""
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
    """Examples to train on next: texts, labels, epoch, steps_before, total_steps.

    `metrics` is a dict for numbers of the model's own, and `progress(text)` says what it is at: both go to the trial's log."""

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
        if FROZEN in (tensors[name], like[name]):
            if tensors[name] is not like[name]:
                raise Refused("is a frozen file in one of them", tensor=name)
            continue
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


def read_texts(block, n_texts, labelled, raw):
    """(texts, labels) of a block: the lengths (u32), the labels if there are some (u16), then all tokens (u16); then of raw texts the
    bytes that each has (u32), and all bytes (UTF-8)."""
    lengths = numbers("I", block[:4 * n_texts])
    at = (6 if labelled else 4) * n_texts
    end = at + 2 * sum(lengths)
    labels, tokens = numbers("H", block[4 * n_texts:at]).tolist(), numbers("H", block[at:end]).tolist()
    texts, start = Texts(), 0
    for length in lengths:
        texts.append(tokens[start:start + length])
        start += length
    if raw:
        texts.raw, start = [], end + 4 * n_texts
        for length in numbers("I", block[end:start]):
            texts.raw.append(block[start:start + length].decode())
            start += length
    return texts, labels


def read_tensors(heads, block):
    tensors, at = {}, 0
    for head in heads:
        if head.get("frozen"):
            tensors[head["name"]] = FROZEN
            continue
        code = DTYPES[head["dtype"]]
        end = at + math.prod(head["shape"]) * array(code).itemsize
        tensors[head["name"]] = Tensor(head["shape"], numbers(code, block[at:end]))
        at = end
    return tensors


def write_tensors(tensors):
    names = {code: dtype for dtype, code in DTYPES.items()}
    heads = [{"name": name, "frozen": True} if t is FROZEN else
             {"name": name, "dtype": names[t.data.typecode], "shape": t.shape} for name, t in tensors.items()]
    return {"tensors": heads}, b"".join(little_endian(t.data) for t in tensors.values() if t is not FROZEN)


def answer(model, ask, block, raw, send):
    """The fields and the raw bytes of the answer to a request."""
    request = ask["request"]
    if request == "train":
        texts, labels = read_texts(block, ask["n_texts"], True, raw)
        keys = ("epoch", "steps_before", "total_steps")
        chunk = Chunk(texts=texts, labels=labels, metrics={}, **{key: ask[key] for key in keys})
        chunk.progress = lambda text: send({"progress": str(text)})
        losses = model.train(chunk)
        if isinstance(losses, (int, float)):
            raise Refused(CHANGED)
        losses = array("d", losses)
        if not all(map(math.isfinite, losses)):
            raise Diverged(ask["steps_before"])
        # Metrics that are no numbers any more are nothing to log: JSON has no NaN.
        metrics = {name: float(value) for name, value in chunk.metrics.items() if math.isfinite(value)}
        return {"n_parameters": model.n_parameters(), "metrics": metrics}, little_endian(losses)
    if request == "predict":
        return {}, little_endian(array("f", model.predict(read_texts(block, ask["n_texts"], False, raw)[0])))
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


def build(model_type, ask, block):
    if ask["protocol"] != PROTOCOL:
        raise Refused(f"this plugin speaks version {PROTOCOL} of the protocol")
    keys = ("params", "training", "n_tokens", "n_classes", "alphabet", "unknown_token", "labels", "class_weights", "seed", "threads", "frozen")
    setup = SimpleNamespace(validation=None, **{key: ask[key] for key in keys})
    if ask["n_validation"]:
        texts, labels = read_texts(block, ask["n_validation"], True, ask["texts"] == "raw")
        setup.validation = SimpleNamespace(texts=texts, labels=labels)
    model = model_type(setup)
    return model, {"protocol": PROTOCOL, "n_parameters": model.n_parameters()}


def run(model_type):
    """Answers recur until it closes standard input."""
    asked, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout.reconfigure(line_buffering=True)
    model, raw = None, False

    def send(fields, out=b""):
        answers.write(json.dumps({"id": ask["id"], "bytes": len(out), **fields}).encode() + b"\n" + out)
        answers.flush()

    for line in iter(asked.readline, b""):
        ask = json.loads(line)
        block = asked.read(ask.get("bytes", 0))
        fields, out = {}, b""
        try:
            if ask["request"] in ("build", "reset"):
                model = None
            if ask["request"] == "build":
                raw = ask.get("texts") == "raw"
                model, fields = build(model_type, ask, block)
            elif ask["request"] != "reset":
                fields, out = answer(model, ask, block, raw, send)
        except Diverged as diverged:
            fields = {"diverged": diverged.args[0]}
        except Refused as refused:
            fields = {"error": str(refused), **refused.about}
        except Exception as error:
            traceback.print_exc()
            fields = {"error": f"{type(error).__name__}: {error}"}
        send(fields, out)
