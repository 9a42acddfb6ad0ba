"""The numbers of a MATPOWER case written as a .m file: a list of assignments is read, nothing is executed.

A .m file is a program. Many published cases hold nothing but numbers, some compute: they give ohms and kilowatts and end with
the instructions that make per unit and megawatts of them. Reading the first part alone would be silently wrong, so any
instruction is refused with its line, and MATPOWER itself (``savecase``) writes the numbers that it would have computed.

Source: R. D. Zimmerman, C. E. Murillo-Sanchez, MATPOWER User's Manual, version 8.0, section 3.1 and appendix B.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.domain.problems import BadInput, Problem, Problems

_TOKEN = re.compile(
    r"""(?P<skip>[ \t\r\f]+ | \.\.\.[^\n]*\n? | %[^\n]*)
      | (?P<line>\n)
      | (?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eEdD][+-]?\d+)? | [+-]?(?:[Ii]nf|[Nn]a[Nn])\b)
      | (?P<name>[A-Za-z]\w*(?:\.\w+)*)
      | (?P<text>'(?:[^'\n]|'')*' | "[^"\n]*")
      | (?P<sign>[\[\]{}();,=])
      | (?P<other>.)""",
    re.VERBOSE,
)
_BLOCK_COMMENT = re.compile(r"^[ \t]*%\{[ \t\r]*$.*?^[ \t]*%\}[ \t\r]*$", re.MULTILINE | re.DOTALL)
_HEADER = re.compile(r"^function[ \t]+(?P<results>\[[^\]\n]*\]|\w+)[ \t]*=[ \t]*\w+[ \t]*(?:\([ \t]*\))?[ \t]*$")
_ROW_ENDS = frozenset({";", "\n"})
_CLOSING = {"[": "]", "{": "}"}
_REMEDY = "load it in MATPOWER and write the numbers with savecase"


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    line: int
    start: int
    end: int


class _Refused(Exception):
    """A statement that is no assignment of numbers: line, what stands there and what should, for each of its faults."""

    def __init__(self, *faults: tuple[int, str, str]) -> None:
        self.faults = faults


def matpower_fields(text: str, place: str) -> dict[str, Any]:
    """Every field that the case assigns: a float, a str, an array with dims (row, column), or a list of str.

    Args:
        place: names the file in a fault.

    Raises:
        BadInput: naming the line of every statement that is no assignment of numbers or text, of rows of unequal length,
            and a case of format version 1 (several results in the function's header).
    """
    text = _BLOCK_COMMENT.sub(lambda comment: "\n" * comment.group().count("\n"), text)
    tokens, problems = list(_tokens(text)), Problems()
    case, position = _header(text, tokens, place)
    fields: dict[str, Any] = {}
    while position < len(tokens):
        if tokens[position].text in {";", ",", "\n", "end", "return"}:
            position += 1
            continue
        try:
            name, value, position = _assignment(tokens, position, case)
            fields[name] = value
        except _Refused as refused:
            for line, value, limit in refused.faults:
                problems.add(f"{place}:{line}", value, limit, _REMEDY)
            position = _next_statement(tokens, position)
    problems.raise_if_any()
    return fields


def _tokens(text: str) -> Iterator[_Token]:
    line = 1
    for found in _TOKEN.finditer(text):
        kind = found.lastgroup or "other"
        if kind != "skip":
            yield _Token(kind, found.group(), line, found.start(), found.end())
        line += found.group().count("\n")


def _header(text: str, tokens: list[_Token], place: str) -> tuple[str, int]:
    """The name of the struct that the file fills, and the first token behind the function's header."""
    position = next((i for i, token in enumerate(tokens) if token.kind != "line"), len(tokens))
    if position == len(tokens) or tokens[position].text != "function":
        return "mpc", position
    first = tokens[position]
    line = text[first.start :].partition("\n")[0].partition("%")[0].rstrip()
    header = _HEADER.match(line)
    if header is None or header["results"].startswith("["):
        limit = "function mpc = name (case format version 2)"
        raise BadInput([Problem(f"{place}:{first.line}", line[:80], limit, _REMEDY)])
    return header["results"], _next_line(tokens, position)


def _next_line(tokens: list[_Token], position: int) -> int:
    """The first token behind the next end of line."""
    while position < len(tokens) and tokens[position].kind != "line":
        position += 1
    return position + 1


def _next_statement(tokens: list[_Token], position: int) -> int:
    """The first token behind a statement that was refused, and behind the table that it may hold."""
    closing = _CLOSING.get(tokens[position + 2].text) if position + 2 < len(tokens) else None
    if closing is not None and tokens[position + 1].text == "=":
        while position < len(tokens) and tokens[position].text != closing:
            position += 1
    return _next_line(tokens, position)


def _assignment(tokens: list[_Token], position: int, case: str) -> tuple[str, Any, int]:
    """Field, value and next position of ``mpc.field = value``."""
    name = tokens[position]
    if not name.text.startswith(f"{case}.") or position + 2 >= len(tokens) or tokens[position + 1].text != "=":
        limit = f"assignments {case}.field = numbers, and nothing else"
        raise _Refused((name.line, f"an instruction ({name.text} ...)", limit))
    first = tokens[position + 2]
    if first.text in _CLOSING:
        value, position = _table(tokens, position + 2)
    else:
        value, position = _scalar(first), position + 3
    if position < len(tokens) and tokens[position].text not in {";", ",", "\n"}:
        raise _Refused((tokens[position].line, f"{name.text} = ... {tokens[position].text}", "a number, a text or a table"))
    return name.text.partition(".")[2], value, position


def _scalar(token: _Token) -> float | str:
    if token.kind == "number":
        return float(token.text.lower().replace("d", "e"))
    if token.kind == "text":
        return token.text[1:-1].replace("''", "'")
    raise _Refused((token.line, token.text.strip() or "nothing", "a number, a text or a table"))


def _table(tokens: list[_Token], position: int) -> tuple[Any, int]:
    """A matrix ``[...]`` as an array, or a cell array of texts ``{...}`` as a list; and the position behind it."""
    opening = tokens[position]
    closing, rows, row = _CLOSING[opening.text], [], list[float | str]()
    previous = opening
    for i in range(position + 1, len(tokens)):
        token = tokens[i]
        if token.text == closing or token.text in _ROW_ENDS:
            if row:
                rows.append((token.line, row))
                row = []
            if token.text == closing:
                return _array(rows) if closing == "]" else [str(cell) for _, cells in rows for cell in cells], i + 1
        elif token.text != ",":
            # 1-2 is a difference, 1 -2 are two numbers
            if previous.kind == token.kind == "number" and previous.end == token.start:
                raise _Refused((token.line, f"{previous.text}{token.text}", "numbers, not formulas"))
            row.append(_scalar(token))
        previous = token
    raise _Refused((opening.line, f"{opening.text} without {closing}", "a whole table"))


def _array(rows: list[tuple[int, list[float | str]]]) -> np.ndarray:
    width = len(rows[0][1]) if rows else 0
    limit = f"rows of {width} numbers, as the first one"
    faults = [(line, f"a row of {len(row)}", limit) for line, row in rows if len(row) != width]
    faults += [(line, "text in a matrix", "numbers") for line, row in rows if any(isinstance(cell, str) for cell in row)]
    if faults:
        raise _Refused(*faults)
    return np.array([row for _, row in rows], dtype=float).reshape(len(rows), width)
