"use strict";

// Tables: a click on a column's title sorts by it, upwards, downwards, and then as the page had it.

const collator = new Intl.Collator("en", { numeric: true });

// The value of a cell such as "68.66 ± 0.56", "+0.72 [−1.23, +2.68]", "34,034", "3 of 3" or "< 0.0001"; null for none.
function valueOf(cell) {
  const text = cell.replace(/\u2212/g, "-").replace(/\s+/g, " ").trim();
  if (text === "baseline" || text === "best") return 0; // its difference to itself
  const found = /^(< )?([+-]?)(∞|\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?)/.exec(text);
  if (!found) return null;
  const size = found[3] === "∞" ? Infinity : Number(found[3].replace(/,/g, ""));
  const value = found[2] === "-" ? -size : size;
  return found[1] ? value * (1 - 1e-9) : value;
}

function isMissing(text) {
  return text === "" || text === "–";
}

// Rows in the order of a column; cells without a value come last, either way.
function inOrder(rows, column, isNumber, sign) {
  const keys = new Map(rows.map((row) => {
    const text = row.cells[column].textContent.trim();
    return [row, isNumber ? valueOf(text) : isMissing(text) ? null : text];
  }));
  const compare = (a, b) => (isNumber ? (a < b ? -1 : a > b ? 1 : 0) : collator.compare(a, b));
  return rows.slice().sort((a, b) => {
    const [x, y] = [keys.get(a), keys.get(b)];
    if (x === null || y === null) return (x === null) - (y === null);
    return sign * compare(x, y);
  });
}

function makeSortable(table) {
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  const titles = Array.from(table.tHead.rows[0].cells);
  const isPlainNumber = (text) => /^[+\u2212-]?\d[\d,]*(\.\d+)?$/.test(text);
  titles.forEach((title, column) => {
    const texts = rows.map((row) => row.cells[column].textContent.trim()).filter((text) => !isMissing(text));
    const isNumber = title.classList.contains("number") || (texts.length > 0 && texts.every(isPlainNumber));
    const button = document.createElement("button");
    button.type = "button";
    button.append(...title.childNodes);
    title.append(button);
    button.addEventListener("click", () => {
      const next = { ascending: "descending", descending: null }[title.getAttribute("aria-sort")];
      titles.forEach((other) => other.removeAttribute("aria-sort"));
      if (next === null) {
        body.append(...rows);
      } else {
        title.setAttribute("aria-sort", next || "ascending");
        body.append(...inOrder(rows, column, isNumber, next ? -1 : 1));
      }
    });
  });
}

// Rows that have every word stay; where each row has a line in a figure, so do these lines.
function makeFilterable(table, lines) {
  const rows = Array.from(table.tBodies[0].rows);
  const label = document.createElement("label");
  label.className = "filter";
  label.append("Filter ");
  const input = document.createElement("input");
  input.type = "search";
  const output = document.createElement("output");
  label.append(input, output);
  table.parentElement.before(label);
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/).filter((word) => word);
    let shown = 0;
    rows.forEach((row, index) => {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      shown += row.hidden ? 0 : 1;
      if (lines[index]) lines[index].style.display = row.hidden ? "none" : "";
    });
    output.textContent = words.length ? `${shown} of ${rows.length} rows` : "";
  });
}

const ROWS_TO_FILTER = 8;
document.querySelectorAll("table").forEach((table, index) => {
  makeSortable(table);
  // The first table is the leaderboard, which stays close to the figure above it.
  if (index > 0 && table.tBodies[0].rows.length > ROWS_TO_FILTER) makeFilterable(table, linesOf(table));
});

// The lines of the figure that stands before a folded table, by the index of their row.
function linesOf(table) {
  const before = table.closest("details")?.previousElementSibling;
  const lines = before ? before.querySelectorAll("svg .line") : [];
  return Object.fromEntries(Array.from(lines, (line) => [line.dataset.row, line]));
}

// Commands: each line has a button that copies it. The line is marked as well, for where a page may not copy.

async function copy(command, button) {
  getSelection().selectAllChildren(command);
  let isCopied = false;
  try {
    await navigator.clipboard.writeText(command.textContent);
    isCopied = true;
  } catch {
    isCopied = document.execCommand("copy");
  }
  button.textContent = isCopied ? "copied" : "marked";
}

document.querySelectorAll("pre > code.language-sh").forEach((block) => {
  const lines = block.textContent.trimEnd().split("\n");
  block.replaceChildren(...lines.flatMap((line) => {
    const command = document.createElement("span");
    command.textContent = line;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "copy";
    button.setAttribute("aria-label", `Copy ${line}`);
    button.addEventListener("click", () => copy(command, button));
    return [button, command, "\n"];
  }));
});

