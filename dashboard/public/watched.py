"""A JSON document that another process leaves in a file: read again when it changes, checked before it is believed."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

LARGEST_BYTES = 1024 * 1024  # a snapshot is about 20 kB, the figures of ten years about 100 kB; far more was not written by us

log = logging.getLogger(__name__)

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Reading(Generic[Model]):
    """One look at the file.

    Attributes:
        version: changes whenever the file does; "" while there is none, "access" while it cannot be opened or read.
        content: what was read, or None.
        trouble: "" with a content; else "missing" (no file), "schema" (another version) or "unreadable".
        params: what the words about the trouble need: ``found`` and ``known`` versions, or a ``reason`` code.
    """

    version: str
    content: Model | None
    trouble: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)


class Watched(Generic[Model]):
    """The latest reading of one file. Looking costs one ``stat`` while it stays the same; trouble is logged once, and its end.

    Args:
        model, schema_version: what the file must hold.
        faults: what the model's types cannot say, each in words for the log; with any, the file is not believed.
    """

    def __init__(
        self, path: Path, model: type[Model], schema_version: int, faults: Callable[[Model], list[tuple[str, str]]]
    ) -> None:
        self._path = path
        self._model = model
        self._schema_version = schema_version
        self._faults = faults
        self._reading: Reading[Model] = Reading("", None, "missing")

    def latest(self) -> Reading[Model]:
        """The file as it is now; an unreadable one gives a reading that says why, never the values before it."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return self._turn_to(Reading("", None, "missing"))
        except OSError as problem:
            return self._turn_to(_inaccessible(), str(problem))
        # Each writing is a new file renamed into place, so the inode changes even within one tick of the file's clock.
        version = f"{found.st_mtime_ns:x}-{found.st_ino:x}-{found.st_size:x}"
        if version != self._reading.version:
            self._read(version)
        return self._reading

    def _read(self, version: str) -> None:
        try:
            with self._path.open("rb") as file:
                raw = file.read(LARGEST_BYTES + 1)
        except OSError as problem:
            self._turn_to(_inaccessible(), str(problem))
            return
        try:
            self._turn_to(Reading(version, self._parsed(raw)))
        except _Refused as refused:
            self._turn_to(Reading(version, None, refused.trouble, refused.params), refused.detail)

    def _parsed(self, raw: bytes) -> Model:
        if len(raw) > LARGEST_BYTES:
            raise _Refused("unreadable", f"more than {LARGEST_BYTES} bytes", reason="size")
        try:
            content = json.loads(raw)
        except (ValueError, RecursionError) as problem:
            raise _Refused("unreadable", str(problem), reason="json") from problem
        found, known = content.get("schema_version") if isinstance(content, dict) else None, self._schema_version
        if isinstance(found, int) and found != known:
            message = f"schema_version {found} found, {known} known; update dashboard.public with the régie"
            raise _Refused("schema", message, found=found, known=known)
        try:
            model = self._model.model_validate_json(raw)
        except ValidationError as problem:
            raise _Refused("unreadable", str(problem), reason="fields") from problem
        faults = self._faults(model)
        if faults:
            raise _Refused("unreadable", "; ".join(words for _, words in faults), reason=faults[0][0])
        return model

    def _turn_to(self, reading: Reading[Model], detail: str = "") -> Reading[Model]:
        before, self._reading = self._reading, reading
        failing = reading.trouble not in ("", "missing")
        if failing and before.trouble != reading.trouble:
            log.error("%s cannot be shown (%s): %s", self._path, reading.trouble, detail)
        elif not reading.trouble and before.trouble not in ("", "missing"):
            log.info("%s can be shown again", self._path)
        return reading


class _Refused(ValueError):
    """A file that cannot be shown; ``detail`` is for the log, the rest for the page."""

    def __init__(self, trouble: str, detail: str, **params: Any) -> None:
        super().__init__(detail)
        self.trouble = trouble
        self.detail = detail
        self.params = params


def _inaccessible() -> Reading[Any]:
    """Not the file's doing (no descriptor left, a disk that stumbles): no version of it, so the next look reads again."""
    return Reading("access", None, "unreadable", {"reason": "access"})
