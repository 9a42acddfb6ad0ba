"""What the load box and the PV box have in common: a card, a nightly training, a forecast at every tick."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from forecasts.experts.registry import FLOORS, experts_for
from forecasts.futures.tick_paths import PATHS
from forecasts.on_air.answer import HORIZON, foretold, paths_array, report
from forecasts.on_air.settings import check_keys, read_fallbacks, read_zone
from forecasts.on_air.setup import KEYS, read_setup
from forecasts.on_air.zone_forecast import ZoneForecast
from forecasts.on_air.zone_past import ZoneFacts
from forecasts.on_air.zone_tree import ZoneTree
from forecasts.past import Place
from forecasts.quantiles import LEVELS
from twin.contracts.box import BoxCard, BoxContext, Mode, Need, Provide, Training
from twin.contracts.frame import AsOfView
from twin.contracts.messages import Report
from twin.domain.problems import Problems
from twin.domain.time import QUARTER_HOUR

HISTORY = timedelta(days=60)
"""What the loop keeps of the past for its boxes; longer trainings happen in backtests."""

_LEADS = int(HORIZON / QUARTER_HOUR)
_STALE = timedelta(days=2)
_NIGHTLY = Training(every=timedelta(days=1), local_hour=2, effect_after=timedelta(hours=1), history=HISTORY, deadline_s=120.0)

# Of one forecast, and of each more that a zone's parts and rests add. A first step without a model taught floors for half a
# second each; a trained champion takes some 10 MB.
_STEP_S = (3.0, 0.5)
_MEMORY_MB = (700, 50)


class ForecastBox:
    """Forecasts a zone's power, and with it that of zones within it, so that they sum.

    Args:
        config: ``zone``; ``engine``: "champion" (all experts, weighed), or the name of a single expert; optional ``fallbacks``
            and what `forecasts.on_air.setup` reads: ``experts``, ``train_days``, tables ``champion``, ``ridge``, ``boosted``.
        context: the site.
        name, kind, signal: of the box, of its series, of what it reads. ``provides``, ``paths``: what it writes.
        weather: signals that its experts read where they are known. ``planes``: of a plant, where they are declared.
        parts: zones within the zone -> the nearest one that holds it.
        constant_mw: what the last rung answers [MW], in all zones or by zone.

    Raises:
        BadInput: with every fault of the configuration.
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        context: BoxContext,
        *,
        name: str,
        kind: str,
        signal: str,
        provides: str,
        paths: str,
        weather: tuple[str, ...],
        constant_mw: float | Mapping[str, float],
        planes: tuple[tuple[float, float, float], ...],
        problems: Problems,
        parts: Mapping[str, str] = MappingProxyType({}),
        more_keys: tuple[str, ...] = (),
    ) -> None:
        place = f"box {context.instance!r}"
        check_keys(config, ("zone", "engine", "fallbacks", *KEYS, *more_keys), place, problems)
        zone = read_zone(config, context, place, problems)
        setup = read_setup(config, kind, place, problems)
        fallbacks = read_fallbacks(config, place, problems)
        problems.raise_if_any()
        where = Place(context.timezone, context.country, context.subdivision, context.latitude, context.longitude)
        _ = where.calendar  # an unknown time zone or canton is refused now
        capacity = sum(peak for _, _, peak in planes) or None
        experts = setup.make(kind)
        names = tuple(experts)
        trained = any(name not in FLOORS for name in names)
        history = min(timedelta(days=setup.train_days), HISTORY)
        self._context, self._paths = context, paths
        self._provides, self._engine = provides, str(config.get("engine", "champion"))
        self._zones = (zone, *parts)
        floors = {name: expert for name, expert in experts_for(kind).items() if name in FLOORS} if trained else experts
        whole = ZoneFacts(kind, signal, zone, where, weather, capacity, planes)

        def forecast(of: str, minus: tuple[str, ...] = ()) -> ZoneForecast:
            return ZoneForecast(replace(whole, zone=of, minus=minus), experts, floors, setup.champion, history, _LEADS)

        self._tree = ZoneTree.of(zone, parts, forecast)
        more = len(self._tree.forecasts) - 1
        self.card = BoxCard(
            name=name,
            version="2.0.0",
            owner="forecasting",
            needs=(
                Need(signal, self._zones, history=HISTORY, max_age=_STALE, mode=Mode.LAST_GOOD),
                *(Need(w, history=HISTORY, ahead=HORIZON, max_age=_STALE, mode=Mode.OPTIONAL) for w in weather),
            ),
            provides=(
                Provide(provides, self._zones, horizon=HORIZON, quantiles=LEVELS),
                Provide(paths, self._zones, horizon=HORIZON, scenarios=PATHS),
            ),
            constants={provides: constant_mw, paths: constant_mw},
            fallbacks=fallbacks,
            deadline_s=_STEP_S[0] + more * _STEP_S[1],
            memory_mb=_MEMORY_MB[0] + more * _MEMORY_MB[1],
            training=replace(_NIGHTLY, deadline_s=(1 + more) * _NIGHTLY.deadline_s) if trained else None,
            preload=_libraries(kind, names, trained=trained),
            params={"engine": self._engine, "zone": zone, "experts": list(names)},
        )

    def fit(self, view: AsOfView, *, seed: int) -> bytes:
        """A trained champion; equal data and seed give equal bytes.

        Raises:
            ValueError: with too little history, or for floor experts, which need no training.
        """
        if self.card.training is None:
            raise ValueError(f"zone {self._zones[0]!r}: engine {self._engine!r} is not trained; ask 'champion' or step")
        return self._tree.fit(view, seed=seed)

    def step(self, view: AsOfView, artifact: bytes | None, state: bytes | None) -> tuple[Report, bytes | None]:
        """The forecast from ``view.as_of`` on; the state holds what was issued at the last midnights.

        Raises:
            ValueError: when the zone was never measured.
        """
        found = self._tree.answer(view, artifact, state, seed=self._context.seed, instance=self._context.instance)
        kind, day, futures = self.card.name, found.day, found.futures
        settled = day.settled or self.card.training is None
        coming = foretold(futures.drawn[..., 0], as_of=view.as_of, usual_change_mw=day.usual_change_mw)
        answer = report(
            found.quantiles,
            as_of=view.as_of,
            signal=self._provides,
            zones=self._zones,
            label=_label(kind),
            reason="load_part_unmeasured" if found.unmeasured else _reason(kind, settled=settled),
            params={"engine": self._engine, "history_days": day.days, "zones": ", ".join(found.unmeasured), **coming},
        )
        few = paths_array(futures.few, futures.probability, as_of=view.as_of, signal=self._paths, zones=self._zones)
        return replace(answer, outputs={**answer.outputs, self._paths: few}), found.state


def _label(kind: str) -> str:
    """Code of the headline."""
    return "load_forecast" if kind == "load" else "pv_forecast"


def _reason(kind: str, *, settled: bool) -> str:
    """Code of the message: the coming peak, or that nothing was trained yet."""
    if kind == "load":
        return "load_peak" if settled else "load_cold_start"
    return "pv_peak" if settled else "pv_cold_start"


def _libraries(kind: str, names: tuple[str, ...], *, trained: bool) -> tuple[str, ...]:
    """What is worth importing once for all workers: nothing that the box's experts will not ask for."""
    wanted = {"lightgbm": trained, "pvlib": kind == "pv", "prophet": "prophet" in names}
    return ("xarray", "pandas", "holidays", *(library for library, needed in wanted.items() if needed))
