// The evidence in the strip above the lab, as it becomes known after a commit. The page does not
// send it: a hand that lets go waits for the curves, and this takes a second longer.

const NOT_YET = "Being worked out behind the page.";
// What follows the setting, not the market, and the pixels that are held for it.
const FOLLOWING = { trials: 190, "deflated Sharpe": 150, "Sharpe against": 210 };
const TERMS = { trials: "trials_counted", deflated: "deflated_sharpe" };
let shown = ["trials", "deflated Sharpe", "holdout"].map((name) => [`${name} …`, "", NOT_YET]);

export function showEvidence(part, scenario) {
  if (part?.told) shown = part.told.badges.map((badge) => (part.of === scenario ? badge : pending(badge)));
  place();
}

function pending([text, tone, hint]) {
  const begins = Object.keys(FOLLOWING).find((name) => text.startsWith(name));
  return begins ? [`${begins} …`, "", NOT_YET] : [text, tone, hint];
}

// Streamlit makes the strip anew where its title changes: it is filled before anybody sees it.
new MutationObserver(place).observe(document.body, { childList: true, subtree: true });

function place() {
  const strip = document.querySelector(".pl-strip");
  // Not that of a page that was gone to, which says its own.
  const mine = document.querySelector(".lab-root") && strip?.querySelector("h1")?.textContent.startsWith("Risk ");
  const box = mine && strip.querySelector(".pl-evidence");
  const told = JSON.stringify(shown);
  if (!box || (box.dataset.told === told && box.childElementCount === shown.length)) return;
  box.dataset.told = told;
  box.replaceChildren(...shown.map(written));
}

function written([text, tone, hint]) {
  const term = TERMS[text.split(" ", 1)[0]];
  const badge = document.createElement(term ? "button" : "span");
  badge.className = `pl-badge ${tone}`;
  badge.title = hint;
  badge.textContent = text;
  if (hint === NOT_YET) badge.style.minWidth = `${FOLLOWING[text.slice(0, -2)] ?? 0}px`;
  if (term) {
    badge.type = "button";
    badge.dataset.definition = term;
  }
  return badge;
}
