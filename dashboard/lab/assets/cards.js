// Metric cards: the number, its difference to the preset, the benchmark's, and the target.

import { DASH, FORMATS, bps, count, difference, percent } from "./format.js";

const make = (tag, name, parent) => {
  const node = parent.appendChild(document.createElement(tag));
  node.className = name;
  return node;
};

// As in dashboard/views/cards.py: fewer trades give no win rate to judge.
const LEAST_TRADES = 30;
let counter = 0;

export class Cards {
  constructor(host) {
    this.host = host;
    this.nodes = new Map();
  }

  build(faces) {
    if (this.faces && this.faces.length === faces.length) return;
    this.faces = faces;
    this.host.replaceChildren();
    for (const face of faces) {
      const card = make("div", "lab-card", this.host);
      card.dataset.metric = face.name;
      this.explain(card, face);
      const row = make("div", "lab-card-value", card);
      const value = make("span", "", row), delta = make("span", "lab-delta", row);
      const foot = make("div", "lab-card-foot", card);
      for (const part of [row, foot]) part.setAttribute("aria-hidden", "true"); // the same numbers stand on the page as text
      this.nodes.set(face.name, { card, value, delta, target: make("div", "", foot), beside: make("div", "", foot) });
    }
  }

  // What the number means: beside the card under a mouse or the focus, whole on a click or a tap.
  explain(card, face) {
    const { what, formula, reading } = face.definition;
    const name = make("button", "lab-card-name", card);
    const id = `lab-card-${counter++}`;
    Object.assign(name, { type: "button", textContent: face.yearly ? `${face.label} a year` : face.label });
    name.dataset.definition = face.name; // dashboard/views/help.py opens it
    name.setAttribute("aria-describedby", id);
    const told = make("div", "lab-card-help", card);
    Object.assign(told, { id, role: "tooltip" });
    for (const [part, words] of [["p", what], ["code", formula], ["p", reading]]) make(part, "", told).textContent = words;
    const place = () => {
      card.classList.remove("lab-quiet");
      told.classList.toggle("lab-leftward", card.offsetLeft + 300 > this.host.offsetLeft + this.host.clientWidth);
    };
    card.addEventListener("pointerenter", place);
    name.addEventListener("focus", place);
    card.addEventListener("keydown", (event) => { if (event.key === "Escape") card.classList.add("lab-quiet"); });
  }

  show(metrics, run, preset) {
    for (const face of this.faces) {
      const node = this.nodes.get(face.name);
      const span = face.yearly ? run.years : 1;
      const of = (table) => { const value = table?.[face.name]; return value === null || value === undefined ? NaN : value / span; };
      const short = run.short, untold = short && (face.annual || face.yearly);
      const exact = of(metrics), value = untold ? NaN : exact, base = untold ? NaN : of(run.baseline);
      node.card.dataset.value = Number.isNaN(exact) ? "" : String(metrics[face.name]);
      set(node.value, Number.isNaN(value) ? DASH : FORMATS[face.kind](value));
      const delta = difference(face.kind, value, base);
      set(node.delta, delta);
      node.delta.title = `against ${preset}${delta && face.name === "max_drawdown" ? `: ${value < base ? "deeper" : "milder"}` : ""}`;
      node.delta.className = `lab-delta ${tone(delta ? (value > base ? 1 : -1) * face.direction : 0)}`;
      const few = short ? "too short" : face.name === "win_rate" && metrics.trades < LEAST_TRADES ? "few trades" : "";
      const judged = face.bound !== undefined && !Number.isNaN(value) && !few;
      set(node.target, untold && face.annual ? "too short for" : targetText(face, value, judged, few));
      node.target.className = !judged ? "" : tone(value > face.bound ? 1 : -1);
      const beside = Number.isNaN(exact) ? face.missing : untold && face.annual ? "a yearly figure" : besideText(face, metrics, of(run.benchmark));
      set(node.beside, beside);
    }
  }
}

const set = (node, words) => { if (node.textContent !== words) node.textContent = words; };
const tone = (sign) => (sign > 0 ? "lab-better" : sign < 0 ? "lab-worse" : "");

function targetText(face, value, judged, few) {
  if (face.bound === undefined) return "";
  const words = `target ${face.target.replace("better than", ">")}`;
  if (Number.isNaN(value)) return words;
  return !judged ? `${words}, ${few}` : `${value > face.bound ? "✓" : "✗"} ${words}`;
}

function besideText(face, metrics, benchmark) {
  const others = {
    win_rate: () => `${count(metrics.trades)} closed trades`,
    turnover: () => `${percent(metrics.turnover, 0)} of NAV in all`,
    cost_bps: () => `${bps(metrics.cost_bps)} in all`,
    stop_hits: () => `${count(metrics.position_stops)} pos., ${count(metrics.trailing_stops)} trailing`,
    average_exposure: () => "of NAV, the rest is cash",
  };
  if (others[face.name]) return others[face.name]();
  return Number.isNaN(benchmark) ? "" : `benchmark ${FORMATS[face.kind](benchmark)}`;
}
