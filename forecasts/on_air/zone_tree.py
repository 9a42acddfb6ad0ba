"""The forecasts of a zone and of its parts, feeders and consenting buildings, issued together so that they sum.

Each is forecast on its own, and so is what a parent has beyond its parts: its rest, measured by difference. Minimum trace then
moves all of them to the nearest values that sum: who erred more gives way, as seen from what was issued at the last midnights.
A zone without parts is a tree of one, of which nothing is moved.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from forecasts.expert import NotEnoughHistory
from forecasts.futures.tick_paths import Futures, draw
from forecasts.on_air.hierarchy import Hierarchy, rest_name
from forecasts.on_air.reconcile import MinimumTrace, correlation_of, covariance_of
from forecasts.on_air.zone_forecast import Answer, Day, NeverMeasuredError, ZoneForecast
from forecasts.quantiles import LEVELS
from twin.contracts.frame import AsOfView
from twin.domain.pack import UnpackError, pack, unpack
from twin.domain.time import floor_quarter, to_epoch_s

_MIDDLE = LEVELS.index(0.5)


@dataclass(frozen=True)
class TreeAnswer:
    """Forecasts that sum.

    Attributes:
        quantiles: [MW], dims (time, quantile, zone), the top first. ``futures``: of the same zones.
        day: the top's, before reconciliation. ``state``: what to remember.
        unmeasured: zones of which nothing was ever measured.
    """

    quantiles: np.ndarray
    futures: Futures
    day: Day
    state: bytes
    unmeasured: tuple[str, ...]


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

        A part of which nothing was ever measured may be anything between none and all of what holds it.

        Raises:
            NeverMeasuredError: when the top was not.
        """
        models, states = _apart(artifact), _apart(state)
        found: dict[str, Answer] = {}
        for name, forecast in self.forecasts.items():
            try:
                found[name] = forecast.answer(view, models.get(name), states.get(name))
            except NeverMeasuredError:  # the others are forecast without it, and the answer says so
                if name == self.zones[0]:
                    raise
        answers = list(found.values())
        base = np.stack([answer.course.quantiles for answer in answers])
        covariance = covariance_of(_errors_together(answers), base)
        futures = draw(
            [answer.course for answer in answers], correlation=correlation_of(covariance), seed=seed, instance=instance,
            issue_s=to_epoch_s(floor_quarter(view.as_of)),
        )  # fmt: skip

        def by_name(arrays: np.ndarray) -> np.ndarray:
            return self.hierarchy.stack(dict(zip(found, arrays, strict=True)))

        trace = MinimumTrace(self.hierarchy, by_name(by_name(covariance).T))
        quantiles = trace.reconcile_quantiles(by_name(base))
        drawn, few = (trace.reconcile(by_name(np.moveaxis(paths, -1, 0))) for paths in (futures.drawn, futures.few))
        place = {name: i for i, name in enumerate(self.hierarchy.names)}
        unmeasured = tuple(name for name in self.zones if name not in found)
        for name in unmeasured:  # from the top down: what holds it may be unmeasured too
            mine, above = place[name], place[self._parent(name)]
            share = np.cumsum(futures.probability) - 0.5 * futures.probability
            quantiles[mine] = quantiles[above][:, _MIDDLE, None] * np.array(LEVELS)
            few[mine] = share * few[above]
            drawn[mine] = ((np.arange(len(drawn[mine])) + 0.5) / len(drawn[mine]))[:, None] * drawn[above]
        shown = [place[zone] for zone in self.zones]
        return TreeAnswer(
            np.moveaxis(quantiles[shown], 0, 2),
            replace(futures, drawn=np.moveaxis(drawn[shown], 0, -1), few=np.moveaxis(few[shown], 0, -1)),
            found[self.zones[0]].day,
            _join({name: answer.state for name, answer in found.items()}),
            unmeasured,
        )

    def _parent(self, name: str) -> str:
        row = self.hierarchy.sums[self.hierarchy.sums[:, self.hierarchy.names.index(name)] < 0.0][0]
        return self.hierarchy.names[int(np.argmax(row))]


def _errors_together(answers: Sequence[Answer]) -> np.ndarray:
    """Errors of the last midnights' issues [MW], dims (sample, name), NaN where a name has none."""
    slots = answers[0].errors.shape[1]
    labels = np.unique(np.concatenate([answer.errors_s for answer in answers]))
    rows = np.full((len(answers), len(labels), slots), np.nan)
    for i, answer in enumerate(answers):
        rows[i, np.searchsorted(labels, answer.errors_s)] = answer.errors
    return rows.reshape(len(answers), -1).T


def _join(parts: Mapping[str, bytes]) -> bytes:
    return pack({}, {name: np.frombuffer(part, dtype=np.uint8) for name, part in parts.items()})


def _apart(data: bytes | None) -> dict[str, bytes]:
    """Inverse of `_join`; what another version wrote has no zone's name, and is not asked for."""
    try:
        _, arrays = unpack(data or b"")
    except UnpackError:
        return {}
    return {name: array.tobytes() for name, array in arrays.items()}
