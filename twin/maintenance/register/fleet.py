"""The fleet from its CSV file: every asset that can be told apart, every fault with its row, and who is left out and why."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from dashboard.format import LANGUAGES
from twin.domain.problems import BadInput, Problem, Problems
from twin.maintenance.register.asset import Asset, Inspection, Left
from twin.maintenance.register.on_grid import TABLES, ElementFacts
from twin.maintenance.register.table import Cells, parse_day, read_rows
from twin.site.maintenance import KINDS

TITLES = tuple(f"title_{language}" for language in LANGUAGES)
COLUMNS = (
    "asset",
    "kind",
    "title",
    *TITLES,
    "element",
    "manufacturer",
    "type",
    "installed_year",
    "rating_mva",
    "vn_kv",
    "length_km",
    "inspections",
    "pcb_ppm",
    "oil_l",
    "spares",
    "place",
    "customers",
    "last_visit",
    "parts",
)
FIRST_YEAR = 1880
MOST_MVA = {"mv_lv_transformer": 10.0, "pump": 100.0}
"""Ratings that are none: kVA written as MVA. Of the other kinds `_LARGEST_MVA`."""
_LARGEST_MVA = 2000.0
_TABLES_OF = {
    **dict.fromkeys(("mv_lv_transformer", "hv_mv_transformer", "tap_changer"), ("trafo",)),
    **dict.fromkeys(("hv_overhead_line", "mv_overhead_line", "hv_cable", "mv_cable", "lv_cable"), ("line",)),
    **dict.fromkeys(("mv_switchgear", "hv_switchgear"), ("switch", "bus")),
    **dict.fromkeys(("hydro_unit", "pump"), ("sgen", "load")),
}
"""What an asset of a kind may be on the grid."""
TYPICAL_MVA = {"hv_mv_transformer": 40.0, "mv_lv_transformer": 0.4, "hydro_unit": 1.0, "pump": 0.1}
"""Ratings where neither register nor grid knows one: common sizes of Swiss distribution, our assumption."""
TYPICAL_KM = 0.5
"""Length of a line that nobody measured: between two stations of a town, our assumption."""
TYPICAL_OIL_L_PER_MVA = {"hv_mv_transformer": 600.0, "mv_lv_transformer": 900.0}
"""Oil by rating; large units need less per MVA. Our assumption, in the range of makers' data sheets."""


@dataclass(frozen=True)
class Fleet:
    """A fleet as far as it can be read.

    Attributes:
        assets: in the file's order. ``left``: rows without a result. ``problems``: every fault, with its row.
    """

    assets: tuple[Asset, ...]
    left: tuple[Left, ...]
    problems: tuple[Problem, ...]


def read_fleet(
    path: Path,
    *,
    elements: Mapping[str, ElementFacts],
    classes: Collection[str],
    today: date,
    columns: Mapping[str, str] | None = None,
) -> Fleet:
    """The fleet of a CSV file; a wrong cell counts as missing and is named, and its asset still gets a result.

    Args:
        elements: of the grid (`twin.maintenance.register.on_grid.facts_of`). ``classes``: kinds with declared costs.
        today: nothing may be installed or inspected later. ``columns``: our column -> the file's own header.

    Raises:
        BadInput: when the file is no table with the columns asset and kind, or has no row.
    """
    rows = read_rows(path, columns=columns or {}, known=COLUMNS, needed=("asset", "kind"))
    if not rows.rows:
        raise BadInput([Problem(path.name, "a header without rows", "one row for each asset", "export the fleet again")])
    problems = Problems()
    assets: dict[str, Asset] = {}
    left = []
    for cells in rows.cells(problems):
        code = _left(cells, assets, classes)
        if code:
            left.append(Left(cells.text("asset"), cells.number, code, cells.text("kind")))
            continue
        assets[cells.text("asset")] = _with_typical(_asset(cells, elements, today), elements)
    return Fleet(tuple(assets.values()), tuple(left), tuple(problems))


def _left(cells: Cells, assets: Mapping[str, Asset], classes: Collection[str]) -> str:
    """Why no asset is made of a row, "" where one is."""
    name, kind = cells.text("asset"), cells.text("kind")
    if not name:
        cells.fault("asset", "an id", "give every asset one")
        return "no_id"
    if name in assets:
        cells.fault("asset", f"every id once (row {assets[name].row} has it)", "rename or remove one")
        return "duplicate"
    if kind not in KINDS:
        cells.fault("kind", f"one of {', '.join(KINDS)}", "choose one")
        return "unknown_kind"
    if kind not in classes:
        cells.fault("kind", f"a kind with costs: {', '.join(sorted(classes))}", f"declare [maintenance.classes.{kind}]")
        return "no_class"
    return ""


