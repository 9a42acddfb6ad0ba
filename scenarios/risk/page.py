"""The risk of one or several runs of futures as one page that needs nothing else and sends nothing: no script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from forecasts.report.look import NIGHT
from scenarios.risk.report import risk_report
from scenarios.risk.words import say
from twin.domain.whole_file import write_whole

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def write_page(results: Sequence[Mapping[str, Any]], path: Path, language: str) -> None:
    """Write one self-contained HTML file; it works offline, in light and in dark. It is there whole or not at all.

    Args:
        results: of ``result.json``, each with ``risk``.

    Raises:
        OSError: when it cannot be written.
    """
    write_whole(path, page(results, language).encode())


def page(results: Sequence[Mapping[str, Any]], language: str) -> str:
    """The whole document."""
    title = escape(say("risk", language))
    parts = [_section(result, language) for result in results]
    return (
        f'<!DOCTYPE html><html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_style()}</style></head>'
        f"<body><main>{''.join(parts)}</main></body></html>"
    )


def _section(result: Mapping[str, Any], language: str) -> str:
    titles = result["title"] or {}
    heading = f"{titles.get(language) or result['scenario']} - {result['site']}"
    return f"<h1>{escape(heading)}</h1>{risk_report(result, lang=language, timezone=result['timezone'])}"


def _style() -> str:
    """The page's own rules; in the dark the pictures' colours change for those of the night."""
    own = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
    night = "".join(f'[fill="{day}"]{{fill:{dark}}}[stroke="{day}"]{{stroke:{dark}}}' for day, dark in NIGHT.items())
    return f"{own}@media (prefers-color-scheme: dark){{{night}}}"
