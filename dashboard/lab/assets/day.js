// The day that was clicked, explained in the words of `plimsoll explain`.

import { date } from "./format.js";
import { failed, make, panel } from "./rules.js";

export class Day {
  constructor(host, studies) {
    this.studies = studies;
    this.panel = panel(host, "A day explained", "day");
    this.close = make("button", "lab-button", this.panel.head, { type: "button", textContent: "Clear" });
    this.close.addEventListener("click", () => { studies.told = null; studies.ask(null); });
    this.show();
  }

  ask(day) {
    this.studies.ask(date(day));
    this.panel.node.scrollIntoView({ block: "nearest" });
  }

  show() {
    const { day, told, scenario } = this.studies;
    const { body, say } = this.panel;
    this.close.hidden = !day;
    this.panel.node.classList.toggle("lab-day-chosen", Boolean(day));
    if (!day) {
      body.style.minHeight = "";
      body.textContent = "Click a day in the charts, or press Enter at the reading: what was decided, by which rule, what was traded.";
      say("");
      return;
    }
    if (!told) { body.textContent = ""; say(`${day}: computing …`); return; }
    say(told.asked !== day ? `computing ${day} …` : told.scenario !== scenario ? "of the setting before · computing …" : "");
    if (this.shown === told) return;
    this.shown = told;
    if (told.problem) { failed(body, told.problem); return; }
    const found = make("div", "lab-day");
    found.dataset.date = told.date;
    make("b", "lab-day-date", found, { textContent: told.date });
    for (const [title, words] of told.parts) {
      const part = make("div", "lab-day-part", found);
      make("b", "", part, { textContent: title });
      make("p", "", part, { textContent: words.join(" ") });
    }
    body.replaceChildren(found);
    // Nothing is cut, and a slider that moves does not make what follows jump up.
    body.style.minHeight = `${body.offsetHeight}px`;
  }
}
