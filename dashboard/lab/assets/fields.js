// One control a field, made from its declaration: slider, number, switch, reset, baseline tick.

import { decimalsOf, setting, suffix } from "./format.js";
import { drawStrip } from "./strip.js";

let counter = 0;
const make = (tag, name, parent, more = {}) => {
  const node = Object.assign(document.createElement(tag), more);
  node.className = name;
  return parent ? parent.appendChild(node) : node;
};
const tidy = (value) => Number(value.toFixed(10));
const KEYBOARD_REST = 350; // milliseconds without a key until a keyboard move is committed

export class Field {
  // `act` says what happens: near(path), move(path, value), commit(path, value).
  constructor(spec, host, act) {
    Object.assign(this, { spec, act, path: spec.path, value: null, base: null, dead: [] });
    this.node = make("div", "lab-field", host);
    this.node.dataset.path = spec.path;
    const id = `lab-field-${counter++}`;
    const head = make("div", "lab-field-head", this.node);
    this.label = make("label", "lab-label", head, { textContent: spec.label, title: spec.help, htmlFor: id });
    this.help = `${id}-help`;
    this.reset = make("button", "lab-reset", head, { type: "button", textContent: "↺" });
    this.reset.setAttribute("aria-label", `Reset ${spec.label}`);
    this.reset.addEventListener("click", () => this.goBack());
    if (spec.optional) this.makeSwitch(head);
    if (spec.kind === "choice" || spec.kind === "flag") this.makeChoice();
    else this.makeNumber(head, id);
    // Told to screen readers, and shown to the keyboard and to a finger on the label.
    const help = make("div", "lab-help", this.node, { textContent: spec.help, id: this.help });
    if (spec.source) make("small", "", help, { textContent: `Source: ${spec.source}` });
    this.label.addEventListener("click", (event) => {
      if (event.pointerType === "touch") this.node.classList.toggle("lab-explained");
    });
    for (const node of this.node.querySelectorAll(".lab-slider, .lab-number, .lab-switch, .lab-segments, .lab-segment input")) {
      node.setAttribute("aria-describedby", this.help);
    }
    this.node.addEventListener("pointerenter", () => act.near(this.path));
    this.node.addEventListener("focusin", () => act.near(this.path));
  }

  makeSwitch(head) {
    this.toggle = make("input", "lab-switch", head, { type: "checkbox", title: "Switch this rule on or off" });
    this.toggle.setAttribute("role", "switch");
    this.toggle.setAttribute("aria-label", `${this.spec.label}: on or off`);
    this.toggle.addEventListener("change", () => {
      this.act.commit(this.path, this.toggle.checked ? this.kept : null);
    });
  }

  makeChoice() {
    const row = make("div", "lab-segments", this.node);
    row.setAttribute("role", "radiogroup");
    row.setAttribute("aria-label", this.spec.label);
    const offered = this.spec.kind === "flag" ? [false, true] : this.spec.choices;
    const name = `lab-choice-${counter++}`;
    this.options = offered.map((choice) => {
      const box = make("label", "lab-segment", row);
      const input = make("input", "", box, { type: "radio", name, disabled: offered.length === 1 });
      make("span", "", box, { textContent: setting({ ...this.spec, kind: "choice" }, choice) });
      input.addEventListener("change", () => this.act.commit(this.path, choice));
      return [choice, input];
    });
  }

  makeNumber(head, id) {
    const { spec } = this;
    this.entry = make("input", "lab-number", head, { type: "text", inputMode: "decimal", autocomplete: "off" });
    this.entry.setAttribute("aria-label", `${spec.label}, ${spec.unit}`);
    make("span", "lab-unit", head, { textContent: suffix(spec).trim() || (spec.kind === "integer" ? spec.unit : ""), title: spec.unit });
    const track = make("div", "lab-track", this.node);
    this.zones = make("div", "lab-zones", track);
    this.tick = make("div", "lab-tick", track, { title: "The baseline's value" });
    this.slider = make("input", "lab-slider", track, { type: "range", id, min: 0, step: 1 });
    if (spec.scans) {
      this.strip = make("canvas", "", make("div", "lab-strip", this.node));
      this.strip.setAttribute("role", "img");
      new ResizeObserver(() => this.drawStrip()).observe(this.strip.parentElement);
    }
    this.note = make("div", "lab-note", this.node);
    this.listen();
  }

