"""What an analyst asks for, as the forms send it, and the commands that it comes to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from dashboard.regie.wish import Line
from twin.domain.problems import BadInput, Problem

SERIES = "series"
"""Folder below the state directory in which measured series lie that boxes are tried on."""
_ENDINGS = (".csv", ".parquet")

Blank = BeforeValidator(lambda value: None if value == "" else value)
"""A field that was left empty says nothing."""
Word = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120, pattern=r"^[^-\x00-\x1f][^\x00-\x1f]*$")
]
"""A word of a command line: never a flag."""
Day = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Cast(_Strict):
    """A change of a box's role, with its motive."""

    kind: Literal["promote", "withdraw", "shadow"]
    box: Line
    motive: Line


class Worth(_Strict):
    """What a box earned, or would have earned in its champion's place."""

    box: Word


class Series(_Strict):
    """A measured series, and for which box it is tried."""

    box: Word
    file: Word
    kind: Literal["load", "pv", "wind", "hydro"]
    time: Word
    value: Word
    unit: Literal["W", "kW", "MW", "Wh", "kWh", "MWh"]
    label: Literal["start", "end"]
    tz: Word
    start: Annotated[Day | None, Blank] = None
    end: Annotated[Day | None, Blank] = None
    train_days: Annotated[Annotated[int, Field(ge=1, le=3650)] | None, Blank] = None
    experts: Annotated[Word | None, Blank] = None


class Backtest(Series):
    """A replay with rolling origins, every expert scored."""


class Tuning(Series):
    """A search for a better configuration. ``minutes``: of wall time."""

    minutes: Annotated[float, Field(gt=0.0, le=7 * 24 * 60)] = 10.0


def series_files(state: Path) -> list[str]:
    """Names of the files that can be tried on."""
    return sorted(path.name for path in (state / SERIES).glob("*") if path.suffix in _ENDINGS and path.is_file())


def check_file(asked: Series, state: Path) -> None:
    """Refuse a file that is not among the series.

    Raises:
        BadInput: naming those that are.
    """
    known = series_files(state)
    if asked.file not in known:
        found = ", ".join(known) or "no file"
        raise BadInput([Problem("series", asked.file, f"a file of {SERIES}/: {found}", "put it there, or choose another")])


def backtest_argv(asked: Backtest, state: Path, folder: Path) -> Sequence[str]:
    """``regie backtest`` with a page of pictures; half-done work lies in the task's folder, so that it can go on."""
    return (
        "backtest",
        *_series(asked, state),
        "--state",
        str(folder / "half"),
        "--report",
        str(folder / "report.html"),
        "--json",
    )


def tune_argv(asked: Tuning, state: Path, folder: Path) -> Sequence[str]:
    """``regie tune``; no site file is changed: what it proposes is shown, for a person to take over."""
    return ("tune", *_series(asked, state), "--study", str(folder / "study"), "--minutes", f"{asked.minutes:g}", "--json")


def _series(asked: Series, state: Path) -> list[str]:
    words = [str(state.absolute() / SERIES / asked.file)]
    for flag in ("kind", "time", "value", "unit", "label", "tz"):
        words += [f"--{flag}", str(getattr(asked, flag))]
    for flag, value in (("from", asked.start), ("to", asked.end), ("train-days", asked.train_days), ("experts", asked.experts)):
        if value is not None:
            words += [f"--{flag}", str(value)]
    return words
