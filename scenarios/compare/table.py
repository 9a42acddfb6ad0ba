"""A comparison for people on a terminal, in English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scenarios.compare.page import ROWS
from scenarios.compare.words import Words

_MOST = 5


def lines(one: Mapping[str, Any]) -> list[str]:
    """Runs, figures with their difference to the first, violations gained and lost."""
    words = Words.of("en", one["runs"][0]["timezone"] or "UTC")
    said = [
        f"{run['letter']}  {words.title(run)} - {run['site']}, {words.window(run)}, {run['mode']}, {run['folder']}"
        for run in one["runs"]
    ]
    said += [
        words("incomparable", letter=letter, what=words("and").join(words(f"other.{name}") for name in why))
        for letter, why in one["incomparable"].items()
    ]
    said += [*_figures(one, words), *_risk(one, words), *_violations(one, words)]
    return said


def _figures(one: Mapping[str, Any], words: Words) -> list[str]:
    letters = [run["letter"] for run in one["runs"]]
    heads = [f"{letters[0]:>16}", *(f"{letter:>16} {letter + ' - A':>16}" for letter in letters[1:])]
    said = [f"{'':<34}{' '.join(heads)}"]
    tables = {**one["kpis"], "operator": one["operator_view"]}
    for group, names in ROWS.items():
        for name in (name for name in names if name in (tables.get(group) or {})):
            row = tables[group][name]
            cells = [f"{words.figure(name, row['value'][0]):>16}"]
            for value, less in zip(row["value"][1:], row["to_first"][1:], strict=True):
                cells.append(f"{words.figure(name, value):>16} {words.figure(name, less, signed=True):>16}")
            label = words.label(group, name)
            said.append(f"{label:<34}{' '.join(cells)}")
    return said if len(said) > 1 else []


def _risk(one: Mapping[str, Any], words: Words) -> list[str]:
    said = []
    for side, figures in one["risk"].items():
        heads = " ".join(f"{run['letter']:>58}" for run in one["runs"])
        said.append(f"{words(f'side.{side}'):<34}{heads}")
        for name, row in figures.items():
            cells = [words.bounds(name, *bounds) for bounds in zip(row["value"], row["low"], row["high"], strict=True)]
            for at, less in enumerate(row["to_first"]):
                if at and less is not None:
                    cells[at] += f" ({words.chance(name, less, signed=True)})"
            said.append(f"  {words(f'risk.{name}'):<32}{' '.join(f'{cell:>58}' for cell in cells)}")
    return said


def _violations(one: Mapping[str, Any], words: Words) -> list[str]:
    said = []
    for letter, found in one["violations"].items():
        for name in ("gained", "lost"):
            spans = sorted(found[name], key=lambda span: -span["integral"])
            for span in spans[:_MOST]:
                worst = f"{words.amount(span['worst'], span['unit'])} (limit {words.amount(span['limit'], span['unit'])})"
                what, when = words(f"kind.{span['kind']}"), words.span(span["from"], span["until"])
                said.append(
                    f"{words(name, letter=letter)}: {what}, {words.element(span, one['runs'][0]['titles'])}, {when}, {worst}"
                )
            if len(spans) > _MOST:
                said.append(f"{words(name, letter=letter)}: {len(spans) - _MOST} more")
    return said
