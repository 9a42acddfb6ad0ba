"""Reports, envelopes and signals known ahead <-> bytes, through `twin.domain.pack`: canonical, so equal content hashes equal.

Strings and small values travel in the JSON header, numbers as arrays; a regular time axis is three integers. The headline's
value is an array too, because a box may wrongly give NaN and the refusal should say so instead of failing to encode it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import numpy as np
import xarray as xr

from twin.contracts.messages import SERIES, Envelope, Finding, Headline, Outcome, Proposal, Report, Service
from twin.domain.pack import pack, unpack
from twin.domain.quality import Quality


def report_to_bytes(report: Report) -> bytes:
    """Canonical bytes of a report.

    Raises:
        TypeError, ValueError: naming what cannot be written (an object array, NaN in ``params``).
    """
    return pack(*_report_parts(report))


def report_from_bytes(data: bytes | memoryview) -> Report:
    """Inverse of `report_to_bytes`.

    Raises:
        twin.domain.pack.UnpackError: for bytes that are no packed message.
    """
    return _report(*unpack(data))


def envelope_to_bytes(envelope: Envelope) -> bytes:
    """Canonical bytes of an envelope with its report."""
    meta, arrays = _report_parts(envelope.report)
    meta["envelope"] = {
        "instance": envelope.instance,
        "box": envelope.box,
        "version": envelope.version,
        "team": envelope.team,
        "role": envelope.role,
        "as_of": envelope.as_of.isoformat(),
        "produced_at": envelope.produced_at.isoformat(),
        "valid_until": envelope.valid_until.isoformat(),
        "quality": int(envelope.quality),
        "service": str(envelope.service),
        "outcome": str(envelope.outcome),
        "fallback": envelope.fallback,
        "inputs_hash": envelope.inputs_hash,
        "artifact": envelope.artifact,
        "problems": list(envelope.problems),
    }
    return pack(meta, arrays)


def envelope_from_bytes(data: bytes | memoryview) -> Envelope:
    """Inverse of `envelope_to_bytes`."""
    meta, arrays = unpack(data)
    fields = dict(meta["envelope"])
    for name in ("as_of", "produced_at", "valid_until"):
        fields[name] = datetime.fromisoformat(fields[name])
    fields["quality"] = Quality(fields["quality"])
    fields["service"] = Service(fields["service"])
    fields["outcome"] = Outcome(fields["outcome"])
    fields["problems"] = tuple(fields["problems"])
    return Envelope(report=_report(meta, arrays), **fields)


def signals_to_bytes(signals: Mapping[str, xr.DataArray]) -> bytes:
    """Canonical bytes of named signals (what is known ahead)."""
    arrays: dict[str, np.ndarray] = {}
    return pack({name: _signal_meta(name, signal, arrays) for name, signal in signals.items()}, arrays)


def signals_from_bytes(data: bytes | memoryview, names: Iterable[str] | None = None) -> dict[str, xr.DataArray]:
    """Inverse of `signals_to_bytes`; only ``names`` when given (building a DataArray is the dear part)."""
    meta, arrays = unpack(data)
    return {name: _signal(name, meta[name], arrays) for name in (meta if names is None else names)}


def plain(value: Any) -> Any:
    """``value`` as JSON knows it: numpy scalars become numbers, instants ISO 8601 text, tuples lists.

    Raises:
        TypeError: for anything else that JSON does not know.
    """
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, datetime | date):
        return value.isoformat()
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError(f"{value!r} of type {type(value).__name__} cannot travel; use text, numbers, lists or mappings")


# ---------------------------------------------------------------------------------------------- reports


def _report_parts(report: Report) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    arrays: dict[str, np.ndarray] = {"headline": np.array([report.headline.value], dtype=np.float64)}
    for number, proposal in enumerate(report.proposals):
        for name in SERIES:
            arrays[f"proposal/{number}/{name}"] = np.asarray(getattr(proposal, name), dtype=np.float64)
    meta = {
        "outputs": {name: _signal_meta(name, signal, arrays) for name, signal in report.outputs.items()},
        "headline": [report.headline.label, report.headline.unit],
        "proposals": [_proposal_meta(proposal) for proposal in report.proposals],
        "findings": [_finding_meta(finding) for finding in report.findings],
        "reason": report.reason,
        "params": plain(report.params),
    }
    return meta, arrays


def _report(meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Report:
    label, unit = meta["headline"]
    return Report(
        outputs={name: _signal(name, spec, arrays) for name, spec in meta["outputs"].items()},
        headline=Headline(label, float(arrays["headline"][0]), unit),
        proposals=tuple(_proposal(number, spec, arrays) for number, spec in enumerate(meta["proposals"])),
        findings=tuple(
            Finding(
                at=datetime.fromisoformat(spec["at"]),
                act_before=datetime.fromisoformat(spec["act_before"]),
                **{key: value for key, value in spec.items() if key not in ("at", "act_before")},
            )
            for spec in meta["findings"]
        ),
        reason=meta["reason"],
        params=meta["params"],
    )


def _proposal(number: int, spec: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Proposal:
    facts: dict[str, Any] = {**spec, "start": datetime.fromisoformat(spec["start"])}
    facts |= {name: arrays[f"proposal/{number}/{name}"] for name in SERIES}
    return Proposal(**facts)


def _proposal_meta(proposal: Proposal) -> dict[str, Any]:
    return {
        "device": proposal.device,
        "start": proposal.start.isoformat(),
        "priority": plain(proposal.priority),
        "reason": proposal.reason,
        "params": plain(proposal.params),
        "value_chf": float(proposal.value_chf),
        "confidence": float(proposal.confidence),
    }


def _finding_meta(finding: Finding) -> dict[str, Any]:
    return {
        "key": finding.key,
        "priority": plain(finding.priority),
        "code": finding.code,
        "params": plain(finding.params),
        "element": finding.element,
        "at": finding.at.isoformat(),
        "act_before": finding.act_before.isoformat(),
        "owner": finding.owner,
        "parent": finding.parent,
    }


# ---------------------------------------------------------------------------------------------- signals


def _signal_meta(name: str, signal: xr.DataArray, arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    arrays[f"signal/{name}"] = np.asarray(signal.values)
    coords = {
        str(key): _coordinate_meta(f"signal/{name}/{key}", coordinate, arrays) for key, coordinate in signal.coords.items()
    }
    return {"dims": [str(dim) for dim in signal.dims], "coords": coords, "attrs": plain(signal.attrs)}


def _coordinate_meta(key: str, coordinate: xr.Variable, arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    values = np.asarray(coordinate.values)
    dims = [str(dim) for dim in coordinate.dims]
    if values.dtype.kind in "UO":
        return {"dims": dims, "words": [str(word) for word in values.ravel()], "shape": list(values.shape)}
    if values.dtype.kind == "f" and values.ndim == 1 and bool(np.isfinite(values).all()):
        return {"dims": dims, "numbers": values.tolist()}
    if values.dtype.kind == "M" and values.ndim == 1 and values.size:
        stamps = values.astype("datetime64[ns]").astype(np.int64)
        steps = np.diff(stamps)
        step = int(steps[0]) if steps.size else 0
        if not steps.size or bool((steps == step).all()):
            return {"dims": dims, "axis": [int(stamps[0]), step, int(stamps.size)]}
    arrays[key] = values
    return {"dims": dims, "array": key}


def _signal(name: str, spec: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> xr.DataArray:
    values, dims = arrays[f"signal/{name}"], tuple(spec["dims"])
    labelled = {entry["dims"][0] for entry in spec["coords"].values() if len(entry["dims"]) == 1}
    if any("array" in entry for entry in spec["coords"].values()) or not labelled.issuperset(dims):
        coords = {key: (tuple(entry["dims"]), _coordinate(entry, arrays)) for key, entry in spec["coords"].items()}
        return xr.DataArray(values, dims=dims, coords=coords, name=name, attrs=dict(spec["attrs"]))
    # Indexes are the dear part of a DataArray (0.4 ms), and in one tick most signals share theirs.
    signal = _labels(dims, json.dumps(spec["coords"], sort_keys=True)).copy(deep=False, data=values)
    signal.name, signal.attrs = name, dict(spec["attrs"])
    return signal


@lru_cache(maxsize=128)
def _labels(dims: tuple[str, ...], coords: str) -> xr.DataArray:
    found = {key: (tuple(entry["dims"]), _coordinate(entry, {})) for key, entry in json.loads(coords).items()}
    sizes = {entry[0][0]: len(entry[1]) for entry in found.values() if len(entry[0]) == 1}
    return xr.DataArray(np.zeros([sizes[dim] for dim in dims]), dims=dims, coords=found)


def _coordinate(entry: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    if "words" in entry:
        return np.array(entry["words"], dtype=str).reshape(entry["shape"])
    if "numbers" in entry:
        return np.array(entry["numbers"], dtype=np.float64)
    if "axis" in entry:
        start, step, count = entry["axis"]
        return (start + step * np.arange(count, dtype=np.int64)).astype("datetime64[ns]")
    return arrays[entry["array"]]
