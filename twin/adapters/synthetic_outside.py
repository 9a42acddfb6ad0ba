"""The world outside a demo site: weather, prices and national mix from a seeded generator, and what was forecast of them.

Nothing is a stream: every value is a function of (seed, signal, time), so it is the same after a restart, in any order.
All of it is labelled synthetic, and every screen says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from twin.adapters import synthetic_market as market
from twin.adapters.prepared import Prepared
from twin.adapters.synthetic_sky import DAY_S, INDEX_RANGE, clear_ghi, clear_sky_index, sun
from twin.contracts.ports import Outlook
from twin.domain import chance
from twin.domain.signals import OUTSIDE_SIGNALS
from twin.domain.sources import source_digest
from twin.domain.time import QUARTER_HOUR_S, from_epoch_s, quarter_hours, to_epoch_s
from twin.domain.zones import PvGroup
from twin.site import Site

MEAN_C, SWING_C = 9.8, 9.3
COLD_SPELL = {18: -2.0, 19: -5.0, 20: -7.5, 21: -8.5, 22: -7.5, 23: -4.0}
"""Daily means of 18 to 23 January [degC]: every year has its cold spell, because that is when the demo town strains."""

PERSISTENCE, DEVIATION_K, MEMORY_DAYS = 0.78, 3.0, 30
"""First-order autoregression of daily means: correlation of neighbouring days, standard deviation, days remembered."""

ISSUE_S = 6 * 3600
"""Weather and mix are forecast at 00, 06, 12 and 18 UTC and taken as published at once."""

PUBLICATION_HOUR = 13
"""Local hour from which the next day's prices are known (the Swiss auction clears before noon)."""


_HERE = Path(__file__)
_LAWS = source_digest([*_HERE.parent.glob("synthetic_*.py"), _HERE.with_name("changed_outside.py"), Path(chance.__file__)])


