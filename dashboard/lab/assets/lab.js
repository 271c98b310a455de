// The Risk lab. One instance a page: frames come in, one commit goes out when the hand lets go.

import { Cards } from "./cards.js";
import { Curves } from "./curves.js";
import { Field } from "./fields.js";
import { difference, percent } from "./format.js";
import { ScaleCurve } from "./scale.js";
import { Timeline } from "./timeline.js";
import { codesOf, decode, values } from "./wire.js";

const PATIENCE = 8000, HINTS_AFTER = 500; // milliseconds of rest
const curves = new Curves();
let lab = null;

const make = (tag, name, parent, more = {}) => {
  const node = parent.appendChild(Object.assign(document.createElement(tag), more));
  node.className = name;
  return node;
};

class Lab {
  constructor(root) {
    this.root = root;
    this.fields = new Map();
    this.pending = {};
    this.number = 0;
    const body = make("div", "lab", root);
    this.sheet = make("section", "lab-controls", body);
    this.sheet.setAttribute("aria-label", "Risk controls");
    const main = make("div", "lab-main", body);
    const cards = make("div", "lab-cards", main);
    cards.setAttribute("aria-hidden", "true"); // the same numbers stand on the page as text
    this.cards = new Cards(cards);
    this.bar = make("div", "lab-bar", main);
    this.timeline = new Timeline(make("div", "lab-timeline", main));
    this.scale = new ScaleCurve(make("div", "lab-scale", main));
    this.timeline.onzoom = () => this.press();
    this.makeBar();
    curves.onarrival = (path) => this.arrived(path);
    curves.onhints = () => { for (const path of this.fields.keys()) this.hint(path); };
  }

  makeBar() {
    this.windows = ["1Y", "3Y", "All"].map((name) => {
      const button = make("button", "lab-button", this.bar, { type: "button", textContent: name });
      button.addEventListener("click", () => { this.timeline.window(name); this.press(name); });
      return [name, button];
    });
    this.logButton = make("button", "lab-button", this.bar, { type: "button", textContent: "Log" });
    this.logButton.addEventListener("click", () => {
      this.timeline.log = !this.timeline.log;
      this.press(this.pressed);
      this.timeline.paint();
    });
    this.status = make("span", "lab-status", this.bar);
    this.status.setAttribute("role", "status");
  }

  press(name = this.timeline.zoom ? "" : "All") {
    this.pressed = name;
    for (const [key, button] of this.windows) button.setAttribute("aria-pressed", String(key === name));
    this.logButton.setAttribute("aria-pressed", String(this.timeline.log));
  }

  // A frame: the state is the truth, but for what the hand holds and what is under way.
  frame({ header, columns }) {
    const first = !this.header;
    this.header = header;
    const taken = header.acknowledged >= this.number;
    if (taken) { this.pending = {}; clearTimeout(this.unanswered); }
    this.buildFields(header);
    for (const spec of header.fields) {
      const value = spec.path in this.pending ? this.pending[spec.path] : header.values[spec.path];
      this.fields.get(spec.path).show(spec, value, header.base[spec.path]);
    }
    curves.keep(header.keys);
    if (taken) curves.pause(false);
    this.root.classList.toggle("lab-empty", header.run === null);
    if (header.run) this.draw(header, columns, first);
    this.say(header.stale ? "Below: the last good result" : "");
    for (const path of this.fields.keys()) this.hint(path);
    this.root.dataset.scenario = header.scenario;
    clearTimeout(this.resting);
    if (header.run && !header.stale) this.resting = setTimeout(() => this.rest(), HINTS_AFTER);
  }

  // Nothing moves and nothing is under way: see what one step of every field would do.
  rest() {
    const { scenario } = this.header;
    const busy = [...this.fields.values()].some((field) => field.slider && field.moving);
    if (curves.hints?.scenario === scenario) return;
    if (busy || curves.waiting) this.resting = setTimeout(() => this.rest(), HINTS_AFTER);
    else curves.askHints(scenario);
  }

