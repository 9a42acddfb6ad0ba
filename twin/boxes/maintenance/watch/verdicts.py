"""What the watch says: one verdict per alarm, with a proposed cause and how sure that is; common causes as one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from twin.boxes.maintenance.watch.causes import MOST_SURE, likely_causes, swapped_pairs, window
from twin.boxes.maintenance.watch.readings import OVERLOAD_S, UNITS
from twin.boxes.maintenance.watch.state import BLOCK_S, Watch

Kind = Literal["cooling", "overload", "sensor_stuck", "sensor_spike", "sensor_drift", "sensor_swapped", "contact", "common"]
SPIKE_SHOWN_S = 86_400.0
"""A spike is spoken of for a day."""
COMMON_LEAST, COMMON_SHARE = 3, 0.3
"""Assets, and share of those beside them, that shift within a day of each other and by about as much: a common cause."""
_TOGETHER_S = 86_400.0
_DOUBTFUL = 4.0
"""Standard errors of drift within the learning span from where on the reference itself is in doubt."""


@dataclass(frozen=True)
class Verdict:
    """One alarm.

    Attributes:
        asset: index of the asset; of a group, the first of ``members``.
        kind: the proposed cause; "common": something shared, such as the ambient sensor or the station.
        since_s: likely beginning, epoch seconds. ``raised_s``: when the alarm was raised.
        size_k: how far off, over the last day, upwards positive [K]; of "overload" the modelled rise over its usual one.
        sigma_k: usual spread of a block of six hours [K], 0 while the reference is learnt.
        confidence: in the proposed cause, 0..1.
        group: number of the group, -1 for none. ``members``: all assets that this one alarm speaks of.
        detail: of a spike the unit it looks like ("fahrenheit", "times_ten", "tenth"); of "common" what is shared
            ("ambient", "station").
        causes: every cause with its share of belief, the likeliest first.
        doubtful: the reference drifted while it was learnt: a fault may be part of it.
    """

    asset: int
    kind: Kind
    since_s: int
    raised_s: int
    size_k: float
    sigma_k: float
    confidence: float
    group: int = -1
    members: tuple[int, ...] = ()
    detail: str = ""
    causes: tuple[tuple[str, float], ...] = ()
    doubtful: bool = False


def raised_s(watch: Watch) -> np.ndarray:
    """When each alarm now standing was raised, 0 for none, dims (rule, asset): hotter, colder, stuck, spike."""
    sensor = watch.sensor
    shown = (sensor.spike_s > 0.0) & (watch.at_s - sensor.spike_s <= SPIKE_SHOWN_S)
    spike_s = np.where(shown, sensor.spike_since_s, 0.0)
    return np.stack([watch.sums.raised_s[:, 0], watch.sums.raised_s[:, 1], sensor.stuck_raised_s, spike_s])


def verdicts(watch: Watch, *, stations: np.ndarray | None = None) -> tuple[Verdict, ...]:
    """Every alarm that stands, assets in order, groups first.

    Args:
        watch: now.
        stations: which station an asset stands in, dims (asset,); assets of one share what is common. None: all share
            the ambient sensor.
    """
    standing = raised_s(watch)
    said = _sensor_verdicts(watch, standing)
    stuck = standing[2] > 0.0
    off = np.flatnonzero((standing[:2] > 0.0).any(axis=0) & ~stuck)
    side = (standing[0, off] == 0.0).astype(np.int64)
    onset_s = watch.sums.onset_s[off, side]
    taken = set[int]()
    groups: list[Verdict] = []
    for one, other, gain in swapped_pairs(watch, off, onset_s) if len(off) > 1 else []:
        groups.append(_swapped(watch, one, other, gain, standing, len(groups)))
        taken |= {one, other}
    for members, detail in _together(watch, off, side, onset_s, taken, stations):
        groups.append(_common(watch, members, detail, standing, len(groups)))
        taken |= set(members)
    for at, asset in enumerate(off.tolist()):
        if asset not in taken:
            said.append(_single(watch, asset, int(side[at]), float(onset_s[at]), float(standing[side[at], asset])))
    said += _overloads(watch, {verdict.asset for verdict in said if verdict.kind == "overload"})
    return (*groups, *sorted(said, key=lambda verdict: (verdict.asset, verdict.kind)))


def _sensor_verdicts(watch: Watch, standing: np.ndarray) -> list[Verdict]:
    sensor, found = watch.sensor, []
    for asset in np.flatnonzero(standing[2] > 0.0).tolist():
        off_k = _finite(sensor.held_c[asset] - 0.5 * (sensor.model_low_c[asset] + sensor.model_high_c[asset]))
        found.append(_verdict(watch, asset, "sensor_stuck", sensor.stuck_since_s[asset], standing[2, asset], off_k, MOST_SURE))
    for asset in np.flatnonzero(standing[3] > 0.0).tolist():
        unit = UNITS[int(sensor.unit[asset])]
        sure = MOST_SURE if unit else 0.8
        since, size_k = standing[3, asset], _finite(sensor.spike_k[asset])
        found.append(_verdict(watch, asset, "sensor_spike", since, since, size_k, sure, detail=unit))
    return found


def _single(watch: Watch, asset: int, side: int, onset_s: float, raised: float) -> Verdict:
    causes = likely_causes(watch, asset, since_s=onset_s, side=side)
    kind, share = next(iter(causes.items()))
    return _verdict(
        watch,
        asset,
        kind,  # type: ignore[arg-type]  # the keys of `likely_causes` are kinds
        onset_s,
        raised,
        _size_k(watch, asset),
        min(MOST_SURE, share),
        causes=tuple(causes.items()),
    )


def _swapped(watch: Watch, one: int, other: int, gain: float, standing: np.ndarray, group: int) -> Verdict:
    raised = max(standing[:2, asset].max() for asset in (one, other))
    onset_s = float(watch.sums.onset_s[[one, other]].max())
    sure = min(MOST_SURE, 1.0 - 0.5 * float(np.exp(-0.1 * gain)))
    size_k = _size_k(watch, one)
    return _verdict(
        watch, one, "sensor_swapped", onset_s, raised, size_k, sure, group=group, members=(min(one, other), max(one, other))
    )


def _together(
    watch: Watch,
    off: np.ndarray,
    side: np.ndarray,
    onset_s: np.ndarray,
    taken: set[int],
    stations: np.ndarray | None,
) -> list[tuple[tuple[int, ...], str]]:
    """Groups of assets that shifted together, with what they share."""
    watched = ~watch.learning
    free = np.array([asset not in taken for asset in off.tolist()], dtype=bool)
    found: list[tuple[tuple[int, ...], str]] = []
    places = np.zeros(watch.count, dtype=np.int64) if stations is None else np.unique(stations, return_inverse=True)[1]
    everywhere = np.zeros(watch.count, dtype=np.int64)
    for place, detail in ((everywhere, "ambient"), *(((places, "station"),) if stations is not None else ())):
        for which in np.unique(place[off[free]]) if free.any() else ():
            for way in (0, 1):
                rows = np.flatnonzero(free & (side == way) & (place[off] == which))
                beside = int((watched & (place == which)).sum())
                members = _alike(watch, off[rows], onset_s[rows])
                if len(members) >= max(COMMON_LEAST, COMMON_SHARE * beside):
                    found.append((members, detail))
                    free &= ~np.isin(off, members)
    return found


def _alike(watch: Watch, assets: np.ndarray, onset_s: np.ndarray) -> tuple[int, ...]:
    if len(assets) < COMMON_LEAST:
        return ()
    sizes_k = np.array([_size_k(watch, asset) for asset in assets.tolist()])
    usual_k, sigma_k = float(np.median(sizes_k)), watch.reference.sigma_k[assets]
    alike = np.abs(onset_s - np.median(onset_s)) <= _TOGETHER_S
    alike &= np.abs(sizes_k - usual_k) <= 0.3 * abs(usual_k) + 2.0 * sigma_k
    return tuple(assets[alike].tolist())


def _common(watch: Watch, members: tuple[int, ...], detail: str, standing: np.ndarray, group: int) -> Verdict:
    rows = np.array(members)
    size_k = float(np.median([_size_k(watch, asset) for asset in members]))
    onset_s = float(np.median(watch.sums.onset_s[rows].max(axis=1)))
    raised = float(np.sort(standing[:2, rows].max(axis=0))[COMMON_LEAST - 1])
    sure = min(MOST_SURE, 0.5 + 0.5 * len(members) / max(1, int((~watch.learning).sum())))
    return _verdict(watch, members[0], "common", onset_s, raised, size_k, sure, group=group, members=members, detail=detail)


def _overloads(watch: Watch, told: set[int]) -> list[Verdict]:
    """Load above rating for an hour: hot, and rightly so."""
    sensor = watch.sensor
    enough = OVERLOAD_S / watch.settings.step_s
    found = []
    for asset in np.flatnonzero((sensor.over_since_s > 0.0) & (sensor.over_count >= enough)).tolist():
        if asset in told:
            continue
        rise_k = watch.recent.rise_k[asset, -1]
        usual_k = watch.reference.centre_rise_k[asset]
        size_k = 0.0 if watch.learning[asset] else _finite(float(rise_k) - float(usual_k))
        since = sensor.over_since_s[asset]
        follows = np.all(watch.sums.raised_s[asset] == 0.0) and not watch.learning[asset]
        found.append(_verdict(watch, asset, "overload", since, since + OVERLOAD_S, size_k, 0.9 if follows else 0.6))
    return found


def _verdict(
    watch: Watch,
    asset: int,
    kind: Kind,
    since_s: float,
    raised: float,
    size_k: float,
    confidence: float,
    *,
    group: int = -1,
    members: tuple[int, ...] = (),
    detail: str = "",
    causes: tuple[tuple[str, float], ...] = (),
) -> Verdict:
    doubtful = bool(abs(watch.reference.drift[asset]) > _DOUBTFUL)
    return Verdict(
        asset=asset,
        kind=kind,
        since_s=int(since_s),
        raised_s=int(raised),
        size_k=size_k,
        sigma_k=float(watch.reference.sigma_k[asset]),
        confidence=confidence * (0.7 if doubtful else 1.0),
        group=group,
        members=members or (asset,),
        detail=detail,
        causes=causes or ((kind, confidence),),
        doubtful=doubtful,
    )


def _size_k(watch: Watch, asset: int) -> float:
    """Mean excess of the last day's blocks [K]."""
    last_day = watch.at_s - 86_400.0 - BLOCK_S
    chosen = window(watch, asset, last_day)
    return float(watch.recent.excess_k[asset][chosen].mean()) if chosen.any() else 0.0


def _finite(value: float) -> float:
    return float(value) if np.isfinite(value) else 0.0
