"""The style of the Evidence page: its tiles, and the room kept for what arrives later."""

from __future__ import annotations

__all__ = ["EVIDENCE_CSS"]

EVIDENCE_CSS = """<style>
.pl-tiles { display: grid; grid-template-columns: repeat(5, minmax(0, 1fr)); gap: 8px; }
.pl-tile { border: 1px solid var(--pl-line); border-radius: var(--pl-radius); padding: 8px 12px;
  min-height: 124px; }
.pl-tile.warn { background: var(--pl-warning_surface); }
.pl-tile.bad { background: var(--pl-error_surface); }
.pl-tile span { display: block; font-size: 12px; line-height: 16px; color: var(--pl-secondary); }
.pl-tile b { display: block; font-size: 20px; line-height: 28px; font-weight: 600; }
.pl-tile p { font-size: 12px; line-height: 16px; margin: 0; color: var(--pl-secondary);
  overflow-wrap: anywhere; }
.pl-tile:is(.warn, .bad) :is(span, p) { color: var(--pl-text); }
.pl-wait { border-radius: var(--pl-radius); background: var(--pl-raised); display: flex;
  justify-content: center; align-items: center; font-size: 14px; color: var(--pl-secondary);
  padding: 0 12px; text-align: center; }
.st-key-tests-heading { margin-top: 11px; }
@media (max-width: 1200px) {
  .pl-tiles { grid-template-columns: repeat(3, minmax(0, 1fr)); }
}
@media (max-width: 700px) {
  .pl-tiles { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .pl-tile { padding: 8px; }
  .st-key-tests-heading { margin-top: 0; }
}
</style>"""
