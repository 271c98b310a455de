// What the rules did, in rows: the account as a waterfall, the control beside it, rule health.

import { DASH, FORMATS, compared, points, ratio } from "./format.js";

export const make = (tag, name, parent, more = {}) => {
  const node = Object.assign(document.createElement(tag), more);
  node.className = name;
  return parent ? parent.appendChild(node) : node;
};

// Title, choices and status of a panel, and the place for what it shows.
export function panel(host, title, name, plain = "") {
  const node = make("section", `lab-panel lab-panel-${name}`, host);
  node.dataset.panel = name;
  node.setAttribute("aria-label", title);
  const head = make("div", "lab-panel-head", node);
  make("b", "", head, { textContent: title });
  const status = make("span", "lab-panel-status", head);
  status.setAttribute("role", "status");
  if (plain) make("p", "lab-panel-plain", node, { textContent: plain });
  const body = make("div", "lab-panel-body", node);
  // Until something came: grey lines where the numbers will stand, and no empty choices.
  node.classList.add("lab-waiting");
  const say = (words) => {
    if (status.textContent !== words) status.textContent = words;
    body.classList.toggle("lab-before", words.startsWith("of the setting before"));
    node.classList.toggle("lab-waiting", words.startsWith("computing"));
  };
  return { node, head, body, say };
}

export function failed(body, [title, happened, action]) {
  const box = make("div", "lab-failed");
  make("b", "", box, { textContent: title });
  make("p", "", box, { textContent: happened });
  make("p", "", box, { textContent: action });
  body.replaceChildren(box);
}

export function picker(host, label, options, chosen) {
  const node = make("select", "lab-choose", host);
  node.setAttribute("aria-label", label);
  const offer = (list, value) => {
    const same = node.options.length === list.length && list.every(([key, words], i) => node.options[i].value === key && node.options[i].text === words);
    if (!same) node.replaceChildren(...list.map(([key, words]) => make("option", "", null, { value: key, textContent: words })));
    node.value = value;
  };
  offer(options, options[0]?.[0]);
  node.addEventListener("change", () => chosen(node.value));
  return { node, offer };
}

const signed = (kind, value) => (kind === "ratio" ? ratio(value, 2, true) : points(value));
const BY = [["total", "Whole period"], ["year", "By year"], ["episode", "By drawdown"]];

export class Account {
  constructor(host) {
    this.panel = panel(host, "What each rule cost or saved", "account", "From no rules to this setting: the share of each rule in the difference.");
    this.by = "total";
    this.at = 0;
    this.pickBy = picker(this.panel.head, "Part of the period", BY, (by) => { this.by = by; this.at = 0; this.draw(); });
    this.pickAt = picker(this.panel.head, "Outcome", [["0", ""]], (at) => { this.at = Number(at); this.draw(); });
    this.rows = make("div", "lab-waterfall", this.panel.body);
    this.foot = make("div", "lab-panel-foot", this.panel.body);
    this.control = make("div", "lab-control", this.panel.node);
  }

  show(part) {
    if (part?.problem) { this.told = undefined; failed(this.rows, part.problem); this.foot.textContent = ""; return; }
    if (!part?.told || part.told === this.told) return;
    this.told = part.told;
    this.draw();
  }

