// Two fields, one metric: does the setting stand on a plateau or on a spike? A click goes there.

import * as c from "./canvas.js";
import { DASH, FORMATS, percent, setting, suffix } from "./format.js";
import { failed, panel, picker } from "./rules.js";
import { values as valuesOf } from "./wire.js";

const HEIGHT = 326, LEFT = 52, BOTTOM = 30, TOP = 8, RIGHT = 10;
// Cividis: dark to light, the same to colour-blind eyes.
const STOPS = [[0, 32, 77], [31, 57, 110], [87, 92, 109], [124, 123, 120], [165, 156, 116], [210, 192, 96], [255, 234, 70]];

function shade(share) {
  const at = Math.min(Math.max(share, 0), 1) * (STOPS.length - 1), i = Math.min(Math.floor(at), STOPS.length - 2);
  return STOPS[i].map((from, k) => Math.round(from + (STOPS[i + 1][k] - from) * (at - i)));
}

// Where a value lies among levels, in cells: 0 is the middle of the first.
function cellOf(levels, value) {
  if (value === null || value === undefined) return NaN;
  const after = levels.findIndex((level) => level >= value);
  if (after <= 0) return after === 0 ? 0 : levels.length - 1;
  return after - (levels[after] - value) / (levels[after] - levels[after - 1]);
}