  draw({ run, colours, cards, log, window }, columns, first) {
    const data = {};
    for (const [name, column] of Object.entries(columns)) {
      data[name] = name === "binding" || name === "regime" ? codesOf(column) : values(column);
    }
    this.cards.build(cards);
    this.logButton.hidden = run.years < 5;
    if (first) this.timeline.log = log && run.years >= 5;
    this.timeline.feed({ ...run, ghost: this.header.ghost }, data, colours);
    this.scale.feed(run, data, colours);
    if (first) { this.timeline.window(window); this.press(window); }
    const held = [...this.fields.values()].find((field) => field.moved !== undefined);
    if (held) this.preview(held.path, held.moved);
    else this.cards.show(run.metrics, run, this.header.baseline);
  }

  buildFields(header) {
    if (this.fields.size) return;
    const act = {
      near: (path) => this.near(path),
      move: (path, value) => this.preview(path, value),
      commit: (path, value) => this.commit(path, value),
      settle: () => this.settle(),
    };
    this.makePicker(header.fields);
    const groups = new Map();
    for (const spec of header.fields) {
      if (!groups.has(spec.group)) {
        const group = make("details", "lab-group", this.sheet, { open: spec.open });
        make("summary", "", group, { textContent: spec.group });
        groups.set(spec.group, group);
      }
      this.fields.set(spec.path, new Field(spec, groups.get(spec.group), act));
    }
    this.choose(header.fields[0].path);
  }

  // On a phone one slider at a time: which one is picked here.
  makePicker(specs) {
    const row = make("div", "lab-picker", this.sheet);
    this.picker = make("select", "lab-select", row);
    this.picker.setAttribute("aria-label", "Control");
    for (const { path, label, group } of specs) make("option", "", this.picker, { value: path, textContent: `${group}: ${label}` });
    this.picker.addEventListener("change", () => this.choose(this.picker.value));
    const step = (by, words) => make("button", "lab-button", row, { type: "button", textContent: words, ariaLabel: by < 0 ? "Control before" : "Next control" })
      .addEventListener("click", () => {
        const at = (this.picker.selectedIndex + by + specs.length) % specs.length;
        this.choose(specs[at].path);
      });
    step(-1, "‹");
    step(1, "›");
  }

  choose(path) {
    this.picker.value = path;
    for (const field of this.fields.values()) field.node.classList.toggle("lab-chosen", field.path === path);
    const field = this.fields.get(path);
    if (field.steps && getComputedStyle(this.picker).display !== "none" && this.picker.offsetParent) this.near(path);
  }

  near(path) {
    clearTimeout(this.nearing);
    const field = this.fields.get(path);
    if (!field.slider || this.header?.run === null) return;
    this.nearing = setTimeout(() => { curves.want(field); this.hint(path); }, field.held ? 0 : 80);
  }

  preview(path, value) {
    const field = this.fields.get(path);
    const step = curves.at(path, value);
    if (!step) { curves.want(field); return; }
    const { run } = this.header;
    const at = (name, otherwise) => (path === `risk.${name}` ? value : otherwise);
    const maximum = at("max_allowed_drawdown", run.maximum), floor = at("min_position_scale", run.floor);
    const binds = maximum === null || floor <= 0 || floor >= 1 ? null : -maximum * (1 - Math.sqrt(floor));
    const live = { ...step, maximum, floor, binds, target: at("target_annual_vol", run.target) };
    this.timeline.follow(live);
    this.scale.follow(live);
    this.cards.show(step.metrics, { ...run, baseline: run.baseline ?? run.metrics }, this.header.baseline);
    if (step.exact) this.painted(value);
    this.hint(path, value, binds);
  }

  // What was painted from memory, for whoever measures.
  painted(value) {
    this.paintedValues ??= new Set();
    this.paintedValues.add(value);
    this.root.dataset.painted = String(this.paintedValues.size);
  }

