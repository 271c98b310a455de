// What each panel of the time line draws. A panel gets a slot (pixels), the data and the colours.

import * as c from "./canvas.js";
import { percent, ratio } from "./format.js";

export const PANELS = [
  { name: "equity", height: 230, draw: equity },
  { name: "drawdown", height: 112, draw: drawdown },
  { name: "exposure", height: 104, draw: exposure },
  { name: "sectors", height: 132, draw: sectors },
  { name: "regimes", height: 18, draw: regimes },
  { name: "volatility", height: 96, draw: volatility },
];

const CURVES = [
  ["benchmark", "Benchmark", 1, []],
  ["baseline", "Preset", 1.5, [5, 4]],
  ["portfolio", "Portfolio", 2, []],
];

const inks = (colours) => ({
  portfolio: [colours.accent, colours.accent_text],
  baseline: [colours.ghost_line, colours.ghost_text],
  benchmark: [colours.benchmark, colours.benchmark],
});

function scaleOf(slot, low, high, log) {
  const { top, height } = slot;
  if (!log) return (value) => top + height * (1 - (value - low) / (high - low));
  const [a, b] = [Math.log(low), Math.log(high)];
  return (value) => top + height * (1 - (Math.log(value) - a) / (b - a));
}

function axis(view, slot, y, values, shown) {
  for (const value of values) {
    const at = y(value);
    if (at < slot.top - 1 || at > slot.top + slot.height + 1) continue;
    c.rule(view.pen, slot.left, slot.right, at, view.colours.line);
    c.text(view.pen, shown(value), slot.left - 8, at, view.colours.secondary, "right");
  }
}

function title(view, slot, words) {
  const shown = slot.compact ? words.split(" · ")[0] : words;
  c.text(view.pen, shown, 0, slot.top - 12, view.colours.secondary);
}

function endLabels(view, slot, labels) {
  const known = labels.filter((label) => Number.isFinite(label.at));
  const places = c.spread(known.map((l) => l.at), 15, slot.top + 6, slot.top + slot.height - 4);
  known.forEach((label, i) => {
    const words = slot.compact ? label.number : `${label.number} ${label.name}`;
    c.text(view.pen, words, slot.right + 6, places[i], label.colour);
  });
}

function clipped(view, slot, draw) {
  view.pen.save();
  view.pen.beginPath();
  view.pen.rect(slot.left, slot.top - 1, slot.right - slot.left, slot.height + 2);
  view.pen.clip();
  draw();
  view.pen.restore();
}

const last = (data, end) => { for (let i = end - 1; i >= 0; i--) if (!Number.isNaN(data[i])) return data[i]; return NaN; };

// Curves of a kind: those of the frame, the portfolio's replaced while the hand moves.
function curvesOf(view, kind) {
  const { data, live } = view;
  const found = CURVES.filter(([key]) => data[`${kind}_${key}`]).map(([key, name, width, dash]) => {
    const mine = key === "portfolio" && live;
    return { key, name: key === "baseline" ? view.run.ghost : name, width, dash,
      days: mine ? live.day : data.day, data: mine ? live[kind] : data[`${kind}_${key}`] };
  });
  // At the baseline itself there is no ghost: while the hand moves away, what it leaves is one.
  if (live && !data[`${kind}_baseline`]) {
    found.splice(1, 0, { key: "baseline", name: view.run.ghost, width: 1.5, dash: [5, 4], days: data.day, data: data[`${kind}_portfolio`] });
  }
  return found.map((curve) => ({ ...curve, range: c.span(curve.days, view.from, view.to) }));
}

function extremes(curves) {
  let [low, high] = [Infinity, -Infinity];
  for (const { data, range: [begin, end] } of curves) {
    for (let i = begin; i < end; i++) {
      if (data[i] < low) low = data[i];
      if (data[i] > high) high = data[i];
    }
  }
  return low < high ? [low, high] : [low - 0.05, low + 0.05];
}

function equity(view, slot) {
  const curves = curvesOf(view, "equity");
  let [low, high] = extremes(curves);
  const room = view.log ? (high / low) ** 0.05 : (high - low) * 0.05;
  [low, high] = view.log ? [low / room, high * room] : [low - room, high + room];
  const y = scaleOf(slot, low, high, view.log);
  axis(view, slot, y, c.ticks(low, high, 5), (v) => ratio(v, high - low > 0.5 ? 1 : 2));
  const ink = inks(view.colours);
  clipped(view, slot, () => {
    for (const { key, width, dash, days, data, range } of curves) {
      c.line(view.pen, days, data, view.x, y, range, { colour: ink[key][0], width, dash });
    }
  });
  const reach = (curve) => last(curve.data, curve.range[1]);
  endLabels(view, slot, curves.map((curve) => ({
    at: y(reach(curve)), number: ratio(reach(curve)), name: curve.name, colour: ink[curve.key][1],
  })));
  const scale = view.log ? "Growth of 1, log scale" : "Growth of 1";
  title(view, slot, `${scale} · benchmark: ${view.run.benchmark_name}`);
}

