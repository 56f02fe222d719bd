"use strict";

// "Try a text": the network of this page on a text of its reader, as `recur predict` computes it. Each number is rounded to 32 bits
// where recur rounds it, and each output of a product is one chain of fused multiply-adds in ascending order. Weights are decoded
// with the first text.

const round = Math.fround;

// x · y + z, rounded once: in 64 bits the product is exact.
const fused = (x, y, z) => round(x * y + z);

// eˣ - 1 = 2ⁿ (e - 1) + 2ⁿ - 1 with a polynomial for e - 1; then tanh x = -m / (m + 2) with m = e⁻²ˣ - 1.
const TAIL = [0x3ab688be, 0x3c0905f1, 0x3d2aaa8c, 0x3e2aaa6e, 0x3f000000];
const [INV_LN_2, LN_2_HIGH, LN_2_LOW, ...POLYNOMIAL] =
  new Float32Array(Uint32Array.of(0x3fb8aa3b, 0x3f310000, 0x3ae42ff0, ...TAIL).buffer);
const TO_WHOLE = 1.5 * 2 ** 52; // added and taken away, it leaves the nearest whole number, of two the even one

function tanh(x) {
  const doubled = Math.max(-2 * Math.abs(x), -20);
  const n = round(doubled * INV_LN_2) + TO_WHOLE - TO_WHOLE;
  const r = fused(n, -LN_2_LOW, fused(n, -LN_2_HIGH, doubled));
  const tail = POLYNOMIAL.reduce((sum, coefficient) => fused(sum, r, coefficient));
  const power = 1 / (1 << -n);
  const m = fused(power, fused(round(r * r), tail, r), round(power - 1));
  const size = Math.abs(round(m / round(m + 2)));
  return x < 0 ? -size : size;
}

const sigmoid = (x) => fused(0.5, tanh(round(0.5 * x)), 0.5);

// out += x · matrix, of which each row is what one number of x gives to all outputs.
function multiply(out, x, matrix) {
  const n = out.length;
  for (let k = 0, row = 0; k < x.length; k += 1, row += n) {
    const factor = x[k];
    for (let j = 0; j < n; j += 1) out[j] += factor * matrix[row + j];
  }
}

// out += input · matrix, where the input is a row of numbers, or the place of the only one, which is 1.
function read(out, input, matrix) {
  if (typeof input !== "number") return multiply(out, input, matrix);
  const row = input * out.length;
  for (let j = 0; j < out.length; j += 1) out[j] += matrix[row + j];
}

const ACTIVATIONS = { none: (x) => x, tanh, relu: (x) => Math.max(x, 0) };

// The new state, of the sums of all gates.
const CELLS = {
  rnn: (network, sums) => sums.map(ACTIVATIONS[network.activation]),
  gru: ({ hidden }, sums, before, products) =>
    before.map((state, i) => {
      const r = sigmoid(round(sums[i] + products[i]));
      const z = sigmoid(round(sums[hidden + i] + products[hidden + i]));
      const n = tanh(fused(r, products[2 * hidden + i], sums[2 * hidden + i]));
      return fused(z, round(state - n), n);
    }),
  lstm: ({ hidden }, sums, before, products, memory) =>
    before.map((_, i) => {
      const [input, forget, output] = [0, 1, 3].map((gate) => sigmoid(sums[gate * hidden + i]));
      memory[i] = fused(forget, memory[i], round(input * tanh(sums[2 * hidden + i])));
      return round(output * tanh(memory[i]));
    }),
};

// The states of one direction. A step may take a while, and a text may be long: the browser has its turn after each.
function* statesOf(network, direction, inputs) {
  const { hidden, cell } = network;
  const isGru = cell === "gru";
  const bias = direction.inputBias.slice();
  if (!isGru) direction.stateBias.forEach((own, i) => { bias[i] += own; });
  const [states, memory] = [[], new Float32Array(hidden)];
  let state = new Float32Array(hidden);
  for (const input of inputs) {
    const sums = bias.slice();
    read(sums, input, direction.input);
    const products = isGru ? direction.stateBias.slice() : sums;
    if (states.length) multiply(products, state, direction.state);
    state = CELLS[cell](network, sums, state, products, memory);
    states.push(state);
    yield;
  }
  return states;
}

