"""Numbers as people write them: decimal comma, apostrophes between thousands, and the many words for nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

_NOTHING = frozenset({"", "nan", "na", "n/a", "null", "none", "nil", "-", "--", "?", "missing", "<na>", "#n/a"})
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?$")
_PLACEHOLDERS = (-999.0, -999.9, -9999.0, -9999.9, -99_999.0, -32_768.0)
_SPACES = re.compile(r"[\s'’_  ]")


def read_numbers(texts: Sequence[str], *, comma_divides: bool) -> tuple[np.ndarray, np.ndarray]:
    """Values of a text column, and which texts are something else than a number or a word for nothing.

    Args:
        comma_divides: the file's delimiter is a comma, so that a comma inside a (quoted) number parts thousands.

    Returns:
        values, NaN where there is none, and a mask, both dims (row,).
    """
    decimal_comma = _decimal_comma(texts, comma_divides=comma_divides)
    if decimal_comma and any("." in text and "," in text for text in texts):
        texts = [text.replace(".", "") for text in texts]  # 1.234,5: then 1.234 is a thousand too
    values, strange = np.full(len(texts), np.nan), np.zeros(len(texts), dtype=bool)
    for row, text in enumerate(texts):
        try:
            values[row] = float(text)
        except ValueError:
            values[row], strange[row] = _number(text.strip(), decimal_comma=decimal_comma)
    strange |= np.isinf(values)
    values[strange] = np.nan
    return values, strange


def without_placeholders(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Values without such as -9999 that programs write for nothing, where no other value comes near, and the rows of those."""
    is_placeholder = np.isin(values, _PLACEHOLDERS)
    others = values[np.isfinite(values) & ~is_placeholder]
    rows = np.flatnonzero(is_placeholder & (values < (2.0 * others.min() if len(others) and others.min() < 0 else 0.0)))
    out = values.copy()
    out[rows] = np.nan
    return out, rows


def _number(text: str, *, decimal_comma: bool) -> tuple[float, bool]:
    if text.lower() in _NOTHING:
        return float("nan"), False
    plain = _SPACES.sub("", text)
    plain = plain.replace(",", "." if decimal_comma else "")
    try:
        return float(plain), False
    except ValueError:
        return float("nan"), True


def _decimal_comma(texts: Sequence[str], *, comma_divides: bool) -> bool:
    """True when the column's commas are decimal ones: the last mark of a number, and no thousands mark throughout."""
    with_comma = [text.strip() for text in texts if "," in text]
    if not with_comma:
        return False
    if any(text.rfind(".") > text.rfind(",") for text in with_comma):
        return False
    return not (comma_divides and all(_THOUSANDS.match(text) for text in with_comma))
