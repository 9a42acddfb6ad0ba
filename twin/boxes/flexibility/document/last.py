"""The plan before, from its answer, on the steps of the plan to be made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from twin.boxes.flexibility.document.clock import Clock
from twin.domain.problems import BadInput, Problem
from twin.site.files import read_text


def read_last(path: Path, place: str) -> Mapping[str, Any]:
    """The answer in a file.

    Raises:
        BadInput: when it is none.
    """
    try:
        answer = json.loads(read_text(path))
        datetime.fromisoformat(answer["start"]), answer["hours"], [(each["id"], each["p_kw"]) for each in answer["devices"]]
    except (ValueError, LookupError, TypeError):
        limit, remedy = "the answer of a plan", "give what 'regie dispatch plan --json' printed"
        raise BadInput([Problem(place, str(path), limit, remedy)]) from None
    return dict(answer)


def last_mw(answer: Mapping[str, Any], units: list[str], clock: Clock) -> np.ndarray:
    """What the answer told each unit to do [MW], NaN where it says nothing, dims (unit, step).

    A step that it covers in part is not covered.
    """
    shift = (datetime.fromisoformat(answer["start"]) - clock.start).total_seconds() / 3600.0
    marks = shift + np.concatenate([[0.0], np.cumsum(answer["hours"])])
    edges = clock.edges_h
    outside = (edges[:-1] < marks[0] - 1e-9) | (edges[1:] > marks[-1] + 1e-9)
    told = {device["id"]: np.asarray(device["p_kw"], dtype=float) for device in answer["devices"]}
    found = np.full((len(units), len(clock.hours)), np.nan)
    for at, unit in enumerate(units):
        if unit in told and len(told[unit]) == len(answer["hours"]):
            energy = np.concatenate([[0.0], np.cumsum(told[unit] * np.asarray(answer["hours"]))])
            power = np.diff(np.interp(edges, marks, energy)) / np.asarray(clock.hours)
            found[at] = np.where(outside, np.nan, 1e-3 * power)
    return found