class SyntheticOutside:
    """Truth for the simulated plant (`actual`) and forecasts for the régie (`outlook`).

    Args:
        seed: the site's. ``prepared``: the site's profiles. ``pv``: columns of ``sgen_available_p_mw`` that are panels.
        groups: orientations of those panels. ``timezone``: IANA name, for hours of day and the price's publication.
    """

    def __init__(
        self,
        *,
        seed: int,
        prepared: Prepared,
        pv: Sequence[int],
        groups: Sequence[PvGroup],
        latitude: float,
        longitude: float,
        timezone: str,
    ) -> None:
        self._seed = seed
        self._prepared = prepared
        self._place = (latitude, longitude)
        self._zone = ZoneInfo(timezone)
        pv_mw = prepared.profiles["sgen_available_p_mw"][:, list(pv)].sum(axis=1, dtype=np.float64)
        self._index = clear_sky_index(pv_mw, prepared.start_s, groups, latitude=latitude, longitude=longitude)
        days = len(self._index) // 96
        self._daily_index = self._index[: days * 96].reshape(days, 96)[:, 32:64].mean(axis=1)

    @property
    def laws(self) -> str:
        """Digest of how the values come about: another one where a law of this world was changed."""
        return _LAWS

    @classmethod
    def of(cls, site: Site, prepared: Prepared) -> SyntheticOutside:
        """The outside of a simulated site, its sky read from all panels of its grid.

        Raises:
            ValueError: when the grid has no profiles to read the sky from.
        """
        if not prepared.profiles:
            raise ValueError(f"site {site.name!r} has no generation profiles; a synthetic outside needs them")
        whole = next(zone for zone in prepared.zones if zone.parent is None)
        panels = {index for zone in prepared.zones for index in zone.pv_sgens}
        return cls(
            seed=site.seed,
            prepared=prepared,
            pv=[column for column, index in enumerate(prepared.sgen) if int(index) in panels],
            groups=whole.pv_groups,
            latitude=site.about.latitude,
            longitude=site.about.longitude,
            timezone=site.timezone,
        )

    def actual(self, signal: str, utc_s: np.ndarray) -> np.ndarray:
        """True values of ``signal`` at quarter-hour labels [epoch s], dims (time,).

        Raises:
            KeyError: for a signal that is not generated.
        """
        labels = np.asarray(utc_s, dtype=np.int64)
        if signal == "temp_c":
            return self._temp_c(labels)
        if signal == "ghi_w_m2":
            return self._clear(labels) * self._index[self._prepared.rows(labels)]
        hours = labels - labels % 3600
        if signal == "price_chf_per_kwh":
            return self._price(hours)
        share = self._share(hours)
        if signal == "import_renewable_share":
            return share
        if signal == "import_co2_g_per_kwh":
            return market.co2_g_per_kwh(share, self._noise("co2", hours // 3600))
        raise KeyError(f"signal {signal!r} is not generated; known: {', '.join(OUTSIDE_SIGNALS)}")

    def outlook(self, as_of: datetime, steps: int) -> Outlook:
        """The newest issue not later than ``as_of``, for ``steps`` quarter hours from ``as_of``.

        Weather and mix are the truth with an error that is drawn per issue, lasts for hours and grows with the lead; clouds are
        known only as three-hour means. Prices are exact once published, and NaN beyond.
        """
        as_of_s = to_epoch_s(as_of)
        labels = as_of_s + QUARTER_HOUR_S * np.arange(steps, dtype=np.int64)
        issue_s = as_of_s - as_of_s % ISSUE_S
        published, known_until_s = self._price_publication(as_of)
        price = self.actual("price_chf_per_kwh", labels)
        share = self._forecast_share(labels, issue_s)
        values = {
            "temp_c": self._forecast_temp_c(labels, issue_s),
            "ghi_w_m2": self._forecast_ghi(labels, issue_s),
            "price_chf_per_kwh": np.where(labels < known_until_s, price, np.nan),
            "import_renewable_share": share,
            "import_co2_g_per_kwh": market.co2_g_per_kwh(share, np.zeros(steps)),
        }
        issued = dict.fromkeys(OUTSIDE_SIGNALS, from_epoch_s(issue_s)) | {"price_chf_per_kwh": published}
        return Outlook(issued_at=issued, times=quarter_hours(as_of, steps), values=values, synthetic=True)

    # ---------------------------------------------------------------------------------------- truth

    def _noise(self, name: str, counter: np.ndarray) -> np.ndarray:
        return chance.normal(chance.stream(self._seed, "outside", name), np.asarray(counter, dtype=np.int64))

    def _daily_mean_c(self, day: np.ndarray) -> np.ndarray:
        """Mean temperature of UTC days (since 1970-01-01), dims (day,)."""
        innovations = self._noise("temp", day[:, None] - np.arange(MEMORY_DAYS)[None, :])
        weights = PERSISTENCE ** np.arange(MEMORY_DAYS)
        wander = DEVIATION_K * np.sqrt(1.0 - PERSISTENCE**2) * (innovations @ weights)
        mean = MEAN_C - SWING_C * market.season(day.astype(float)) + wander
        for i, number in enumerate(day):
            date = datetime.fromtimestamp(int(number) * DAY_S, tz=UTC)
            if date.month == 1 and date.day in COLD_SPELL:
                mean[i] = COLD_SPELL[date.day]
        return mean

    def _temp_c(self, labels: np.ndarray) -> np.ndarray:
        """Daily means joined at noon, and a day's swing that a clear sky widens."""
        position = (labels + QUARTER_HOUR_S // 2) / DAY_S - 0.5
        days = np.arange(int(np.floor(position.min())), int(np.floor(position.max())) + 2)
        mean = np.interp(position, days, self._daily_mean_c(days))
        day_rows = np.minimum(self._prepared.rows(labels) // 96, len(self._daily_index) - 1)
        summer = 0.5 - 0.5 * market.season(labels / DAY_S)
        swing = 1.0 + (1.5 + 3.5 * summer) * self._daily_index[day_rows]
        solar_hour = (labels % DAY_S) / 3600.0 + 0.125 + self._place[1] / 15.0
        return mean + swing * np.cos(2.0 * np.pi * (solar_hour - 15.0) / 24.0)

    def _clear(self, labels: np.ndarray) -> np.ndarray:
        """Clear-sky irradiance [W/m2] of the profile row's own date, so that sun and panels never disagree."""
        dates = self._prepared.start_s + QUARTER_HOUR_S * self._prepared.rows(labels)
        return clear_ghi(sun(dates, *self._place)[0])

    def _local(self, hours: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Local hour of day and whether it is a weekend."""
        local = [from_epoch_s(int(s)).astimezone(self._zone) for s in hours]
        return np.array([t.hour for t in local], dtype=float), np.array([t.weekday() >= 5 for t in local])

    def _sunshine(self, hours: np.ndarray) -> np.ndarray:
        """Sunshine of the whole region, 0..1: half this place's sky, half somebody else's."""
        index = self._index[self._prepared.rows(hours + 1800)]
        elsewhere = np.clip(0.6 + 0.25 * self._noise("sky", hours // DAY_S), 0.1, 1.0)
        return self._clear(hours + 1800) / 1000.0 * (0.5 * index + 0.5 * elsewhere)

    def _price(self, hours: np.ndarray) -> np.ndarray:
        hour, weekend = self._local(hours)
        wind = chance.smooth(chance.stream(self._seed, "outside", "wind"), hours / (30.0 * 3600.0))
        return market.price_chf_per_kwh(
            hour=hour,
            weekend=weekend,
            winter=market.season(hours / DAY_S),
            sun=self._sunshine(hours),
            wind=wind,
            noise=self._noise("price", hours // 3600),
        )

    def _share(self, hours: np.ndarray) -> np.ndarray:
        hour, _ = self._local(hours)
        noise = chance.smooth(chance.stream(self._seed, "outside", "mix"), hours / (9.0 * 3600.0))
        return market.renewable_share(hour, market.season(hours / DAY_S), self._sunshine(hours), noise)

    # ------------------------------------------------------------------------------------- forecasts

    def _error(self, name: str, labels: np.ndarray, issue_s: int) -> np.ndarray:
        """Unit-variance forecast error of one issue, wandering over about six hours."""
        base = chance.stream(self._seed, "forecast", name, issue_s)
        return chance.smooth(base, (labels - issue_s) / (6.0 * 3600.0))

    def _forecast_temp_c(self, labels: np.ndarray, issue_s: int) -> np.ndarray:
        lead_h = (labels - issue_s) / 3600.0
        spread = np.minimum(0.5 + 0.03 * lead_h, 2.5)  # K; about what regional models reach in Switzerland
        return self.actual("temp_c", labels) + spread * self._error("temp", labels, issue_s)

    def _forecast_ghi(self, labels: np.ndarray, issue_s: int) -> np.ndarray:
        lead_h = (labels - issue_s) / 3600.0
        around = QUARTER_HOUR_S * np.arange(-6, 7)
        smoothed = self._index[self._prepared.rows(labels[:, None] + around[None, :])].mean(axis=1)
        spread = np.minimum(0.08 + 0.004 * lead_h, 0.25)
        index = np.clip(smoothed + spread * self._error("sky", labels, issue_s), *INDEX_RANGE)
        return self._clear(labels) * index

    def _forecast_share(self, labels: np.ndarray, issue_s: int) -> np.ndarray:
        lead_h = (labels - issue_s) / 3600.0
        spread = np.minimum(0.015 + 0.001 * lead_h, 0.05)
        share = self.actual("import_renewable_share", labels) + spread * self._error("mix", labels, issue_s)
        return np.clip(share, 0.0, 1.0)

    def _price_publication(self, as_of: datetime) -> tuple[datetime, int]:
        """When the newest prices were published, and the end of what they cover [epoch s]."""
        local = as_of.astimezone(self._zone)
        published_on = local.date() if local.hour >= PUBLICATION_HOUR else local.date() - timedelta(days=1)
        published = datetime.combine(published_on, time(PUBLICATION_HOUR), tzinfo=self._zone)
        end = datetime.combine(published_on + timedelta(days=2), time(), tzinfo=self._zone)
        return published.astimezone(UTC), to_epoch_s(end)
