"""The page around the pictures: one file with everything in it, which may load nothing from anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from forecasts.report.look import figure_json, night_json

_HERE = Path(__file__).parent


def picture(title: str, figure: Any, caption: str, *, level: int = 3, below: str = "") -> str:
    """A figure with a title that says what it shows, what it is made of, and (``below``) its figures as HTML."""
    return (
        f'<figure><h{level}>{escape(title)}</h{level}><div class="plot" role="img" aria-label="{escape(title)}"></div>'
        f'<script type="application/json">{figure_json(figure)}</script>'
        f"<figcaption>{escape(caption)}</figcaption>{below}</figure>"
    )


def page(title: str, head: str, sections: Sequence[str]) -> str:
    """The whole HTML document, plotly.js included once."""
    from plotly.offline import get_plotlyjs

    style, script = ((_HERE / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data: blob:"
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{style}</style></head><body><header>{head}</header><main>{''.join(sections)}</main>"
        f'<script type="application/json" id="night">{night_json()}</script>'
        f"<script>{get_plotlyjs()}</script><script>{script}</script></body></html>"
    )
