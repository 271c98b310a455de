// Keys of the whole page.

// Ctrl+Z anywhere but in a text: the page's own buttons.
document.addEventListener("keydown", (event) => {
  const key = event.key.toLowerCase();
  if (!(event.ctrlKey || event.metaKey) || event.altKey || (key !== "z" && key !== "y")) return;
  if (event.target.closest?.("input:not([type=range], [type=checkbox], [type=radio]), textarea")) return;
  const name = key === "y" || event.shiftKey ? "redo" : "undo";
  const button = document.querySelector(".lab-root") && document.querySelector(`.st-key-${name} button`);
  if (button && !button.disabled) { event.preventDefault(); button.click(); }
});
