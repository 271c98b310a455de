"""The mark: a load line on a hull, as an image that needs no network."""

from __future__ import annotations

from dashboard.theme import FONT_STACK

__all__ = ["mark_svg", "wordmark_svg"]

# Both go with every run of a page: nothing is said twice.
_MARK = (
    '<g fill="none" stroke="{0}" stroke-width="2"><circle cx="12" cy="12" r="7"/>'
    '<path d="M1 12h22"/></g>'
)


def mark_svg(colour: str) -> str:
    """Return the circle and its line, 24 by 24."""
    shape = _MARK.format(colour)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">{shape}</svg>'


def wordmark_svg(colour: str, text: str) -> str:
    """Return the mark with the name beside it, in the text colour `text`."""
    name = (
        f'<text x="32" y="17" font-family="{FONT_STACK}" font-size="16" font-weight="600" '
        f'fill="{text}">Plimsoll</text>'
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="112" height="24" viewBox="0 0 112 24">'
        f"{_MARK.format(colour)}{name}</svg>"
    )
