// The drawdown rule as a curve, with every session of the period as a point on its plane.

import * as c from "./canvas.js";
import { percent } from "./format.js";

export const SCALE_HEIGHT = 220;

export class ScaleCurve {
  constructor(host) {
    this.host = host;
    host.style.height = `${SCALE_HEIGHT}px`;
    this.canvas = host.appendChild(document.createElement("canvas"));
    this.canvas.className = "lab-chart";
    this.canvas.setAttribute("aria-hidden", "true");
    new ResizeObserver(() => this.paint()).observe(host);
  }

  feed(run, data, colours) {
    Object.assign(this, { run, data, colours, live: null });
    this.paint();
  }

  follow(live) {
    this.live = live;
    this.paint();
  }

  paint() {
    const width = this.host.clientWidth;
    if (!this.data || width < 50) return;
    const { colours, run, live } = this;
    const { maximum, floor, binds, worst } = live ?? run;
    const pen = c.sized(this.canvas, width, SCALE_HEIGHT);
    const [left, right, top, bottom] = [48, width - 12, 26, SCALE_HEIGHT - 24];
    const words = "Drawdown scaling · line: its scale alone, dots: applied exposure";
    c.text(pen, width < 420 ? words.split(" · ")[0] : words, 0, 12, colours.secondary);
    if (maximum === null) {
      c.text(pen, "Off: drawdowns do not change exposure.", left, (top + bottom) / 2, colours.text);
      return;
    }
    const deep = Math.max(maximum * 1.1, -worst * 1.05), high = Math.max(1.05, floor * 1.05);
    const x = (depth) => left + (depth / deep) * (right - left);
    const y = (share) => bottom - (share / high) * (bottom - top);
    for (const value of c.ticks(0, high, 4)) {
      c.rule(pen, left, right, y(value), colours.line);
      c.text(pen, percent(value, 0), left - 8, y(value), colours.secondary, "right");
    }
    for (const value of c.ticks(0, deep, 5)) c.text(pen, percent(-value, 0), x(value), bottom + 14, colours.secondary, "center");
    if (binds !== null) {
      pen.fillStyle = c.alpha(colours.drawdown, 0.1);
      pen.fillRect(x(-binds), top, right - x(-binds), bottom - top);
    }
    this.sessions(pen, x, y);
    const curve = (floored, style) => {
      const depths = Float64Array.from({ length: 121 }, (_, i) => (i / 120) * deep);
      const scale = depths.map((d) => Math.max(Math.max(1 - d / maximum, 0) ** 2, floored));
      c.line(pen, depths, scale, x, y, [0, 121], style);
    };
    curve(0, { colour: colours.ghost_line, width: 1, dash: [1, 3] });
    curve(floor, { colour: colours.drawdown, width: 2 });
    if (binds !== null) c.text(pen, `floor binds from ${percent(binds)}`, x(-binds) + 8, y(floor) - 10, colours.text);
    this.mark(pen, x(-worst), y(Math.max(Math.max(1 + worst / maximum, 0) ** 2, floor)), worst, right);
  }

  sessions(pen, x, y) {
    const depths = this.live ? this.live.drawdown : this.data.drawdown_portfolio;
    const applied = this.live ? this.live.applied : this.data.applied;
    pen.fillStyle = c.alpha(this.colours.accent, 0.3);
    for (let i = 0; i < depths.length; i++) pen.fillRect(x(-depths[i]) - 1, y(applied[i]) - 1, 2, 2);
  }

  mark(pen, x, y, worst, right) {
    if (!(worst < 0)) return;
    pen.beginPath();
    pen.arc(x, y, 4, 0, 7);
    pen.fillStyle = this.colours.accent;
    pen.fill();
    const before = x > right - 90;
    c.text(pen, `worst ${percent(worst)}`, x + (before ? -8 : 8), y + 12, this.colours.accent_text, before ? "right" : "left");
  }
}
