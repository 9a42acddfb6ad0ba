"""A trained champion: fitted experts, how matters stand between them, and how errors fade. It travels as an artifact.

Training is a short rehearsal over the last weeks, whose experts did not know what came, and a last fit on everything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from forecasts.champion.correction import Correction, no_correction
from forecasts.champion.settings import ChampionSettings
from forecasts.champion.standing import Standing, play
from forecasts.champion.ticks import Ticks, spread_of, within
from forecasts.expert import Blender, Expert, Fitted, FittedBlend, NotEnoughHistory
from forecasts.experts.day_path import along
from forecasts.futures.dependence import Dependence
from forecasts.futures.marginals import pit
from forecasts.past import Past
from forecasts.rehearsal.campaign import Campaign
from forecasts.rehearsal.limits import Bounds, Limits
from forecasts.rehearsal.plan import Plan
from forecasts.rehearsal.rehearse import rehearse
from forecasts.rehearsal.sane import asked
from forecasts.series import Kind, Series
from twin.domain.pack import UnpackError, pack, unpack

FORMAT = 3
REHEARSED_DAYS = 56
"""Days of the training's rehearsal: as many as the bands' window."""

_TAUGHT_DAYS = 35  # at least, before the rehearsal begins: two weeks of lags and three of lessons
_REFITS = 2  # fits within the rehearsal; the last weeks are then judged on models at most a month old


@dataclass(frozen=True)
class Champion:
    """What a training leaves.

    Attributes:
        fitted: experts that learn from the past; ``blends``: those that listen to the others.
        leads: steps that a tick answers. ``depths``: local days that a path touches.
        days: of history it rests on.
        dependence: how errors of a day's path hang together, from its midnight to the end of its last tick.
        left_out: experts that could not be fitted at last, and why.
    """

    fitted: Mapping[str, Fitted]
    blends: Mapping[str, FittedBlend]
    standing: Standing
    correction: Correction
    bounds: Bounds
    leads: int
    depths: int
    days: int
    dependence: Dependence
    left_out: Mapping[str, str]

    def said(self, past: Past) -> dict[str, np.ndarray]:
        """What every expert says of the days that begin at the end of ``past`` [MW], dims (depth, slot, level)."""
        steps = self.steps(past)
        found: dict[str, np.ndarray] = {}
        for name, expert in self.fitted.items():
            path, _ = asked(expert, past, steps)
            found[name] = _on_grid(path, past, steps, self.depths)
        for name, blend in self.blends.items():
            found[name] = blend.predict(found)
        return found

    def quantiles(self, past: Past, said: Mapping[str, np.ndarray]) -> np.ndarray:
        """The day's path [MW], dims (time, quantile), from the end of ``past`` on."""
        steps = self.steps(past)
        limits = self.bounds.of(past, steps)
        low, high = (_on_grid(part, past, steps, self.depths)[..., 0] for part in (limits.low, limits.high))
        path = along(self.standing.answer(said, low, high), past, steps)
        return within(path, limits.low, limits.high)

    def limits(self, past: Past) -> Limits:
        """What is possible along the day's path."""
        return self.bounds.of(past, self.steps(past))

    def steps(self, past: Past) -> int:
        """Intervals from the end of ``past`` to the end of the last local day that a path touches."""
        most = self.depths * past.slots_per_day + 2 * 3600 // past.step_s
        day, _ = past.days_and_slots(past.rows, past.rows + most)
        return int(np.searchsorted(day, day[0] + self.depths))

    def to_bytes(self) -> bytes:
        """Canonical: equal trainings give equal bytes."""
        meta = {
            "format": FORMAT, "members": list(self.standing.members), "fitted": list(self.fitted), "blends": list(self.blends),
            "leads": self.leads, "depths": self.depths, "days": self.days, "bounds": self.bounds.meta(),
            "left_out": dict(self.left_out),
        }  # fmt: skip
        arrays = {
            "offsets": self.standing.offsets, "weights": self.standing.weights, "width": self.standing.width,
            "phi": self.correction.phi, "narrowing": self.correction.narrowing,
        }  # fmt: skip
        arrays |= {f"dependence.{name}": array for name, array in self.dependence.to_arrays().items()}
        parts: dict[str, Fitted | FittedBlend] = {**self.fitted, **self.blends}
        for name, part in parts.items():
            arrays[f"expert.{name}"] = np.frombuffer(part.to_bytes(), dtype=np.uint8)
        return pack(meta, arrays)

    @classmethod
    def read(cls, data: bytes, experts: Mapping[str, Expert | Blender]) -> Champion:
        """Inverse of `to_bytes`.

        Raises:
            UnpackError: when the bytes are no champion of this format, or hold an expert that is not there any more.
        """
        meta, arrays = unpack(data)
        if meta.get("format") != FORMAT or any(name not in experts for name in (*meta["fitted"], *meta["blends"])):
            raise UnpackError("a champion of another format, or of experts that are not installed")

        def load(name: str) -> Any:  # the artifact says which are blends
            return experts[name].load(arrays[f"expert.{name}"].tobytes())

        wide = {name: arrays[name].astype(np.float64) for name in ("offsets", "weights", "width", "phi", "narrowing")}
        return cls(
            {name: load(name) for name in meta["fitted"]},
            {name: load(name) for name in meta["blends"]},
            Standing(tuple(meta["members"]), wide["offsets"], wide["weights"], wide["width"]),
            Correction(wide["phi"], wide["narrowing"]),
            Bounds.read(meta["bounds"]),
            meta["leads"], meta["depths"], meta["days"],
            Dependence.from_arrays(_under("dependence.", arrays)),
            meta["left_out"],
        )  # fmt: skip