  commit(path, value) {
    this.pending = { ...this.pending, [path]: value };
    const field = this.fields.get(path);
    field.show(field.spec, value, this.header.base[path]);
    this.say("Computing exactly …");
    this.submit();
  }

  // All that is not acknowledged yet; once more when no answer comes, as after a lost connection.
  submit() {
    this.number = Math.max(this.number + 1, Date.now());
    curves.pause(true);
    this.send("commit", { n: this.number, values: this.pending });
    clearTimeout(this.unanswered);
    this.unanswered = setTimeout(() => this.submit(), PATIENCE);
  }

  settle() {
    this.timeline.follow(null);
    this.scale.follow(null);
    this.cards.show(this.header.run.metrics, this.header.run, this.header.baseline);
  }

  say(words) {
    clearTimeout(this.saying);
    this.saying = setTimeout(() => { this.status.textContent = words; }, words.endsWith("…") ? 400 : 0);
  }

  arrived(path) {
    const field = this.fields.get(path);
    if (field.moved !== undefined) this.preview(path, field.moved);
    this.shade(field);
    this.hint(path);
  }

  // Neighbouring steps with the same numbers are a dead zone: moving there changes nothing.
  shade(field) {
    const found = [];
    const same = (a, b) => a && b && Object.keys(a).every((name) => a[name] === b[name]);
    const { refused } = curves.of(field.path);
    let from = 0;
    for (let i = 1; i <= field.steps.length; i++) {
      const [a, b] = [field.steps[i - 1], field.steps[i]];
      if (i < field.steps.length && same(curves.metrics(field.path, a), curves.metrics(field.path, b))) continue;
      if (i - 1 - from >= 2) found.push([field.steps[from], a, "No effect here: every step gives the same result"]);
      from = i;
    }
    const not = field.steps.filter((value) => refused.has(value));
    if (not.length) found.push([not[0], not.at(-1), "Not allowed with the other settings"]);
    field.shade(found);
  }

  hint(path, value = this.fields.get(path).moved ?? this.fields.get(path).value, binds = this.header.run?.binds) {
    const field = this.fields.get(path);
    if (!field.note) return;
    if (value === null) { field.hint(""); return; }
    const atRest = field.moved === undefined && curves.hints?.scenario === this.header.scenario;
    const told = atRest ? curves.hints.hints[path] : undefined;
    const here = curves.metrics(path, value) ?? this.header.run?.metrics;
    const parts = [];
    if (path === "risk.max_allowed_drawdown" && binds) parts.push(`The floor binds from ${percent(binds)}.`);
    for (const [sign, by] of [["+", 1], ["−", -1]]) {
      const there = curves.metrics(path, field.stepBy(value, by)) ?? told?.[by];
      if (here && there) parts.push(`${sign}${field.stepText()}: ${effect(here, there)}`);
    }
    field.hint(parts.join("\n"));
  }
}

function effect(here, there) {
  const sharpe = difference("ratio", there.sharpe_ratio, here.sharpe_ratio);
  const depth = difference("percent", there.max_drawdown, here.max_drawdown);
  const found = [sharpe && `Sharpe ${sharpe}`, depth && `drawdown ${depth}`].filter(Boolean);
  return found.join(", ") || "no change shown";
}

export default function mount({ parentElement, data, setStateValue, setTriggerValue }) {
  const root = parentElement.querySelector(".lab-root");
  if (!root || !data) return undefined;
  const message = decode(data);
  if (message.header.kind !== "frame") {
    root.hidden = true;
    curves.send = (want) => setTriggerValue("want", want);
    if (message.header.kind === "curves") curves.take(message, data.byteLength);
    if (message.header.kind === "hints") curves.takeHints(message, data.byteLength);
    return undefined;
  }
  if (lab?.root !== root) lab = root.lab = new Lab(root);
  lab.curves = curves;
  lab.send = setStateValue;
  lab.bytes = data.byteLength;
  lab.frame(message);
  return undefined;
}
