"""A year written down: a page a language, the hours as CSV, the figures as JSON, one picture that stands alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dashboard.format import LANGUAGES
from twin.domain.whole_file import write_whole
from twin.national.figures import figures, hours_csv
from twin.national.page import page, page_name
from twin.national.pictures import share_of_days
from twin.national.words import Words
from twin.national.year import year_of
from twin.site import Site


def write_year(site: Site, data: Path, year: int, out: Path) -> dict[str, Any]:
    """Write everything into ``out`` and return the figures, with the names of what was written.

    Raises:
        BadInput: see `twin.national.year.year_of`.
        OSError: when the folder cannot be written.
    """
    made = year_of(site, data, year)
    told = figures(made)
    texts = {page_name(language): page(made, told, language) for language in sorted(LANGUAGES)}
    texts["hours.csv"] = hours_csv(made)
    texts["share.svg"] = share_of_days(made, Words.of("en", site.timezone))
    texts["year.json"] = json.dumps(told, indent=1, ensure_ascii=False, allow_nan=False)
    out.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        write_whole(out / name, text.encode())
    return {**told, "folder": str(out), "written": sorted(texts)}


def lines(told: Mapping[str, Any]) -> Iterator[str]:
    """The figures for a terminal."""
    bounds = f"{100 * told['share_low']:.1f} to {100 * told['share_high']:.1f} %"
    yield f"{told['title']['en']} {told['year']}: {told['load_gwh']:.0f} GWh, renewable {100 * told['share']:.1f} % ({bounds})"
    yield f"by the {told['mix_kind']} mix; {told['hours_known']} of {told['hours']} hours known; in {told['folder']}"
    yield ""
    yield f"{'':<17}{'our hours':>12}{'published':>12}  {'unit':<8}{'difference':>16}{'usual day':>13}{'days':>6}"
    for row in told["comparison"]:
        scale, unit = (100.0, "%") if row["unit"] == "1" else (1.0, row["unit"])
        apart = f"{row['difference']:+.{0 if row['difference_unit'] == 'GWh' else 2}f} {row['difference_unit']}"
        typical = "-" if row["typical"] is None else f"{row['typical']:.2f} {'points' if row['unit'] == '1' else '%'}"
        yield (
            f"{row['key']:<17}{scale * row['ours']:>12.1f}{scale * row['published']:>12.1f}  {unit:<8}"
            f"{apart:>16}{typical:>13}{row['days'] or 'year':>6}"
        )
