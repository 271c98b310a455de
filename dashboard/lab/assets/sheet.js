// Where the controls stand: a column that ends with the window, or one at a time on a phone.

const HEADER = 60, ROOM = 8; // pixels: Streamlit's header covers the top of the page
const make = (tag, name, parent, more = {}) => {
  const node = parent.appendChild(Object.assign(document.createElement(tag), more));
  node.className = name;
  return node;
};

export class Sheet {
  // `chosen` is called with the path of the control that a phone shows.
  constructor(host, chosen) {
    Object.assign(this, { host, chosen });
    this.groups = new Map();
    make("p", "lab-legend", host, { textContent: "Under a slider: bars Sharpe, dashes max drawdown (higher is milder), over its whole range." });
    const fit = () => this.fit();
    document.addEventListener("scroll", fit, { capture: true, passive: true });
    new ResizeObserver(fit).observe(document.documentElement);
    requestAnimationFrame(fit);
  }

  // The column scrolls inside itself: its last control is in reach with the charts in view.
  fit() {
    if (!this.host.isConnected) return;
    const top = Math.max(this.host.parentElement.getBoundingClientRect().top, HEADER);
    const height = `${Math.max(globalThis.innerHeight - top - ROOM, 200)}px`;
    if (this.host.style.getPropertyValue("--lab-room") !== height) this.host.style.setProperty("--lab-room", height);
  }

  group({ group, open }) {
    if (!this.groups.has(group)) {
      const node = make("details", "lab-group", this.host, { open });
      make("summary", "", node, { textContent: group });
      this.groups.set(group, node);
    }
    return this.groups.get(group);
  }

  // On a phone one slider at a time: which one is picked here.
  makePicker(specs) {
    const row = make("div", "lab-picker", this.host);
    this.picker = make("select", "lab-select", row);
    this.picker.setAttribute("aria-label", "Control");
    for (const { path, label, group } of specs) make("option", "", this.picker, { value: path, textContent: `${group}: ${label}` });
    this.picker.addEventListener("change", () => this.chosen(this.picker.value));
    const step = (by, words) => make("button", "lab-button", row, { type: "button", textContent: words, ariaLabel: by < 0 ? "Control before" : "Next control" })
      .addEventListener("click", () => {
        const at = (this.picker.selectedIndex + by + specs.length) % specs.length;
        this.chosen(specs[at].path);
      });
    step(-1, "‹");
    step(1, "›");
  }

  get oneAtATime() {
    return getComputedStyle(this.picker.parentElement).display !== "none";
  }
}