// A link to what is folded away unfolds it.

function unfold() {
  const target = document.querySelector(":target");
  for (let part = target?.closest("details"); part; part = part.parentElement.closest("details")) part.open = true;
  target?.scrollIntoView();
}

addEventListener("hashchange", unfold);
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='#']");
  if (link && link.hash === location.hash) unfold();
});
unfold();

// Figures: marks tell their values, to a pointer and to the arrow keys. A mark is an element, or a part of one that is a row of counts.

const tip = document.createElement("div");
tip.id = "tip";
tip.hidden = true;
tip.setAttribute("role", "status");
document.body.append(tip);
const frame = document.createElementNS("http://www.w3.org/2000/svg", "path");
frame.setAttribute("class", "frame");
let told = null;

function hush() {
  if (told) {
    told.element.classList.remove("told");
    told.element.ownerSVGElement.classList.remove("telling");
    frame.remove();
  }
  told = null;
  tip.hidden = true;
}

function tell(mark, x, y) {
  if (told !== mark) {
    hush();
    told = mark;
    mark.element.classList.add("told");
    mark.element.ownerSVGElement.classList.add("telling");
    if (mark.part) {
      const { x: left, y: top, width, height } = partOf(mark, mark.element.getBBox());
      frame.setAttribute("d", `M${left} ${top}h${width}v${height}h${-width}z`);
      mark.element.after(frame);
    }
    tip.textContent = mark.text;
    tip.hidden = false;
  }
  const box = tip.getBoundingClientRect();
  const left = Math.min(Math.max(8, x + 12), innerWidth - box.width - 8);
  const above = y - box.height - 12;
  tip.style.left = `${Math.max(8, left)}px`;
  tip.style.top = `${above > 8 ? above : y + 16}px`;
}

// The part of a box that is a mark's.
function partOf({ part }, { x, y, width, height }) {
  if (!part) return { x, y, width, height };
  return { x: x + (width * part.column) / part.of, y, width: width / part.of, height };
}

// A mark for each count of a row.
function marksOfCounts(row, names) {
  const { label, of, counts } = row.dataset;
  const all = counts.split(",");
  return all.flatMap((count, column) => {
    if (!count) return [];
    const what = names[column] === label ? `${label}, right` : `${label} as ${names[column]}`;
    const [n, total] = [count, of].map((number) => Number(number).toLocaleString("en"));
    const text = `${what}: ${n} of ${total} rows, ${((100 * count) / of).toFixed(2)} %`;
    return [{ element: row, text, part: { column, of: all.length } }];
  });
}

document.querySelectorAll("figure svg").forEach((svg) => {
  const names = Array.from(svg.querySelectorAll(".counts"), (row) => row.dataset.label);
  const marks = Array.from(svg.querySelectorAll(":is(g, path) > title")).flatMap((title) => {
    const element = title.parentElement;
    title.remove(); // the browser's own tip would stand beside ours
    return element.dataset.counts ? marksOfCounts(element, names) : [{ element, text: title.textContent }];
  });
  if (!marks.length) return;
  const byElement = new Map(marks.map((mark) => [mark.element, []]));
  marks.forEach((mark) => byElement.get(mark.element).push(mark));
  svg.tabIndex = 0;
  svg.setAttribute("aria-keyshortcuts", "ArrowLeft ArrowRight Home End Escape");
  const markAt = (event) => {
    const found = byElement.get(event.target.closest("g, path")) || [];
    return found.find((mark) => {
      const { x, width } = partOf(mark, mark.element.getBoundingClientRect());
      return !mark.part || (event.clientX >= x && event.clientX < x + width);
    });
  };
  const follow = (event) => {
    const mark = markAt(event);
    if (mark) tell(mark, event.clientX, event.clientY);
    else hush();
  };
  svg.addEventListener("pointermove", follow);
  svg.addEventListener("pointerdown", follow);
  svg.addEventListener("pointerleave", hush);
  svg.addEventListener("blur", hush);
  svg.addEventListener("keydown", (event) => {
    const shown = marks.filter((mark) => mark.element.style.display !== "none");
    const at = shown.indexOf(told);
    const last = shown.length - 1;
    const to = { ArrowRight: Math.min(at + 1, last), ArrowLeft: Math.max(at - 1, 0), Home: 0, End: last }[event.key];
    if (event.key === "Escape") hush();
    if (to === undefined || !shown[to]) return;
    event.preventDefault();
    const box = partOf(shown[to], shown[to].element.getBoundingClientRect());
    tell(shown[to], box.x + box.width / 2, box.y + box.height / 2);
  });
});
document.addEventListener("scroll", hush, { passive: true, capture: true });