const sideBySide = (rows) => {
  const all = new Float32Array(rows.reduce((length, row) => length + row.length, 0));
  rows.reduce((at, row) => (all.set(row, at), at + row.length), 0);
  return all;
};

// One row of all states: each direction's last, or the mean or greatest of each number. Directions that read backwards have their
// states in the order of the text, so the last of these is the first.
function pooled(pooling, directions) {
  if (pooling === "last") return sideBySide(directions.map((states, index) => states.at(index ? 0 : -1)));
  const rows = directions[0].map((_, at) => sideBySide(directions.map((states) => states[at])));
  const row = rows[0].slice();
  for (const other of rows.slice(1)) {
    const both = pooling === "max" ? Math.max : (a, b) => a + b;
    for (let i = 0; i < row.length; i += 1) row[i] = both(row[i], other[i]);
  }
  return pooling === "max" ? row : row.map((sum) => sum * round(1 / rows.length));
}

function* logitsOfStack(network, tokens) {
  let inputs = network.embedding ? tokens.map((token) => network.embedding[token]) : tokens;
  let directions = [];
  for (const layer of network.layers) {
    directions = [];
    for (const [index, direction] of layer.entries()) {
      const turned = (rows) => (index ? rows.slice().reverse() : rows);
      directions.push(turned(yield* statesOf(network, direction, turned(inputs))));
    }
    inputs = directions[0].map((_, at) => sideBySide(directions.map((states) => states[at])));
  }
  const logits = network.head.bias.slice();
  multiply(logits, pooled(network.pooling, directions), network.head.matrix);
  return logits;
}

// The answer is read from the last character and from the state before it.
function* logitsOfManual(network, tokens) {
  let state = new Float32Array(network.hidden);
  for (const [index, token] of tokens.slice(0, -1).entries()) {
    const sums = network.toState.bias.slice();
    read(sums, token, network.toState.input);
    if (index) multiply(sums, state, network.toState.state);
    state = CELLS.rnn(network, sums);
    yield;
  }
  const logits = network.toAnswer.bias.slice();
  read(logits, tokens.at(-1), network.toAnswer.input);
  multiply(logits, state, network.toAnswer.state);
  return logits;
}

function floats(base64) {
  const bytes = atob(base64);
  const view = new DataView(new ArrayBuffer(bytes.length));
  for (let i = 0; i < bytes.length; i += 1) view.setUint8(i, bytes.charCodeAt(i));
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
}

// The network of a document, with its weights in place: they are in the order in which they are taken here.
function decoded(data) {
  const characters = Array.from(data.characters);
  const all = floats(data.weights);
  let at = 0;
  const take = (n) => all.subarray(at, (at += n));
  const { hidden, cell, activation, pooling } = data;
  const [nTokens, nLabels] = [characters.length + (data.has_unknown ? 1 : 0), data.labels.length];
  const tokens = new Map(characters.map((character, token) => [character, token]));
  const network = { data, tokens, hidden, cell, activation, pooling };
  if (cell === "manual") {
    const part = (n) => ({ input: take(nTokens * n), state: take(hidden * n), bias: take(n) });
    return { ...network, logits: logitsOfManual, toState: part(hidden), toAnswer: part(nLabels) };
  }
  const embedding = data.embedding ? Array.from({ length: nTokens }, () => take(data.embedding)) : null;
  const gates = { rnn: 1, gru: 3, lstm: 4 }[cell] * hidden;
  const width = hidden * data.directions;
  const layer = (_, index) => Array.from({ length: data.directions }, () => {
    const n = index ? width : data.embedding || nTokens;
    return { input: take(n * gates), inputBias: take(gates), state: take(hidden * gates), stateBias: take(gates) };
  });
  const layers = Array.from({ length: data.layers }, layer);
  const head = { matrix: take(width * nLabels), bias: take(nLabels) };
  return { ...network, logits: logitsOfStack, embedding, layers, head };
}

// Unicode's White_Space, as recur has it; what JavaScript trims is another set.
const BLANK = "[\\t-\\r \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+";
const BLANKS = new RegExp(`^${BLANK}|${BLANK}$`, "g");

