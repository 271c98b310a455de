// A figure of Plotly in a box that has its final height from the start.
//
// Drawing is what costs: a figure in view is drawn at once and changed in place, one below the fold
// when it comes into view or when the browser has nothing else to do, and one that was drawn before
// is taken from the shelf as it was.

const SHELF = 24; // figures drawn before, of pages that were left
const CONFIG = { displayModeBar: false, doubleClick: false };
const QUIET = 120; // milliseconds between two figures that nobody sees yet
const YEAR = 44; // pixels that the words of a year need
const reader = new TextDecoder();
const shelf = new Map(); // text of a figure → the element it was drawn in
const waiting = new Set();
let library = null;
let timer = 0;

export default function mount({ parentElement, data, setTriggerValue }, address) {
  const host = parentElement.querySelector(".pl-figure");
  // Streamlit may take a component back and mount it again on the same element.
  if (!host.figure || host.figure.gone) host.figure = new Figure(host, address);
  const figure = host.figure;
  // Streamlit takes back only the last mount of an element that goes, and a mount that newer data
  // overtook while it was under way: that one must not take the figure along.
  const before = figure.owner;
  const owner = { data, send: (point) => setTriggerValue("point", point) };
  figure.serve(owner);
  return () => {
    if (figure.owner !== owner) return;
    if (before && host.isConnected) figure.serve(before);
    else figure.leave();
  };
}

class Figure {
  constructor(host, address) {
    this.host = host;
    this.address = address;
    load(address).catch(() => {}); // asked for again, and told, where it is drawn
    this.seen = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) this.paint();
    });
    this.resized = new ResizeObserver(() => this.fit());
    this.resized.observe(host);
  }

  serve(owner) {
    this.owner = owner;
    this.send = owner.send;
    this.take(owner.data);
  }

  take(bytes) {
    const text = reader.decode(bytes);
    if (text === this.text) return;
    this.text = text;
    const { alt, clicks, figure } = JSON.parse(text);
    this.spec = figure;
    this.clicks = clicks;
    this.host.style.height = `${figure.layout.height}px`;
    this.host.setAttribute("role", "figure");
    this.host.setAttribute("aria-label", alt);
    if (!this.drawn && shelf.has(text)) this.restore();
    else this.plan();
  }

  plan() {
    if (this.inView()) {
      this.paint();
      return;
    }
    this.seen.observe(this.host);
    waiting.add(this);
    later();
  }

  inView() {
    const { top, bottom } = this.host.getBoundingClientRect();
    return top < innerHeight && bottom > 0;
  }

  restore() {
    this.plot = shelf.get(this.text);
    shelf.delete(this.text);
    this.plot.figure = this;
    this.host.replaceChildren(this.plot);
    this.drawn = this.text;
    this.width = this.plot.layout.width; // what observes the size says when it is another now
  }

  async paint() {
    this.seen.disconnect();
    waiting.delete(this);
    const text = this.text;
    try {
      const Plotly = window.Plotly ?? await load(this.address);
      const width = this.host.clientWidth;
      if (this.gone || text !== this.text || this.drawn === text || !width) return;
      if (!this.plot) {
        this.plot = document.createElement("div");
        this.plot.figure = this;
        this.host.classList.remove("pl-lost");
        this.host.replaceChildren(this.plot);
      }
      const fresh = !this.drawn;
      this.drawn = text;
      this.width = width;
      const layout = { ...this.spec.layout, width };
      for (const [name, own] of Object.entries(fitting(layout, width))) layout[name] = { ...layout[name], ...own };
      await Plotly.react(this.plot, this.spec.data, layout, CONFIG);
      if (fresh) listen(this.plot);
    } catch (error) {
      this.drawn = this.plot = null; // nothing to keep for the way back: what comes next starts anew
      this.host.textContent = "This chart could not be drawn; its numbers are in the files.";
      this.host.classList.add("pl-lost");
      throw error;
    }
  }

  fit() {
    const width = this.host.clientWidth;
    if (!width) return;
    if (!this.plot || this.drawn !== this.text) {
      this.plan(); // it had no width when this came
      return;
    }
    if (width === this.width) return;
    this.width = width;
    const axes = {};
    for (const [name, own] of Object.entries(fitting(this.spec.layout, width)))
      for (const [key, value] of Object.entries(own)) axes[`${name}.${key}`] = value;
    window.Plotly.relayout(this.plot, { width, ...axes });
  }

  leave() {
    this.gone = true;
    this.seen.disconnect();
    this.resized.disconnect();
    waiting.delete(this);
    if (!this.plot || this.drawn !== this.text) return;
    window.Plotly.Fx.unhover(this.plot);
    this.plot.figure = null;
    this.plot.remove();
    shelf.set(this.text, this.plot);
    for (const [text, plot] of shelf) {
      if (shelf.size <= SHELF) break;
      shelf.delete(text);
      window.Plotly.purge(plot);
    }
  }
}

// Fewer ticks where the box is narrow, so that their words never touch: Plotly leaves out none.
function fitting(layout, width) {
  const inner = width - (layout.margin?.l ?? 0) - (layout.margin?.r ?? 0), changes = {};
  for (const [name, axis] of Object.entries(layout)) {
    if (!name.startsWith("xaxis")) continue;
    const [from, to] = axis.domain ?? [0, 1], room = inner * (to - from);
    const words = String(axis.tickformat ?? ""), each = words.includes("%d") ? 120 : words.includes("%b") ? 95 : 60;
    if (axis.nticks) changes[name] = { nticks: Math.max(Math.min(axis.nticks, Math.floor(room / each)), 1) };
    const years = axis.ticktext?.length && axis.ticktext.every((text) => /^\d{4}$/.test(text));
    if (!years) continue;
    const every = Math.max(Math.ceil((axis.ticktext.length * YEAR) / Math.max(room, 1)), 1);
    const thinned = (list) => list.filter((_, i) => i % every === 0);
    changes[name] = { ...changes[name], tickvals: thinned(axis.tickvals), ticktext: thinned(axis.ticktext) };
  }
  return changes;
}

function listen(plot) {
  plot.on("plotly_click", ({ points }) => {
    const figure = plot.figure;
    if (!figure?.clicks || !points.length) return;
    const { x, customdata } = points[0];
    const mark = [customdata ?? null].flat()[0];
    figure.send({ x: String(x), mark: mark === null ? "" : String(mark) });
  });
}

function later() {
  clearTimeout(timer);
  timer = setTimeout(() => {
    const [next] = waiting;
    if (!next) return;
    const idle = window.requestIdleCallback ?? setTimeout;
    idle(() => { next.paint(); later(); });
  }, QUIET);
}

function load(address) {
  return library ??= new Promise((done, failed) => {
    if (window.Plotly) { done(window.Plotly); return; }
    const script = document.createElement("script");
    script.src = address;
    script.onload = () => done(window.Plotly);
    script.onerror = () => { library = null; failed(new Error("Plotly could not be loaded")); };
    document.head.append(script);
  });
}
