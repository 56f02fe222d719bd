#!/usr/bin/env python3
"""JAX (XLA on the CPU) on the workloads of recur-bench: plain SGD, hidden size 128, a letter is a row look-up.

One name a step runs inside one compiled loop over names of 7 letters, which is the fastest way found: no call costs at
all. Batches are of equal lengths, compiled once a length; mixed lengths in one batch are not measured.
Needs: pip install jax numpy. Run on one core: taskset -c 0 python3 jax_peer.py NAMES
"""
import sys

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from common import ALPHABET, HIDDEN, RATE, equal_lengths, measure, of_length, read_names

V = len(ALPHABET)
KEY = np.random.default_rng(0)


def weight(rows, columns):
    bound = rows ** -0.5
    return jnp.asarray(KEY.uniform(-bound, bound, (rows, columns)).astype(np.float32))


def manual(classes):
    start = {"xh": weight(V, HIDDEN), "hh": weight(HIDDEN, HIDDEN), "bh": jnp.zeros(HIDDEN),
             "xo": weight(V, classes), "ho": weight(HIDDEN, classes), "bo": jnp.zeros(classes)}

    def logits(p, tokens):
        h = jnp.zeros(HIDDEN)
        for token in tokens[:-1]:
            h = p["bh"] + p["xh"][token] + h @ p["hh"]
        return p["bo"] + p["xo"][tokens[-1]] + h @ p["ho"]

    return start, logits


def stacked(classes, layers):
    start = {"fc": weight(HIDDEN, classes), "b": jnp.zeros(classes)}
    for layer in range(layers):
        start |= {f"ih{layer}": weight(HIDDEN if layer else V, HIDDEN), f"hh{layer}": weight(HIDDEN, HIDDEN),
                  f"b{layer}": jnp.zeros(HIDDEN)}

    def logits(p, tokens):
        sequence = p["ih0"][tokens]
        for layer in range(layers):
            h, states = jnp.zeros(HIDDEN), []
            inputs = sequence @ p[f"ih{layer}"] if layer else sequence
            for t in range(tokens.shape[0]):
                h = jnp.tanh(inputs[t] + p[f"b{layer}"] + h @ p[f"hh{layer}"])
                states.append(h)
            sequence = jnp.stack(states)
        return sequence[-1] @ p["fc"] + p["b"]

    return start, logits


def arrays(group):
    return jnp.array([tokens for tokens, _ in group], jnp.int32), jnp.array([target for _, target in group], jnp.int32)


def sgd(p, gradients):
    return jax.tree.map(lambda w, g: w - RATE * g, p, gradients)


def one_name_a_step(label, model, names):
    start, logits = model

    def loss(p, tokens, target):
        return -jax.nn.log_softmax(logits(p, tokens))[target]

    def step(p, name):
        return sgd(p, jax.grad(loss)(p, *name)), None

    run = jax.jit(lambda p, tokens, targets: lax.scan(step, p, (tokens, targets))[0])
    data = arrays(names)
    measure(f"{label}, one text of 7 characters per step", len(names), lambda: jax.block_until_ready(run(start, *data)))


def batches(label, model, groups):
    start, logits = model

    def loss(p, tokens, targets):
        out = jax.nn.log_softmax(jax.vmap(lambda name: logits(p, name))(tokens))
        return -jnp.take_along_axis(out, targets[:, None], 1).mean()

    step = jax.jit(lambda p, tokens, targets: sgd(p, jax.grad(loss)(p, tokens, targets)), donate_argnums=0)
    data = [arrays(group) for group in groups]

    def epoch():
        p = jax.tree.map(jnp.copy, start)
        for tokens, targets in data:
            p = step(p, tokens, targets)
        jax.block_until_ready(p)

    measure(f"{label}, batches of 64 of equal lengths", sum(map(len, groups)), epoch)


def prediction(label, model, groups):
    start, logits = model
    predict = jax.jit(lambda p, tokens: jax.nn.log_softmax(jax.vmap(lambda name: logits(p, name))(tokens)))
    data = [arrays(group)[0] for group in groups]
    measure(label, sum(map(len, groups)), lambda: jax.block_until_ready([predict(start, tokens) for tokens in data]))


def main():
    names, classes = read_names(sys.argv[1])
    one_name_a_step("manual_rnn", manual(classes), of_length(names, 7)[:4000])
    for layers, plural in ((1, "1 layer"), (2, "2 layers")):
        one_name_a_step(f"stacked_rnn {plural}", stacked(classes, layers), of_length(names, 7)[:4000])
        batches(f"stacked_rnn {plural}", stacked(classes, layers), equal_lengths(names, 64))
    prediction("stacked_rnn 2 layers, prediction of 1,024", stacked(classes, 2), equal_lengths(names, 1024))


if __name__ == "__main__":
    main()
