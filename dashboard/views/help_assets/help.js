// The help overlay: opened by `?`, by the button, or by a term that carries data-definition.
// It is a dialog of the browser: focus stays inside, Escape closes it, focus goes back.

const PARTS = [["formula", "Formula"], ["unit", "Unit"], ["reading", "To read it"], ["source", "Source"]];
let definitions = null; // asked for once, when first needed

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".pl-help-root");
  const help = root.help ??= new Help(root);
  help.page = JSON.parse(data);
  help.listen();
  // A mount that newer data overtook is taken back while the page stays: nothing ends with it.
  return () => { if (!root.isConnected) help.leave(); };
}

class Help {
  constructor(root) {
    this.dialog = element("dialog", "pl-help", { "aria-labelledby": "pl-help-title" });
    root.append(this.dialog);
    this.dialog.addEventListener("click", event => {
      if (event.target === this.dialog) this.dialog.close(); // beside it
    });
    this.pressed = event => this.key(event);
    this.clicked = event => this.click(event);
  }

  listen() {
    this.leave();
    document.addEventListener("keydown", this.pressed);
    document.addEventListener("click", this.clicked, true);
  }

  leave() {
    document.removeEventListener("keydown", this.pressed);
    document.removeEventListener("click", this.clicked, true);
  }

  key(event) {
    const target = event.composedPath()[0];
    const typing = target instanceof HTMLElement
      && (target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName)
        || (target.tagName === "INPUT" && target.type !== "range"));
    if (typing || event.key !== "?" || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    if (this.dialog.open) this.dialog.close();
    else this.open();
  }

  click(event) {
    for (const one of event.composedPath()) {
      if (!(one instanceof HTMLElement)) continue;
      if (one.dataset.definition) {
        event.preventDefault();
        event.stopPropagation();
        this.open(one.dataset.definition);
        return;
      }
      if (one.classList.contains("st-key-help")) { // its button: no run of the page for this
        event.preventDefault();
        event.stopPropagation();
        this.open();
        return;
      }
    }
  }

  async open(name = "") {
    definitions ??= await read();
    const found = definitions.find(one => one.name === name);
    this.dialog.replaceChildren(...this.content(found));
    if (!this.dialog.open) this.dialog.showModal();
    this.dialog.scrollTop = 0;
  }

  content(one) {
    const title = element("h2", "", { id: "pl-help-title" }, one ? one.label : `Help · ${this.page.page}`);
    const close = element("button", "pl-help-close", { type: "button", "aria-label": "Close" }, "✕");
    close.addEventListener("click", () => this.dialog.close());
    const head = element("header", "", {}, title, close);
    if (one) {
      const all = element("button", "pl-help-all", { type: "button" }, "All definitions and keys");
      all.addEventListener("click", () => this.open());
      return [head, card(one), all];
    }
    return [head, this.keys(), ...this.list()];
  }

  keys() {
    const rows = this.page.keys.map(([key, what]) => element("tr", "", {},
      element("th", "", { scope: "row" }, ...key.split(" ").map(part => element("kbd", "", {}, part))),
      element("td", "", {}, what)));
    return element("table", "pl-help-keys", { "aria-label": "Keys" }, element("tbody", "", {}, ...rows));
  }

  list() {
    const field = element("input", "pl-help-find",
      { type: "search", placeholder: "Find a number, such as Sharpe", "aria-label": "Find a definition" });
    const cards = definitions.map(one => {
      const details = element("details", "", {}, element("summary", "", {}, one.label), card(one));
      details.text = Object.values(one).join(" ").toLowerCase();
      return details;
    });
    const none = element("p", "pl-help-none", { role: "status" });
    field.addEventListener("input", () => {
      const wanted = field.value.trim().toLowerCase();
      for (const details of cards) details.hidden = !details.text.includes(wanted);
      none.textContent = cards.every(details => details.hidden) ? "Nothing is called that here." : "";
    });
    return [element("h3", "", {}, "What the numbers mean"), field, none, ...cards];
  }
}

function card(one) {
  const rows = PARTS.flatMap(([key, label]) =>
    [element("dt", "", {}, label), element("dd", key === "formula" ? "pl-help-formula" : "", {}, one[key])]);
  return element("div", "pl-help-card", {}, element("p", "", {}, one.what), element("dl", "", {}, ...rows));
}

async function read() {
  const answer = await fetch(new URL("definitions.json", import.meta.url));
  if (!answer.ok) throw new Error(`the definitions were not served: ${answer.status}`);
  return answer.json();
}

function element(tag, name, attributes, ...children) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}
