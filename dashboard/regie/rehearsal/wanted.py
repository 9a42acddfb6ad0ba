"""What a dispatcher wants rehearsed, as the form sends it, and the ``regie run`` that it comes to."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from dashboard.regie.rehearsal.library import Packaged
from twin.domain.problems import Problems

FILE = "scenario.toml"
_LONGEST = 200_000
_LONGEST_TITLE = 80

Blank = BeforeValidator(lambda value: None if value == "" else value)
"""A field that was left empty says nothing."""


class Wanted(BaseModel):
    """One form: packaged scenarios, or a file's text; what is left out stays as the scenario says it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scenarios: tuple[Annotated[str, Field(max_length=80)], ...] = ()
    text: Annotated[Annotated[str, Field(max_length=_LONGEST)] | None, Blank] = None
    start: Annotated[datetime | None, Blank] = None
    hours: Annotated[Annotated[float, Field(ge=0.25, le=744.0)] | None, Blank] = None
    seed: Annotated[Annotated[int, Field(ge=0, le=2**31 - 1)] | None, Blank] = None
    futures: Annotated[Annotated[int, Field(ge=1, le=1_000_000)] | None, Blank] = None


def check(wanted: Wanted, library: Mapping[str, Packaged]) -> None:
    """What can be said without a grid; everything else, the run itself refuses with all its faults.

    Raises:
        BadInput: naming every fault.
    """
    problems = Problems()
    for name in wanted.scenarios:
        if name not in library:
            problems.add("scenario", name, "a packaged scenario", "choose from the list")
    if wanted.text is not None:
        try:
            tomllib.loads(wanted.text)
        except tomllib.TOMLDecodeError as error:
            problems.add("scenario file", str(error), "TOML", "correct that line")
    if not wanted.scenarios and wanted.text is None:
        problems.add("scenario", "none chosen", "at least one", "choose from the list, or give a scenario file")
    if wanted.text is not None and (wanted.start or wanted.hours or wanted.seed is not None):
        problems.add("start, hours, seed", "beside a scenario file", "one place for them", "write them in the file")
    problems.raise_if_any()


def scenario_file(scenario: Packaged, wanted: Wanted) -> str | None:
    """The file of a packaged scenario with another window or seed; None where it is run as it is."""
    if wanted.start is None and wanted.hours is None and wanted.seed is None:
        return None
    lines = [] if wanted.seed is None else [f"seed = {wanted.seed}"]
    lines += ["[scenario]", f'name = "{scenario.name}_rehearsed"']
    lines += [f"{key} = {_table(texts)}" for key, texts in (("title", scenario.title), ("teaches", scenario.teaches))]
    lines += ["[compose]", f'extends = ["{scenario.name}"]']
    if wanted.start is not None or wanted.hours is not None:
        start, hours = wanted.start or scenario.start, wanted.hours or scenario.hours
        if start is not None and hours is not None:
            lines += ["[window]", f"start = {start.replace(tzinfo=None).isoformat(timespec='seconds')}", f"hours = {hours:g}"]
    return "\n".join(lines) + "\n"


def argv(scenario: str, folder: Path, futures: int | None, language: str) -> Sequence[str]:
    """The command's words; its results come to stand in ``folder``."""
    words = ["run", scenario, "--out", str(folder)]
    if futures is not None:
        words += ["--futures", str(futures), "--report", str(folder / "risk.html"), "--lang", language]
    return words


def name_in(text: str, language: str) -> str:
    """What a scenario file calls itself; its name, or nothing where it has none."""
    about: Any = tomllib.loads(text).get("scenario", {})
    title = about.get("title", "") if isinstance(about, dict) else ""
    told = title.get(language, "") if isinstance(title, dict) else title
    return str(told or (about.get("name", "") if isinstance(about, dict) else ""))[:_LONGEST_TITLE]


def _table(texts: Mapping[str, str]) -> str:
    """An inline table; JSON strings are TOML strings."""
    return "{ " + ", ".join(f"{key} = {json.dumps(text, ensure_ascii=False)}" for key, text in texts.items()) + " }"