// A text as the model was trained on it.
function prepared(text, { form, fold, replaced }) {
  const replacements = new Map(replaced);
  const formed = (raw, asked) => (asked ? raw.normalize(asked) : raw);
  const characters = (raw, become) => Array.from(raw, become).join("");
  const reduced = (raw) => {
    const bare = raw.normalize("NFD").replace(/\p{M}/gu, "");
    return formed(characters(bare, (character) => replacements.get(character) ?? character), form || "NFC");
  };
  // A half of a pair is no character.
  let all = formed(text.replace(/\p{Surrogate}/gu, "\ufffd").replace(BLANKS, ""), form);
  if (fold !== "none") all = reduced(all);
  // A character's lower case does not depend on its neighbours here.
  if (fold === "ascii_lower") all = reduced(characters(all, (character) => character.toLowerCase()));
  return all.replace(BLANKS, "");
}

// A character in quotes; one that cannot be seen as an escape.
function quoted(character) {
  const hidden = /[\p{C}\p{M}\p{Z}]/u.test(character) && character !== " ";
  return `'${hidden ? `\\u{${character.codePointAt(0).toString(16)}}` : character}'`;
}

// The probability of each label, or in words why there is none.
function* answered(network, text) {
  const { data, tokens } = network;
  const characters = Array.from(prepared(text, data.text));
  const unknown = data.has_unknown ? tokens.size : undefined;
  const tokenOf = (character) => tokens.get(character) ?? unknown;
  const stranger = data.text.is_strict && characters.find((character) => tokenOf(character) === undefined);
  if (stranger) return `The character ${quoted(stranger)} is not in the model's alphabet.`;
  const known = characters.map(tokenOf).filter((token) => token !== undefined);
  if (!known.length) return "None of its characters is in the model's alphabet.";
  if (known.length > data.most_characters) return `It has more than ${data.most_characters} characters.`;
  const logits = yield* network.logits(network, known);
  const greatest = Math.max(...logits);
  const powers = Array.from(logits, (logit) => Math.exp(logit - greatest));
  const sum = powers.reduce((all, power) => all + power);
  return Number.isFinite(sum) ? powers.map((power) => power / sum) : "The model's answer is not a number.";
}

// What a text has, computed in one go.
function answerOf(network, text) {
  const steps = answered(network, text);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

const SHOWN = 5;
const TURN_MS = 12; // the browser draws between two turns
const percent = (share) => `${(100 * share).toFixed(2)}\u00a0%`;

function show(answer, labels, summary, bars) {
  const order = typeof answer === "string" ? [] : answer.map((_, index) => index);
  order.sort((a, b) => answer[b] - answer[a]);
  bars.replaceChildren(...order.slice(0, SHOWN).map((index) => {
    const parts = ["li", "span", "span", "span", "span"].map((tag) => document.createElement(tag));
    const [item, name, track, bar, value] = parts;
    name.textContent = labels[index];
    track.className = "track";
    bar.style.width = `${100 * answer[index]}%`;
    track.append(bar);
    value.textContent = percent(answer[index]);
    item.append(name, track, value);
    return item;
  }));
  summary.textContent = order.length ? `${labels[order[0]]}, ${percent(answer[order[0]])}` : answer;
}

function tryTexts(box, source) {
  const [input, summary, bars] = ["textarea", "[role=status]", "ol"].map((part) => box.querySelector(part));
  let [network, steps] = [null, null];
  const turn = (own) => {
    if (own !== steps) return; // another text has been typed
    const end = performance.now() + TURN_MS;
    while (performance.now() < end) {
      const { done, value } = own.next();
      if (done) return show(value, network.data.labels, summary, bars);
    }
    setTimeout(turn, 0, own);
  };
  input.addEventListener("input", () => {
    network ??= decoded(JSON.parse(source.textContent));
    steps = input.value ? answered(network, input.value) : null;
    if (steps) turn(steps);
    else show("", [], summary, bars);
  });
  box.hidden = false;
}

tryTexts(document.getElementById("try"), document.getElementById("try-network"));
