// The evidence in the strip above the lab, as it becomes known after a commit.

const NOT_YET = "Being worked out behind the page.";

export function showEvidence(part, scenario) {
  const box = document.querySelector(".pl-evidence");
  if (!box || !part?.told) return; // what the page itself said stands
  if (part.of === scenario) write(box, part.told.badges);
  else write(box, part.told.badges.map(([text, tone, hint]) => pending(text, tone, hint)));
}

// Of another setting than was judged; the holdout and the data are the same.
function pending(text, tone, hint) {
  const begins = ["trials", "deflated Sharpe", "Sharpe against"].find((name) => text.startsWith(name));
  return begins ? [`${begins} \u2026`, "", NOT_YET] : [text, tone, hint];
}

function write(box, badges) {
  const told = JSON.stringify(badges);
  if (box.dataset.told === told && box.childElementCount === badges.length) return;
  box.dataset.told = told;
  box.replaceChildren(...badges.map(([text, tone, hint]) => {
    const badge = document.createElement("span");
    badge.className = `pl-badge ${tone}`;
    badge.title = hint;
    badge.textContent = text;
    return badge;
  }));
}
