// The Risk lab. One instance a page: frames come in, one commit goes out when the hand lets go.

import { Bar } from "./bar.js";
import { Cards } from "./cards.js";
import { Curves } from "./curves.js";
import { Field } from "./fields.js";
import { Day } from "./day.js";
import { idle, note, zones } from "./notes.js";
import { Account, Health } from "./rules.js";
import { ScaleCurve } from "./scale.js";
import "./keys.js";
import { Sheet } from "./sheet.js";
import { Studies } from "./studies.js";
import { Surface } from "./surface.js";
import { Timeline } from "./timeline.js";
import { codesOf, decode, values } from "./wire.js";

const PATIENCE = 8000; // milliseconds
const TAB = "plimsoll.session";
const curves = new Curves();
const studies = new Studies(curves);
const declarations = new Map(); // hash → what stays the same from commit to commit
let lab = null;

const make = (tag, name, parent) => {
  const node = parent.appendChild(document.createElement(tag));
  node.className = name;
  return node;
};

class Lab {
  constructor(root, left) {
    this.root = root;
    this.left = left;
    this.fields = new Map();
    this.pending = {};
    this.number = 0;
    const body = make("div", "lab", root);
    const controls = make("section", "lab-controls", body);
    controls.setAttribute("aria-label", "Risk controls");
    this.sheet = new Sheet(controls, (path) => this.choose(path));
    const main = make("div", "lab-main", body);
    const cards = make("div", "lab-cards", main);
    this.cards = new Cards(cards);
    const bar = make("div", "lab-bar", main);
    this.timeline = new Timeline(make("div", "lab-timeline", main));
    this.makePanels(main);
    for (const name of ["pointermove", "keydown", "wheel"]) controls.addEventListener(name, () => studies.touch(), { passive: true });
    this.bar = new Bar(bar, this.timeline, (view) => curves.tell({ view }));
    curves.onarrival = (path) => this.arrived(path);
    curves.onforget = (path) => this.fields.get(path).shade([]);
    curves.onhints = () => this.hintAll();
    curves.moving = () => [...this.fields.values()].some((field) => field.slider && field.moving);
  }

  // What follows a commit by itself, below the charts; every place has its final height at once.
  makePanels(main) {
    this.day = new Day(main, studies);
    this.timeline.onday = (day) => this.day.ask(day);
    const panels = make("div", "lab-panels", main);
    this.account = new Account(panels);
    this.surface = new Surface(panels, studies, (found) => this.commitAll(found));
    this.scale = new ScaleCurve(make("div", "lab-scale", panels));
    this.health = new Health(panels);
    for (const name of ["account", "surface", "health"]) studies.observe(this[name].panel.node, name);
    studies.onchange = (names) => this.showPanels(names);
  }

  showPanels(names) {
    if (!this.header?.run) return;
    const part = (name) => studies.parts.get(name);
    for (const name of ["account", "surface", "health"]) this[name].panel.say(studies.status(name));
    this.day.show();
    this.account.show(part("account"));
    this.account.compare(part("control"), studies.status("control"));
    this.health.show(part("health"));
    if (!names || names.includes("surface")) this.surface.show(part("surface"), this.fields, this.header.colours, this.header.run.metrics);
    this.timeline.control(part("control"), names?.includes("control"), studies.fresh("control"));
    const strips = part("strips");
    if (!names || names.includes("strips")) {
      for (const field of this.fields.values()) field.showStrip(strips?.told?.[field.path], this.header.colours, !studies.fresh("strips"));
    }
  }

  // After a refresh this tab is another session: the one before has the history.
  remember(token) {
    const again = this.token !== undefined;
    this.token = token;
    if (again) this.bar.say("The server was started again: same setting, undo begins anew.");
    try {
      const before = sessionStorage.getItem(TAB);
      sessionStorage.setItem(TAB, token);
      if (before && before !== token) curves.tell({ before });
    } catch { /* storage is switched off: undo ends with a refresh */ }
  }

  // A frame: the state is the truth, but for what the hand holds and what is under way.
  frame({ header, columns }) {
    header.base = { ...header.values, ...header.base }; // only what differs travels
    this.header = header;
    const taken = header.acknowledged >= this.number;
    if (taken) { this.pending = {}; clearTimeout(this.unanswered); }
    this.buildFields(header);
    for (const spec of header.fields) {
      const value = spec.path in this.pending ? this.pending[spec.path] : header.values[spec.path];
      this.fields.get(spec.path).show(spec, value, header.base[spec.path], header.on[spec.path]);
      this.fields.get(spec.path).calm(idle(spec.path, header.values));
    }
    if (taken) { this.asked?.refuse(header.refused); this.asked = header.refused ? this.asked : undefined; }
    curves.hintsFor = header.run && !header.stale ? header.scenario : undefined;
    curves.keep(header.keys);
    if (taken) curves.pause(false);
    this.root.classList.toggle("lab-empty", header.run === null);
    if (header.run) this.draw(header, columns);
    this.bar.compare(header);
    this.bar.say(header.stale ? "Below: the last good result" : header.refused);
    if (header.token !== this.token) this.remember(header.token);
    this.hintAll();
    this.root.dataset.scenario = header.scenario;
    studies.of(curves.hintsFor);
    studies.lead(header.surface);
    this.showPanels();
    this.goOn(header);
  }

  // What the lab before was told when its page was left, unless it arrived or something else was set.
  goOn({ acknowledged, scenario }, left = this.left) {
    delete this.left;
    const kept = left?.header?.scenario === scenario && acknowledged < left.number;
    if (kept && Object.keys(left.pending).length) this.commitAll(left.pending);
  }

