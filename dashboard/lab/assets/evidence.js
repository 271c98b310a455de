// The evidence under the strip above the lab, as it becomes known after a commit. The page does not
// send it: a hand that lets go waits for the curves, and this takes a second longer.

const NOT_YET = "Being worked out behind the page.";
const LOOK = "display:flex;flex-wrap:wrap;gap:4px 8px;justify-content:flex-end;min-height:22px;margin-top:4px";
const FOLLOWING = ["trials", "deflated Sharpe", "Sharpe against"]; // the setting, not the market
const TERMS = { trials: "trials_counted", deflated: "deflated_sharpe" };
let shown = ["trials", "deflated Sharpe", "holdout"].map((name) => [`${name} …`, "", NOT_YET]);

export function showEvidence(part, scenario) {
  if (part?.told) shown = part.told.badges.map((badge) => (part.of === scenario ? badge : pending(badge)));
  place();
}

function pending([text, tone, hint]) {
  const begins = FOLLOWING.find((name) => text.startsWith(name));
  return begins ? [`${begins} …`, "", NOT_YET] : [text, tone, hint];
}

// Streamlit makes the strip anew where its title changes: the box is put back before anybody sees it.
new MutationObserver(place).observe(document.body, { childList: true, subtree: true });

function place() {
  const strip = document.querySelector(".lab-root") && document.querySelector(".pl-strip");
  if (!strip) return;
  const told = JSON.stringify(shown);
  let box = strip.nextElementSibling;
  if (!box?.classList.contains("pl-evidence")) {
    box = document.createElement("div");
    box.className = "pl-evidence";
    box.style.cssText = LOOK;
    strip.after(box);
  }
  if (box.dataset.told === told) return;
  box.dataset.told = told;
  box.replaceChildren(...shown.map(written));
}

function written([text, tone, hint]) {
  const term = TERMS[text.split(" ", 1)[0]];
  const badge = document.createElement(term ? "button" : "span");
  badge.className = `pl-badge ${tone}`;
  badge.title = hint;
  badge.textContent = text;
  if (term) {
    badge.type = "button";
    badge.dataset.definition = term;
  }
  return badge;
}
