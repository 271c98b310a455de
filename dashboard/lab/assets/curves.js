// The active slider's curves in the browser's memory: asked for before the hand moves.

import { codesOf, values } from "./wire.js";

const PART = 41, PATIENCE = 8000;

export class Curves {
  constructor() {
    this.known = new Map(); // path → { key, steps: Map of value → step, refused: Set }
    this.active = null;
    this.bytes = 0;
    this.requests = 0;
  }

  // Forget what was computed for another scenario.
  keep(keys) {
    this.keys = keys;
    for (const [path, { key }] of this.known) if (keys[path] !== key) this.known.delete(path);
    this.fill();
  }

  want(field) {
    this.active = field;
    this.fill();
  }

  // While a commit is under way nothing is asked for: a request would break off its rerun.
  pause(paused) {
    this.paused = paused;
    if (!paused) this.fill();
  }

  fill() {
    const field = this.active;
    if (!field?.slider || field.slider.disabled || !this.send || this.waiting || this.paused) return;
    const { steps, refused } = this.of(field.path);
    const near = field.moved ?? field.value;
    const missing = field.steps.filter((value) => !steps.has(value) && !refused.has(value))
      .sort((a, b) => Math.abs(a - near) - Math.abs(b - near)).slice(0, PART);
    if (!missing.length) return;
    this.requests += 1;
    this.waiting = setTimeout(() => { this.waiting = undefined; this.fill(); }, PATIENCE);
    this.send({ path: field.path, values: missing, n: this.requests });
  }

  // One step beside every field: asked for when nothing else is under way.
  askHints(scenario) {
    if (this.waiting || !this.send || this.paused) return;
    this.waiting = setTimeout(() => { this.waiting = undefined; this.fill(); }, PATIENCE);
    this.send({ hints: scenario });
  }

  takeHints({ header }, bytes) {
    clearTimeout(this.waiting);
    this.waiting = undefined;
    this.bytes += bytes;
    this.hints = header;
    this.onhints?.();
    this.fill();
  }

  of(path) {
    const fresh = { key: this.keys?.[path], steps: new Map(), refused: new Set() };
    return this.known.get(path) ?? fresh;
  }

  take({ header, columns }, bytes) {
    clearTimeout(this.waiting);
    this.waiting = undefined;
    this.bytes += bytes;
    if (this.keys?.[header.path] === header.key) {
      const found = this.of(header.path);
      this.known.set(header.path, found);
      for (const value of header.refused) found.refused.add(value);
      header.steps.forEach((value, i) => found.steps.set(value, { header, columns, i }));
      this.onarrival?.(header.path);
    }
    this.fill();
  }

  metrics(path, value) {
    const step = this.of(path).steps.get(value);
    if (!step) return null;
    step.metrics ??= Object.fromEntries(step.header.names.map((name, k) => [name, step.header.metrics[step.i][k]]));
    return step.metrics;
  }

  // Curves and numbers of the step at `value`, or of the nearest one that is known.
  at(path, value) {
    const { steps } = this.of(path);
    let near = steps.has(value) ? value : undefined;
    if (near === undefined) {
      for (const known of steps.keys()) {
        if (near === undefined || Math.abs(known - value) < Math.abs(near - value)) near = known;
      }
    }
    if (near === undefined) return null;
    const { header, columns, i } = steps.get(near);
    const size = header.rows, begin = i * size;
    return {
      exact: near === value,
      metrics: this.metrics(path, near),
      day: values(columns.day),
      equity: values(columns.equity, begin, size),
      drawdown: values(columns.drawdown, begin, size),
      applied: values(columns.applied, begin, size),
      volatility: values(columns.volatility, begin, size),
      binding: codesOf(columns.binding, begin, size),
      worst: header.worst[i],
    };
  }
}
