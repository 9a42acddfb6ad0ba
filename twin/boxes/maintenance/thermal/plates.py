"""The nameplates of all transformers that one box watches, side by side as arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import zip_longest
from typing import Any

import numpy as np

from twin.boxes.maintenance.thermal.iec60076 import Paper, ThermalParameters
from twin.boxes.maintenance.thermal.limits import Loading
from twin.boxes.maintenance.thermal.nameplate import COMPONENTS, Nameplate, read_nameplate
from twin.domain.problems import Problems

_PLACE = "transformer box"
_BUDGET = "false_alarms_per_month"
_KEYS = ("trafo", "trafos", "loading", "hot_spot_limit_c", "top_oil_limit_c", "overload_percent", "allowed_loss_h", _BUDGET)


@dataclass(frozen=True)
class Plates:
    """Nameplates as arrays, dims (trafo,).

    Attributes:
        each: the nameplates themselves. ``names``: of the transformers, in the same order.
        parameters: of the thermal model. ``upgraded``: True where the paper is thermally upgraded.
        hot_spot_limit_c, top_oil_limit_c [degC], overload_percent: what findings are raised above.
        cap_percent: what the weakest of current limit and components bears [%]; ``caps``: all of them, dims (cap, trafo), NaN
            where unknown, in the order of `CAPS`.
        zones: the distinct zones; ``zone_of``: position of each transformer's in it, -1 without one.
        reference_since_s: instants from which a new reference is learnt, epoch seconds, dims (instant, trafo), 0 for none.
    """

    each: tuple[Nameplate, ...]
    names: tuple[str, ...]
    parameters: ThermalParameters
    upgraded: np.ndarray
    sn_mva: np.ndarray
    ambient_surcharge_k: np.ndarray
    hot_spot_limit_c: np.ndarray
    top_oil_limit_c: np.ndarray
    overload_percent: np.ndarray
    caps: np.ndarray
    zones: tuple[str, ...]
    zone_of: np.ndarray
    reference_since_s: np.ndarray

    @property
    def cap_percent(self) -> np.ndarray:
        """What the weakest of the standard's current limit and the components bears [%], dims (trafo,)."""
        result: np.ndarray = np.nanmin(self.caps, axis=0)
        return result

    def take(self, columns: np.ndarray) -> Plates:
        """Those of some transformers."""
        return stack([self.each[column] for column in columns.tolist()])


CAPS = ("current", *COMPONENTS)
"""Rows of `Plates.caps`: the standard's limit of the current, and what components bear."""


def stack(plates: Sequence[Nameplate]) -> Plates:
    """Nameplates side by side."""
    zones = tuple(dict.fromkeys(plate.zone for plate in plates if plate.zone))
    names = [field.name for field in fields(ThermalParameters)]

    def column(name: str) -> np.ndarray:
        return np.array([getattr(plate, name) for plate in plates], dtype=np.float64)

    caps = [{"current": plate.current_percent, **plate.caps_percent} for plate in plates]
    since_s = zip_longest(*(plate.reference_since_s for plate in plates), fillvalue=0)
    return Plates(
        each=tuple(plates),
        names=tuple(plate.trafo for plate in plates),
        parameters=ThermalParameters(**{n: np.array([getattr(plate.parameters, n) for plate in plates], float) for n in names}),
        upgraded=np.array([plate.paper is Paper.UPGRADED for plate in plates]),
        sn_mva=column("sn_mva"),
        ambient_surcharge_k=column("ambient_surcharge_k"),
        hot_spot_limit_c=column("hot_spot_limit_c"),
        top_oil_limit_c=column("top_oil_limit_c"),
        overload_percent=column("overload_percent"),
        caps=np.array([[bears.get(cap, np.nan) for bears in caps] for cap in CAPS]),
        zones=zones,
        zone_of=np.array([zones.index(plate.zone) if plate.zone else -1 for plate in plates]),
        reference_since_s=np.array(list(since_s), dtype=np.float64).reshape(-1, len(plates)),
    )


def read_plates(config: Mapping[str, Any], trafos: Mapping[str, Mapping[str, Any]]) -> Plates:
    """The nameplates of the transformers that the box is told to watch.

    Args:
        config: ``trafo``, one name, or ``trafos``, a list of names; without either every watched transformer of the site.
            Optionally ``loading`` (see `Loading`; normal cyclic where it is not said), ``hot_spot_limit_c``,
            ``top_oil_limit_c`` [degC] and ``overload_percent`` [%], for all of them; ``allowed_loss_h`` and
            ``false_alarms_per_month`` are the box's own and only checked here.
        trafos: name -> facts, see `read_nameplate`.

    Raises:
        BadInput: with every fault of the configuration and of the facts.
    """
    problems = Problems()
    for name in sorted(set(config) - set(_KEYS)):
        problems.add(_PLACE, f"unknown key {name!r}", f"one of {list(_KEYS)}", "remove or correct it")
    kinds = [loading.value for loading in Loading]
    loading = config.get("loading", Loading.NORMAL_CYCLIC.value)
    if loading not in kinds:
        problems.add(f"{_PLACE}, key 'loading'", repr(loading), f"one of {kinds}", "choose whose limits hold")
    for key, most, limit, remedy in (
        ("allowed_loss_h", 8766.0, "hours above 0, at most a year's 8766", "say what an overload may cost, or leave it out"),
        (_BUDGET, 10.0, "above 0, at most 10", "correct the budget"),
    ):
        value = config.get(key, 1.0)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 < value <= most:
            problems.add(f"{_PLACE}, key {key!r}", repr(value), limit, remedy)
    wanted = _wanted(config, trafos, problems)
    kind = Loading(loading) if loading in kinds else Loading.NORMAL_CYCLIC
    plates = [read_nameplate(trafo, trafos[trafo], config, kind, problems) for trafo in wanted]
    problems.raise_if_any()
    return stack([plate for plate in plates if plate is not None])


def _wanted(config: Mapping[str, Any], trafos: Mapping[str, Any], problems: Problems) -> list[str]:
    """Names of the transformers to watch that the site knows; the others are faults."""
    if "trafo" in config and "trafos" in config:
        problems.add(_PLACE, "keys 'trafo' and 'trafos'", "one of the two", "keep 'trafos'")
    key = "trafos" if "trafos" in config else "trafo"
    named = config.get(key, list(trafos))
    names = named if isinstance(named, list) else [named]
    for name in names:
        if not isinstance(name, str) or name not in trafos:
            problems.add(f"{_PLACE}, key {key!r}", repr(name), f"one of {sorted(trafos)}", "name a transformer of the site")
    if len(set(map(str, names))) < len(names):
        problems.add(f"{_PLACE}, key 'trafos'", repr(names), "each name once", "remove the others")
    if not names:
        problems.add(_PLACE, "no transformer", "at least one", "add [[trafos]] to the site or remove the box")
    return [name for name in names if isinstance(name, str) and name in trafos]
