"""Fits as files: the loop asks, the work process answers, and a kill of either at any moment leaves both able to go on.

Below ``jobs/fits`` a fit is a name made of what is asked: ``NAME.ask`` until the loop forgets it, ``NAME.model`` and then
``NAME.json`` once it has ended. Every file appears whole. Equal asks have equal names, so asking again changes nothing, and
a fit without an answer is made again from its frozen history.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from twin.contracts.messages import Outcome
from twin.domain.pack import pack, unpack
from twin.domain.whole_file import write_whole

FOLDER = "fits"


@dataclass(frozen=True)
class FitAsk:
    """One fit, described completely.

    Attributes:
        as_of_s, effect_s: epoch seconds of the end of its history and of the first tick with the new model.
        history: path of the frozen history. ``description``: from `twin.contracts.description.box_description`.
        memory_mb: limit of its process beyond the preloaded libraries.
    """

    instance: str
    as_of_s: int
    effect_s: int
    seed: int
    deadline_s: float
    memory_mb: int
    history: str
    description: bytes

    @property
    def name(self) -> str:
        """Its files' stem; names sort by the time at which the models are due."""
        return f"{self.effect_s:012d}-{hashlib.sha256(self.to_bytes()).hexdigest()[:24]}"

    def to_bytes(self) -> bytes:
        """Canonical."""
        meta = {key: value for key, value in vars(self).items() if key != "description"}
        return pack(meta, {"description": np.frombuffer(self.description, np.uint8)})

    @classmethod
    def from_bytes(cls, data: bytes) -> FitAsk:
        """Inverse of `to_bytes`."""
        meta, arrays = unpack(data)
        return cls(**meta, description=arrays["description"].tobytes())


@dataclass(frozen=True)
class FitAnswer:
    """What came of a fit.

    Attributes:
        text: why not, for every outcome but OK. ``wall_s``: how long it took. ``model``: None unless OK.
    """

    outcome: Outcome
    text: str
    wall_s: float
    model: bytes | None = None


def put_ask(folder: Path, ask: FitAsk) -> str:
    """Ask, unless that was done before; returns the name.

    Raises:
        OSError: when the disk does not take it.
    """
    path = folder / f"{ask.name}.ask"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(path, ask.to_bytes())
    return ask.name


def open_asks(folder: Path) -> list[str]:
    """Names of the fits that have no answer yet, earliest effect first."""
    names = {path.name for path in folder.glob("[!.]*")}
    return sorted(name[:-4] for name in names if name.endswith(".ask") and f"{name[:-4]}.json" not in names)


def get_ask(folder: Path, name: str) -> FitAsk | None:
    """What is asked; None when it was withdrawn."""
    try:
        return FitAsk.from_bytes((folder / f"{name}.ask").read_bytes())
    except FileNotFoundError:
        return None


def put_answer(folder: Path, name: str, answer: FitAnswer) -> None:
    """Answer: the model first, so that whoever sees the answer finds the model.

    Raises:
        OSError: when the disk does not take it.
    """
    if answer.model is not None:
        write_whole(folder / f"{name}.model", answer.model)
    facts = {"outcome": str(answer.outcome), "text": answer.text, "wall_s": answer.wall_s}
    # A lone surrogate in a box's words has no UTF-8; escaped it is plain ASCII.
    write_whole(folder / f"{name}.json", json.dumps(facts).encode("ascii"))


def get_answer(folder: Path, name: str) -> FitAnswer | None:
    """The answer, None while there is none.

    Raises:
        OSError: when it cannot be read.
    """
    path = folder / f"{name}.json"
    if not path.is_file():
        return None
    facts = json.loads(path.read_bytes())
    outcome = Outcome(facts["outcome"])
    model = (folder / f"{name}.model").read_bytes() if outcome is Outcome.OK else None
    return FitAnswer(outcome, facts["text"], facts["wall_s"], model)


def forget(folder: Path, *, but: Collection[str]) -> None:
    """Remove every fit that is not among ``but``; the ask goes first: an answer without one is no work for anybody."""
    order = (".ask", ".json", ".model")
    with suppress(OSError):  # also where nothing was ever asked; tried again after the next fit
        found = [path for path in folder.iterdir() if path.stem not in but and path.suffix in order]
        for path in sorted(found, key=lambda path: order.index(path.suffix)):
            path.unlink()
