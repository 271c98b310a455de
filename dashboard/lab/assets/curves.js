// What passes beside the commits: the active slider's curves, hints, the view. One request at a time.

import { codesOf, values } from "./wire.js";

const MOST_TRIES = 40; // for hints between two frames: a book that is never finished is not asked for ever
const PART = 41, PATIENCE = 8000, GRACE = 200, AGAIN = 700; // steps, milliseconds
const APP = '[data-testid="stApp"]';
const BUSY = new Set(["running", "rerunRequested", "stopRequested"]);

// Drawdown of a curve that begins at 1, the start included: in [−1, 0].
function below(grown) {
  let peak = 1;
  return grown.map((value) => { peak = Math.max(peak, value); return value / peak - 1; });
}

const each = (table, make) => Object.fromEntries(Object.entries(table).map(([key, value]) => [key, make(value)]));

// What came with the end of a run may wait for the page's thread: it would be asked for, and sent, again.
const whenIdle = (then) => (globalThis.requestIdleCallback ? requestIdleCallback(then, { timeout: 2000 }) : then());

export class Curves {
  constructor() {
    this.known = new Map(); // path → { key, steps: Map of value → step, refused: Set }
    this.active = null;
    this.outbox = {};
    this.bytes = 0;
    this.requests = 0;
    this.compiling = "";
  }

  // Forget what was computed for another scenario.
  keep(keys) {
    this.keys = keys;
    this.tries = this.later = 0;
    for (const [path, { key }] of this.known) {
      if (keys[path] === key) continue;
      this.known.delete(path);
      this.onforget?.(path);
    }
    this.watch();
    this.next();
  }

  want(field) {
    this.active = field;
    this.next();
  }

  // Something for the server to know, as soon as nothing else is under way.
  tell(message) {
    this.outbox = { ...this.outbox, ...message };
    this.next();
  }

  // The browser went back or forward: Streamlit forgets that when another request comes at the same time.
  wentBack() {
    this.navigated = true;
    this.next();
  }

  // While a commit is under way nothing is asked for.
  pause(paused) {
    this.paused = paused;
    this.next();
  }

  // While the page's script runs a request would wait for it; when it ends, whatever was asked for
  // before was answered or dropped.
  get busy() {
    return BUSY.has(document.querySelector(APP)?.dataset.testScriptState);
  }

  watch() {
    const app = document.querySelector(APP);
    if (!app || app === this.watched) return;
    this.watched = app;
    this.observer?.disconnect();
    this.observer = new MutationObserver(() => this.rested());
    this.observer.observe(app, { attributes: true, attributeFilter: ["data-test-script-state"] });
  }

  rested() {
    if (this.busy) return;
    clearTimeout(this.resting);
    const asked = this.requests;
    const rest = () => { if (asked === this.requests && !this.busy) this.answered(); };
    this.resting = setTimeout(() => whenIdle(rest), this.waiting ? GRACE : 0);
  }

  answered() {
    clearTimeout(this.waiting);
    this.waiting = undefined;
    this.next();
  }

  // How requests go out now; words where the server still compiles what hints and studies need.
  reach(send, compiling) {
    this.send = send;
    if (compiling === this.compiling) return;
    this.compiling = compiling;
    this.onhints?.();
  }

  next() {
    if (!this.send || this.waiting || this.paused || this.busy) return;
    if (this.navigated) this.outbox.address = location.search;
    const message = { ...this.outbox, ...(this.hintsWanted() ?? this.curvesWanted() ?? this.studies?.wanted() ?? this.bookWanted()) };
    if (!Object.keys(message).length) return;
    this.outbox = {};
    this.navigated = false;
    if (message.hints) { this.tries += this.compiling ? 0 : 1; this.later = performance.now() + AGAIN; }
    this.waiting = setTimeout(() => this.answered(), PATIENCE);
    this.requests += 1;
    this.send({ ...message, n: this.requests, holds: this.holds });
  }

  curvesWanted() {
    const field = this.active;
    if (!field?.slider || field.slider.disabled) return null;
    const { steps, refused } = this.of(field.path);
    const near = field.moved ?? field.value;
    const missing = field.steps.filter((value) => !steps.has(value) && !refused.has(value))
      .sort((a, b) => Math.abs(a - near) - Math.abs(b - near)).slice(0, PART);
    if (!missing.length) return null;
    return { path: field.path, values: missing };
  }

  // One step beside every field, for the scenario on the page: at once, unless a hand moves.
  hintsWanted() {
    const scenario = this.hintsFor;
    if (!scenario || this.moving?.() || this.hints?.scenario === scenario || this.tries >= MOST_TRIES) return null;
    if (performance.now() < this.later) { setTimeout(() => this.next(), AGAIN); return null; }
    return { hints: scenario };
  }

  // Those of the book take longer: the server has them when it has them.
  bookWanted() {
    if (this.hintsFor === undefined || this.hints?.scenario !== this.hintsFor || this.moving?.()) return null;
    return this.hints.more && this.tries < MOST_TRIES && performance.now() >= this.again ? { hints: this.hintsFor, part: "book" } : null;
  }

  takeHints({ header }, bytes) {
    this.bytes += bytes;
    const before = this.hints?.scenario === header.scenario ? this.hints.hints : {};
    const named = (numbers) => Object.fromEntries(header.names.map((name, k) => [name, numbers[k]]));
    const told = each(header.hints, (steps) => each(steps, named));
    this.hints = { ...header, hints: { ...before, ...told } };
    if (header.more && header.part === "book") {
      this.again = performance.now() + AGAIN;
      setTimeout(() => this.next(), AGAIN + 20);
    } else this.again = 0;
    this.onhints?.(); // those that come with the page answer no request: one may be under way
  }

  of(path) {
    const fresh = { key: this.keys?.[path], steps: new Map(), refused: new Set() };
    return this.known.get(path) ?? fresh;
  }

  take({ header, columns }, bytes) {
    this.bytes += bytes;
    if (this.keys?.[header.path] === header.key) {
      const found = this.of(header.path);
      this.known.set(header.path, found);
      for (const value of header.refused) found.refused.add(value);
      header.steps.forEach((value, i) => found.steps.set(value, { header, columns, i }));
      this.onarrival?.(header.path);
    }
    this.answered();
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
    const size = header.rows, slot = header.at[i], begin = slot * size, weeks = header.sector_rows;
    const curve = (name) => values(columns[name], begin, size);
    const equity = curve("equity");
    return {
      exact: near === value,
      metrics: this.metrics(path, near),
      day: values(columns.day),
      equity,
      drawdown: columns.drawdown ? curve("drawdown") : below(equity),
      ...Object.fromEntries(["wanted", "applied", "invested", "volatility"].map((name) => [name, curve(name)])),
      binding: codesOf(columns.binding, begin, size),
      worst: header.worst[i],
      sectors: header.sectors,
      sector_day: values(columns.sector_day),
      sector: (k) => values(columns[`sector_${k}`], slot * weeks, weeks),
    };
  }
}
