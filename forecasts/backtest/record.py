"""Every forecast of a rehearsal, by origin: each expert as it spoke, each with its band, and the champion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecasts.champion.settings import ChampionSettings
from forecasts.champion.standing import Played, play
from forecasts.champion.ticks import Ticks, spread_of
from forecasts.quantiles import LEVELS
from forecasts.rehearsal.campaign import Campaign
from forecasts.rehearsal.plan import Plan, origins_of
from forecasts.rehearsal.rehearse import gated
from forecasts.series import Series
from twin.domain.problems import Problem

CHAMPION = "champion"
DAY_AHEAD = "champion_day_ahead"
BAND = "_band"


@dataclass(frozen=True)
class Record:
    """What was forecast from each origin.

    Attributes:
        origin: rows of the series, dims (origin,). ``scored``: bool, dims (origin,).
        names: every forecast that can be asked for. ``members``: those that the champion weighs.
        weights: before each origin, mean over depths and parts of the day, dims (origin, member, quantile).
        fit_s, predict_s: seconds in all. ``problems``: who was kept out, and why.
    """

    series: Series
    plan: Plan
    origin: np.ndarray
    scored: np.ndarray
    names: tuple[str, ...]
    members: tuple[str, ...]
    weights: np.ndarray
    fit_s: dict[str, float]
    predict_s: dict[str, float]
    problems: tuple[Problem, ...]
    _campaign: Campaign
    _played: Played
    _ticks: Ticks
    _aside: dict[str, np.ndarray]

    def truth(self, origins: slice | None = None) -> np.ndarray:
        """[MW], dims (origin, step), NaN = unknown."""
        rows = self.origin[origins or slice(None)][:, None] + np.arange(self.plan.horizon)
        padded = np.concatenate([self.series.values, [np.nan]])
        return padded[np.minimum(rows, len(self.series.values))]

    def forecast(self, name: str, origins: slice | None = None) -> np.ndarray:
        """[MW], dims (origin, step, quantile); a point forecast repeats its value over all quantiles.

        Raises:
            KeyError: for a name that is not in `names`.
        """
        chosen = self.origin[origins or slice(None)]
        if name == CHAMPION:
            return np.stack([self._ticks.at(int(row)) for row in chosen]) if len(chosen) else self._none()
        issue, day, slot = self._ticks.place(chosen)
        depth = day - issue[:, None]
        if name == DAY_AHEAD:
            return self._played.quantiles[issue[:, None], depth, slot]
        if name.endswith(BAND) and name[: -len(BAND)] in self.members:
            member = self.members.index(name[: -len(BAND)])
            return self._played.bands[issue[:, None], member, depth, slot].astype(np.float64)
        path = self._aside[name][issue[:, None], depth, slot]
        return np.broadcast_to(path, (*path.shape[:2], len(LEVELS)))

    def _none(self) -> np.ndarray:
        return np.empty((0, self.plan.horizon, len(LEVELS)))


def record_of(
    campaign: Campaign, *, settings: ChampionSettings | None = None, outsiders: frozenset[str] = frozenset()
) -> Record:
    """The champion's forecasts over a campaign, beside everybody else's.

    Args:
        outsiders: names that are scored and never weighed: peers.
    """
    settings = settings or ChampionSettings()
    paths = campaign.paths()
    inside = {name: path for name, path in paths.items() if name not in outsiders}
    low, high, room = campaign.limits()
    played = play(campaign.truth, inside, settings, spread_of(campaign.series.values[: campaign.days.row[0]]), low, high)
    ticks = Ticks.of(campaign, played, (low, high, room))
    plan = campaign.plan
    origin = origins_of(plan, campaign.days, campaign.slots)
    origin = origin[origin >= campaign.days.row[0]]
    issue, _, _ = ticks.place(origin)
    intraday = bool((origin != campaign.days.row[issue]).any())
    names = (
        CHAMPION,
        *([DAY_AHEAD] if intraday else []),
        *(n for name in inside for n in (name, f"{name}{BAND}")),
        *sorted(set(paths) - set(inside)),
    )
    return Record(
        campaign.series,
        plan,
        origin,
        origin >= plan.scored_from,
        names,
        played.standing.members,
        played.weights[issue].mean(axis=(2, 3)),
        campaign.fit_s,
        campaign.predict_s,
        gated(campaign),
        campaign,
        played,
        ticks,
        paths,
    )