  draw({ run, colours, cards, ...state }, columns) {
    const data = {};
    for (const [name, column] of Object.entries(columns)) {
      data[name] = name === "binding" || name === "regime" ? codesOf(column) : values(column);
    }
    this.cards.build(cards);
    this.timeline.feed({ ...run, ghost: this.header.ghost }, data, colours);
    this.scale.feed(run, data, colours);
    this.bar.look(state, run.years, "view" in curves.outbox);
    const held = [...this.fields.values()].find((field) => field.moved !== undefined);
    if (held) this.preview(held.path, held.moved);
    else this.rest();
  }

  // Nothing is held: the released numbers.
  rest() {
    this.root.classList.remove("lab-moving");
    this.cards.show(this.header.run.metrics, this.header.run, this.header.baseline);
  }

  buildFields(header) {
    if (this.fields.size) return;
    const act = {
      near: (path) => this.near(path),
      move: (path, value) => this.preview(path, value),
      commit: (path, value) => this.commit(path, value),
      settle: () => this.settle(),
    };
    this.sheet.makePicker(header.fields);
    for (const spec of header.fields) {
      this.fields.set(spec.path, new Field(spec, this.sheet.group(spec), act));
    }
    this.choose(header.fields[0].path);
  }

  choose(path) {
    this.sheet.picker.value = path;
    for (const field of this.fields.values()) field.node.classList.toggle("lab-chosen", field.path === path);
    if (this.fields.get(path).steps && this.sheet.oneAtATime) this.near(path);
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
    const live = { ...step, maximum, floor, binds, target: at("target_annual_vol", run.target), levels: this.levels(path, value) };
    this.root.classList.add("lab-moving"); // what stands at the other controls is of the release
    for (const other of this.fields.values()) other.node.classList.toggle("lab-held", other === field);
    this.timeline.follow(live);
    this.scale.follow(live);
    this.cards.show(step.metrics, { ...run, baseline: run.baseline ?? run.metrics }, this.header.baseline);
    if (step.exact) this.painted(value);
    this.hint(path, value, binds);
  }

  // The lines that the rules draw, the one under the hand where it is.
  levels(path, value) {
    const { levels } = this.header.run;
    const line = { "risk.max_allowed_drawdown": "reference", "risk.circuit_breaker_dd": "breaker", "book.sector_cap": "sector_cap" }[path];
    if (path === "risk.min_position_scale" && levels.floor !== null) return { ...levels, floor: value };
    return line ? { ...levels, [line]: value } : levels;
  }

  // What was painted from memory, for whoever measures.
  painted(value) {
    (this.paintedValues ??= new Set()).add(value);
    this.root.dataset.painted = String(this.paintedValues.size);
  }

  commit(path, value) {
    this.commitAll({ [path]: value });
  }

  commitAll(found) {
    this.pending = { ...this.pending, ...found };
    this.asked?.refuse("");
    for (const [path, value] of Object.entries(found)) {
      const field = this.asked = this.fields.get(path);
      field.show(field.spec, value, this.header.base[path], field.kept);
    }
    this.bar.say("Computing exactly …");
    this.submit();
  }

  // All that is not acknowledged yet; once more when no answer comes, but not from a page that was left.
  submit() {
    if (!this.root.isConnected) return;
    this.number = Math.max(this.number + 1, Date.now());
    curves.pause(true);
    this.send("commit", { n: this.number, values: this.pending, holds: curves.holds });
    clearTimeout(this.unanswered);
    this.unanswered = setTimeout(() => this.submit(), PATIENCE);
  }

  settle() {
    this.timeline.follow(null);
    this.scale.follow(null);
    this.rest();
    curves.next();
  }

  arrived(path) {
    const field = this.fields.get(path);
    if (field.moved !== undefined) this.preview(path, field.moved);
    field.shade(zones(field, curves, this.header.values));
    this.hint(path);
  }

  hintAll() {
    for (const path of this.fields.keys()) this.hint(path);
  }

  hint(path, value = this.fields.get(path).moved ?? this.fields.get(path).value, binds = this.header.run?.binds) {
    const field = this.fields.get(path);
    if (!field.note) return;
    const atRest = field.moved === undefined && curves.hints?.scenario === this.header.scenario;
    const hints = atRest ? curves.hints.hints[path] : undefined;
    field.hint(note(field, curves, { value, run: this.header.run, binds, hints }));
  }
}

// What is declared comes once; a frame that leaves out what is not here is asked for again.
function whole(header) {
  const { declared: name, fields, cards, colours } = header;
  if (fields) declarations.set(name, { fields, cards, colours });
  if (declarations.size > 4) declarations.delete(declarations.keys().next().value);
  const parts = declarations.get(name);
  curves.holds = parts ? name : "";
  return parts ? { ...header, ...parts } : null;
}

globalThis.addEventListener("popstate", () => curves.wentBack());

export default function mount({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".lab-root");
  if (!root || !data) return undefined;
  const message = decode(data);
  if (message.header.kind !== "frame") {
    root.hidden = true;
    curves.reach((want) => setTriggerValue("want", want), message.header.compiling ?? "");
    if (message.header.kind === "curves") curves.take(message, data.byteLength);
    if (message.header.kind === "panels") studies.take(message);
    if (message.header.kind === "explained") studies.takeDay(message);
    if (message.header.kind === "hints") curves.takeHints(message, data.byteLength);
    if (message.header.answers === curves.requests) curves.answered();
    curves.next();
    return undefined;
  }
  if (lab?.root !== root) lab = root.lab = new Lab(root, lab);
  lab.curves = curves;
  lab.send = setTriggerValue; // unlike a state, it arrives when the page is left at once
  lab.bytes = data.byteLength;
  const header = whole(message.header);
  if (header) lab.frame({ ...message, header });
  else curves.tell({ lacking: true });
  return undefined;
}
