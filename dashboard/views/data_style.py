"""The style of the Data page: cards of markets, the fetch, the legend of the map."""

from __future__ import annotations

__all__ = ["DATA_CSS"]

# Room is kept for what arrives later, so that nothing below it moves.
DATA_CSS = """<style>
.pl-market h3 { font-size: 16px; line-height: 24px; font-weight: 600; margin: 0; padding: 0;
  display: flex; flex-wrap: wrap; gap: 4px 8px; align-items: center; }
.pl-market h3 .pl-badge { font-weight: 400; }
.pl-badge.on { border-color: var(--pl-accent); color: var(--pl-text); }
dl.pl-dl.pl-dl { display: grid; grid-template-columns: 88px minmax(0, 1fr); gap: 2px 12px;
  margin: 4px 0 0; padding: 0; font-size: 14px; line-height: 20px; }
.pl-dl dt { color: var(--pl-secondary); margin: 0; padding: 0; }
.pl-dl dd { margin: 0; padding: 0; color: var(--pl-text); overflow-wrap: anywhere; }
.pl-more { font-size: 14px; line-height: 20px; margin-top: 4px; }
.pl-more summary { cursor: pointer; color: var(--pl-secondary); min-height: 24px; }
.pl-more .pl-list { margin: 4px 0; }
.pl-scale { display: flex; flex-wrap: wrap; gap: 4px 16px; font-size: 12px; line-height: 16px;
  color: var(--pl-secondary); }
.pl-grades { display: flex; flex-wrap: wrap; gap: 4px 24px; font-size: 14px; line-height: 20px; }
.pl-grades b { font-weight: 600; }
.pl-provider { border-top: 1px solid var(--pl-line); padding: 8px 0; font-size: 14px;
  line-height: 20px; }
.pl-provider p { margin: 0; overflow-wrap: anywhere; }
.pl-provider p span { color: var(--pl-secondary); }
.st-key-fetch-state { min-height: 132px; }
.st-key-findings { min-height: 680px; }
.pl-here { min-height: 168px; border-radius: var(--pl-radius); background: var(--pl-raised);
  display: flex; align-items: center; justify-content: center; padding: 0 16px; text-align: center;
  font-size: 14px; line-height: 20px; color: var(--pl-secondary); }
.st-key-fetch-buttons { flex-wrap: wrap; }
.st-key-head-data > :has(> .st-key-toolbar) { flex: none; width: auto; }
@media (max-width: 700px) {
  .st-key-head-data button { min-height: 40px; min-width: 40px; }
  .st-key-head-data button p { font-size: 0; }
  .st-key-fetch-state { min-height: 176px; }
  .st-key-findings { min-height: 960px; }
  dl.pl-dl.pl-dl { grid-template-columns: 72px minmax(0, 1fr); }
  .st-key-fetch-buttons button { min-height: 40px; }
}
</style>"""
