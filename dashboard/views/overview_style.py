"""The style of the Overview: its strip of tiles, what waits, and the presenter's large type."""

from __future__ import annotations

__all__ = ["OVERVIEW_CSS", "PRESENTER_CSS"]

# Room is kept for what arrives later, so that nothing below it moves.
OVERVIEW_CSS = """<style>
.pl-lead { font-size: 16px; line-height: 24px; font-weight: 600; margin: 0; max-width: 1100px; }
.st-key-lead { flex-wrap: nowrap; }
.st-key-lead > :first-child { flex: 1 1 0 !important; min-width: 0; }
.st-key-lead > :last-child { display: none; }
.st-key-head-rule-account { min-height: 35px; }
.pl-today { display: grid; grid-template-columns: repeat(6, minmax(0, 1fr)); gap: 8px; }
.pl-tile { border: 1px solid var(--pl-line); border-radius: var(--pl-radius); padding: 8px 12px;
  min-height: 128px; }
.pl-tile.warn { background: var(--pl-warning_surface); }
.pl-tile span { display: block; font-size: 12px; line-height: 16px; color: var(--pl-secondary); }
.pl-tile b { display: block; font-size: 20px; line-height: 28px; font-weight: 600; }
.pl-tile p { font-size: 12px; line-height: 16px; margin: 0; color: var(--pl-secondary);
  overflow-wrap: anywhere; }
.pl-tile.warn span, .pl-tile.warn p { color: var(--pl-text); }
.pl-wait { border-radius: var(--pl-radius); background: var(--pl-raised); display: flex;
  flex-direction: column; justify-content: center; align-items: center; gap: 8px;
  font-size: 14px; color: var(--pl-secondary); padding: 0 12px; text-align: center; }
.pl-wait i { display: block; height: 4px; width: 160px; border-radius: 2px;
  background: var(--pl-line); overflow: hidden; }
.pl-wait i u { display: block; height: 4px; background: var(--pl-secondary); }
.st-key-account-words { min-height: 600px; }
.st-key-account-words:not(:has(table)) { border-radius: var(--pl-radius); padding: 12px 16px;
  background: var(--pl-raised); }
.st-key-evidence .pl-wait { min-height: 116px; }
.st-key-today .pl-wait { min-height: 212px; }
@media (max-width: 1400px) {
  .st-key-evidence .pl-wait { min-height: 136px; }
}
@media (max-width: 1200px) {
  .pl-today { grid-template-columns: repeat(3, minmax(0, 1fr)); }
}
@media (max-width: 700px) {
  .st-key-lead { flex-wrap: wrap; }
  .st-key-lead > :first-child { flex: 1 1 100% !important; }
  .pl-today { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .pl-table { font-size: 12px; }
  .pl-table td:first-child { white-space: normal; }
  .pl-table th, .pl-table td { padding-left: 6px; }
  .pl-tile { padding: 8px; min-height: 144px; }
  .st-key-head-rule-account { min-height: 35px; }
  .st-key-evidence .pl-wait { min-height: 336px; }
  .st-key-today .pl-wait { min-height: 552px; }
  .st-key-account-words { min-height: 730px; }
  .st-key-control-words { min-height: 80px; }
}
</style>"""

PRESENTER_CSS = """<style>
[data-testid=stHeader], [data-testid=stSidebar], .st-key-setting { display: none !important; }
.stApp .stMainBlockContainer { max-width: 1720px; padding: 16px 48px 80px; }
.pl-strip h1 { font-size: 28px; line-height: 36px; }
.pl-strip .pl-quiet, .pl-badge { font-size: 16px; line-height: 24px; }
.st-key-stage { min-height: min(640px, calc(100vh - 240px)); justify-content: center; }
.st-key-stage .pl-h2 { font-size: 28px; line-height: 36px; }
.pl-story { font-size: 28px; line-height: 40px; margin: 0; max-width: 1500px; }
.pl-story.lead { font-size: 40px; line-height: 54px; font-weight: 600; }
.pl-story + .pl-story { margin-top: 16px; }
.st-key-stage .pl-table, .st-key-stage .pl-table th { font-size: 20px; line-height: 30px; }
.st-key-stage .pl-table td, .st-key-stage .pl-table th { padding: 6px 0 6px 24px; }
.st-key-stage .pl-table { max-width: 1300px; }
.st-key-steps { position: fixed; left: 0; right: 0; bottom: 0; z-index: 99; padding: 8px 48px;
  background: var(--pl-page); border-top: 1px solid var(--pl-line); }
.st-key-steps button { min-height: 44px; }
.st-key-steps { flex-wrap: nowrap; width: 100% !important; }
.st-key-steps > :has(.pl-steps) { flex: 1 1 0 !important; min-width: 0; }
.pl-steps { font-size: 16px; line-height: 24px; color: var(--pl-secondary); white-space: nowrap; }
.st-key-steps > :last-child { flex: none !important; width: 1px !important; }
@media (max-height: 950px) and (min-width: 701px) {
  .stApp .stMainBlockContainer { padding: 8px 48px 64px; }
  .st-key-stage .pl-h2 { font-size: 24px; line-height: 30px; }
  .st-key-stage { gap: 8px; }
  .pl-story { font-size: 22px; line-height: 30px; }
  .pl-story.lead { font-size: 32px; line-height: 42px; }
  .st-key-stage .pl-table, .st-key-stage .pl-table th { font-size: 18px; line-height: 26px; }
}
@media (min-height: 1000px) and (min-width: 1600px) {
  .st-key-stage { min-height: calc(100vh - 260px); }
}
@media (max-width: 700px) {
  .stApp .stMainBlockContainer { padding: 12px 12px 96px; }
  .pl-strip h1 { font-size: 20px; line-height: 28px; }
  .pl-strip .pl-quiet, .pl-badge { font-size: 14px; line-height: 20px; }
  .pl-story { font-size: 18px; line-height: 26px; }
  .pl-story.lead { font-size: 24px; line-height: 32px; }
  .st-key-stage { justify-content: flex-start; min-height: 0; }
  .st-key-stage .pl-table, .st-key-stage .pl-table th { font-size: 14px; line-height: 20px; }
  .st-key-stage .pl-table td, .st-key-stage .pl-table th { padding: 4px 0 4px 10px; }
  .st-key-steps { padding: 8px 12px; flex-wrap: nowrap; }
  .st-key-steps .pl-steps { display: none; }
}
</style>"""