function drawdown(view, slot) {
  const { pen, colours, run } = view;
  const curves = curvesOf(view, "drawdown");
  const worst = Math.min(extremes(curves)[0], -0.02);
  const rules = [
    ["reference", run.levels.reference, colours.drawdown, colours.drawdown_text],
    ["breaker", run.levels.breaker, colours.breaker, colours.breaker_text],
  ]
    .filter(([, level]) => level !== null);
  const near = rules.filter(([, level]) => -level >= 2.5 * worst);
  const far = rules.filter(([, level]) => -level < 2.5 * worst).map(([name, level]) => `${name} ${percent(-level, 0)}`);
  const deep = Math.min(worst, ...near.map(([, level]) => -level)) * 1.1;
  const y = scaleOf(slot, deep, 0);
  axis(view, slot, y, c.ticks(deep, 0, 4), (v) => percent(v, 0));
  const binds = view.live ? view.live.binds : run.binds;
  const ink = inks(colours);
  clipped(view, slot, () => {
    if (binds !== null && binds > deep) {
      pen.fillStyle = c.alpha(colours.drawdown, 0.08);
      pen.fillRect(slot.left, y(binds), slot.right - slot.left, slot.top + slot.height - y(binds));
    }
    for (const [, level, colour] of near) c.rule(pen, slot.left, slot.right, y(-level), colour, [6, 4]);
    for (const { key, dash, days, data, range } of curves) {
      const mine = key === "portfolio";
      if (mine) c.area(pen, days, null, data, view.x, y, range, c.alpha(colours.accent, 0.16));
      c.line(pen, days, data, view.x, y, range, { colour: ink[key][0], width: mine ? 1.5 : 1, dash });
    }
  });
  c.rule(pen, slot.left, slot.right, y(0), colours.secondary);
  const mine = curves.find(({ key }) => key === "portfolio");
  const deepest = extremes([mine])[0];
  endLabels(view, slot, [
    { at: y(deepest), number: percent(deepest), name: "worst", colour: ink.portfolio[1] },
    ...near.map(([name, level, , ink_]) => ({ at: y(-level), number: percent(-level, 0), name, colour: ink_ })),
  ]);
  const zone = binds === null ? "" : ` · shaded: floor binds from ${percent(binds)}`;
  title(view, slot, `Drawdown, below the peak so far${zone}${far.length ? ` · deeper: ${far.join(", ")}` : ""}`);
}

function exposure(view, slot) {
  const { pen, colours, data, run, live } = view;
  const band = { top: slot.top + slot.height - 10, height: 10 };
  const inner = { ...slot, height: slot.height - 16 };
  const days = live ? live.day : data.day;
  const [applied, binding] = live ? [live.applied, live.binding] : [data.applied, data.binding];
  const range = c.span(days, view.from, view.to);
  const all = c.span(data.day, view.from, view.to);
  let high = 1;
  for (let i = range[0]; i < range[1]; i++) if (applied[i] > high) high = applied[i];
  high *= 1.06;
  const y = scaleOf(inner, 0, high);
  axis(view, inner, y, c.ticks(0, high, 2), (v) => percent(v, 0));
  clipped(view, slot, () => {
    if (!live) c.area(pen, data.day, null, data.invested, view.x, y, all, c.alpha(colours.accent, 0.14));
    for (const [code, begin, end] of c.runs(binding, range)) {
      const [name, colour] = colours.binding[code];
      const [x0, x1] = [view.x(days[begin]), view.x(days[Math.min(end, days.length - 1)])];
      pen.fillStyle = colour;
      pen.fillRect(x0, band.top, Math.max(x1 - x0, 1), band.height);
      if (name === "breaker") {
        pen.fillStyle = c.alpha(colour, 0.15);
        pen.fillRect(x0, inner.top, x1 - x0, inner.height);
      }
    }
    if (!live) c.line(pen, data.day, data.wanted, view.x, y, all, { colour: colours.secondary, width: 1, dash: [1, 3] });
    c.line(pen, days, applied, view.x, y, range, { colour: colours.accent, width: 1.5, stepped: true });
    if (run.levels.floor) c.rule(pen, slot.left, slot.right, y(run.levels.floor), colours.ghost_line, [5, 4]);
  });
  const now = last(applied, range[1]);
  endLabels(view, inner, [
    { at: y(now), number: percent(now, 0), name: "applied", colour: colours.accent_text },
    ...(run.levels.floor ? [{ at: y(run.levels.floor), number: percent(run.levels.floor, 0), name: "floor", colour: colours.secondary }] : []),
  ]);
  legend(view, slot, binding, range, "Exposure");
}

