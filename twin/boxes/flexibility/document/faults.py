"""What is wrong with keys and values of a document, each as place, value, limit and remedy."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from twin.boxes.flexibility.document.document import Document
from twin.boxes.flexibility.document.kinds import FORMS
from twin.boxes.flexibility.document.ranges import Range, range_of
from twin.boxes.flexibility.document.where import Where
from twin.domain.problems import Problem

_EXAMPLES = {
    "steps": ('steps like "16x15min", "1h", or hours', "write it like one of these"),
    "arrival": ('an instant like "2026-01-25T18:00", or "+3h" after the start', "write it like one of these"),
}
_EXAMPLES |= dict.fromkeys(("departure", "earliest", "latest", "own_start", "blocked"), _EXAMPLES["arrival"])
_CHECK = "check value and unit"
_LIMITS = {
    "missing": ("a value", "add the key"),
    "greater_than": ("more than {gt:g}", _CHECK),
    "greater_than_equal": ("at least {ge:g}", _CHECK),
    "less_than": ("less than {lt:g}", _CHECK),
    "less_than_equal": ("at most {le:g}", _CHECK),
    "finite_number": ("a finite number", "write the figure, or leave the key out"),
    "float_parsing": ("a number", "write a number, without its unit"),
    "float_type": ("a number", "write a number, without its unit"),
    "int_type": ("a whole number, or a name", "correct the value"),
    "int_parsing": ("a whole number", "write one"),
    "bool_parsing": ("true or false", "write one of them, without quotes"),
    "literal_error": ("one of {expected}", "choose one"),
    "enum": ("one of {expected}", "choose one"),
    "too_short": ("at least {min_length} entries", "add what is missing"),
    "too_long": ("at most {max_length} entries", "leave out what is too much"),
    "model_type": ("a table of keys and values", "write it as key = value, in JSON as an object {...}"),
    "dict_type": ("a table of keys and values", "write it as key = value, in JSON as an object {...}"),
    "list_type": ("a list", "write each entry as its own table, [[like this]]"),
    "datetime_from_date_parsing": ("an instant like 2026-01-25T18:00", "write it in ISO 8601"),
    "datetime_parsing": ("an instant like 2026-01-25T18:00", "write it in ISO 8601"),
}


def problems_of(places: Where, errors: Iterable[ErrorDetails]) -> list[Problem]:
    """Pydantic's errors in words, in their order."""
    return list(dict.fromkeys(_problem(places, error) for error in errors))


def keys_of(loc: Iterable[int | str]) -> list[str | int]:
    """A fault's path as it stands in the file: pydantic also names the form that a value was taken for."""
    keys = list(loc)
    # A column's own form bears the name of one of its keys.
    return [key for at, key in enumerate(keys) if key not in FORMS or (key == "column" and keys[at - 1] == "column")]


def _problem(places: Where, error: ErrorDetails) -> Problem:
    keys, kind, context = keys_of(error["loc"]), error["type"], error.get("ctx", {})
    value = "missing" if kind == "missing" else _short(error["input"])
    if kind == "extra_forbidden":
        limit, remedy = _known(keys)
        value = f"unknown key {keys[-1]!r} = {value}"
    elif kind.startswith("string_"):
        words = next((_EXAMPLES[str(key)] for key in reversed(keys) if key in _EXAMPLES), None)
        limit, remedy = words or ("a text", "write it between quotes")
    elif (found := _range(keys, kind, context)) is not None:
        limit, remedy = str(found), found.hint
    elif kind in _LIMITS:
        text, remedy = _LIMITS[kind]
        limit = text.format(**context)
    else:
        limit, remedy = error["msg"].removeprefix("Value error, "), "correct the value"
    return Problem(places(*keys), value, limit, remedy)


def _range(keys: list[str | int], kind: str, context: Mapping[str, Any]) -> Range | None:
    """The plausible range that was left; None for another limit of the key, such as zero."""
    edge = context.get({"less_than_equal": "le", "greater_than_equal": "ge"}.get(kind, ""))
    found = range_of(next((str(key) for key in reversed(keys) if isinstance(key, str)), ""))
    return found if found is not None and edge and edge in {found.low, found.high} else None


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _known(keys: list[str | int]) -> tuple[str, str]:
    model: type[BaseModel] = Document
    for key in keys[:-1]:
        if not isinstance(key, int) and key in model.model_fields:
            model = _table_in(model.model_fields[key].annotation) or model
    known = sorted(model.model_fields)
    close = difflib.get_close_matches(str(keys[-1]), known, n=1, cutoff=0.5)
    return f"one of {', '.join(known)}", f"did you mean {close[0]!r}?" if close else "remove or correct it"


def _table_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _table_in(part)) is not None), None)
