"""Is a box's answer what its card promises? Problems refuse it; doubts let it through, marked questionable."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import xarray as xr

from twin.contracts.box import BoxCard, BoxContext, Provide
from twin.contracts.messages import SERIES, Proposal, Report
from twin.contracts.well_formed import form_problems
from twin.domain.signals import SIGNALS
from twin.domain.time import QUARTER_HOUR, floor_quarter, to_datetime64

# Sorting and rounding inside a box may leave a quantile or a bound short by a few units in the last place; 1e-9 MW is a
# milliwatt and nobody's business.
_ROUNDING = 1e-9

# Two forecasts of one thing differ by sum|a - b| / max(sum|a|, sum|b|): 0.6 is a factor of 2.5 between their energies, more
# than any two honest methods disagree over a whole horizon, and less than the 0.67 of an answer three times too large.
_DISAGREEMENT = 0.6

_MIN_STEPS_TO_COMPARE = 4


@dataclass(frozen=True)
class Limit:
    """What a site holds plausible for one signal, narrower than the physical range of `SIGNALS`; None = no opinion."""

    minimum: float | None = None
    maximum: float | None = None
    ramp: float | None = None


@dataclass(frozen=True)
class Premises:
    """What an answer is held against besides its card: the site's elements, devices and limits.

    Attributes:
        elements: dimension ("zone", "trafo", "line", "machine", "device") -> names the site knows.
        devices: id -> facts of `twin.contracts.messages.Device` as a mapping, ``dispatchable`` among them.
        limits: (signal, element) -> what the site holds plausible; element "" for signals without element dimension.
    """

    elements: Mapping[str, Collection[str]]
    devices: Mapping[str, Mapping[str, Any]]
    limits: Mapping[tuple[str, str], Limit] = field(default_factory=dict)

    @classmethod
    def of(cls, context: BoxContext, limits: Mapping[tuple[str, str], Limit] | None = None) -> Premises:
        """The premises of a site as boxes know it."""
        devices = {str(device["id"]): device for device in context.devices}
        elements = {"zone": tuple(context.zones), "trafo": tuple(context.trafos), "line": tuple(context.lines)}
        elements |= {"machine": tuple(context.machines), "device": tuple(devices)}
        return cls(elements, devices, dict(limits or {}))


@dataclass(frozen=True)
class Verdict:
    """``problems`` refuse an answer, ``doubts`` mark it questionable; each names what, the value and the limit."""

    problems: tuple[str, ...]
    doubts: tuple[str, ...]


def times_of(provide: Provide, as_of: datetime) -> np.ndarray:
    """The labels that ``provide`` promises at ``as_of``: from the current quarter hour on, or the last complete one.

    At an event tick ``as_of`` lies inside a quarter hour; the horizon starts with the one that is running.
    """
    now = floor_quarter(as_of)
    steps = int(provide.horizon / provide.resolution)
    first = to_datetime64(now if steps else now - QUARTER_HOUR)
    stride = np.timedelta64(int(provide.resolution.total_seconds()), "s")
    result: np.ndarray = (first + np.arange(max(steps, 1)) * stride).astype("datetime64[ns]")
    return result


def dims_of(provide: Provide) -> tuple[str, ...]:
    """``(time[, quantile or scenario][, element dimension])``."""
    element = SIGNALS[provide.signal].dim
    spread = ("quantile",) if provide.quantiles else ("scenario",) if provide.scenarios else ()
    return ("time", *spread, *((element,) if element else ()))


def judge(card: BoxCard, report: Report, as_of: datetime, premises: Premises) -> Verdict:
    """Hold a report against its card, the signal table and the site."""
    problems: list[str] = []
    doubts: list[str] = []
    promised = {provide.signal: provide for provide in card.provides}
    problems += [f"output {name!r} is not on the card" for name in sorted(set(report.outputs) - set(promised))]
    for name, provide in promised.items():
        if name not in report.outputs:
            problems.append(f"output {name!r} is missing")
            continue
        found = _shape_problems(provide, report.outputs[name], as_of, premises)
        found = found or _value_problems(provide, report.outputs[name])
        problems += found
        if not found:
            doubts += _doubts(provide, report.outputs[name], premises)
    if not np.isfinite(report.headline.value):
        problems.append(f"headline {report.headline.label!r}: value={report.headline.value}, expected a finite number")
    if report.proposals and not card.proposes:
        problems.append("it proposes, but its card does not say so (proposes = False)")
    malformed = form_problems(report)
    problems += malformed
    if not malformed:
        problems += _plan_problems(report.proposals, card.priority, as_of, premises)
    return Verdict(tuple(problems), tuple(doubts))


def disagreement(card: BoxCard, report: Report, other: Report, *, against: str) -> tuple[str, ...]:
    """Doubts where a forecast with quantiles is far from another of the same thing, over the labels both have.

    Args:
        report: an answer that passed `judge`. ``other``: a standby's answer of this tick, or the box's own last good one.
        against: how to name ``other`` in the doubt.
    """
    doubts = []
    for provide in card.provides:
        name = provide.signal
        if not provide.quantiles or name not in report.outputs or name not in other.outputs:
            continue
        ours, theirs = report.outputs[name], other.outputs[name]
        if ours.dims != theirs.dims:
            continue
        a, b = _in_common(ours, theirs)
        if len(a) < _MIN_STEPS_TO_COMPARE:
            continue
        size = max(float(np.abs(a).sum()), float(np.abs(b).sum()))
        if size <= _ROUNDING * a.size:
            continue
        apart = float(np.abs(a - b).sum()) / size
        if apart > _DISAGREEMENT:
            doubts.append(f"output {name!r}: differs from {against} by {apart:.2f} of the larger, limit {_DISAGREEMENT}")
    return tuple(doubts)


# ---------------------------------------------------------------------------------------------- outputs


def _shape_problems(provide: Provide, output: xr.DataArray, as_of: datetime, premises: Premises) -> list[str]:
    name, spec = provide.signal, SIGNALS[provide.signal]
    problems = []
    unit = output.attrs.get("units")
    if unit != spec.unit:
        problems.append(f"output {name!r}: units={unit!r}, expected {spec.unit!r}")
    dims = dims_of(provide)
    if output.dims != dims:
        return [*problems, f"output {name!r}: dims={output.dims}, expected {dims}"]
    bare = [dim for dim in dims if dim not in output.coords]
    if bare:
        return [*problems, f"output {name!r}: no coordinate for {bare}"]
    expected = times_of(provide, as_of)
    times = _labels(output, "time")
    if times.dtype.kind != "M" or not np.array_equal(times, expected):
        have = f"{times[0]} .. {times[-1]} ({times.size})" if times.size else "nothing"
        problems.append(f"output {name!r}: time={have}, expected {expected[0]} .. {expected[-1]} ({expected.size})")
    if provide.quantiles and not _same_levels(_labels(output, "quantile"), provide.quantiles):
        problems.append(f"output {name!r}: quantile={_labels(output, 'quantile')}, expected {provide.quantiles}")
    if provide.scenarios:
        problems += _scenario_problems(provide, output)
    if spec.dim:
        problems += _element_problems(provide, [str(e) for e in _labels(output, spec.dim)], premises)
    if output.dtype.kind not in "fiu":
        problems.append(f"output {name!r}: dtype={output.dtype}, expected a real number")
    return problems


def _same_levels(levels: np.ndarray, expected: tuple[float, ...]) -> bool:
    if levels.dtype.kind != "f" or len(levels) != len(expected):
        return False
    return all(abs(level - wanted) <= _ROUNDING for level, wanted in zip(levels.tolist(), expected, strict=True))


def _scenario_problems(provide: Provide, output: xr.DataArray) -> list[str]:
    """Labels 0, 1 ... and a probability for each."""
    name, problems = provide.signal, []
    if not np.array_equal(_labels(output, "scenario"), np.arange(provide.scenarios)):
        problems.append(f"output {name!r}: scenario={_labels(output, 'scenario')}, expected 0 .. {provide.scenarios - 1}")
    probability = output.coords.get("probability")
    if probability is None or probability.dims != ("scenario",) or probability.dtype.kind != "f":
        return [*problems, f"output {name!r}: no coordinate 'probability' of real numbers with dims ('scenario',)"]
    share = probability.values
    if not np.isfinite(share).all() or share.min(initial=0.0) < 0.0 or abs(float(share.sum()) - 1.0) > _ROUNDING:
        problems.append(f"output {name!r}: probability={share}, expected shares from 0 to 1 that sum to 1")
    return problems


def _element_problems(provide: Provide, have: list[str], premises: Premises) -> list[str]:
    name, dim = provide.signal, SIGNALS[provide.signal].dim
    if provide.elements:
        wrong = tuple(have) != provide.elements
        return [f"output {name!r}: {dim}={have}, expected {list(provide.elements)}"] if wrong else []
    known = premises.elements.get(dim, ())
    if not have or len(set(have)) != len(have) or not set(have) <= set(known):
        return [f"output {name!r}: {dim}={have}, expected distinct names out of {list(known)}"]
    return []


def _value_problems(provide: Provide, output: xr.DataArray) -> list[str]:
    name, spec, values = provide.signal, SIGNALS[provide.signal], output.values
    if not values.size:
        return [f"output {name!r}: empty"]
    wrong = values.size - int(np.count_nonzero(np.isfinite(values)))
    if wrong:
        return [f"output {name!r}: {wrong} of {values.size} values are not finite"]
    problems = []
    low, high = float(values.min()), float(values.max())
    if low < spec.minimum - _ROUNDING or high > spec.maximum + _ROUNDING:
        problems.append(
            f"output {name!r}: values {low:.6g} .. {high:.6g} {spec.unit}, limits {spec.minimum:g} .. {spec.maximum:g}"
        )
    if provide.quantiles and len(provide.quantiles) > 1:
        falls = -float(np.diff(values, axis=1).min())
        if falls > _ROUNDING * max(1.0, abs(low), abs(high)):
            problems.append(f"output {name!r}: quantiles cross by {falls:.6g} {spec.unit}, expected ascending")
    return problems


def _doubts(provide: Provide, output: xr.DataArray, premises: Premises) -> list[str]:
    dim = SIGNALS[provide.signal].dim
    values = output.values
    # A single path may honestly jump (a cloud, a kettle); what all of them expect may not.
    expected = np.tensordot(values, output["probability"].values, (1, 0)) if provide.scenarios else values
    if not dim:
        return _element_doubts(provide, values, expected, "", premises)
    doubts = []
    for i, element in enumerate(_labels(output, dim)):  # the element dimension is the last one
        doubts += _element_doubts(provide, values[..., i], expected[..., i], str(element), premises)
    return doubts


def _element_doubts(provide: Provide, values: np.ndarray, expected: np.ndarray, element: str, premises: Premises) -> list[str]:
    spec, limit = SIGNALS[provide.signal], premises.limits.get((provide.signal, element), Limit())
    place = f"output {provide.signal!r}" + (f", {spec.dim} {element!r}" if element else "")
    low, high = float(values.min()), float(values.max())
    doubts = []
    if limit.minimum is not None and low < limit.minimum - _ROUNDING:
        doubts.append(f"{place}: {low:.6g} {spec.unit} is below the site's {limit.minimum:g}")
    if limit.maximum is not None and high > limit.maximum + _ROUNDING:
        doubts.append(f"{place}: {high:.6g} {spec.unit} is above the site's {limit.maximum:g}")
    ramp = limit.ramp if limit.ramp is not None else spec.ramp
    if ramp is not None and len(expected) > 1:
        ramp *= provide.resolution / QUARTER_HOUR
        steepest = float(np.abs(np.diff(expected, axis=0)).max())
        if steepest > ramp + _ROUNDING:
            doubts.append(f"{place}: changes by {steepest:.6g} {spec.unit} in a step, limit {ramp:g}")
    return doubts


def _in_common(ours: xr.DataArray, theirs: xr.DataArray) -> tuple[np.ndarray, np.ndarray]:
    """The medians of both at the labels that both have, dims (time[, element])."""
    a, b = _median(ours), _median(theirs)
    for axis, dim in enumerate(str(dim) for dim in ours.dims if dim != "quantile"):
        _, here, there = np.intersect1d(_labels(ours, dim), _labels(theirs, dim), True, return_indices=True)
        a, b = a.take(here, axis), b.take(there, axis)
    return a, b


def _median(output: xr.DataArray) -> np.ndarray:
    """Values of the quantile nearest to 0.5, dims (time[, element])."""
    levels = _labels(output, "quantile")
    values: np.ndarray = output.values[:, int(np.abs(levels - 0.5).argmin())]
    return values


def _labels(output: xr.DataArray, dim: str) -> np.ndarray:
    labels: np.ndarray = output.get_index(dim).to_numpy()
    return labels


# ---------------------------------------------------------------------------------------------- proposals


def _plan_problems(proposals: Collection[Proposal], priority: int, as_of: datetime, premises: Premises) -> list[str]:
    problems = [problem for proposal in proposals for problem in _proposal_problems(proposal, priority, as_of, premises)]
    devices = [proposal.device for proposal in proposals]
    twice = sorted({device for device in devices if devices.count(device) > 1})
    return [*problems, f"it proposes twice for {twice}, expected one plan per device"] if twice else problems


def _proposal_problems(proposal: Proposal, priority: int, as_of: datetime, premises: Premises) -> list[str]:
    place = f"proposal for {proposal.device!r}"
    device = premises.devices.get(proposal.device)
    if device is None:
        return [f"{place}: no such device, known {sorted(premises.devices)}"]
    if not device["dispatchable"]:
        return [f"{place}: the operator has no right of use, it is never dispatched"]
    problems = [] if proposal.priority == priority else [f"{place}: priority={proposal.priority}, its card says {priority}"]
    series = {name: getattr(proposal, name) for name in SERIES}
    if any(s.ndim != 1 or s.shape != proposal.p_mw.shape or not s.size for s in series.values()):
        return [f"{place}: series of shapes {[s.shape for s in series.values()]}, expected one length"]
    if not all(np.isfinite(s).all() for s in series.values()):
        return [f"{place}: values that are not finite"]
    if proposal.start != floor_quarter(as_of):
        problems.append(f"{place}: start={proposal.start.isoformat()}, expected {floor_quarter(as_of).isoformat()}")
    low, high = float(device["p_min_mw"]) - _ROUNDING, float(device["p_max_mw"]) + _ROUNDING
    for name, s in series.items():
        if s.min() < low or s.max() > high:
            problems.append(f"{place}: {name} {s.min():.6g} .. {s.max():.6g} MW, limits {low:.6g} .. {high:.6g}")
    if (proposal.p_mw < proposal.lower_mw - _ROUNDING).any() or (proposal.p_mw > proposal.upper_mw + _ROUNDING).any():
        problems.append(f"{place}: p_mw leaves its own bounds")
    problems += _switching_problems(proposal, device, place)
    if not 0.0 <= proposal.confidence <= 1.0:
        problems.append(f"{place}: confidence={proposal.confidence}, expected 0..1")
    return problems


def _switching_problems(proposal: Proposal, device: Mapping[str, Any], place: str) -> list[str]:
    """A ripple group knows two powers now: none, and what its thermostats ask for."""
    now, alone = float(proposal.p_mw[0]), float(proposal.unconstrained_p_mw[0])
    if device.get("ripple") is None or abs(now) <= _ROUNDING or abs(now - alone) <= _ROUNDING:
        return []
    return [f"{place}: p_mw[0]={now:.6g} MW, expected 0 (the ripple group is blocked) or unconstrained_p_mw[0]={alone:.6g}"]
