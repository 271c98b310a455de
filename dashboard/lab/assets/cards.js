// Metric cards: the number, its difference to the preset, the benchmark's, and the target.

import { DASH, FORMATS, bps, count, difference, percent } from "./format.js";

const make = (tag, name, parent) => {
  const node = parent.appendChild(document.createElement(tag));
  node.className = name;
  return node;
};

const LEAST_YEARS = 0.25; // a shorter period is not judged by yearly targets, as in dashboard/views/cards.py

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
      card.title = face.help;
      make("div", "lab-card-name", card).textContent = face.yearly ? `${face.label} a year` : face.label;
      const row = make("div", "lab-card-value", card);
      const value = make("span", "", row), delta = make("span", "lab-delta", row);
      const foot = make("div", "lab-card-foot", card);
      this.nodes.set(face.name, { card, value, delta, target: make("div", "", foot), beside: make("div", "", foot) });
    }
  }

  show(metrics, run, preset) {
    for (const face of this.faces) {
      const node = this.nodes.get(face.name);
      const span = face.yearly ? run.years : 1;
      const of = (table) => { const value = table?.[face.name]; return value === null || value === undefined ? NaN : value / span; };
      const value = of(metrics), base = of(run.baseline);
      node.card.dataset.value = Number.isNaN(value) ? "" : String(metrics[face.name]);
      set(node.value, Number.isNaN(value) ? DASH : FORMATS[face.kind](value));
      const delta = difference(face.kind, value, base);
      set(node.delta, delta);
      node.delta.title = `against ${preset}${delta && face.name === "max_drawdown" ? `: ${value < base ? "deeper" : "milder"}` : ""}`;
      node.delta.className = `lab-delta ${tone(delta ? (value > base ? 1 : -1) * face.direction : 0)}`;
      const judged = face.bound !== undefined && !Number.isNaN(value) && run.years >= LEAST_YEARS;
      set(node.target, targetText(face, value, judged));
      node.target.className = !judged ? "" : tone(value > face.bound ? 1 : -1);
      set(node.beside, Number.isNaN(value) ? face.missing : besideText(face, metrics, of(run.benchmark)));
    }
  }
}

const set = (node, words) => { if (node.textContent !== words) node.textContent = words; };
const tone = (sign) => (sign > 0 ? "lab-better" : sign < 0 ? "lab-worse" : "");

function targetText(face, value, judged) {
  if (face.bound === undefined) return "";
  const words = `target ${face.target.replace("better than", ">")}`;
  if (Number.isNaN(value)) return words;
  return !judged ? `${words}, too short` : `${value > face.bound ? "✓" : "✗"} ${words}`;
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
