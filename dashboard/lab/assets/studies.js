// What follows a commit by itself: the panels' studies and the day that was clicked. It asks when
// nothing moves, again while something is under way, and never while a commit is.

import { showEvidence } from "./evidence.js";

const FIRST = 350, AGAIN = 250, SLOWEST = 2000, STILL = 700, NEAR = 1500; // milliseconds
const BEFORE = "of the setting before";

export class Studies {
  // `curves` sends; it also knows whether a hand moves.
  constructor(curves) {
    Object.assign(this, { curves, parts: new Map(), seen: new Set(["control", "evidence", "strips"]), day: null, told: null, due: 0, touched: 0 });
    curves.studies = this;
  }

  // A panel that is on the screen is asked for.
  observe(node, part) {
    new IntersectionObserver(([entry]) => {
      this.seen[entry.isIntersecting ? "add" : "delete"](part);
      if (entry.isIntersecting) this.soon(50);
    }, { rootMargin: "80px" }).observe(node);
  }

  // The page shows this scenario now; undefined: nothing to ask about.
  of(scenario) {
    if (scenario === this.scenario) return;
    this.scenario = scenario;
    this.delay = AGAIN;
    for (const part of this.parts.values()) part.under = undefined;
    this.soon(FIRST);
    this.changed();
  }

  soon(wait) {
    this.due = performance.now() + wait;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.curves.next(), wait + 10);
  }

  // A hand at the controls: wait until it is still.
  touch() {
    this.touched = performance.now();
    if (this.scenario && this.lacks().length) this.soon(this.still);
  }

  // A hand on a slider may go on at any moment: it is waited for longer.
  get still() {
    return document.querySelector(".lab-track:hover") ? NEAR : STILL;
  }

  ask(day) {
    this.day = day;
    this.soon(0);
    this.changed();
  }

  choose(surface) {
    this.surface = surface;
    this.soon(0);
    this.changed();
  }

  fresh(name) {
    const part = this.parts.get(name);
    return part?.scenario === this.scenario && !part.again && (name !== "surface" || part.chosen === JSON.stringify(this.surface));
  }

  lacks() {
    return [...this.seen].filter((name) => !this.fresh(name));
  }

  wanted() {
    if (!this.scenario || this.curves.moving?.()) return null;
    const day = this.day && !(this.told?.scenario === this.scenario && this.told.asked === this.day);
    const lacks = this.lacks();
    if (!day && !lacks.length) return null;
    // A hand that has come to a slider since the timer was set is waited for longer than that.
    const early = Math.max(this.due, this.touched + this.still) - performance.now();
    if (early > 0) { this.soon(early); return null; }
    if (day) return { explain: this.day, of: this.scenario };
    this.soon(SLOWEST); // until the answer says when to ask again, or where it is lost
    return { study: this.scenario, lacks, surface: this.surface ?? {} };
  }

  take({ header, columns }) {
    if (header.scenario !== this.scenario) return;
    let more = false;
    for (const [name, { status, share, told, problem }] of Object.entries(header.parts)) {
      const part = this.parts.get(name) ?? {};
      this.parts.set(name, part);
      part.under = status === "waiting" || status === "running" ? { status, share } : undefined;
      more ||= part.under !== undefined;
      if (part.under) continue;
      part.problem = problem;
      part.again = false;
      part.scenario = header.scenario;
      if (told) Object.assign(part, { told, columns, of: header.scenario });
      if (name === "surface") {
        if (told) this.surface = { x: told.x, y: told.y, metric: told.metric };
        part.chosen = JSON.stringify(this.surface);
      }
      // Both show many settings, which count as trials from now on.
      const counted = this.parts.get("evidence");
      if (told && counted && (name === "surface" || name === "strips")) counted.again = true;
    }
    if (more) {
      this.soon(this.delay);
      this.delay = Math.min(this.delay * 1.5, SLOWEST);
    } else this.soon(0);
    this.changed(Object.keys(header.parts));
  }

  takeDay({ header }) {
    if (header.scenario !== this.scenario || header.asked !== this.day) return;
    this.told = header;
    this.changed(["day"]);
  }

  // What must be said beside the title of a panel.
  status(name) {
    const part = this.parts.get(name);
    if (!this.scenario) return part?.told ? BEFORE : "";
    if (this.fresh(name)) return "";
    const share = part?.under?.share;
    const doing = part?.under?.status === "running" && share ? `computing, ${Math.round(100 * share)} %` : "computing …";
    return part?.told ? `${BEFORE} · ${doing}` : doing;
  }

  changed(names) {
    showEvidence(this.parts.get("evidence"), this.scenario);
    this.onchange?.(names);
  }
}
