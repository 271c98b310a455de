// Every panel over one time axis, on one canvas that is made once and painted again and again.

import * as c from "./canvas.js";
import { date, month, percent, ratio } from "./format.js";
import { PANELS } from "./panels.js";
import { shares } from "./sectors.js";
import { values } from "./wire.js";

const GAP = 34, TOP = 26, BOTTOM = 26, LEFT = 48;
const YEARS = { "1Y": 1, "3Y": 3 };
export const HEIGHT = PANELS.reduce((sum, panel) => sum + panel.height + GAP, TOP + BOTTOM - GAP);

export class Timeline {
  constructor(host) {
    this.host = host;
    host.style.height = `${HEIGHT}px`;
    this.canvas = host.appendChild(document.createElement("canvas"));
    this.overlay = host.appendChild(document.createElement("canvas"));
    this.canvas.className = "lab-chart";
    this.overlay.className = "lab-overlay";
    this.overlay.tabIndex = 0;
    this.overlay.setAttribute("role", "img");
    this.overlay.setAttribute("aria-label", "Charts over time. Left and right move the reading, plus and minus zoom, escape shows all.");
    this.readout = host.appendChild(document.createElement("div"));
    this.readout.className = "lab-readout";
    this.readout.hidden = true;
    // On a phone the reading stays when the finger is lifted; these stand in it there.
    const button = (words, name, act) => {
      const node = Object.assign(document.createElement("button"), { type: "button", className: `lab-button ${name}`, textContent: words });
      node.addEventListener("click", act);
      return node;
    };
    this.why = button("Explain this day", "lab-why", () => this.explain(this.shown));
    this.away = button("✕", "lab-away", () => { this.at = undefined; this.cross(); });
    this.away.setAttribute("aria-label", "Close the reading");
    this.zoom = null; // [first day, last day], null: all
    this.live = null;
    this.log = false;
    this.paints = 0;
    new ResizeObserver(() => this.paint()).observe(host);
    this.listen();
  }

  feed(run, data, colours) {
    const before = this.data;
    Object.assign(this, { run, data, colours, live: null });
    if (before && (before.day[0] !== data.day[0] || before.day.at(-1) !== data.day.at(-1))) this.zoom = null;
    this.paint();
  }

  // The same book at the same average exposure, without rules; paler while it is of the setting before.
  control(part, anew, fresh) {
    const days = this.data?.day;
    if (anew && part?.told) this.held = { day: days, equity: values(part.columns.control) };
    if (!part?.told || part.problem || this.held?.equity.length !== this.held?.day.length) this.held = null;
    const found = this.held && days && this.held.day[0] === days[0] && this.held.day.at(-1) === days.at(-1) ? { ...this.held, fresh } : null;
    if (found?.equity === this.matched?.equity && found?.fresh === this.matched?.fresh) return;
    this.matched = found;
    this.paint();
  }

  follow(live) {
    this.live = live;
    this.paint();
  }

  window(name) {
    const end = this.data.day.at(-1);
    this.zoom = YEARS[name] ? [Math.max(end - 365.25 * YEARS[name], this.data.day[0]), end] : null;
    this.paint();
    this.onzoom?.();
  }

  get bounds() {
    const { day } = this.data;
    return this.zoom ?? [day[0], day.at(-1)];
  }

  paint() {
    const width = this.host.clientWidth;
    if (!this.data || width < 50) return;
    const compact = width < 560;
    const right = width - (compact ? 56 : 128);
    const [from, to] = this.bounds;
    const pen = c.sized(this.canvas, width, HEIGHT);
    const x = (day) => LEFT + ((day - from) / (to - from || 1)) * (right - LEFT);
    this.slots = { left: LEFT, right, compact, x };
    const view = { pen, x, from, to, data: this.data, run: this.run, live: this.live, matched: this.matched, colours: this.colours, log: this.log, zoomed: this.zoom !== null };
    let top = TOP;
    for (const panel of PANELS) {
      panel.draw(view, { top, height: panel.height, left: LEFT, right, compact });
      top += panel.height + GAP;
    }
    this.timeAxis(pen, from, to, x, top - GAP + 14);
    this.paints += 1;
    this.cross();
  }

