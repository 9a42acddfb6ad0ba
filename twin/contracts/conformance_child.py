"""One step of a box in a process of its own, with its memory limit: what `check_box` cannot see from inside its own."""

from __future__ import annotations

import importlib
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from twin.contracts.box import BoxContext
from twin.contracts.description import box_description, box_from_description
from twin.contracts.frame import AsOfView, Frame, Layout
from twin.contracts.report_codec import report_to_bytes, signals_from_bytes, signals_to_bytes
from twin.contracts.resolve import import_box
from twin.domain.pack import UnpackError, pack, unpack
from twin.domain.problems import BadInput, Problem
from twin.domain.time import from_epoch_s, to_epoch_s

# Importing what a box preloads takes seconds (prophet and pyomo together 5); ten deadlines come on top.
_IMPORT_S = 60.0


@dataclass(frozen=True)
class ChildAnswer:
    """What the process reported.

    Attributes:
        answer: canonical bytes of report and state. ``seconds``: of the first step. ``left_behind``: child processes.
        error: how it ended when it did not answer.
    """

    answer: bytes = b""
    seconds: float = 0.0
    left_behind: int = 0
    error: str = ""


def answer_in_child(
    target: str,
    config: Mapping[str, Any],
    context: BoxContext,
    view: AsOfView,
    artifact: bytes | None,
    *,
    memory_mb: int,
    preload: Sequence[str],
    deadline_s: float,
) -> ChildAnswer:
    """Build the box from its reference in a fresh process, let it answer ``view`` once, and see what became of it."""
    description = box_description(target, config, context, view.frame.layout)
    meta = {
        "as_of_s": to_epoch_s(view.as_of),
        "start_s": view.frame.start_s,
        "trained": artifact is not None,
        "memory_mb": memory_mb,
        "preload": list(preload),
    }
    arrays = {
        "description": np.frombuffer(description, np.uint8),
        "ahead": np.frombuffer(signals_to_bytes(view.ahead), np.uint8),
        "artifact": np.frombuffer(artifact or b"", np.uint8),
        "values": view.frame.values,
        "quality": view.frame.quality,
    }
    found = _ask("main", pack(meta, arrays), _IMPORT_S + 10.0 * deadline_s)
    if isinstance(found, str):
        return ChildAnswer(error=found)
    facts, parts = found
    return ChildAnswer(parts["answer"].tobytes(), facts["seconds"], facts["left_behind"])


class UnknownBox(BadInput):
    """No module, or no class in it, of the name that was given."""


def made_in_child(target: str, config: Mapping[str, Any], context: BoxContext, layout: Layout) -> str | None:
    """Make the box in a fresh process; returns what went wrong there.

    Raises:
        UnknownBox: when nothing of that name can be imported.
    """
    description = np.frombuffer(box_description(target, config, context, layout), np.uint8)
    found = _ask("make", pack({"target": target}, {"description": description}), _IMPORT_S)
    if isinstance(found, str):
        return found
    facts = found[0]
    if facts["unknown"]:
        raise UnknownBox(Problem(*words) for words in facts["unknown"])
    return facts["error"] or (f"leaves {facts['left_behind']} processes behind" if facts["left_behind"] else None)


def _ask(entry: str, question: bytes, limit_s: float) -> tuple[dict[str, Any], dict[str, np.ndarray]] | str:
    """A fresh process's answer, or how it ended without one. Files, not pipes: what the box forked would hold those open."""
    # Another hash seed than any other process has: an answer that follows the order of a set of names shows itself.
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(str(Path(entry or ".").absolute()) for entry in sys.path),
        "PYTHONHASHSEED": "12345",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    code = f"from twin.contracts.conformance_child import {entry}; {entry}()"
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write(question)
        given.seek(0)
        process = subprocess.Popen(
            [sys.executable, "-c", code], stdin=given, stdout=out, stderr=err, env=environment, start_new_session=True
        )
        try:
            ended = process.wait(limit_s)
        except subprocess.TimeoutExpired:
            return f"gave no answer within {limit_s:g} s in its own process"
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # and what it left behind with it
            process.wait()
        out.seek(0)
        err.seek(0)
        try:
            return unpack(out.read() if ended == 0 else b"")
        except UnpackError:
            last = err.read().decode(errors="replace").strip().splitlines()[-1:]
            return f"its own process ended with {ended} and no answer: {''.join(last)}"


def make() -> None:
    """Entry of the process that only makes the box."""
    meta, arrays = unpack(sys.stdin.buffer.read())
    output, own = os.dup(1), os.getpid()
    os.dup2(2, 1)  # what a box prints is no answer
    unknown: list[list[str]] = []
    error = ""
    try:
        import_box(meta["target"])
    except BadInput as refused:
        unknown = [[p.place, p.value, p.limit, p.remedy] for p in refused.problems]
    try:
        if not unknown:
            box_from_description(arrays["description"].tobytes())
    except BaseException as raised:  # noqa: BLE001 - whatever the constructor raises is the answer
        error = f"{type(raised).__name__}: {raised}"
    if os.getpid() != own:  # the box forked, and this is the fork
        os._exit(0)
    with os.fdopen(output, "wb") as stream:
        stream.write(pack({"unknown": unknown, "error": error, "left_behind": _children()}))


def main() -> None:
    """Entry of the process: the question on standard input, the answer on standard output."""
    meta, arrays = unpack(sys.stdin.buffer.read())
    output = os.dup(1)
    os.dup2(2, 1)  # what a box prints is no answer
    for name in meta["preload"]:
        importlib.import_module(name)
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    in_use = next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmData"))
    bound = in_use + int(meta["memory_mb"]) * 2**20
    resource.setrlimit(resource.RLIMIT_DATA, (bound, bound))
    box, layout, _ = box_from_description(arrays["description"].tobytes())
    frame = Frame(layout, meta["start_s"], arrays["values"], arrays["quality"])
    view = AsOfView(from_epoch_s(meta["as_of_s"]), frame, signals_from_bytes(arrays["ahead"].tobytes()))
    artifact = arrays["artifact"].tobytes() if meta["trained"] else None
    begun = time.monotonic()
    report, state = box.step(view, artifact, None)
    seconds = time.monotonic() - begun
    answer = report_to_bytes(report) + b"|" + (state or b"")
    facts = {"seconds": seconds, "left_behind": _children()}
    with os.fdopen(output, "wb") as stream:
        stream.write(pack(facts, {"answer": np.frombuffer(answer, np.uint8)}))


def _children() -> int:
    return sum(len(path.read_text(encoding="ascii").split()) for path in Path("/proc/self/task").glob("*/children"))
