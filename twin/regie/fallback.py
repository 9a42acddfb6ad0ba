"""What is served when a box cannot: its last good answer shifted to the new horizon, or the constant of its card.

Proposals are never served again from an old answer: what was right for yesterday's state of charge may be wrong now.
Findings are: a fault does not end because its observer did.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
import xarray as xr

from twin.contracts.box import BoxCard, Provide
from twin.contracts.messages import Headline, Proposal, Report
from twin.contracts.validation import Premises, dims_of, times_of
from twin.domain.quality import Quality
from twin.domain.signals import SIGNALS
from twin.domain.time import QUARTER_HOUR, floor_quarter

MAX_AGE = timedelta(hours=6)


@dataclass(frozen=True)
class Remembered:
    """A box's last valid answer. ``as_of``: when it was asked."""

    report: Report
    as_of: datetime
    quality: Quality


def last_good(card: BoxCard, remembered: Remembered | None, as_of: datetime) -> Report | None:
    """The last valid answer with the labels of ``as_of``, padded with its last values; None when older than six hours."""
    if remembered is None or as_of - remembered.as_of > MAX_AGE:
        return None
    return replace(shifted(card, remembered.report, as_of), proposals=())


def held(card: BoxCard, remembered: Remembered, as_of: datetime) -> Report:
    """The last answer of a box that is not due: it still holds, its plans too."""
    report = remembered.report
    plans = tuple(plan for plan in (later(plan, as_of) for plan in report.proposals) if plan is not None)
    return replace(shifted(card, report, as_of), proposals=plans)


def shifted(card: BoxCard, report: Report, as_of: datetime) -> Report:
    """``report`` with every output on the labels that its card promises at ``as_of``."""
    outputs = {p.signal: _shift(p, report.outputs[p.signal], as_of) for p in card.provides if p.signal in report.outputs}
    return replace(report, outputs=outputs)


def on_behalf(card: BoxCard, report: Report) -> Report:
    """Another instance's ``report`` as the box of ``card`` would have put it: its outputs and elements, at its priority.

    An element that the other one does not have is NaN, which no judge lets pass.
    """
    outputs = {p.signal: _of_elements(p, report.outputs[p.signal]) for p in card.provides if p.signal in report.outputs}
    proposals = tuple(replace(plan, priority=card.priority) for plan in report.proposals) if card.proposes else ()
    return replace(report, outputs=outputs, proposals=proposals)


def constant(card: BoxCard, as_of: datetime, premises: Premises, headline: Headline | None) -> Report | None:
    """The card's constants on every label and element; None when the box provides no signal.

    Args:
        headline: of the last answer, for its label and unit; the value becomes the first constant.
    """
    if not card.provides:
        return None
    outputs = {provide.signal: _constant(card, provide, as_of, premises) for provide in card.provides}
    first, elements = card.provides[0].signal, card.provides[0].elements
    label, unit = (headline.label, headline.unit) if headline else (first, SIGNALS[first].unit)
    shown = card.constants[first]
    value = shown[elements[0]] if isinstance(shown, Mapping) else shown
    return Report(outputs, Headline(label, float(value), unit), reason="constant")


def nothing() -> Report:
    """The report of a box that has nothing to show: no output, and a headline that is missing, not zero."""
    return Report({}, Headline("absent", float("nan"), ""), reason="absent")


def _shift(provide: Provide, output: xr.DataArray, as_of: datetime) -> xr.DataArray:
    times = times_of(provide, as_of)
    have = output.get_index("time").to_numpy()
    positions = np.clip(np.searchsorted(have, times, side="right") - 1, 0, have.size - 1)
    coords = {str(name): c for name, c in output.coords.items() if "time" not in c.dims}
    return xr.DataArray(
        output.values[positions], dims=output.dims, coords={"time": times, **coords}, name=output.name, attrs=output.attrs
    )


def _of_elements(provide: Provide, output: xr.DataArray) -> xr.DataArray:
    if not provide.elements:
        return output.copy(deep=False)
    return output.reindex({SIGNALS[provide.signal].dim: list(provide.elements)})


def _constant(card: BoxCard, provide: Provide, as_of: datetime, premises: Premises) -> xr.DataArray:
    spec, dims, times = SIGNALS[provide.signal], dims_of(provide), times_of(provide, as_of)
    labels: dict[str, np.ndarray | list[str] | list[float]] = {"time": times}
    if provide.quantiles:
        labels["quantile"] = list(provide.quantiles)
    if provide.scenarios:
        labels["scenario"] = np.arange(provide.scenarios)
    if spec.dim:
        labels[spec.dim] = list(provide.elements or premises.elements.get(spec.dim, ()))
    shape = tuple(len(labels[dim]) for dim in dims)
    constant = card.constants[provide.signal]
    by_element = [constant[name] for name in provide.elements] if isinstance(constant, Mapping) else constant
    values = np.broadcast_to(np.asarray(by_element, dtype=np.float64), shape).copy()  # elements are the last dim
    output = xr.DataArray(values, dims=dims, coords=labels, name=provide.signal, attrs={"units": spec.unit})
    if provide.scenarios:
        output.coords["probability"] = ("scenario", np.full(provide.scenarios, 1.0 / provide.scenarios))
    return output


def later(plan: Proposal, as_of: datetime) -> Proposal | None:
    """What is left of a plan at ``as_of``; None when it has ended."""
    steps = int((floor_quarter(as_of) - plan.start) / QUARTER_HOUR)
    if steps >= len(plan.p_mw):
        return None
    rest = slice(steps, None)
    return replace(
        plan,
        start=floor_quarter(as_of),
        p_mw=plan.p_mw[rest],
        lower_mw=plan.lower_mw[rest],
        upper_mw=plan.upper_mw[rest],
        unconstrained_p_mw=plan.unconstrained_p_mw[rest],
        reference_p_mw=plan.reference_p_mw[rest],
    )