  listen() {
    const { slider, entry } = this;
    slider.addEventListener("pointerdown", () => { this.held = true; this.keyed = this.escaped = false; this.act.near(this.path); });
    slider.addEventListener("keydown", () => { this.keyed = true; });
    slider.addEventListener("input", () => this.take());
    slider.addEventListener("change", () => (this.keyed ? this.rest() : this.release()));
    for (const end of ["pointerup", "pointercancel"]) slider.addEventListener(end, () => { this.held = false; });
    slider.addEventListener("blur", () => { if (this.resting) this.release(); });
    slider.addEventListener("dblclick", () => this.goBack());
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.moving) return;
      event.preventDefault();
      this.takeBack();
    });
    entry.addEventListener("focus", () => entry.select());
    entry.addEventListener("input", () => { this.typing = true; });
    entry.addEventListener("change", () => this.enter());
    entry.addEventListener("blur", () => { this.typing = false; });
    entry.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.enter();
      if (event.key === "Escape") { this.typing = false; this.write(this.value); }
    });
  }

  get moving() {
    return Boolean(this.held || this.resting || this.moved !== undefined);
  }

  // Escape: as before the hand came; what the pointer still does counts no more.
  takeBack() {
    clearTimeout(this.resting);
    this.escaped = Boolean(this.held);
    this.resting = this.moved = undefined;
    this.place();
    this.act.settle(this.path);
  }

  take() {
    if (this.escaped) { this.place(); return; }
    const value = this.steps[Number(this.slider.value)];
    if (value === this.moved) return;
    this.moved = value;
    this.write(value);
    this.act.move(this.path, value);
  }

  rest() {
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.release(), KEYBOARD_REST);
  }

  release() {
    clearTimeout(this.resting);
    this.resting = this.held = undefined;
    if (this.escaped) this.place();
    this.escaped = false;
    const value = this.steps[Number(this.slider.value)];
    this.moved = undefined;
    if (value !== this.value) this.act.commit(this.path, value);
    else this.act.settle(this.path);
  }

  enter() {
    if (!this.typing) return;
    this.typing = false;
    if (this.spec.optional && /^\s*off\s*$/i.test(this.entry.value)) { this.act.commit(this.path, null); return; }
    const text = this.entry.value.replace(/[\s\u202f%]|bp/g, "").replace(/[−–]/g, "-").replace(",", ".");
    const number = text === "" ? NaN : Number(text);
    if (!Number.isFinite(number)) {
      this.write(this.value);
      this.hint(`That is no number${this.spec.optional ? ", nor off" : ""}.`);
      return;
    }
    const value = tidy(this.spec.whole ? Math.round(number) : number / this.spec.factor);
    if (value !== this.value) this.act.commit(this.path, value);
    else this.write(value);
  }

  goBack() {
    if (this.base !== this.value) this.act.commit(this.path, this.base);
  }

  // The state is the truth: every frame puts value and baseline here.
  show(spec, value, base, on) {
    Object.assign(this, { spec, value, base });
    this.node.classList.toggle("lab-changed", value !== base);
    this.reset.hidden = value === base;
    this.reset.title = `Back to the baseline's value, ${setting(spec.kind === "flag" ? { ...spec, kind: "choice" } : spec, base)}${base === null ? "" : suffix(spec)}`;
    if (this.toggle) this.toggle.checked = value !== null;
    if (this.options) for (const [choice, input] of this.options) input.checked = choice === value;
    if (!this.slider) return;
    this.kept = value ?? on;
    this.slider.disabled = this.entry.disabled = value === null;
    this.node.classList.toggle("lab-off", value === null);
    if (!this.moving) this.place();
  }

  // Why a move of it does nothing, from the rest of the setting.
  calm(words) {
    this.idle = words;
    this.node.classList.toggle("lab-idle", Boolean(words));
    if (this.options) this.node.title = words;
  }

  // Why the last value was not taken.
  refuse(words) {
    this.refusal = words;
    this.node.classList.toggle("lab-refused", Boolean(words));
  }

  place() {
    const { low, high, step } = this.spec;
    const size = Math.round((high - low) / step);
    const found = new Set(Array.from({ length: size + 1 }, (_, i) => tidy(low + i * step)).filter((v) => v <= high + 1e-12));
    found.add(this.kept);
    this.steps = [...found].sort((a, b) => a - b);
    this.slider.max = this.steps.length - 1;
    this.slider.value = this.steps.indexOf(this.kept);
    const shown = this.base !== null && this.base >= this.steps[0] && this.base <= this.steps.at(-1);
    this.tick.hidden = !shown;
    if (shown) this.tick.style.left = this.place_of(this.base);
    this.write(this.kept);
  }

  place_of(value) {
    const after = this.steps.findIndex((step) => step >= value);
    return `calc(7px + (100% - 14px) * ${after / Math.max(this.steps.length - 1, 1)})`;
  }

  // Share of the slider at which a value lies.
  shareOf(value) {
    const after = this.steps.findIndex((step) => step >= value - 1e-9);
    return (after < 0 ? 1 : after / Math.max(this.steps.length - 1, 1));
  }

  showStrip(strip, colours, before) {
    if (!this.strip) return;
    this.strip.parentElement.classList.toggle("lab-before", before);
    this.stripped = strip && [strip, colours];
    this.drawStrip();
  }

  drawStrip() {
    if (this.stripped && this.steps) drawStrip(this.strip, this.stripped[0], this, this.stripped[1], (value) => this.shareOf(value));
  }

  write(value) {
    const words = setting(this.spec, value);
    if (!this.typing) {
      this.entry.value = words;
      this.entry.size = Math.max(words.length, 3);
    }
    this.slider.setAttribute("aria-valuetext", `${words}${suffix(this.spec)} ${this.spec.factor === 100 ? "" : this.spec.unit}`.trim());
  }

  // Stretches in which a move changes nothing, or is not allowed: [first, last, words].
  shade(stretches) {
    this.dead = stretches;
    this.zones.replaceChildren(...stretches.map(([from, to, words]) => {
      const zone = make("div", "lab-zone", null, { title: words });
      zone.style.left = this.place_of(from);
      zone.style.right = `calc(100% - ${this.place_of(to).slice(4)})`;
      return zone;
    }));
  }

  hint(words) {
    if (this.note.textContent !== words) this.note.textContent = words;
  }

  stepBy(value, by) {
    return this.steps[this.steps.indexOf(value) + by];
  }

  stepText() {
    const { step, factor, decimals } = this.spec;
    return `${(step * factor).toFixed(decimalsOf(this.spec, step) && decimals)}${suffix(this.spec)}`;
  }
}