  timeAxis(pen, from, to, x, at) {
    const { left, right } = this.slots;
    const steps = [1, 2, 3, 6, 12, 24, 60];
    const room = Math.max(Math.floor((right - left) / (right - left < 400 ? 70 : 90)), 1);
    const step = steps.find((months) => (to - from) / 30.44 / months <= room) ?? 120;
    const start = new Date(from * 86_400_000);
    let index = Math.ceil((start.getUTCFullYear() * 12 + start.getUTCMonth()) / step) * step;
    for (; ; index += step) {
      const day = Date.UTC(Math.floor(index / 12), index % 12, 1) / 86_400_000;
      if (day > to) break;
      if (day < from) continue;
      c.text(pen, month(day), Math.min(Math.max(x(day), left + 24), right - 24), at, this.colours.secondary, "center");
    }
  }

  listen() {
    const on = (name, act) => this.overlay.addEventListener(name, act);
    on("pointermove", (event) => {
      this.at = this.dayAt(event);
      if (this.from !== undefined) this.to = this.at;
      this.cross();
    });
    on("pointerleave", (event) => {
      if (event.pointerType !== "mouse") return; // a finger that was lifted leaves its reading
      this.at = undefined;
      this.cross();
    });
    on("pointerdown", (event) => {
      if (event.pointerType !== "mouse") { this.at = this.dayAt(event); this.cross(); }
      if (event.pointerType !== "mouse" || event.button !== 0) return;
      this.overlay.setPointerCapture(event.pointerId);
      this.pressed = event.clientX;
      this.from = this.to = this.dayAt(event);
    });
    on("pointerup", () => {
      const [from, to] = [this.from, this.to].sort((a, b) => a - b);
      this.from = this.to = undefined;
      if (to - from > 10) this.show([from, to]);
      else this.cross();
    });
    on("pointercancel", () => { this.from = this.to = undefined; this.cross(); });
    on("click", (event) => {
      if (event.detail > 1 || !this.data || event.pointerType === "touch" || (event.pointerType === "mouse" && Math.abs(event.clientX - this.pressed) > 3)) return;
      // What is read is explained: a click's place is of whole pixels, a movement's is not.
      this.explain(this.at ?? this.dayAt(event));
    });
    on("dblclick", () => this.show(null));
    on("keydown", (event) => this.key(event));
    on("blur", () => { this.at = undefined; this.cross(); });
  }

  key(event) {
    if (!this.data) return;
    const { day } = this.data;
    const [from, to] = this.bounds;
    const near = this.at === undefined ? day.length - 1 : this.nearest(this.at);
    const move = (by) => { this.at = day[Math.min(Math.max(near + by, 0), day.length - 1)]; this.cross(); };
    const width = (to - from) / 4, middle = this.at ?? to;
    const acts = {
      ArrowLeft: () => move(event.shiftKey ? -21 : -1),
      ArrowRight: () => move(event.shiftKey ? 21 : 1),
      "+": () => this.show([Math.max(middle - width, day[0]), Math.min(middle + width, day.at(-1))]),
      "-": () => this.show([Math.max(from - 2 * width, day[0]), Math.min(to + 2 * width, day.at(-1))]),
      Escape: () => this.show(null),
      Enter: () => this.explain(this.at ?? to),
    };
    if (!acts[event.key]) return;
    event.preventDefault();
    acts[event.key]();
  }

  // The drawn session nearest to a place on the axis: the one that is read is the one explained.
  nearest(at) {
    const { day } = this.data;
    const after = Math.min(c.position(day, at), day.length - 1);
    return after > 0 && at - day[after - 1] < day[after] - at ? after - 1 : after;
  }

