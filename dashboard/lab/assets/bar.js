// The row above the charts: which part of the period, which scale, and what is compared with what.

import { setting, suffix } from "./format.js";

const WINDOWS = ["1Y", "3Y", "All"];
const LOG_FROM_YEARS = 5;

export class Bar {
  // `tell` takes what the server should know of the view.
  constructor(host, timeline, tell) {
    Object.assign(this, { timeline, tell });
    const button = (words, act) => {
      const node = Object.assign(document.createElement("button"), { type: "button", className: "lab-button", textContent: words });
      node.addEventListener("click", act);
      return host.appendChild(node);
    };
    this.windows = WINDOWS.map((name) => [name, button(name, () => { timeline.window(name); this.press(name); this.view(name); })]);
    this.log = button("Log", () => {
      timeline.log = !timeline.log;
      this.press(this.pressed);
      timeline.paint();
      this.view(this.told?.window);
    });
    this.compared = host.appendChild(Object.assign(document.createElement("span"), { className: "lab-compared" }));
    this.status = host.appendChild(Object.assign(document.createElement("span"), { className: "lab-status" }));
    this.status.setAttribute("role", "status");
    timeline.onzoom = () => this.press();
  }

  press(name = this.timeline.zoom ? "" : "All") {
    this.pressed = name;
    for (const [key, button] of this.windows) button.setAttribute("aria-pressed", String(key === name));
    this.log.setAttribute("aria-pressed", String(this.timeline.log));
  }

  // What part is shown belongs to the state: the address and other pages know it.
  view(window) {
    this.told = { window, log: this.timeline.log };
    this.tell(this.told);
  }

  // The server may have another view: from the address, or the browser's way back.
  look({ window, log }, years, untold) {
    this.log.hidden = years < LOG_FROM_YEARS;
    const first = !this.told;
    if (!first && (untold || (window === this.told.window && log === this.told.log))) return;
    const other = first || window !== this.told.window;
    this.told = { window, log };
    this.timeline.log = log && !this.log.hidden;
    if (other) this.timeline.window(window);
    else this.timeline.paint();
    this.press(other ? window : this.pressed);
  }

  // What the small + and − mean, and what differs.
  compare({ fields, values, base, baseline }) {
    const moved = fields.filter(({ path }) => values[path] !== base[path]);
    const words = (spec) => (spec.kind === "flag" ? { ...spec, kind: "choice" } : spec);
    const shown = (spec, value) => setting(words(spec), value) + (value === null ? "" : suffix(spec));
    const all = moved.map((spec) => `${spec.label} ${shown(spec, base[spec.path])} → ${shown(spec, values[spec.path])}`);
    const told = all.length > 2 ? [...all.slice(0, 2), `${all.length - 2} more`] : all;
    this.compared.textContent = moved.length ? `± against ${baseline}: ${told.join(", ")}`
      : "Drag a rule: the charts follow. Let go: exact numbers.";
    this.compared.title = moved.length ? [`Differs from ${baseline}:`, ...all].join("\n") : "";
  }

  say(words) {
    clearTimeout(this.saying);
    const put = () => {
      this.status.textContent = words;
      this.compared.hidden = Boolean(words);
    };
    this.saying = setTimeout(put, words.endsWith("…") ? 400 : 0);
  }
}