// Names of what holds exposure, each behind a swatch: nothing is told by colour alone.
function legend(view, slot, binding, range, words) {
  const { pen, colours } = view;
  const held = new Set(binding.subarray(range[0], range[1]));
  let at = 0;
  c.text(pen, `${words} · held by`, at, slot.top - 12, colours.secondary);
  at += pen.measureText(`${words} · held by`).width + 8;
  for (const code of [...held].sort()) {
    const [name, colour] = colours.binding[code];
    const shown = name === "full" ? "nothing" : name;
    if (at + pen.measureText(shown).width + 22 > slot.right + 60) return;
    pen.fillStyle = colour;
    pen.fillRect(at, slot.top - 17, 10, 10);
    c.text(pen, shown, at + 14, slot.top - 12, colours.secondary);
    at += pen.measureText(shown).width + 26;
  }
}

function sectors(view, slot) {
  const { pen, colours, data, run } = view;
  const range = c.span(data.day, view.from, view.to);
  const size = data.day.length;
  const cap = run.levels.sector_cap;
  let [low, top] = [new Float64Array(size), 1];
  const names = run.sectors, labels = [];
  const total = new Float64Array(size);
  names.forEach((_, k) => { for (let i = range[0]; i < range[1]; i++) total[i] += data[`sector_${k}`][i]; });
  for (let i = range[0]; i < range[1]; i++) top = Math.max(top, total[i]);
  const y = scaleOf(slot, 0, top * 1.02);
  axis(view, slot, y, c.ticks(0, top, 3), (v) => percent(v, 0));
  clipped(view, slot, () => {
    pen.globalAlpha = view.live ? 0.4 : 1; // not known along the drag: receded until the release
    names.forEach(([name], k) => {
      const mine = data[`sector_${k}`], [fill, ink] = colours.sectors[name];
      const capped = Float64Array.from(mine, (v, i) => low[i] + (cap === null ? v : Math.min(v, cap)));
      const high = Float64Array.from(mine, (v, i) => low[i] + v);
      c.area(pen, data.day, low, capped, view.x, y, range, fill);
      if (cap !== null) c.area(pen, data.day, capped, high, view.x, y, range, c.hatch(pen, colours.page, fill));
      const end = range[1] - 1;
      labels.push({ at: y((low[end] + high[end]) / 2), share: mine[end], number: percent(mine[end], 0), name: run.sectors[k][1], colour: ink });
      low = high;
    });
    pen.globalAlpha = 1;
    if (cap !== null && cap < 1) c.rule(pen, slot.left, slot.right, y(cap), colours.text, [6, 4]);
  });
  const thick = [...labels].sort((a, b) => b.share - a.share).slice(0, 4).filter(({ share }) => share > 0.005);
  endLabels(view, slot, labels.filter((label) => thick.includes(label)));
  const limit = cap === null || cap >= 1 ? "" : `, line: cap ${percent(cap, 0)} a sector, hatched: above it`;
  title(view, slot, `Sectors, share of NAV · rest: cash${limit}${view.live ? " · as released" : ""}`);
}

function regimes(view, slot) {
  const { pen, colours, data } = view;
  const range = c.span(data.day, view.from, view.to);
  clipped(view, slot, () => {
    for (const [code, begin, end] of c.runs(data.regime, range)) {
      const [, fill, letter, ink] = colours.regimes[code];
      const [x0, x1] = [view.x(data.day[begin]), view.x(data.day[Math.min(end, data.day.length - 1)])];
      pen.fillStyle = fill;
      pen.fillRect(x0, slot.top, x1 - x0 + 0.5, slot.height);
      const [left, right] = [Math.max(x0, slot.left), Math.min(x1, slot.right)];
      if (right - left > 14) c.text(pen, letter, (left + right) / 2, slot.top + slot.height / 2 + 1, ink, "center");
    }
  });
  const names = [...new Set(data.regime.subarray(range[0], range[1]))].sort()
    .map((code) => `${colours.regimes[code][2]} ${colours.regimes[code][0]}`);
  title(view, slot, `Market regime · ${names.join(", ")}`);
}

function volatility(view, slot) {
  const { colours, data, live, run } = view;
  const days = live ? live.day : data.day, sigma = live ? live.volatility : data.volatility;
  const target = live ? live.target : run.target;
  const range = c.span(days, view.from, view.to);
  let high = target || 0.05;
  for (let i = range[0]; i < range[1]; i++) if (sigma[i] > high) high = sigma[i];
  high *= 1.06;
  const y = scaleOf(slot, 0, high);
  axis(view, slot, y, c.ticks(0, high, 3), (v) => percent(v, 0));
  clipped(view, slot, () => {
    c.line(view.pen, days, sigma, view.x, y, range, { colour: colours.accent });
    if (target !== null) c.rule(view.pen, slot.left, slot.right, y(target), colours.target, [6, 4], 1.5);
  });
  const now = last(sigma, range[1]);
  endLabels(view, slot, [
    { at: y(now), number: percent(now, 0), name: "realised", colour: colours.accent_text },
    ...(target === null ? [] : [{ at: y(target), number: percent(target, 0), name: "target", colour: colours.secondary }]),
  ]);
  title(view, slot, "Realised volatility of what is held · dashed: target");
}