export class Surface {
  // `go` takes path → value; `studies` are asked for another surface.
  constructor(host, studies, go) {
    Object.assign(this, { studies, go, cursor: null });
    this.panel = panel(host, "Plateau or spike", "surface",
      "Would a slightly different setting have done about as well (plateau), or only this one (spike)? What it shows counts as trials, as do the bars under the sliders.");
    const choose = () => {
      const [x, y, metric] = [this.pickX.node.value, this.pickY.node.value, this.pickMetric.node.value];
      if (x !== y) studies.choose({ x, y, metric });
      else this.offer(); // two different fields are needed
    };
    this.pickX = picker(this.panel.head, "Across", [], choose);
    this.pickY = picker(this.panel.head, "Up", [], choose);
    this.pickMetric = picker(this.panel.head, "Metric", [], choose);
    this.plot = this.panel.body.appendChild(document.createElement("div"));
    this.plot.className = "lab-surface-plot";
    this.canvas = this.plot.appendChild(document.createElement("canvas"));
    this.canvas.className = "lab-surface-canvas";
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "application");
    this.canvas.setAttribute("aria-label", "Risk surface. Arrow keys move, Enter takes the setting, Escape leaves.");
    this.readout = this.panel.body.appendChild(document.createElement("div"));
    this.readout.className = "lab-panel-foot lab-surface-readout";
    this.readout.setAttribute("aria-live", "polite");
    new ResizeObserver(() => this.paint()).observe(this.plot);
    this.listen();
  }

  listen() {
    const on = (name, act) => this.canvas.addEventListener(name, act);
    on("pointermove", (event) => { this.cursor = this.cellAt(event); this.paint(); });
    on("pointerleave", () => { this.cursor = null; this.paint(); });
    on("blur", () => { this.cursor = null; this.paint(); });
    on("click", (event) => { const cell = this.cellAt(event); if (cell) this.take(cell); });
    on("keydown", (event) => this.key(event));
  }

  key(event) {
    if (!this.told) return;
    const { xs, ys } = this.told;
    const here = this.cursor ?? this.here() ?? [0, 0];
    const moved = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (moved) {
      const by = event.shiftKey ? 5 : 1;
      this.cursor = [[xs, 0], [ys, 1]].map(([levels, k]) => Math.min(Math.max(here[k] + by * moved[k], 0), levels.length - 1));
    } else if (event.key === "Enter" && this.cursor) this.take(this.cursor);
    else if (event.key === "Escape") this.cursor = null;
    else return;
    event.preventDefault();
    this.paint();
  }

  take([i, j]) {
    const { x, y, xs, ys, at } = this.told;
    if (!Number.isFinite(this.cells[j * xs.length + i])) return; // nothing ran there
    if (this.studies.status("surface") && this.studies.parts.get("surface").told !== this.told) return;
    const found = {};
    if (xs[i] !== at[0]) found[x] = xs[i];
    if (ys[j] !== at[1]) found[y] = ys[j];
    if (Object.keys(found).length) this.go(found);
  }

  here() {
    const { xs, ys, at } = this.told;
    const cell = [cellOf(xs, at[0]), cellOf(ys, at[1])].map(Math.round);
    return cell.every(Number.isFinite) ? cell : null;
  }

  // `now` has the exact metrics of the scenario on the page.
  show(part, fields, colours, now) {
    Object.assign(this, { fields, colours, now });
    if (part?.problem) {
      this.told = undefined;
      this.problem ??= this.panel.node.appendChild(document.createElement("div"));
      failed(this.problem, part.problem);
    } else this.problem?.replaceChildren();
    if (part?.told && !part.problem && part.told !== this.told) {
      this.told = part.told;
      this.cells = valuesOf(part.columns.surface);
      this.scores = valuesOf(part.columns.plateau);
      this.reasons = valuesOf(part.columns.reason);
      this.offer();
      this.image = this.picture();
    }
    this.paint();
  }

  offer() {
    const numeric = this.told.fields.map((path) => [path, this.fields.get(path).spec.label]);
    this.pickX.offer(numeric.map(([path, label]) => [path, `→ ${label}`]), this.told.x);
    this.pickY.offer(numeric.map(([path, label]) => [path, `↑ ${label}`]), this.told.y);
    this.pickMetric.offer(this.told.metrics.map(([name, label]) => [name, label]), this.told.metric);
  }

  picture() {
    const { xs, ys } = this.told;
    const known = this.cells.filter(Number.isFinite);
    this.low = Math.min(...known);
    this.high = Math.max(...known);
    const span = this.high - this.low || 1;
    const small = new OffscreenCanvas(xs.length, ys.length), pen = small.getContext("2d");
    const image = pen.createImageData(xs.length, ys.length);
    this.cells.forEach((value, k) => {
      if (!Number.isFinite(value)) return; // transparent: not allowed, or ruined
      const row = ys.length - 1 - Math.floor(k / xs.length);
      image.data.set([...shade((value - this.low) / span), 255], 4 * (row * xs.length + (k % xs.length)));
    });
    pen.putImageData(image, 0, 0);
    return small;
  }

  cellAt(event) {
    if (!this.box) return null;
    const { left, top, wide, high } = this.box, rect = this.canvas.getBoundingClientRect();
    const { xs, ys } = this.told;
    const i = Math.floor(((event.clientX - rect.left - left) / wide) * xs.length);
    const j = Math.floor((1 - (event.clientY - rect.top - top) / high) * ys.length);
    return i >= 0 && j >= 0 && i < xs.length && j < ys.length ? [i, j] : null;
  }

  paint() {
    const width = this.plot.clientWidth;
    if (!this.told || !this.colours || width < 80) return;
    const { xs, ys, at, trail } = this.told, { colours } = this;
    const pen = c.sized(this.canvas, width, HEIGHT);
    const wide = width - LEFT - RIGHT, high = HEIGHT - TOP - BOTTOM;
    this.box = { left: LEFT, top: TOP, wide, high };
    pen.fillStyle = c.hatch(pen, colours.line, colours.page);
    pen.fillRect(LEFT, TOP, wide, high);
    pen.imageSmoothingEnabled = false;
    pen.drawImage(this.image, LEFT, TOP, wide, high);
    const x = (i) => LEFT + ((i + 0.5) / xs.length) * wide, y = (j) => TOP + (1 - (j + 0.5) / ys.length) * high;
    this.ticks(pen, xs, ys, x, y);
    const places = [...trail, at].map(([a, b]) => [cellOf(xs, a), cellOf(ys, b)]).filter((cell) => cell.every(Number.isFinite)).map(([i, j]) => [x(i), y(j)]);
    this.way(pen, places);
    const cell = this.cursor;
    if (cell) {
      pen.strokeStyle = "#FFFFFF";
      pen.lineWidth = 2;
      pen.strokeRect(x(cell[0]) - wide / xs.length / 2, y(cell[1]) - high / ys.length / 2, wide / xs.length, high / ys.length);
    }
    this.read(cell);
  }

  ticks(pen, xs, ys, x, y) {
    const { colours, fields, told } = this;
    const [across, up] = [fields.get(told.x).spec, fields.get(told.y).spec];
    const some = (levels, most) => levels.map((_, i) => i).filter((i) => i % Math.max(Math.ceil((levels.length - 1) / most), 1) === 0);
    for (const i of some(xs, 4)) c.text(pen, setting(across, xs[i]) + suffix(across), x(i), HEIGHT - BOTTOM + 12, colours.secondary, "center");
    for (const j of some(ys, 4)) c.text(pen, setting(up, ys[j]) + suffix(up), LEFT - 6, y(j), colours.secondary, "right");
  }

  // The settings before, and where the present one stands.
  way(pen, places) {
    if (!places.length) return;
    for (const [colour, line] of [["#000000", 3], ["#FFFFFF", 1.25]]) {
      pen.strokeStyle = colour;
      pen.lineWidth = line;
      pen.beginPath();
      places.forEach(([px, py], k) => (k ? pen.lineTo(px, py) : pen.moveTo(px, py)));
      pen.stroke();
    }
    if (!this.told.at.every((value) => value !== null)) return;
    const [px, py] = places.at(-1);
    pen.beginPath();
    pen.arc(px, py, 6, 0, 7);
    pen.fillStyle = "#FFFFFF";
    pen.fill();
    pen.strokeStyle = "#000000";
    pen.lineWidth = 2;
    pen.stroke();
  }

  read(cell) {
    const { told, fields } = this;
    const [, label, kind] = told.metrics.find(([name]) => name === told.metric);
    const where = cell ?? this.here();
    const write = FORMATS[kind];
    const words = (path, value) => { const { spec } = fields.get(path); return `${spec.label} ${setting(spec, value)}${value === null ? "" : suffix(spec)}`; };
    let said = "The present setting has one of the two switched off.";
    if (where) {
      const k = where[1] * told.xs.length + where[0], value = cell ? this.cells[k] : this.now[told.metric] ?? NaN, score = cell ? this.scores[k] : told.plateau;
      const [a, b] = cell ? [told.xs[cell[0]], told.ys[cell[1]]] : told.at;
      const kept = Number.isFinite(score) ? `plateau ${percent(score, 0)}${cell ? "" : " around it"}` : "";
      said = Number.isFinite(value) ? `${cell ? "" : "Now: "}${words(told.x, a)}, ${words(told.y, b)}: ${label} ${write(value)}, ${kept}`
        : `${words(told.x, a)}, ${words(told.y, b)}: ${DASH} ${told.reasons[this.reasons[where[1] * told.xs.length + where[0]]] || "undefined"}`;
    }
    const text = `${said}\nDark ${write(this.low)}, light ${write(this.high)}. Plateau: cells around that keep 90\u202f% of the value.`;
    if (this.readout.textContent !== text) this.readout.textContent = text;
  }
}
