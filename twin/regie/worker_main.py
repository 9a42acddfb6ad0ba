"""Inside a worker: build the box, then answer one request after the other. Runs in a forked child of the fork server.

Only small JSON messages travel on the channel (a SEQPACKET socket keeps them whole: half a message cannot exist). Requests
and answers lie in anonymous files that the loop hands over as descriptors: the shared frame (read-only pages), what is
known ahead (read-only), this worker's request, this worker's result. Nothing the box returns is unpickled or executed.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import random
import resource
import signal
import socket
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from twin.contracts.description import box_from_description
from twin.contracts.frame import AsOfView, Frame, Layout
from twin.contracts.report_codec import report_to_bytes, signals_from_bytes
from twin.domain.pack import unpack
from twin.domain.time import from_epoch_s
from twin.regie.shared_frame import quality_offset

MAX_MESSAGE = 4096
MAX_RESULT = 64 * 2**20
# Threads reserve 64 MB of address space each for their heaps without using it, and mapped files count too: the data limit
# is the true one, the address-space limit only stops a runaway mapping.
_ADDRESS_SPACE_SLACK = 2 * 2**30
# Prepared now, because after a MemoryError there may be no memory to prepare it.
_MEMORY_MESSAGE = b'{"error":"memory","text":"MemoryError: the box reached its memory limit"}'


def serve(order: Mapping[str, Any], descriptors: list[int]) -> None:
    """Build the box and answer until the channel closes.

    Args:
        order: ``init`` (bytes of the request file that describe the box), ``rows`` (capacity of the shared frame),
            ``memory_mb``, ``nice``, ``scratch`` (its own directory for temporary files).
        descriptors: channel, frame, ahead, request, result.
    """
    channel = socket.socket(fileno=descriptors[0])
    _settle(order)
    try:
        worker = _Worker(order, descriptors)
    except BaseException as error:  # noqa: BLE001 - whatever a box's constructor raises is its status, told to the loop
        channel.send(_error("exception", error))
        return
    channel.send(b'{"ready":true}')
    while request := channel.recv(MAX_MESSAGE):
        channel.send(worker.answer(json.loads(request)))


def _settle(order: Mapping[str, Any]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(int(order["nice"]))
    scratch = str(order["scratch"])
    Path(scratch).mkdir(parents=True, exist_ok=True)
    os.chdir(scratch)
    os.environ["TMPDIR"] = scratch
    tempfile.tempdir = None
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    status = dict(
        line.split(":", 1) for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines() if ":" in line
    )
    allowance = int(order["memory_mb"]) * 2**20
    for limit, field, slack in (
        (resource.RLIMIT_DATA, "VmData", 0),
        (resource.RLIMIT_AS, "VmSize", _ADDRESS_SPACE_SLACK),
    ):
        bound = int(status[field].split()[0]) * 1024 + allowance + slack
        resource.setrlimit(limit, (bound, bound))


class _Worker:
    def __init__(self, order: Mapping[str, Any], descriptors: list[int]) -> None:
        _, frame, self.ahead, self.request, self.result = descriptors
        self.box, self.layout, self.context = box_from_description(os.pread(self.request, int(order["init"]), 0))
        rows, columns = int(order["rows"]), len(self.layout.columns)
        pages = mmap.mmap(frame, 0, prot=mmap.PROT_READ)
        offset = quality_offset(rows, columns)
        self.values = np.frombuffer(pages, np.float64, rows * columns).reshape(rows, columns)
        self.quality = np.frombuffer(pages, np.uint8, rows * columns, offset).reshape(rows, columns)
        self.artifact: tuple[str, bytes] | None = None

    def answer(self, request: Mapping[str, Any]) -> bytes:
        try:
            return self._fit(request) if request["op"] == "fit" else self._step(request)
        except MemoryError:
            return _MEMORY_MESSAGE
        except BaseException as error:  # noqa: BLE001 - a box may raise anything, SystemExit too: it is its status
            return _error("exception", error)

    def _step(self, request: Mapping[str, Any]) -> bytes:
        rows = slice(request["first"], request["first"] + request["rows"])
        frame = Frame(self.layout, request["start_s"], self.values[rows], self.quality[rows])
        ahead = signals_from_bytes(os.pread(self.ahead, request["ahead_size"], 0), request["ahead"])
        view = AsOfView(from_epoch_s(request["as_of_s"]), frame, ahead)
        state = None if request["state"] is None else os.pread(self.request, request["state"], 0)
        artifact = self._load(request["artifact"]) if request["artifact"] else None
        _seed(request["seed"])
        begun = time.monotonic()
        report, new_state = self.box.step(view, artifact, state)
        own_s = time.monotonic() - begun
        answer = report_to_bytes(report)
        if new_state is not None and not isinstance(new_state, bytes):
            raise TypeError(f"step returned a state of type {type(new_state).__name__}, expected bytes or None")
        if len(answer) + len(new_state or b"") > MAX_RESULT:
            raise ValueError(f"report and state are larger than {MAX_RESULT} bytes")
        _write(self.result, answer + (new_state or b""))
        size = None if new_state is None else len(new_state)
        return json.dumps({"seq": request["seq"], "report": len(answer), "state": size, "own_s": own_s}).encode()

    def _fit(self, request: Mapping[str, Any]) -> bytes:
        meta, arrays = unpack(Path(request["history"]).read_bytes())
        layout = Layout(tuple((name, element) for name, element in meta["columns"]))
        frame = Frame(layout, meta["start_s"], arrays["values"], arrays["quality"])
        _seed(request["seed"])
        artifact = self.box.fit(AsOfView(from_epoch_s(request["as_of_s"]), frame), seed=request["seed"])
        if not isinstance(artifact, bytes):
            raise TypeError(f"fit returned {type(artifact).__name__}, expected bytes")
        if len(artifact) > MAX_RESULT:
            raise ValueError(f"the model is larger than {MAX_RESULT} bytes")
        _write(self.result, artifact)
        return json.dumps({"seq": request["seq"], "report": len(artifact)}).encode()

    def _load(self, path: str) -> bytes:
        digest = Path(path).name
        if self.artifact is None or self.artifact[0] != digest:
            data = Path(path).read_bytes()
            if hashlib.sha256(data).hexdigest() != digest:
                raise ValueError(f"artifact {digest[:12]} does not hash to its name: the file is damaged")
            self.artifact = (digest, data)
        return self.artifact[1]


def _write(descriptor: int, data: bytes) -> None:
    # pwrite, not a mapping: with no memory left it raises, where a store into a mapped page would be a SIGBUS.
    view, offset = memoryview(data), 0
    while offset < len(data):
        offset += os.pwrite(descriptor, view[offset:], offset)


def _seed(seed: int) -> None:
    # A box that draws from the global generators still answers alike in every process; its own generator is its own care.
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - the legacy global generator is exactly what must be seeded


def _error(kind: str, error: BaseException) -> bytes:
    text = f"{type(error).__name__}: {error}"
    if isinstance(error, MemoryError):
        return _MEMORY_MESSAGE
    text = text[:1000]
    while True:  # the text is cut, never the JSON: half a message would lose the cause
        # A lone surrogate has no UTF-8; written as an escape it is valid JSON.
        data = json.dumps({"error": kind, "text": text}, ensure_ascii=False).encode(errors="backslashreplace")
        if len(data) < MAX_MESSAGE:
            return data
        text = text[: len(text) * 3 // 4]
