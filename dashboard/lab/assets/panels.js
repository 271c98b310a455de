// What each panel of the time line draws. A panel gets a slot (pixels), the data and the colours.

import * as c from "./canvas.js";
import { asSet, percent, ratio } from "./format.js";
import { sectors } from "./sectors.js";
import { axis, clipped, endLabels, last, scaleOf, title } from "./slots.js";

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
  matched: [colours.secondary, colours.secondary],
  matched_before: [colours.line, colours.secondary],
});

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
  const { matched } = view;
  if (kind === "equity" && matched) {
    found.splice(1, 0, { key: matched.fresh ? "matched" : "matched_before", name: "Same exposure", width: 1.25, dash: [6, 3, 1, 3], days: matched.day, data: matched.equity });
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
  return [low, high];
}

function equity(view, slot) {
  const curves = curvesOf(view, "equity");
  let [low, high] = extremes(curves);
  if (low === high) [low, high] = [low - 0.05, high + 0.05];
  const room = view.log ? (high / low) ** 0.05 : (high - low) * 0.05;
  [low, high] = view.log ? [low / room, high * room] : [low - room, high + room];
  const y = scaleOf(slot, low, high, view.log);
  const marks = c.ticks(low, high, 6);
  const digits = Math.min(Math.max(Math.ceil(-Math.log10((marks[1] ?? 2) - (marks[0] ?? 1)) - 1e-9), 1), 4);
  axis(view, slot, y, marks, (v) => ratio(v, digits));
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
  const scale = slot.compact ? "Growth" : view.log ? "Growth of 1, log scale" : "Growth of 1";
  const control = view.matched ? ` · Same exposure: held constant, no rules${view.matched.fresh ? "" : " (of the setting before)"}` : "";
  const names = curves.map((curve) => [curve.name, ink[curve.key][1]]).reverse();
  title(view, slot, `${scale} · benchmark: ${view.run.benchmark_name}${control}`, names);
}

function drawdown(view, slot) {
  const { pen, colours, run } = view;
  const curves = curvesOf(view, "drawdown");
  const { reference, breaker } = (view.live ?? run).levels;
  const worst = Math.min(extremes(curves)[0], -0.02);
  const rules = [
    ["reference", reference, colours.drawdown, colours.drawdown_text],
    ["breaker", breaker, colours.breaker, colours.breaker_text],
  ].filter(([, level]) => level !== null);
  const near = rules.filter(([, level]) => -level >= 2.5 * worst);
  const far = rules.filter(([, level]) => -level < 2.5 * worst).map(([name, level]) => `${name} ${asSet(-level)}`);
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
    { at: y(deepest), number: percent(deepest), name: view.zoomed ? "worst here" : "worst", colour: ink.portfolio[1] },
    ...near.map(([name, level, , ink_]) => ({ at: y(-level), number: asSet(-level), name, colour: ink_ })),
  ]);
  const zone = binds === null ? "" : ` · shaded: drawdown scale at its floor, from ${percent(binds)}`;
  const name = slot.compact ? "Drawdown" : "Drawdown, below the peak so far";
  title(view, slot, `${name}${zone}${far.length ? ` · deeper: ${far.join(", ")}` : ""}`, near.map(([rule, , , ink_]) => [rule, ink_]));
}

function exposure(view, slot) {
  const { pen, colours, data, run, live } = view;
  const band = { top: slot.top + slot.height - 10, height: 10 };
  const inner = { ...slot, height: slot.height - 16 };
  const { day: days, applied, binding, invested, wanted } = live ?? data;
  const { floor } = (live ?? run).levels;
  const range = c.span(days, view.from, view.to);
  let high = 1;
  for (let i = range[0]; i < range[1]; i++) if (applied[i] > high) high = applied[i];
  high *= 1.06;
  const y = scaleOf(inner, 0, high);
  axis(view, inner, y, c.ticks(0, high, 2), (v) => percent(v, 0));
  clipped(view, slot, () => {
    c.area(pen, days, null, invested, view.x, y, range, c.alpha(colours.accent, 0.14));
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
    c.line(pen, days, wanted, view.x, y, range, { colour: colours.secondary, width: 1, dash: [1, 3] });
    c.line(pen, days, applied, view.x, y, range, { colour: colours.accent, width: 1.5, stepped: true });
    if (floor) c.rule(pen, slot.left, slot.right, y(floor), colours.ghost_line, [5, 4]);
  });
  const now = last(applied, range[1]);
  endLabels(view, inner, [
    { at: y(now), number: percent(now, 0), name: "applied", colour: colours.accent_text },
    ...(floor ? [{ at: y(floor), number: asSet(floor), name: "floor", colour: colours.secondary }] : []),
  ]);
  legend(view, slot, binding, range, slot.compact ? "Exposure" : "Exposure: line applied, dots wanted, area invested");
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
    ...(target === null ? [] : [{ at: y(target), number: asSet(target), name: "target", colour: colours.secondary }]),
  ]);
  title(view, slot, "Realised volatility of what is held · dashed: target",
    target === null ? [] : [["target", colours.target]]);
}
