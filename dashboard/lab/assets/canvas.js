// A few strokes that every panel is made of. Nothing here knows what it draws.

export const FONT = "12px system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif";

export function sized(canvas, width, height) {
  const ratio = Math.max(globalThis.devicePixelRatio || 1, 1);
  const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== wide || canvas.height !== high) {
    canvas.width = wide;
    canvas.height = high;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  pen.font = FONT;
  pen.lineJoin = "round";
  return pen;
}

// First position at which `days[i] >= day`.
export function position(days, day) {
  let [low, high] = [0, days.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (days[middle] < day) low = middle + 1;
    else high = middle;
  }
  return low;
}

// The part of `days` inside [from, to], with a neighbour on both sides.
export function span(days, from, to) {
  return [Math.max(position(days, from) - 1, 0), Math.min(position(days, to) + 1, days.length)];
}

export function trace(pen, days, data, x, y, [begin, end], stepped = false) {
  let open = false, before = 0;
  for (let i = begin; i < end; i++) {
    const value = data[i];
    if (Number.isNaN(value)) { open = false; continue; }
    const [px, py] = [x(days[i]), y(value)];
    if (!open) pen.moveTo(px, py);
    else {
      if (stepped) pen.lineTo(px, before);
      pen.lineTo(px, py);
    }
    before = py;
    open = true;
  }
}

export function line(pen, days, data, x, y, range, { colour, width = 1.5, dash = [], stepped = false }) {
  pen.beginPath();
  trace(pen, days, data, x, y, range, stepped);
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.setLineDash(dash);
  pen.stroke();
  pen.setLineDash([]);
}

export function area(pen, days, low, high, x, y, [begin, end], fill) {
  pen.beginPath();
  for (let i = begin; i < end; i++) pen.lineTo(x(days[i]), y(high[i] || 0));
  for (let i = end - 1; i >= begin; i--) pen.lineTo(x(days[i]), y(low ? low[i] : 0));
  pen.closePath();
  pen.fillStyle = fill;
  pen.fill();
}

export function rule(pen, x0, x1, y, colour, dash = [], width = 1) {
  pen.beginPath();
  pen.moveTo(x0, Math.round(y) + 0.5);
  pen.lineTo(x1, Math.round(y) + 0.5);
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.setLineDash(dash);
  pen.stroke();
  pen.setLineDash([]);
}

export function text(pen, words, x, y, colour, align = "left") {
  pen.fillStyle = colour;
  pen.textAlign = align;
  pen.textBaseline = "middle";
  pen.fillText(words, x, y);
}

// At most `most` round values inside [low, high].
export function ticks(low, high, most = 4) {
  const raw = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((k) => k * power).find((k) => k >= raw * 0.999);
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) found.push(i * step);
  return found;
}

// Moves places apart until neighbours are `gap` from each other, inside [low, high].
export function spread(places, gap, low, high) {
  const order = places.map((_, i) => i).sort((a, b) => places[a] - places[b]);
  const found = [...places];
  let least = low;
  for (const i of order) { found[i] = Math.max(found[i], least); least = found[i] + gap; }
  let most = high;
  for (const i of order.reverse()) { found[i] = Math.min(found[i], most); most = found[i] - gap; }
  return found;
}

// Runs of equal codes inside a range: [code, first, one after the last].
export function runs(codes, [begin, end]) {
  const found = [];
  for (let i = begin, first = begin; i < end; i++) {
    if (i + 1 === end || codes[i + 1] !== codes[i]) { found.push([codes[i], first, i + 1]); first = i + 1; }
  }
  return found;
}

export function alpha(colour, share) {
  return colour + Math.round(255 * share).toString(16).padStart(2, "0");
}

export function hatch(pen, fore, back) {
  const tile = new OffscreenCanvas(6, 6);
  const brush = tile.getContext("2d");
  brush.fillStyle = back;
  brush.fillRect(0, 0, 6, 6);
  brush.strokeStyle = fore;
  brush.lineWidth = 1.5;
  brush.beginPath();
  for (const k of [-6, 0, 6]) { brush.moveTo(k, 6); brush.lineTo(k + 6, 0); }
  brush.stroke();
  return pen.createPattern(tile, "repeat");
}
