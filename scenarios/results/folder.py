"""Where results come to stand: made in a folder beside, renamed when they are whole, never made over.

``OUT/<name>/`` holds ``result.json``, ``series.zarr`` and ``state/`` of one rehearsal, ``OUT/.<name>.partial/`` what is under
way. A run that was killed finds its partial folder by the same name and goes on there.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scenarios.results.inputs import together
from twin.domain.finite import finite
from twin.domain.problems import BadInput, Problem
from twin.domain.whole_file import write_whole
from twin.regie.lock import take_lock

RESULT, SERIES, STATE, FUTURES = "result.json", "series.zarr", "state", "futures.zarr"
RUN = "run.json"
"""What was asked for, and the rehearsals that it came to."""
_INPUTS = "inputs.json"
_BEFORE_INPUTS = {"lock", f".{_INPUTS}.new"}
"""What a run that was killed at once has left: nothing."""


@dataclass(frozen=True)
class Target:
    """The place of one rehearsal's results below ``out``. ``inputs``: all that they follow from, as JSON values."""

    out: Path
    name: str
    inputs: Mapping[str, Any]

    @property
    def final(self) -> Path:
        """The folder of finished results."""
        return self.out / self.name

    @property
    def partial(self) -> Path:
        """The folder of results that are being made."""
        return self.out / f".{self.name}.partial"

    @property
    def finished(self) -> bool:
        """Whether everything is there."""
        return (self.final / RESULT).exists()

    def problems(self) -> list[Problem]:
        """Results of other inputs in its place, or a folder that is none of ours."""
        found = []
        wanted = together(self.inputs)
        for folder in (self.final, self.partial):
            if not folder.exists() or {path.name for path in folder.iterdir()} <= _BEFORE_INPUTS:
                continue
            there = _inputs_of(folder)
            remedy = "choose another --out, or remove it"
            if there is None:
                found.append(Problem(str(folder), "holds something else", "no folder, or one of the same inputs", remedy))
            elif together(there) != wanted:
                differs = ", ".join(key for key in sorted({*there, *self.inputs}) if there.get(key) != self.inputs.get(key))
                value = f"results of inputs {together(there)[:12]} (other: {differs})"
                found.append(Problem(str(folder), value, f"inputs {wanted[:12]}", remedy))
        return found

    @contextmanager
    def under_way(self) -> Iterator[Path]:
        """The partial folder, held by nobody else; it stays where it is until `finish`.

        Raises:
            BadInput: for results of other inputs, and while another run works there.
            OSError: when the disk does not take it.
        """
        problems = self.problems()
        if problems:
            raise BadInput(problems)
        self.partial.mkdir(parents=True, exist_ok=True)
        lock = take_lock(self.partial)
        try:
            write_whole(self.partial / _INPUTS, _bytes(self.inputs))
            yield self.partial
        finally:
            lock.close()

    def finish(self, result: Mapping[str, Any]) -> Path:
        """Write ``result.json`` and give the whole folder its name."""
        write_whole(self.partial / RESULT, _bytes(result))
        (self.partial / "lock").unlink(missing_ok=True)
        self.partial.replace(self.final)
        directory = os.open(self.out, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
        return self.final


def _inputs_of(folder: Path) -> dict[str, Any] | None:
    """What a folder's results follow from; None where it is no results folder."""
    try:
        found = json.loads((folder / _INPUTS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _bytes(value: Mapping[str, Any]) -> bytes:
    return json.dumps(finite(value), indent=1, ensure_ascii=False, allow_nan=False, default=str).encode()