def train(
    past: Past, experts: Mapping[str, Expert | Blender], *, leads: int, seed: int, settings: ChampionSettings | None = None
) -> Champion:
    """Rehearse the last weeks, then fit everybody on all of ``past``, which ends at a local midnight.

    Args:
        leads: steps that a tick answers (192 for 48 h of quarter hours).

    Raises:
        NotEnoughHistory: when not a single expert can say anything.
    """
    settings = settings or ChampionSettings()
    if not np.isfinite(past.values).any():
        raise NotEnoughHistory("nothing was measured before today; give it at least a day of values")
    campaign = _rehearsed(past, experts, leads, seed)
    depths = campaign.depths
    lesson = campaign.series.as_of(past.rows, reach=campaign.steps + 3 * campaign.slots)
    fitted, blends, left_out = _fit_all(lesson, experts, campaign, seed)
    paths = {name: path for name, path in campaign.paths().items() if name in fitted or name in blends}
    for name in fitted:
        if name not in paths:  # taught at last, and not rehearsed: its band is wide, and its weight has to be earned
            paths[name] = np.full((campaign.issues, depths, campaign.slots, 1), np.nan)
    if not fitted:
        told = "; ".join(f"{name}: {why}" for name, why in left_out.items())
        raise NotEnoughHistory(f"no expert can learn from this history; give it at least a day of values ({told})")
    low, high, room = campaign.limits()
    played = play(campaign.known_truth(campaign.issues), paths, settings, spread_of(past.values), low, high)
    ticks = Ticks.of(campaign, played, (low, high, room))
    correction = ticks.correction(campaign.issues) if campaign.issues else no_correction(leads)
    known = int(np.isfinite(past.values).sum() // past.slots_per_day)
    dependence = _dependence(campaign, ticks, leads)
    return Champion(
        fitted, blends, played.standing, correction, Bounds.learnt(lesson), leads, depths, known, dependence, left_out
    )


def _rehearsed(past: Past, experts: Mapping[str, Expert | Blender], leads: int, seed: int) -> Campaign:
    per_day = past.slots_per_day
    days = past.rows // per_day
    warm = int(np.clip(days - _TAUGHT_DAYS, min(days // 2, 21), REHEARSED_DAYS))
    ahead = past.weather and max(len(column) for column in past.weather.values()) - past.rows
    reach = max(int(ahead or 0), leads + per_day)
    values = np.concatenate([past.values, np.full(reach, np.nan)])
    weather = {
        name: np.concatenate([column, np.full(max(0, len(values) - len(column)), np.nan)])
        for name, column in past.weather.items()
    }
    kind = cast("Kind", past.kind)  # a past is cut from a series, and has its kind
    series = Series(
        "history", kind, past.start_s, past.step_s, values, np.zeros(len(values), np.uint8), past.place, weather,
        "forecast" if weather else "none", past.capacity_mw, past.planes,
    )  # fmt: skip
    plan = Plan(
        train_days=days, refit_days=max(1, -(-warm // _REFITS)), issue_every=1, horizon=leads,
        warm_from=past.rows - warm * per_day, scored_from=past.rows - warm * per_day, end=past.rows, experts=tuple(experts),
    )  # fmt: skip
    return rehearse(series, plan, experts, seed=seed)


def _fit_all(
    lesson: Past, experts: Mapping[str, Expert | Blender], campaign: Campaign, seed: int
) -> tuple[dict[str, Fitted], dict[str, FittedBlend], dict[str, str]]:
    fitted: dict[str, Fitted] = {}
    blends: dict[str, FittedBlend] = {}
    left_out: dict[str, str] = {}
    for name, expert in experts.items():
        try:
            if isinstance(expert, Expert):
                fitted[name] = expert.fit(lesson, days_ahead=campaign.depths, seed=seed)
            else:
                paths = {n: p for n, p in campaign.paths().items() if n in fitted}
                blends[name] = expert.fit_on(campaign.known_truth(campaign.issues), paths, seed=seed)
        except Exception as error:  # noqa: BLE001 - too little history, or a fault of its own: the others go on, and it is kept
            left_out[name] = f"{type(error).__name__}: {error}"
    return fitted, blends, left_out


def _dependence(campaign: Campaign, ticks: Ticks, leads: int) -> Dependence:
    """Of the errors along the paths of past midnights as far as they are known, over every step that a tick may answer."""
    issues = campaign.issues
    low, high = (limit[:issues, ..., None] for limit in (ticks.low, ticks.high))
    ranks = pit(campaign.known_truth(issues), np.clip(ticks.played.quantiles, low, high))
    ranks = ranks.reshape(issues, campaign.depths * campaign.slots)
    return Dependence.fit(ranks[:, : campaign.slots + leads], step_s=campaign.series.step_s)


def _under(prefix: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}


def _on_grid(path: np.ndarray, past: Past, steps: int, depths: int) -> np.ndarray:
    """A path by depth and slot, dims (depth, slot, level); a slot that the clock skips is never read."""
    day, slot = past.days_and_slots(past.rows, past.rows + steps)
    levels = path.reshape(steps, -1)
    grid = np.full((depths, past.slots_per_day, levels.shape[1]), np.nan)
    grid[day - day[0], slot] = levels
    return grid
