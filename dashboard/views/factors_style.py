"""The style of the Factors page: the box of a study, and what a name's card needs."""

from __future__ import annotations

__all__ = ["FACTORS_CSS"]

FACTORS_CSS = """<style>
.pl-wait { border-radius: var(--pl-radius); background: var(--pl-raised); display: flex;
  justify-content: center; align-items: center; font-size: 14px; color: var(--pl-secondary);
  padding: 0 12px; text-align: center; }
.pl-table b { font-weight: 600; }
.pl-table .pl-range { color: var(--pl-secondary); font-size: 12px; }
@media (max-width: 700px) {
  .pl-table { font-size: 12px; }
  .st-key-factors-name { flex-wrap: wrap; }
}
</style>"""