  draw() {
    if (!this.told) return;
    const { names, kinds, without, scenario, rules } = this.told.by[this.by];
    this.pickBy.offer(BY, this.by);
    this.pickAt.offer(names.map((name, i) => [String(i), name]), String(this.at));
    if (!names.length) {
      this.rows.replaceChildren(make("p", "", null, { textContent: "There is no drawdown: NAV never fell below its peak." }));
      return;
    }
    const kind = kinds[this.at], write = FORMATS[kind];
    const bars = [["No rules", without[this.at], 0, without[this.at], null]];
    let level = without[this.at];
    const idle = [];
    for (const [rule, label, on, values] of rules) {
      const value = values[this.at];
      if (!value) { if (on) idle.push(label.toLowerCase()); continue; }
      bars.push([label, value, level, level + value, this.told.colours[rule]]);
      level += value;
    }
    bars.push(["Scenario", scenario[this.at], 0, scenario[this.at], null]);
    const ends = bars.flatMap(([, , from, to]) => [from, to]).filter(Number.isFinite);
    const low = Math.min(0, ...ends), high = Math.max(0, ...ends), span = high - low || 1;
    this.rows.replaceChildren(...bars.map(([label, value, from, to, colour]) => {
      const row = make("div", "lab-fall");
      row.dataset.value = value ?? "";
      make("span", "", row, { textContent: label });
      const track = make("span", "lab-fall-track", row), bar = make("i", "", track);
      const [a, b] = [Math.min(from, to), Math.max(from, to)];
      bar.style.left = `${(100 * (a - low)) / span}%`;
      bar.style.width = `${(100 * (b - a)) / span}%`;
      bar.style.background = colour ?? "var(--pl-secondary)";
      make("span", "lab-fall-value", row, { textContent: value === null ? DASH : colour ? signed(kind, value) : write(value) });
      return row;
    }));
    const what = this.by === "total" ? "" : this.by === "year" ? " Return of that year." : " Fall of the scenario's NAV, peak to trough.";
    this.foot.textContent = `${idle.length ? `Exactly nothing: ${idle.join(", ")}. ` : ""}${this.told.runs} runs; the shares sum to the difference.${what}`;
  }

  compare(part, status) {
    if (part?.problem) { failed(this.control, part.problem); return; }
    if (!part?.told) { this.control.textContent = ""; return; }
    this.control.classList.toggle("lab-before", Boolean(status));
    if (this.compared === part.told) return;
    this.compared = part.told;
    const { rows, words } = part.told;
    const table = make("table", "lab-table");
    const head = make("tr", "", make("thead", "", table));
    for (const words of ["", ...rows.slice(1, 6).map((row) => row.label)]) make("th", "", head, { textContent: words });
    const columns = rows.slice(1, 6).map((row) => compared(row.kind, row.scenario, row.control));
    const lines = ["Scenario", "Same exposure, no rules", "Difference"].map((label, at) => {
      const tr = make("tr", "", table);
      make("th", "", tr, { textContent: label });
      for (const column of columns) make("td", "", tr, { textContent: column[at] });
      return tr;
    });
    lines[1].dataset.control = JSON.stringify(Object.fromEntries(rows.map((row) => [row.name, row.control])));
    this.control.replaceChildren(table, make("p", "", null, { textContent: words.join(" ") }));
  }
}

const MARKS = { ok: "✓", warning: "!", error: "✗", off: "–" };
const SAID = { warning: "never", error: "not asked", off: "off" };

export class Health {
  constructor(host) {
    this.panel = panel(host, "Rule health", "health", "How often each rule was asked, how often it acted, and how near it came.");
  }

  show(part) {
    if (part?.problem) { this.told = undefined; failed(this.panel.body, part.problem); return; }
    if (!part?.told || part.told === this.told) return;
    this.told = part.told;
    const table = make("table", "lab-table");
    const head = make("tr", "", make("thead", "", table));
    for (const words of ["Rule", "", "Asked", "Acted", "Closest", "Against", "When"]) make("th", "", head, { textContent: words });
    const body = make("tbody", "", table);
    for (const row of part.told.rows) {
      const tr = make("tr", `lab-health-${row.status}`, body);
      tr.dataset.status = row.status;
      const off = row.status === "off";
      const cells = [row.label, row.status === "ok" ? MARKS.ok : `${MARKS[row.status]} ${SAID[row.status]}`, ...(off ? ["", "", "", "", ""] : [
        FORMATS.count(row.evaluations), FORMATS.count(row.triggers), row.closest, row.threshold, row.date])];
      for (const words of cells) make("td", "", tr, { textContent: words });
      const [asked, acted] = row.counted ?? [];
      if (asked) make("small", "", tr.firstChild, { textContent: asked === acted ? `counts ${asked}` : `${asked}; ${acted}` });
      if (row.ticker) tr.lastChild.title = tr.lastChild.ariaLabel = `${row.date}, ${row.ticker}`;
    }
    this.panel.body.replaceChildren(table);
    this.panel.body.title = part.told.words.join("\n");
  }
}
