// Numbers as people read them: the rules of dashboard/format.py, a browser test compares the two.

export const MINUS = "\u2212", NARROW = "\u202f", DASH = "\u2013";

const missing = (value) => value === null || value === undefined || !Number.isFinite(value);

function written(value, digits, signed) {
  const [whole, part] = rounded(Math.abs(value), digits).split(".");
  const groups = whole.replace(/\B(?=(\d{3})+$)/g, NARROW);
  const text = part ? `${groups}.${part}` : groups;
  if (!/[1-9]/.test(text)) return text; // what rounds to zero carries no sign
  if (value < 0) return MINUS + text;
  return signed ? "+" + text : text;
}

// toFixed rounds the exact value of a double half up, Python half to even: ties alone differ.
function rounded(value, digits) {
  if (value >= 1e21) return BigInt(value).toString();
  const scaled = value * 10 ** digits;
  const isTie = digits <= 3 && scaled < 2 ** 40 && scaled % 1 === 0.5 && scaled / 10 ** digits === value
    && Number.isInteger(value * 2 ** 20);
  if (!isTie) return value.toFixed(digits);
  const below = Math.floor(scaled);
  return ((below % 2 === 0 ? below : below + 1) / 10 ** digits).toFixed(digits);
}

export const percent = (value, digits = 1, signed = false) =>
  missing(value) ? DASH : `${written(100 * value, digits, signed)}${NARROW}%`;
// A setting: 22.5 % is not 22 %.
export const asSet = (value) => percent(value, [0, 1].find((digits) => +(100 * value).toFixed(digits) === +(100 * value).toFixed(2)) ?? 2);
export const points = (value, digits = 1) =>
  missing(value) ? DASH : `${written(100 * value, digits, true)}${NARROW}pt`;
export const ratio = (value, digits = 2, signed = false) =>
  missing(value) ? DASH : written(value, digits, signed);
export const bps = (value, signed = false) =>
  missing(value) ? DASH : `${written(value, 0, signed)}${NARROW}bp`;
export const count = (value, signed = false) =>
  missing(value) ? DASH : written(value, 0, signed);

export const FORMATS = {
  percent: (value) => percent(value),
  "whole percent": (value) => percent(value, 0),
  ratio: (value) => ratio(value),
  bps: (value) => bps(value),
  count: (value) => count(value),
};

// A difference that rounds to zero, or of undefined values, is no difference to a reader.
export function difference(kind, value, base) {
  if (missing(value) || missing(base)) return "";
  const text = changed(kind, value - base, DIGITS[kind]);
  return text[0] === "+" || text[0] === MINUS ? text : "";
}

// Two values and their difference in one table, with one digit more where the two would read alike
// and the difference is not nothing.
export function compared(kind, value, base) {
  const texts = [FORMATS[kind](value), FORMATS[kind](base)], change = difference(kind, value, base);
  if (!change || texts[0] !== texts[1]) return [...texts, change || DASH];
  const digits = DIGITS[kind] + 1;
  return [valued(kind, value, digits), valued(kind, base, digits), changed(kind, value - base, digits)];
}

const DIGITS = { percent: 1, "whole percent": 0, ratio: 2, bps: 0, count: 0 };
const UNITS = { bps: `${NARROW}bp` };
const isShare = (kind) => kind === "percent" || kind === "whole percent";

const valued = (kind, value, digits) =>
  isShare(kind) ? percent(value, digits) : written(value, digits, false) + (UNITS[kind] ?? "");
const changed = (kind, change, digits) =>
  isShare(kind) ? points(change, digits) : written(change, digits, true) + (UNITS[kind] ?? "");

const DAY = 86_400_000;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
export const date = (day) => new Date(day * DAY).toISOString().slice(0, 10);
export function month(day) {
  const at = new Date(day * DAY);
  return `${MONTHS[at.getUTCMonth()]} ${at.getUTCFullYear()}`;
}

// A setting in shown units: percent for fractions.
export function setting(field, value) {
  if (value === null || value === undefined) return "off";
  if (field.kind === "choice") return String(value).replaceAll("_", " ");
  return written(value * field.factor, decimalsOf(field, value), false);
}

// A value between the steps keeps its digits.
export function decimalsOf(field, value) {
  const shown = value * field.factor;
  for (let digits = field.decimals; digits < field.decimals + 4; digits++) {
    if (Math.abs(Number(shown.toFixed(digits)) - shown) < 1e-9) return digits;
  }
  return field.decimals + 4;
}

export const suffix = (field) => (field.factor === 100 ? `${NARROW}%` : field.unit === "bps" ? `${NARROW}bp` : "");
