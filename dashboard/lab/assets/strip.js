// A field's strip: 21 values of it beneath its slider, Sharpe as bars, the worst drawdown as a line.

import * as c from "./canvas.js";
import { percent, ratio, setting, suffix } from "./format.js";

export const STRIP_HEIGHT = 24;

const bounds = (values) => {
  const known = values.filter((value) => value !== null);
  return known.length ? [Math.min(...known), Math.max(...known)] : null;
};

// `place` gives the share of the slider at which a value lies.
export function drawStrip(canvas, strip, field, colours, place) {
  const width = canvas.parentElement.clientWidth;
  if (width < 50) return;
  const pen = c.sized(canvas, width, STRIP_HEIGHT);
  const x = (value) => 7 + place(value) * (width - 14);
  const { values, sharpe_ratio: sharpe, max_drawdown: depth, dead } = strip;
  const [s, d] = [bounds(sharpe), bounds(depth)];
  if (!s || !d) return;
  const bottom = STRIP_HEIGHT - 1, high = STRIP_HEIGHT - 5;
  const wide = Math.max(Math.min((width - 14) / values.length - 2, 9), 2);
  const share = (value, [low, top]) => (top - low < 1e-9 ? 0.5 : (value - low) / (top - low));
  values.forEach((value, i) => {
    if (sharpe[i] === null) return;
    const tall = 3 + share(sharpe[i], s) * (high - 3);
    const here = Math.abs(value - field.value) < 1e-9;
    pen.fillStyle = here ? colours.accent : c.alpha(colours.accent, 0.35);
    pen.fillRect(x(value) - wide / 2, bottom - tall, wide, tall);
  });
  const lines = depth.map((value) => (value === null ? NaN : value));
  const y = (value) => bottom - 2 - share(value, d) * (high - 4);
  c.line(pen, values, lines, x, y, [0, values.length], { colour: colours.secondary, width: 1.25, dash: [3, 2] });
  const told = `Bars: Sharpe ${ratio(s[0])} … ${ratio(s[1])}. Dashes: max drawdown ${percent(d[0])} … ${percent(d[1])}, higher is milder. These runs count as trials.`;
  const zones = dead.map(([low, top, why]) => `${setting(field.spec, low)} to ${setting(field.spec, top)}${suffix(field.spec)}: ${why}`);
  canvas.title = [told, ...zones].join("\n");
  canvas.setAttribute("aria-label", `${field.spec.label}: ${told}`);
}
