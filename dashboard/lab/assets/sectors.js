// The sector stack: shares of NAV, what stands above the cap hatched.

import * as c from "./canvas.js";
import { asSet, percent } from "./format.js";
import { axis, clipped, endLabels, scaleOf, title } from "./slots.js";

// Name, share on every drawn session: of the release, or along the drag, by the same order.
export function shares({ data, run, live }) {
  if (!live) return { days: data.day, stack: run.sectors.map(([name], k) => [name, data[`sector_${k}`]]) };
  const order = new Map(run.sectors.map(([name], k) => [name, k]));
  const rank = (name) => order.get(name) ?? order.size;
  const stack = live.sectors.map((name, k) => [name, live.sector(k)]).sort(([a], [b]) => rank(a) - rank(b));
  return { days: live.sector_day, stack };
}

const levels = ({ run, live }) => (live ? live.levels : run.levels);

function highest(stack, [begin, end]) {
  let top = 1;
  for (let i = begin; i < end; i++) {
    let total = 0;
    for (const [, mine] of stack) total += mine[i];
    if (total > top) top = total;
  }
  return top;
}

export function sectors(view, slot) {
  const { pen, colours, run } = view;
  const { days, stack } = shares(view);
  const range = c.span(days, view.from, view.to);
  const cap = levels(view).sector_cap;
  const top = highest(stack, range);
  const y = scaleOf(slot, 0, top * 1.02);
  axis(view, slot, y, c.ticks(0, top, 3), (v) => percent(v, 0));
  const short = new Map(run.sectors), labels = [];
  clipped(view, slot, () => {
    let low = new Float64Array(days.length);
    for (const [name, mine] of stack) {
      const [fill, ink] = colours.sectors[name] ?? colours.sectors.Other;
      const capped = Float64Array.from(mine, (v, i) => low[i] + (cap === null ? v : Math.min(v, cap)));
      const high = Float64Array.from(mine, (v, i) => low[i] + v);
      c.area(pen, days, low, capped, view.x, y, range, fill);
      if (cap !== null) c.area(pen, days, capped, high, view.x, y, range, c.hatch(pen, colours.page, fill));
      const end = range[1] - 1;
      labels.push({ at: y((low[end] + high[end]) / 2), share: mine[end], number: percent(mine[end], 0), name: short.get(name) ?? name, colour: ink });
      low = high;
    }
    if (cap !== null && cap < 1) {
      // A cap holds for each sector: what it is to be read against is the largest one.
      const most = Float64Array.from(days, (_, i) => Math.max(...stack.map(([, mine]) => mine[i])));
      c.line(pen, days, most, view.x, y, range, { colour: colours.page, width: 4 });
      c.line(pen, days, most, view.x, y, range, { colour: colours.text, width: 1.5 });
      c.rule(pen, slot.left, slot.right, y(cap), colours.page, [], 3);
      c.rule(pen, slot.left, slot.right, y(cap), colours.text, [6, 4], 1.5);
    }
  });
  const thick = [...labels].sort((a, b) => b.share - a.share).slice(0, 4).filter(({ share }) => share > 0.005);
  endLabels(view, slot, labels.filter((label) => thick.includes(label)));
  const limit = cap === null || cap >= 1 ? "" : ` · line: largest sector, dashed: its cap ${asSet(cap)}, hatched: above`;
  const name = slot.compact ? "Sectors" : "Sectors, share of NAV";
  title(view, slot, `${name} · rest: cash${limit}${view.live ? " · weekly while you drag" : ""}`, thick.map(({ name, colour }) => [name, colour]));
}
