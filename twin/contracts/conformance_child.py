"""The process in which `check_box` lets a box work: it makes the box, then answers one question after the other.

Its parent's side is `twin.contracts.conformance_process`.
"""

from __future__ import annotations

import importlib
import os
import resource
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from twin.contracts.box import Box
from twin.contracts.description import box_from_description
from twin.contracts.frame import AsOfView, Frame, Layout
from twin.contracts.report_codec import report_to_bytes, signals_from_bytes, signals_to_bytes
from twin.contracts.resolve import import_box
from twin.domain.pack import pack, unpack
from twin.domain.problems import BadInput
from twin.domain.time import from_epoch_s

Message = tuple[dict[str, Any], dict[str, np.ndarray]]


def main() -> None:
    """Entry of the process: files of questions and of answers as descriptors in ``argv``, their sizes on standard streams."""
    question, answer = (int(word) for word in sys.argv[1:3])
    sizes, told, own = os.fdopen(os.dup(0)), os.dup(1), os.getpid()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)  # what a box prints is no answer
    subject = _Subject()
    for size in sizes:
        meta, arrays = unpack(os.pread(question, int(size), 0))
        reply = pack(*subject.answer(meta, arrays))
        if os.getpid() != own:  # the box forked, and this is the fork
            os._exit(0)
        os.pwrite(answer, reply, 0)
        os.write(told, b"%d\n" % len(reply))


class _Unusable(Exception):
    """An answer that is none."""


class _Subject:
    """The box, and how it is asked."""

    box: Box
    description: bytes

    def answer(self, meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Message:
        """The reply to one question, whatever comes of it: ``raised`` by the box, or at ``fault`` in what it returned."""
        facts: dict[str, Any] = {"raised": "", "fault": ""}
        parts: dict[str, np.ndarray] = {}
        try:
            found, parts = {"make": self._make, "step": self._step, "fit": self._fit}[meta["op"]](meta, arrays)
            facts |= found
        except _Unusable as error:
            facts["fault"] = str(error)
        except BaseException as error:  # noqa: BLE001 - a box may raise anything, SystemExit too: it is the answer
            facts["raised"] = f"{type(error).__name__}: {error}"
        return {**facts, "left_behind": _children()}, parts

    def _make(self, meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Message:
        for name in meta["preload"]:
            importlib.import_module(name)
        if meta["memory_mb"] is not None:
            _limit_memory(int(meta["memory_mb"]))
        try:
            import_box(meta["target"])
        except BadInput as refused:
            return {"unknown": [[p.place, p.value, p.limit, p.remedy] for p in refused.problems]}, {}
        self.description = arrays["description"].tobytes()
        self.box = box_from_description(self.description)[0]
        return {"unknown": []}, {}

    def _step(self, meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Message:
        box, view = self._asked(meta), _view(meta, arrays)
        given = [arrays[name].tobytes() if name in meta["given"] else None for name in ("artifact", "state")]
        before, begun = _content(view), time.monotonic()
        report, state = box.step(view, *given)
        facts = {"seconds": time.monotonic() - begun, "wrote": _content(view) != before, "stateful": state is not None}
        if not isinstance(state, bytes | None):
            raise _Unusable(f"returned a state of type {type(state).__name__}, expected bytes or None")
        try:
            data = report_to_bytes(report)
        except Exception as error:
            raise _Unusable(f"returned what is no report: {type(error).__name__}: {error}") from error
        return facts, {"report": np.frombuffer(data, np.uint8), "state": np.frombuffer(state or b"", np.uint8)}

    def _fit(self, meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Message:
        box, view, begun = self._asked(meta), _view(meta, arrays), time.monotonic()
        artifact: object = box.fit(view, seed=meta["seed"])
        facts = {"seconds": time.monotonic() - begun}
        if not isinstance(artifact, bytes):
            raise _Unusable(f"fit returned {type(artifact).__name__}, expected bytes")
        return facts, {"artifact": np.frombuffer(artifact, np.uint8)}

    def _asked(self, meta: Mapping[str, Any]) -> Box:
        if meta["anew"]:
            self.box = box_from_description(self.description)[0]
        return self.box


def _view(meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> AsOfView:
    # Unpacked arrays cannot be written, as in the live box.
    layout = Layout(tuple((signal, element) for signal, element in meta["columns"]))
    frame = Frame(layout, meta["start_s"], arrays["values"], arrays["quality"])
    return AsOfView(from_epoch_s(meta["as_of_s"]), frame, signals_from_bytes(arrays["ahead"].tobytes()))


def _content(view: AsOfView) -> tuple[bytes, bytes, bytes]:
    return view.frame.values.tobytes(), view.frame.quality.tobytes(), signals_to_bytes(view.ahead)


def _limit_memory(memory_mb: int) -> None:
    """What the process may hold beyond the libraries that it has loaded by now."""
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    in_use = next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmData"))
    bound = in_use + memory_mb * 2**20
    resource.setrlimit(resource.RLIMIT_DATA, (bound, bound))


def _children() -> int:
    return sum(len(path.read_text(encoding="ascii").split()) for path in Path("/proc/self/task").glob("*/children"))
