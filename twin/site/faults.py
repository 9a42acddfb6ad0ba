"""Faults of keys and values in a file that was read into tables: from pydantic's words to place, value, limit and remedy."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from datetime import date, time
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from twin.domain.problems import Problem
from twin.site.locate import Places

_MOMENT = ("a date and time", "write it without quotes, as 2016-01-25T18:10:00+01:00")
_LIMITS = {
    "missing": ("a value", "add the key"),
    "string_pattern_mismatch": ("a name of the form {pattern}", "write it that way"),
    "greater_than": ("more than {gt}", "check value and unit"),
    "greater_than_equal": ("at least {ge}", "check value and unit"),
    "less_than": ("less than {lt}", "check value and unit"),
    "less_than_equal": ("at most {le}", "check value and unit"),
    "multiple_of": ("a multiple of {multiple_of}", "round it"),
    "finite_number": ("a finite number", "write the figure, or leave the key out"),
    "literal_error": ("one of {expected}", "choose one"),
    "enum": ("one of {expected}", "choose one"),
    "too_short": ("at least {min_length} entries", "add what is missing"),
    "string_too_short": ("a text", "write one, or leave the key out"),
    "string_type": ("a text", "write it in quotes"),
    "path_type": ("a path", "write it in quotes"),
    "tuple_type": ("a list", "write it in brackets"),
    "model_type": ("a table", "write its keys below its name in brackets"),
    "bool_type": ("true or false", "write it without quotes"),
    "bool_parsing": ("true or false", "write it without quotes"),
    "int_type": ("a whole number", "write it without quotes"),
    "int_parsing": ("a whole number", "write it without quotes"),
    "int_from_float": ("a whole number", "round it"),
    "float_type": ("a number", "write it without quotes"),
    "float_parsing": ("a number", "write it without quotes"),
    "datetime_type": _MOMENT,
    "datetime_parsing": _MOMENT,
    "datetime_from_date_parsing": _MOMENT,
    "timezone_aware": ("a date and time with its offset", "write it without quotes, as 2016-01-25T18:10:00+01:00"),
}


def translated(errors: Iterable[ErrorDetails], places: Places, root: type[BaseModel]) -> tuple[Problem, ...]:
    """What pydantic found, in the words of this project, each once.

    Args:
        places: where the file says what. ``root``: the model of the whole file, for the keys that it knows.
    """
    problems = []
    for error in errors:
        keys = [key for key in error["loc"] if _in_file(key)]
        context = error.get("ctx", {})
        value = "missing" if error["type"] == "missing" else _short(error["input"])
        if error["type"] == "extra_forbidden":
            limit, remedy = _known_keys(keys, root)
            value = f"unknown key {keys[-1]!r} = {value}"
        elif error["type"] in _LIMITS:
            limit, remedy = (text.format(**context) for text in _LIMITS[error["type"]])
        else:
            limit, remedy = error["msg"].removeprefix("Value error, ").removeprefix("Input should be "), "correct the value"
        problems.append(Problem(places(*keys), value, limit, remedy))
    return tuple(dict.fromkeys(problems))


def _in_file(key: str | int) -> bool:
    """Whether a step of pydantic's path stands in the file; unions add their member's type as a step."""
    return isinstance(key, int) or (key.isidentifier() and key not in {"float", "int", "str", "tuple"})


def _short(value: Any) -> str:
    text = _as_toml(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _as_toml(value: Any) -> str:
    """As it is written in the file."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {_as_toml(held)}" for key, held in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_as_toml, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, date | time) else repr(value)


def _known_keys(keys: list[str | int], root: type[BaseModel]) -> tuple[str, str]:
    model = _model_at(keys[:-1], root)
    known = sorted(field.alias or name for name, field in model.model_fields.items() if name != "file")
    elsewhere = None if len(keys) == 1 else _field(root, keys[-1])
    if elsewhere is not None:
        is_table = _table_in(elsewhere.annotation) is not None
        remedy = "it is a table of its own" if is_table else "write it at the top of the file, before the first table"
        return f"one of {', '.join(known)}", remedy
    close = difflib.get_close_matches(str(keys[-1]), known, n=1, cutoff=0.5)
    remedy = f"did you mean {close[0]!r}?" if close else "remove or correct it"
    return f"one of {', '.join(known)}", remedy


def _model_at(keys: Iterable[str | int], root: type[BaseModel]) -> type[BaseModel]:
    model = root
    for key in keys:
        if isinstance(key, int):
            continue
        if (field := _field(model, key)) is not None:
            model = _table_in(field.annotation) or model
    return model


def _field(model: type[BaseModel], key: str | int) -> FieldInfo | None:
    """The field that a file calls ``key``."""
    return next((field for name, field in model.model_fields.items() if key in (name, field.alias)), None)


def _table_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in get_args(annotation):
        if (found := _table_in(part)) is not None:
            return found
    return None