def _asset(cells: Cells, elements: Mapping[str, ElementFacts], today: date) -> Asset:
    element, on_grid = _element(cells, elements)
    return Asset(
        row=cells.number,
        asset=cells.text("asset"),
        kind=cells.text("kind"),
        title=cells.text("title") or cells.text("asset"),
        element=element,
        on_grid=on_grid,
        maker=cells.text("manufacturer"),
        model=cells.text("type"),
        installed_year=cells.whole_in("installed_year", FIRST_YEAR, today.year, "(not in the future)"),
        rating_mva=cells.number_in("rating_mva", 0.001, MOST_MVA.get(cells.text("kind"), _LARGEST_MVA), "MVA"),
        vn_kv=cells.number_in("vn_kv", 0.1, 500.0, "kV"),
        length_km=cells.number_in("length_km", 0.001, 500.0, "km"),
        inspections=_inspections(cells, today),
        pcb_ppm=cells.number_in("pcb_ppm", 0.0, 1e6, "ppm"),
        oil_l=cells.number_in("oil_l", 0.0, 2e5, "l"),
        spares=cells.whole_in("spares", 0, 1000, ""),
        place=cells.text("place"),
        customers=cells.whole_in("customers", 0, 10_000_000, ""),
        last_visit=cells.day("last_visit", latest=today),
        parts=tuple(part.strip() for part in cells.text("parts").split("|") if part.strip()),
        titles={column.rpartition("_")[2]: cells.text(column) for column in TITLES if cells.text(column)},
    )


def _element(cells: Cells, elements: Mapping[str, ElementFacts]) -> tuple[str, bool]:
    """The element, and whether the grid has it."""
    named = cells.text("element").replace(":", ".").replace(" ", ".")
    if not named:
        return "", False
    table, _, index = named.partition(".")
    if table not in TABLES or not index.isdigit():
        limit = f"table.index with one of {', '.join(TABLES)}"
        cells.fault("element", limit, "write for example trafo.2; the asset is listed without the grid")
        return "", False
    named, fitting = f"{table}.{int(index)}", _TABLES_OF[cells.text("kind")]
    if table not in fitting:
        limit = f"of a {cells.text('kind')} an element of {' or '.join(fitting)}"
        cells.fault("element", limit, "correct element or kind; the asset is listed without the grid")
        return "", False
    if named not in elements:
        cells.fault("element", "an element of the grid", "correct it; the asset is listed, not on the grid")
        return named, False
    return named, True


def _inspections(cells: Cells, today: date) -> tuple[Inspection, ...]:
    """Findings written "2021-05-03:2|2024-06-11:3", the oldest first."""
    found = []
    for part in filter(None, (text.strip() for text in cells.text("inspections").split("|"))):
        day_text, _, score_text = part.rpartition(":")
        day = parse_day(day_text.strip())
        try:
            score = float(score_text.replace(",", "."))
        except ValueError:
            score = math.nan
        if day is None or day > today or not 1.0 <= score <= 5.0:
            limit = f"day:score, days up to {today.isoformat()}, scores 1 (as new) to 5, several with |"
            cells.fault("inspections", limit, f"correct {part!r}; it is left out")
            continue
        found.append(Inspection(day, score))
    return tuple(sorted(found, key=lambda inspection: inspection.day))


def _with_typical(asset: Asset, elements: Mapping[str, ElementFacts]) -> Asset:
    """What the file leaves open, from the grid file, else typical of the class; the latter is named in ``typical``."""
    grid = elements.get(asset.element, ElementFacts(math.nan, math.nan, math.nan))
    of_grid = {name: getattr(grid, name) for name in ("rating_mva", "vn_kv", "length_km") if math.isnan(getattr(asset, name))}
    asset = replace(asset, **of_grid)
    typical: dict[str, float] = {}
    if math.isnan(asset.rating_mva) and asset.kind in TYPICAL_MVA:
        typical["rating_mva"] = TYPICAL_MVA[asset.kind]
    if math.isnan(asset.length_km) and asset.kind.endswith(("_line", "_cable")):
        typical["length_km"] = TYPICAL_KM
    if math.isnan(asset.oil_l) and asset.kind in TYPICAL_OIL_L_PER_MVA:
        typical["oil_l"] = TYPICAL_OIL_L_PER_MVA[asset.kind] * typical.get("rating_mva", asset.rating_mva)
    return replace(asset, typical=tuple(typical), **typical)  # type: ignore[arg-type]  # fields by name, all numbers
