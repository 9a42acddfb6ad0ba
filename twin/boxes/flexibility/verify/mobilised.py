"""The mobilised share: energy delivered over energy called, how sure that is, and what came back afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from twin.boxes.flexibility.verify.baseline import Baseline, baseline_of, sound_hours
from twin.boxes.flexibility.verify.events import Event
from twin.boxes.flexibility.verify.intervals import without_errors
from twin.boxes.flexibility.verify.local_days import LocalDays
from twin.boxes.flexibility.verify.placebo import FEWEST_DAYS, Placebo, placebo
from twin.boxes.flexibility.verify.rule import Rule
from twin.domain.problems import Problems


@dataclass(frozen=True)
class Mobilised:
    """What the calls have brought.

    Attributes:
        events: one entry per call, dims (event,), with ``customer_delivered_mwh``, dims (event, customer). Energies in MWh,
            shares in percent of the energy called (NaN where no power is known):
            ``delivered_mwh`` is baseline less meters; ``bias_mwh`` what the rule finds on days without a call, and
            ``corrected_mwh`` the one less the other, with ``low_mwh`` and ``high_mwh`` around it. ``rebound_mwh`` is meters
            less baseline over ``rebound_h`` hours after the call, with the same figures.
        total: the same of all calls together, without a dimension.
        baselines: what they rest on.
    """

    events: xr.Dataset
    total: xr.Dataset
    baselines: tuple[Baseline, ...]


def mobilised(
    power_mw: xr.DataArray, events: Sequence[Event], *, rule: Rule, days: LocalDays, confidence: float = 0.95
) -> Mobilised:
    """Delivered energy, mobilised share and rebound of each call and of all, with intervals.

    The interval is learned from the baseline's own errors on days without a call (`placebo`): it supposes that the event's
    day errs as these do, so it cannot know what a day hotter than all of them does to the rule; a control group can
    (`difference`). Between events, days are taken as independent of each other but for the baselines' shared ones.

    Args:
        power_mw: mean power of each interval [MW], consumption positive, dims (time, customer); ``time`` holds UTC starts.
        confidence: of the intervals, 0 to 1.

    Raises:
        BadInput: with every fault: those of `baselines`, and fewer than five days to learn the baseline's error on.
    """
    problems = Problems()
    if not 0 < confidence < 1:
        problems.add("confidence", f"{confidence:g}", "above 0 and below 1", "0.95 is usual")
    measured = []
    for event, hours in sound_hours(power_mw, events, rule, days, problems):
        errors = placebo(hours, rule)
        if len(errors.called_mwh) < FEWEST_DAYS:
            value = f"{len(errors.called_mwh)} days without a call to learn the baseline's error on"
            problems.add(event.name, value, f"at least {FEWEST_DAYS}", "give longer meters")
        measured.append(_Measured(baseline_of(event, hours, power_mw, rule), errors, hours.step_h))
    problems.raise_if_any()
    shared = shared_errors([each.baseline for each in measured])
    single = [_figures([each], np.ones((1, 1)), confidence) for each in measured]
    return Mobilised(
        events=_per_event(measured, single, power_mw),
        total=xr.Dataset({name: ((), value) for name, value in _figures(measured, shared, confidence).items()}),
        baselines=tuple(each.baseline for each in measured),
    )


@dataclass(frozen=True)
class _Measured:
    baseline: Baseline
    errors: Placebo
    step_h: float

    def customer_mwh(self, *, called: bool) -> np.ndarray:
        """Baseline less meters, dims (customer,)."""
        profile = self.baseline.profile
        saved = (profile.baseline_mw - profile.metered_mw).values
        return np.asarray(saved[profile.called.values == called].sum(axis=0) * self.step_h)

    def metered_mwh(self, name: str) -> float:
        """Energy of the profile ``name`` over the called hours, all customers."""
        profile = self.baseline.profile
        return float(profile[name].values[profile.called.values].sum() * self.step_h)

    @property
    def rebound_h(self) -> float:
        return float(np.count_nonzero(~self.baseline.profile.called.values) * self.step_h)


def shared_errors(found: Sequence[Baseline]) -> np.ndarray:
    """Correlation of the errors of events whose baselines rest on the same days, dims (event, event).

    A baseline's error is the mean of X days less the day itself: its variance is (1 + 1/X) times a day's, and two such means
    have n / X^2 of a day's in common when they share n days. Counted for each customer, and the mean taken.
    """
    chosen = [each.chosen.values for each in found]
    x = chosen[0].shape[0]
    shared = np.ones((len(found), len(found)))
    for i, first in enumerate(chosen):
        for j, second in enumerate(chosen[:i]):
            days = (first[:, None] == second[None]).sum(axis=(0, 1)).mean()
            own = float(found[i].event.start == found[j].event.start)
            shared[i, j] = shared[j, i] = (days / x**2 + own) / (1.0 + 1.0 / x)
    return shared


def _figures(measured: Sequence[_Measured], shared: np.ndarray, confidence: float) -> dict[str, float]:
    delivered = float(sum(each.customer_mwh(called=True).sum() for each in measured))
    estimate = without_errors(delivered, [each.errors.called_mwh for each in measured], shared)
    called = float(sum(each.baseline.event.called_mwh for each in measured))
    low, high = estimate.interval(confidence)
    energies = {"delivered": delivered, "corrected": estimate.value, "low": low, "high": high}
    percent = {f"share_{name}_percent": 100.0 * value / called for name, value in energies.items()}
    return {
        "hours": float(sum(each.baseline.event.hours for each in measured)),
        "called_mwh": called,
        "baseline_mwh": float(sum(each.metered_mwh("baseline_mw") for each in measured)),
        "metered_mwh": float(sum(each.metered_mwh("metered_mw") for each in measured)),
        "bias_mwh": delivered - estimate.value,
        **{f"{name}_mwh": value for name, value in energies.items()},
        **percent,
        **_rebound(measured, shared, confidence),
        "placebo_days": float(min(len(each.errors.called_mwh) for each in measured)),
    }


def _rebound(measured: Sequence[_Measured], shared: np.ndarray, confidence: float) -> dict[str, float]:
    """Of the events after which an hour was left to look at; NaN where there is none."""
    kept = [i for i, each in enumerate(measured) if each.rebound_h > 0]
    if not kept:
        return dict.fromkeys(("rebound_mwh", "rebound_corrected_mwh", "rebound_low_mwh", "rebound_high_mwh"), np.nan) | {
            "rebound_h": 0.0
        }
    seen = [measured[i] for i in kept]
    above = -float(sum(each.customer_mwh(called=False).sum() for each in seen))
    estimate = without_errors(above, [-each.errors.after_mwh for each in seen], shared[np.ix_(kept, kept)])
    low, high = estimate.interval(confidence)
    return {
        "rebound_h": float(sum(each.rebound_h for each in seen)),
        "rebound_mwh": above,
        "rebound_corrected_mwh": estimate.value,
        "rebound_low_mwh": low,
        "rebound_high_mwh": high,
    }


def _per_event(measured: Sequence[_Measured], single: Sequence[dict[str, float]], power_mw: xr.DataArray) -> xr.Dataset:
    events = [each.baseline.event for each in measured]
    start = np.array([np.datetime64(int(each.start.timestamp()), "s") for each in events]).astype("datetime64[ns]")
    end = np.array([np.datetime64(int(each.end.timestamp()), "s") for each in events]).astype("datetime64[ns]")
    figures = xr.Dataset(
        {name: ("event", [each[name] for each in single]) for name in single[0]},
        coords={"event": np.arange(len(events)), "start": ("event", start), "end": ("event", end)},
    )
    by_customer = np.stack([each.customer_mwh(called=True) for each in measured])
    return figures.assign(
        customer_delivered_mwh=xr.DataArray(
            by_customer, dims=("event", "customer"), coords={"customer": power_mw.customer.values}, attrs={"units": "MWh"}
        )
    )