  explain(at) {
    this.onday?.(this.data.day[this.nearest(at)]);
  }

  show(zoom) {
    this.zoom = zoom;
    this.paint();
    this.onzoom?.();
  }

  dayAt(event) {
    if (!this.slots) return undefined;
    const { left, right } = this.slots;
    const [from, to] = this.bounds;
    const share = (event.clientX - this.overlay.getBoundingClientRect().left - left) / (right - left);
    return from + Math.min(Math.max(share, 0), 1) * (to - from);
  }

  cross() {
    if (!this.slots) return;
    const { left, right, x } = this.slots;
    const pen = c.sized(this.overlay, this.host.clientWidth, HEIGHT);
    if (this.from !== undefined && Math.abs(x(this.to) - x(this.from)) > 3) {
      pen.fillStyle = c.alpha(this.colours.accent, 0.12);
      pen.fillRect(Math.min(x(this.from), x(this.to)), TOP, Math.abs(x(this.to) - x(this.from)), HEIGHT - TOP - BOTTOM);
    }
    this.readout.hidden = this.at === undefined;
    if (this.at === undefined) return;
    const { day } = this.data;
    const i = this.nearest(this.at);
    const at = Math.min(Math.max(x(day[i]), left), right);
    pen.fillStyle = this.colours.secondary;
    pen.fillRect(Math.round(at), TOP, 1, HEIGHT - TOP - BOTTOM);
    this.read(i, at, at > (left + right) / 2);
  }

  // One reading for all panels, on the side of the crosshair that has room.
  read(i, at, before) {
    const { data, run, colours, live } = this;
    const k = live ? Math.min(c.position(live.day, data.day[i]), live.day.length - 1) : i;
    const mine = live ?? { equity: data.equity_portfolio, drawdown: data.drawdown_portfolio, ...data };
    const curve = (grown, depth) => `${ratio(grown)}, ${percent(depth)} below peak`;
    const rows = [["Portfolio", curve(mine.equity[k], -mine.drawdown[k])]];
    if (data.equity_baseline) rows.push([run.ghost, curve(data.equity_baseline[i], -data.drawdown_baseline[i])]);
    if (this.matched && data.day.length === this.matched.day.length) rows.push(["Same exposure", ratio(this.matched.equity[i])]);
    rows.push(["Benchmark", curve(data.equity_benchmark[i], -data.drawdown_benchmark[i])]);
    rows.push(["Exposure", `${percent(mine.applied[k], 0)} applied, ${percent(mine.invested[k], 0)} invested`]);
    const held = colours.binding[mine.binding[k]][0];
    rows.push(["Held by", held === "full" ? "nothing" : held]);
    if (!live && data.dd_scale) rows.push(["Scale", `${ratio(data.dd_scale[i])} drawdown × ${ratio(data.vol_scale[i])} volatility`]);
    const { days, stack } = shares(this);
    const week = Math.min(c.position(days, data.day[i]), days.length - 1);
    const largest = stack.map(([name, mine]) => [mine[week], name])
      .filter(([share]) => share > 0.002).sort((a, b) => b[0] - a[0]).slice(0, 2);
    rows.push(["Largest sectors", largest.map(([share, name]) => `${name} ${percent(share, 0)}`).join(", ") || "none"]);
    rows.push(["Regime", colours.regimes[data.regime[i]][0]]);
    rows.push(["Volatility", percent(mine.volatility[k])]);
    const line = (name, words) => { const row = document.createElement("div"); row.append(...[name, words].map((textContent) => Object.assign(document.createElement("span"), { textContent }))); return row; };
    const head = Object.assign(document.createElement("b"), { textContent: date(data.day[i]) });
    this.shown = data.day[i];
    this.readout.replaceChildren(head, this.why, this.away, ...rows.map(([name, words]) => line(name, words)));
    this.readout.style.left = before ? "" : `${at + 12}px`;
    this.readout.style.right = before ? `${this.host.clientWidth - at + 12}px` : "";
  }
}
