// What every panel shares: its scale, axis, title, end labels, and a pen that stays inside.

import * as c from "./canvas.js";

export function scaleOf(slot, low, high, log) {
  const { top, height } = slot;
  if (!log) return (value) => top + height * (1 - (value - low) / (high - low));
  const [a, b] = [Math.log(low), Math.log(high)];
  return (value) => top + height * (1 - (Math.log(value) - a) / (b - a));
}

export function axis(view, slot, y, values, shown) {
  for (const value of values) {
    const at = y(value);
    if (at < slot.top - 1 || at > slot.top + slot.height + 1) continue;
    c.rule(view.pen, slot.left, slot.right, at, view.colours.line);
    c.text(view.pen, shown(value), slot.left - 8, at, view.colours.secondary, "right");
  }
}

// `marks` are name and colour of each line: on a phone there is no room for names at their ends.
export function title(view, slot, words, marks = []) {
  const shown = slot.compact ? words.split(" · ")[0] : words;
  c.text(view.pen, shown, 0, slot.top - 12, view.colours.secondary);
  if (!slot.compact) return;
  let at = view.pen.measureText(shown).width + 10;
  for (const [name, colour] of marks) {
    const wide = view.pen.measureText(name).width;
    if (at + 14 + wide > slot.right + 56) return;
    c.rule(view.pen, at, at + 10, slot.top - 12, colour, [], 3);
    c.text(view.pen, name, at + 14, slot.top - 12, colour);
    at += wide + 22;
  }
}

export function endLabels(view, slot, labels) {
  const known = labels.filter((label) => Number.isFinite(label.at));
  const places = c.spread(known.map((l) => l.at), 15, slot.top + 6, slot.top + slot.height - 4);
  known.forEach((label, i) => {
    const words = slot.compact ? label.number : `${label.number} ${label.name}`;
    c.text(view.pen, words, slot.right + 6, places[i], label.colour);
  });
}

export function clipped(view, slot, draw) {
  view.pen.save();
  view.pen.beginPath();
  view.pen.rect(slot.left, slot.top - 1, slot.right - slot.left, slot.height + 2);
  view.pen.clip();
  draw();
  view.pen.restore();
}

export const last = (data, end) => { for (let i = end - 1; i >= 0; i--) if (!Number.isNaN(data[i])) return data[i]; return NaN; };
