// What stands at a slider: one step up and down in words, and stretches where a move does nothing.

import { asSet, difference, percent, points, setting, suffix } from "./format.js";

// They tell which rule sold, not what came out: a stop behind a tighter one has no effect.
const NO_OUTCOME = new Set(["position_stops", "trailing_stops"]);

function effect(here, there) {
  const sharpe = difference("ratio", there.sharpe_ratio, here.sharpe_ratio);
  const depth = difference("percent", there.max_drawdown, here.max_drawdown);
  const deeper = there.max_drawdown < here.max_drawdown ? "deeper" : "milder";
  const found = [sharpe && `Sharpe ${sharpe}`, depth && `drawdown ${depth.slice(1)} ${deeper}`].filter(Boolean);
  return found.join(", ") || "no visible change";
}

const stepOf = (field) => {
  const { step, factor } = field.spec;
  if (factor === 100) return points(step, Number.isInteger(Math.round(step * 1e6) / 1e4) ? 0 : 1).slice(1);
  return field.stepText();
};

// A rule that is off lets others do nothing: of what, by the setting alone.
export function idle(path, values) {
  const off = (...names) => names.every((name) => values[`risk.${name}`] === null);
  const volatility = "the volatility target is off", stops = "both stops are off";
  const found = {
    "risk.min_position_scale": off("max_allowed_drawdown", "target_annual_vol") && "drawdown scaling and the volatility target are off",
    "risk.vol_lookback_days": off("target_annual_vol") && volatility,
    "risk.stop_cooldown_days": off("position_stop_loss", "trailing_stop_pct") && stops,
    "risk.stop_fill": off("position_stop_loss", "trailing_stop_pct") && stops,
    "risk.breaker_cooldown_days": off("circuit_breaker_dd") && "the circuit breaker is off",
    "risk.borrow_spread": values["risk.max_leverage"] <= 1 && "exposure never exceeds 1",
  }[path];
  return found ? `No effect: ${found}.` : "";
}

// `hints` are those at rest; while the hand moves the curves' own numbers are all there is.
export function note(field, curves, { value, run, binds, hints }) {
  if (field.refusal) return field.refusal;
  if (value === null || value === undefined) return "";
  if (field.idle) return field.idle;
  const here = curves.metrics(field.path, value) ?? run?.metrics;
  const parts = [];
  if (field.path === "risk.max_allowed_drawdown" && binds) parts.push(`The floor binds from ${percent(binds)}.`);
  const [first, end] = [field.steps[0], field.steps.at(-1)];
  const zone = field.dead.find(([from, to]) => (value > from || (from === first && value === first))
    && (value < to || (to === end && value === end)));
  if (zone) return [...parts, zone[2]].join("\n");
  for (const [sign, by] of [["+", 1], ["−", -1]]) {
    const there = curves.metrics(field.path, field.stepBy(value, by)) ?? hints?.[by];
    if (here && there) parts.push(`${sign}${stepOf(field)}: ${effect(here, there)}`);
  }
  if (!parts.length && curves.compiling) return `One step up or down: ${curves.compiling}.`;
  return parts.join("\n");
}

function words(field, from, to, values) {
  const shown = (value) => setting(field.spec, value) + suffix(field.spec);
  const stretch = to === field.steps.at(-1) ? `above ${shown(from)}` : from === field.steps[0] ? `below ${shown(to)}` : `${shown(from)} to ${shown(to)}`;
  const trailing = values["risk.trailing_stop_pct"];
  if (field.path === "risk.position_stop_loss" && trailing !== null && from >= trailing - 1e-9) {
    return `No effect ${stretch}: the trailing stop (${asSet(trailing)}) sells first.`;
  }
  return `No effect ${stretch}: every step gives the same result.`;
}

// Neighbouring steps with the same outcome are a dead zone: moving there changes nothing.
export function zones(field, curves, values) {
  const found = [];
  const same = (a, b) => a && b && Object.keys(a).every((name) => a[name] === b[name] || NO_OUTCOME.has(name));
  const { refused } = curves.of(field.path);
  let from = 0;
  for (let i = 1; i <= field.steps.length; i++) {
    const [a, b] = [field.steps[i - 1], field.steps[i]];
    if (i < field.steps.length && same(curves.metrics(field.path, a), curves.metrics(field.path, b))) continue;
    if (i - 1 - from >= 2) found.push([field.steps[from], a, words(field, field.steps[from], a, values)]);
    from = i;
  }
  const not = field.steps.filter((value) => refused.has(value));
  if (not.length) found.push([not[0], not.at(-1), "Not allowed with the other settings."]);
  return found;
}
