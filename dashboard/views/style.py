"""The style sheet: the tokens as CSS variables, and the few classes the pages write.

A page is not shown before its head is whole (3 s at most): Streamlit loads each kind of element
when it first meets one, and all below would jump. On a phone a shade says that a table scrolls.
"""

from __future__ import annotations

import functools
import re

import streamlit as st

from dashboard.mark import wordmark_svg
from dashboard.theme import FONT_STACK, RADIUS_PX, TEXT_CONTRAST, Theme, readable

__all__ = ["apply_style", "style_sheet"]

_RULES = """
.stApp, .stApp button, .stApp input { font-family: var(--pl-font); }
.stApp { font-variant-numeric: tabular-nums; }
.st-key-head { gap: 8px; }
.stMain:has(.st-key-head [data-testid=stSkeleton]) .stMainBlockContainer {
  animation: pl-late 3s step-end; }
.st-key-lab:not(:has(.lab-empty)) { min-height: 100vh; }
div:has(> .st-key-waiting), .st-key-waiting { position: fixed; top: 68px; right: 32px; z-index: 99;
  width: auto !important; animation: pl-late 0.4s step-end; }
div:has(> .st-key-strip-place), .st-key-strip-place { position: absolute; }
@keyframes pl-late { from { visibility: hidden; } }
.st-key-setting button, .st-key-toolbar button { min-height: 32px; padding: 2px 10px; }
.pl-strip { display: flex; flex-wrap: wrap; align-items: baseline; gap: 4px 16px; }
.pl-strip h1 { font-size: 20px; font-weight: 600; line-height: 28px; margin: 0; padding: 0; }
.pl-strip .pl-quiet { font-size: 14px; color: var(--pl-secondary); }
.pl-badges { display: flex; flex-wrap: wrap; gap: 4px 8px; flex: 0 0 100%; }
.pl-evidence { display: contents; }
.pl-badge { font-size: 12px; line-height: 20px; padding: 0 8px; border-radius: 10px;
  border: 1px solid var(--pl-line); color: var(--pl-secondary); white-space: nowrap; }
button.pl-badge { background: none; cursor: help; }
.pl-badge.warn { background: var(--pl-warning_surface); color: var(--pl-text); font-weight: 600; }
.pl-badge.bad { background: var(--pl-error_surface); color: var(--pl-text); font-weight: 600; }
.pl-cards { display: grid; grid-template-columns: repeat(6, minmax(0, 1fr)); gap: 8px; }
.pl-better { color: var(--pl-better); }
.pl-worse { color: var(--pl-worse); }
.pl-words { font-size: 14px; line-height: 20px; margin: 0; color: var(--pl-text); }
.pl-words span { color: var(--pl-secondary); }
.pl-list { margin: 0; padding-left: 18px; color: var(--pl-text); }
.pl-list li { margin: 0 0 4px; font-size: 14px; line-height: 20px; }
.pl-box { border-radius: var(--pl-radius); padding: 12px 16px; border: 1px solid var(--pl-line);
  font-size: 14px; line-height: 20px; color: var(--pl-text); }
.pl-box.warn { background: var(--pl-warning_surface); }
.pl-box.bad { background: var(--pl-error_surface); }
.pl-box h2 { font-size: 16px; line-height: 24px; font-weight: 600; margin: 0; padding: 0; }
.pl-box p { margin: 4px 0 0; white-space: pre-line; overflow-wrap: anywhere; }
.pl-h2 { font-size: 14px; font-weight: 600; line-height: 20px; margin: 0 0 4px; padding: 0; }
.pl-stack { display: flex; flex-direction: column; gap: 14px; }
.pl-two { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(320px, 100%), 1fr));
  gap: 16px 64px; }
.pl-two > * { min-width: 0; }
.pl-scroll { overflow-x: auto; background:
  linear-gradient(to left, var(--pl-page) 70%, transparent) right top -1px / 28px
  calc(100% + 2px) no-repeat local,
  linear-gradient(to left, color-mix(in srgb, var(--pl-text) 24%, transparent), transparent)
  right center / 20px calc(100% - 4px) no-repeat scroll; }
.pl-table { border-collapse: collapse; font-size: 14px; line-height: 20px; width: 100%; }
.pl-table th { font-weight: 400; color: var(--pl-secondary); font-size: 12px; }
.pl-table th, .pl-table td { text-align: right; padding: 4px 0 4px 12px;
  border-bottom: 1px solid var(--pl-line); white-space: nowrap; }
.pl-table th:first-child, .pl-table td:first-child { text-align: left; padding-left: 0;
}
.pl-facts td:last-child { white-space: normal; overflow-wrap: anywhere; }
.pl-table td:has(.pl-bar) { width: 30%; }
.pl-table tr:last-child td { border-bottom: none; }
.pl-swatch { display: inline-block; width: 10px; height: 10px; border-radius: 2px;
  margin-right: 8px; }
.pl-bar { display: block; height: 8px; border-radius: 2px; min-width: 1px; }
.pl-sub { font-size: 12px; line-height: 16px; color: var(--pl-secondary); }
.pl-unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
  white-space: nowrap; }
.pl-skeleton { border-radius: var(--pl-radius); background: var(--pl-raised); }
.pl-stale { border-left: 3px solid var(--pl-faint); padding-left: 12px; font-size: 14px;
  color: var(--pl-secondary); }
@media (min-width: 1600px) {
  .stAppHeader { padding-left: calc((100vw - 1560px) / 2 + 8px); }
}
@media (max-width: 1200px) {
  .st-key-setting > :has(> .st-key-toolbar), .st-key-toolbar { display: contents; }
  .pl-cards { grid-template-columns: repeat(4, minmax(0, 1fr)); }
}
@media (max-width: 700px) {
  .st-key-setting { gap: 8px; }
  .st-key-setting::after { content: ""; flex: 0 0 100%; order: 1; margin-top: -8px; }
  .st-key-setting > *, .st-key-toolbar > * { flex: none; order: 2; }
  .st-key-setting > :first-child { order: 0; flex: 1 1 0 !important; min-width: 0; }
  .st-key-setting > .st-key-data { order: 0; }
  .st-key-setting button { min-height: 40px; min-width: 40px; padding: 2px 8px; }
  .st-key-setting > :not(.st-key-data) button p { font-size: 0; }
  [data-testid=stElementToolbar] { display: none; }
  .pl-table th { white-space: normal; vertical-align: bottom; }
  .pl-table :is(th, td) { padding-left: 6px; }
  .pl-scroll .pl-table :is(th, td):first-child { position: sticky; left: 0;
    background: var(--pl-page); }
  .pl-cards { grid-template-columns: none; grid-template-rows: repeat(2, auto);
    grid-auto-flow: column; grid-auto-columns: 42%; overflow-x: hidden; }
}
"""
#: Of every page but the lab: what a commit there costs is counted in bytes. What it needs of this
#: it has in its own lab.css, which is sent once.
_REVIEW = """
@keyframes pl-more { from, 90% { opacity: 1; } to { opacity: 0; } }
[class*=st-key-head-] { flex-wrap: nowrap; }
[class*=st-key-head-] > :first-child { flex: 1 1 0 !important; min-width: 0; }
.pl-legend { display: flex; flex-wrap: wrap; gap: 4px 24px; font-size: 14px; line-height: 20px; }
.pl-stroke { display: inline-block; width: 34px; height: 3px; margin-right: 8px;
  vertical-align: middle; }
.pl-wraps td { white-space: normal; }
@media (max-width: 700px) {
  .stDataFrame { position: relative; timeline-scope: --pl-grid; }
  .stDataFrame .dvn-scroller { scroll-timeline: --pl-grid x; }
  .stDataFrame::after { content: ""; position: absolute; inset: 1px 1px 1px auto; width: 20px;
    opacity: 0; pointer-events: none; animation: pl-more linear both; animation-timeline: --pl-grid;
    background: linear-gradient(to left, color-mix(in srgb, var(--pl-text) 24%, transparent),
    transparent); }
  .pl-table td:first-child:not(:has(.pl-swatch)) { white-space: normal; }
  .pl-badges { flex-wrap: nowrap; overflow-x: auto; scrollbar-width: none; padding-right: 32px;
    mask-image: linear-gradient(to left, transparent 8px, #000 32px); }
  .pl-badge[data-definition="trials_counted"] { order: 1; }
  .pl-badges > .pl-badge:not(.warn, .bad) { order: 2; }
  .st-key-compared { flex-wrap: wrap; }
  .st-key-compared > :first-child { flex: 1 0 100%; }
}
"""


@functools.cache
def style_sheet(colours: Theme, *, lab: bool = False) -> str:
    """Return the style element of a theme; `lab` leaves out what only the other pages need."""
    tokens = dict(colours.tokens())
    for role in ("better", "worse", "secondary"):
        tokens[role] = readable(tokens[role], colours.page, TEXT_CONTRAST)
    variables = "".join(f"--pl-{name}: {value};" for name, value in tokens.items())
    fixed = f"--pl-font: {FONT_STACK}; --pl-radius: {RADIUS_PX}px;"
    rules = _RULES if lab else _RULES + _REVIEW
    return f"<style>{_short(f':root {{{variables}{fixed}}}{rules}')}</style>"


def _short(rules: str) -> str:
    # It goes with every run of a page.
    rules = re.sub(r"\s+", " ", rules)
    rules = re.sub(r" ?([{};,]) ?", r"\1", rules)
    return re.sub(r": ", ":", rules).replace(";}", "}").strip()


def apply_style(colours: Theme, *, lab: bool = False) -> None:
    """Put the style sheet and the mark on the page; `lab` as in :func:`style_sheet`."""
    st.logo(wordmark_svg(colours.accent, colours.text), size="medium")
    st.html(style_sheet(colours, lab=lab))
