"""The book as an auditor reads it: chosen lines, as rows, and as a file that can be checked elsewhere."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from typing import Any

from dashboard.regie.book import Line

FIELDS = ("id", "at", "by", "role", "kind", "target", "params", "salt", "hash")


def chosen(lines: Iterable[Line], *, kind: str = "", by: str = "", text: str = "") -> list[Line]:
    """Lines of a room ("access") or a kind ("access.login"), of a person, and with this text in target or parameters."""
    return [
        line
        for line in lines
        if (not kind or line.kind == kind or line.kind.startswith(f"{kind}."))
        and (not by or by.lower() in line.by.lower())
        and (not text or text.lower() in f"{line.target} {json.dumps(dict(line.params), ensure_ascii=False)}".lower())
    ]


def row(line: Line) -> dict[str, Any]:
    """One line as data."""
    return {name: getattr(line, name) for name in FIELDS} | {"at": line.at.isoformat(), "params": dict(line.params)}


def as_csv(lines: Iterable[Line]) -> str:
    """Lines as a table for a spreadsheet, which must not take a text for a formula."""
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(FIELDS)
    for line in lines:
        told = row(line) | {"params": json.dumps(dict(line.params), sort_keys=True, ensure_ascii=False)}
        table.writerow([_harmless(str(told[name])) for name in FIELDS])
    return text.getvalue()


def as_jsonl(lines: Iterable[Line]) -> str:
    """Lines as JSON, one each: with the hashes, from which the chain can be computed anew."""
    return "".join(json.dumps(row(line), ensure_ascii=False) + "\n" for line in lines)


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") and cell != "-" else cell
