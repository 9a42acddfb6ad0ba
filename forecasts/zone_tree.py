"""The forecasts of a zone and of its parts, feeders and consenting buildings, issued together so that they sum.

Each is forecast on its own, and so is what a parent has beyond its parts: its rest, measured by difference. Minimum trace then
moves all of them to the nearest values that sum: who erred more gives way, as seen from what was issued at the last midnights.
A zone without parts is a tree of one, of which nothing is moved.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from forecasts.experts.expert import NotEnoughHistory
from forecasts.hierarchy import Hierarchy, rest_name
from forecasts.reconcile import MinimumTrace, correlation_of, covariance_of
from forecasts.tick_paths import Futures, draw
from forecasts.zone_forecast import Answer, Day, ZoneForecast
from twin.contracts.frame import AsOfView
from twin.domain.pack import UnpackError, pack, unpack
from twin.domain.time import floor_quarter, to_epoch_s


@dataclass(frozen=True)
class TreeAnswer:
    """Forecasts that sum.

    Attributes:
        quantiles: [MW], dims (time, quantile, zone), the top first. ``futures``: of the same zones.
        day: the top's, before reconciliation. ``state``: what to remember.
    """

    quantiles: np.ndarray
    futures: Futures
    day: Day
    state: bytes


@dataclass(frozen=True)
class ZoneTree:
    """Forecasts zones that sum.

    Args:
        hierarchy: of zones and rests; the first name is the top. ``zones``: those that are answered, the top first.
        forecasts: of every name of the hierarchy.
    """

    hierarchy: Hierarchy
    zones: tuple[str, ...]
    forecasts: Mapping[str, ZoneForecast]

    @classmethod
    def of(cls, top: str, parts: Mapping[str, str], make: Callable[..., ZoneForecast]) -> ZoneTree:
        """The tree of a zone.

        Args:
            parts: zone within it -> the nearest one that holds it. ``make``: the forecast of a zone ``minus`` others.
        """
        hierarchy = Hierarchy.of(parts) if parts else Hierarchy((top,), np.zeros((0, 1)))
        forecasts = {name: make(name) for name in (top, *parts)}
        for parent in dict.fromkeys(parts.values()):
            forecasts[rest_name(parent)] = make(parent, tuple(part for part, above in parts.items() if above == parent))
        return cls(hierarchy, (top, *parts), {name: forecasts[name] for name in hierarchy.names})

    def fit(self, view: AsOfView, *, seed: int) -> bytes:
        """A trained champion for every name that can be taught.

        Raises:
            NotEnoughHistory: when the top cannot be; a feeder that is new is left to its floor experts.
        """
        models = {}
        for name, forecast in self.forecasts.items():
            try:
                models[name] = forecast.fit(view, seed=seed)
            except NotEnoughHistory:
                if name == self.zones[0]:
                    raise
        return _join(models)

    def answer(self, view: AsOfView, artifact: bytes | None, state: bytes | None, *, seed: int, instance: str) -> TreeAnswer:
        """What is to come from ``view.as_of`` on.

        Raises:
            ValueError: when one of the zones was never measured.
        """
        models, states = _apart(artifact), _apart(state)
        found = [forecast.answer(view, models.get(name), states.get(name)) for name, forecast in self.forecasts.items()]
        base = np.stack([answer.course.quantiles for answer in found])
        covariance = covariance_of(_errors_together(found), base)
        trace, correlation = MinimumTrace(self.hierarchy, covariance), correlation_of(covariance)
        issue_s = to_epoch_s(floor_quarter(view.as_of))
        futures = draw([a.course for a in found], correlation=correlation, seed=seed, instance=instance, issue_s=issue_s)
        shown = [self.hierarchy.names.index(zone) for zone in self.zones]
        # A single path below zero costs a small search: worth it for the few that a dispatch plans with.
        drawn, few = (
            np.moveaxis(trace.reconcile(np.moveaxis(paths, -1, 0), nonnegative=kept), 0, -1)[..., shown]
            for paths, kept in ((futures.drawn, False), (futures.few, len(shown) > 1))
        )
        quantiles = trace.reconcile_quantiles(base, nonnegative=len(shown) > 1)[shown]
        return TreeAnswer(
            np.moveaxis(quantiles, 0, 2),
            replace(futures, drawn=drawn, few=few),
            found[shown[0]].day,
            _join({name: answer.state for name, answer in zip(self.forecasts, found, strict=True)}),
        )


def _errors_together(answers: Sequence[Answer]) -> np.ndarray:
    """Errors of the last midnights' issues where every name has one [MW], dims (sample, name)."""
    labels = [set(answer.errors_s.tolist()) for answer in answers]
    common = sorted(set.intersection(*labels))
    rows = [answer.errors[np.searchsorted(answer.errors_s, common)].ravel() for answer in answers]
    return np.stack(rows, axis=1)


def _join(parts: Mapping[str, bytes]) -> bytes:
    return pack({}, {name: np.frombuffer(part, dtype=np.uint8) for name, part in parts.items()})


def _apart(data: bytes | None) -> dict[str, bytes]:
    """Inverse of `_join`; nothing for what another version wrote."""
    try:
        _, arrays = unpack(data or b"")
    except UnpackError:
        return {}
    return {name: array.tobytes() for name, array in arrays.items()}
