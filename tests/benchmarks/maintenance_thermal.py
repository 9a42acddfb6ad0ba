"""How exact and how fast the thermal side of maintenance is: what ``regie bench maintenance`` shows of it.

Run by itself: ``python -m tests.benchmarks.maintenance_thermal``.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
import xarray as xr

from twin.boxes.maintenance.box import TransformerBox
from twin.boxes.maintenance.thermal.iec60076 import (
    TYPICAL,
    Paper,
    ThermalParameters,
    ThermalState,
    loss_of_life_h,
    roll,
    steady_state,
)
from twin.contracts.box import BoxContext
from twin.contracts.frame import AsOfView, Frame, Layout
from twin.domain.time import QUARTER_HOUR, quarter_hours, to_epoch_s

START = datetime(2016, 1, 4, tzinfo=UTC)
KINDS = (("distribution", "ONAN"), ("power", "ONAN"), ("power", "ONAF"))
"""What the oracle knows too."""
_MINUTES = 3 * 1440


def profiles() -> Mapping[str, tuple[np.ndarray, np.ndarray]]:
    """Load factor and ambient [degC] per minute over three days, constant within each quarter hour: name -> pair.

    A constant load, steps, a day's cycle, a noisy one as of the public ETT transformers (noise of 15 %, no sleep at night), and
    the steps of IEC 60076-7:2005, annex B (to whole quarter hours), over and over.
    """
    quarter = np.arange(_MINUTES // 15)
    hour = quarter / 4.0
    noise = np.random.default_rng(11).normal(0.0, 0.15, len(quarter))
    warm = 12.0 + 8.0 * np.sin(2.0 * np.pi * (hour - 9.0) / 24.0)
    annex_b = np.repeat([1.0, 0.6, 1.5, 0.3, 2.1, 0.0], [13, 12, 9, 14, 2, 1])
    told = {
        "constant": (np.ones(len(quarter)), np.full(len(quarter), 20.0)),
        "steps": (np.tile(np.repeat([0.4, 1.2, 0.7, 1.4], 12), 6), np.full(len(quarter), 20.0)),
        "daily": (0.75 + 0.45 * np.sin(2.0 * np.pi * (hour - 12.0) / 24.0), warm),
        "noisy": (np.clip(0.8 + 0.3 * np.sin(2.0 * np.pi * (hour - 13.0) / 24.0) + noise, 0.05, 1.6), warm),
        "annex_b": (np.resize(annex_b, len(quarter)), np.full(len(quarter), 25.6)),
    }
    return {name: (np.repeat(load, 15), np.repeat(ambient, 15)) for name, (load, ambient) in told.items()}


def oracle_hot_spot_c(kind: tuple[str, str], load_factor: np.ndarray, ambient_c: np.ndarray) -> np.ndarray:
    """Hot-spot at every minute by ``transformer_thermal_model``, dims (minute + 1,), settled at the first minute's load."""
    import pandas as pd
    from transformer_thermal_model.cooler import CoolerType
    from transformer_thermal_model.model import Model
    from transformer_thermal_model.schemas import InputProfile, UserTransformerSpecifications
    from transformer_thermal_model.schemas.thermal_model.initial_state import InitialLoad
    from transformer_thermal_model.transformer import DistributionTransformer, PowerTransformer

    ours = TYPICAL[kind]
    specs = UserTransformerSpecifications(
        load_loss=1000.0 * float(ours.loss_ratio),
        no_load_loss=1000.0,
        nom_load_sec_side=1000.0,
        amb_temp_surcharge=0.0,
        top_oil_temp_rise=ours.top_oil_rise_k,
        winding_oil_gradient=ours.hot_spot_gradient_k,
        hot_spot_fac=1.0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        theirs = (
            DistributionTransformer(user_specs=specs)
            if kind[0] == "distribution"
            else PowerTransformer(user_specs=specs, cooling_type=CoolerType[kind[1]])
        )
        # The library applies row i over the interval that ends there; its row 0 is the settled start.
        profile = InputProfile.create(
            datetime_index=pd.date_range("2016-01-01", periods=len(load_factor) + 1, freq="1min"),
            load_profile=1000.0 * np.concatenate([load_factor[:1], load_factor]),
            ambient_temperature_profile=np.concatenate([ambient_c[:1], ambient_c]),
        )
        first = InitialLoad(initial_load=1000.0 * float(load_factor[0]))
        return np.asarray(Model(profile, theirs, initial_condition=first).run().hot_spot_temp_profile, dtype=np.float64)


def hotspot_error_k() -> float:
    """Largest difference of the hot-spot at one-minute steps to the oracle's, over all profiles and kinds [K]."""
    worst = 0.0
    for load_factor, ambient_c in profiles().values():
        for kind in KINDS:
            states = _run(TYPICAL[kind], load_factor, ambient_c, minutes=1.0)
            worst = max(worst, float(np.abs(states.hot_spot_c[:, 0] - oracle_hot_spot_c(kind, load_factor, ambient_c)).max()))
    return worst


def ageing_error_pct() -> float:
    """Largest error of the loss of life at quarter-hour steps against the oracle at one minute, over profiles and kinds [%].

    The oracle's minutes are added up by the trapezoidal rule with the rate of normal paper.
    """
    worst = 0.0
    for load_factor, ambient_c in profiles().values():
        for kind in KINDS:
            rate = 2.0 ** ((oracle_hot_spot_c(kind, load_factor, ambient_c) - 98.0) / 6.0)
            true_h = float(np.sum(0.5 * (rate[1:] + rate[:-1]))) / 60.0
            load, air = load_factor[::15], ambient_c[::15]
            states = _run(TYPICAL[kind], load, air, minutes=15.0)
            lost = loss_of_life_h(TYPICAL[kind], states, load[:, None], air[:, None], minutes=15.0, paper=Paper.NORMAL)
            worst = max(worst, 100.0 * abs(float(lost.sum()) / true_h - 1.0))
    return worst


def _run(parameters: ThermalParameters, load_factor: np.ndarray, ambient_c: np.ndarray, *, minutes: float) -> ThermalState:
    load, air = load_factor[:, None], ambient_c[:, None]
    return roll(parameters, steady_state(parameters, load[0], air[0]), load, air, minutes=minutes)


# ---------------------------------------------------------------------------------------------- speed


def fleet(count: int, *, days: int = 63, overloaded: float = 0.02) -> tuple[TransformerBox, AsOfView, AsOfView]:
    """A box for ``count`` made-up transformers, each with a zone of its own, and its views at two neighbouring quarter hours.

    Args:
        count: of transformers.
        days: of history. ``overloaded``: share of them whose forecast passes the hot-spot limit.
        overloaded: share of them whose forecast passes the hot-spot limit.
    """
    names = [f"t{i}" for i in range(count)]
    kinds = list(TYPICAL)
    trafos: dict[str, dict[str, Any]] = {}
    for i, name in enumerate(names):
        size, cooling = kinds[i % len(kinds)]
        paper = "upgraded" if i % 3 == 0 else "normal"
        trafos[name] = {"sn_mva": 1.0, "size": size, "cooling": cooling, "paper": paper, "zone": name, "bushing_percent": 140.0}
    rows = days * 96 + 1
    rng = np.random.default_rng(3)
    hours = np.arange(rows)[:, None] / 4.0
    size_mw = rng.uniform(0.2, 0.6, count)
    load_mw = size_mw * (1.0 + 0.3 * np.sin(2.0 * np.pi * (hours - 12.0 + rng.uniform(-2.0, 2.0, count)) / 24.0))
    ambient = 15.0 + 6.0 * np.sin(2.0 * np.pi * (hours - 9.0) / 24.0)
    loading = 100.0 * load_mw / 0.98
    oil = ambient + 50.0 * (loading / 100.0) ** 1.6 + rng.normal(0.0, 0.5, (rows, count))
    columns = [(signal, name) for signal in ("trafo_loading_percent", "trafo_top_oil_c", "zone_net_p_mw") for name in names]
    values = np.concatenate([loading, oil, load_mw, ambient], axis=1)
    frame = Frame(Layout((*columns, ("temp_c", ""))), to_epoch_s(START), values, np.zeros(values.shape, np.uint8))
    context = BoxContext("transformers", 1, "UTC", 47.0, 8.0, "CH", "ZH", {n: {} for n in names}, trafos, (), {}, {}, b"")
    box = TransformerBox({}, context)
    hot = np.where(np.arange(count) < overloaded * count, 1.8 / size_mw, 1.0)
    views = []
    for known in (rows - 1, rows):
        as_of = START + known * QUARTER_HOUR
        views.append(AsOfView(as_of, frame, _ahead(as_of, names, np.resize(load_mw[:192], (192, count)) * hot)))
    return box, views[0], views[1]


def _ahead(as_of: datetime, names: list[str], p_mw: np.ndarray) -> dict[str, xr.DataArray]:
    quantiles = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95]
    labels, attrs = quarter_hours(as_of, len(p_mw)), {"issued_at": as_of.isoformat()}
    spread = 1.0 + 0.2 * (np.array(quantiles) - 0.5)
    coords = {"time": labels, "quantile": quantiles, "zone": names}

    def forecast(values: np.ndarray) -> xr.DataArray:
        array = values[:, None, :] * spread[:, None]
        return xr.DataArray(array, dims=("time", "quantile", "zone"), coords=coords, attrs=attrs)

    air = xr.DataArray(np.full(len(p_mw), 18.0), dims=("time",), coords={"time": labels}, attrs=attrs)
    return {
        "load_forecast_p_mw": forecast(p_mw),
        "pv_forecast_p_mw": forecast(np.zeros_like(p_mw)),
        "temp_c": air,
    }


def ms_per_1000(*, count: int = 1000, repeats: int = 5) -> float:
    """CPU of one tick for a thousand transformers, a whole ``step`` of the box from bytes to bytes [ms]; the median.

    It moves on by one quarter hour from remembered state, watches, looks ahead 48 h in three lanes, ages, draws the
    short-time curves and raises findings, relief for those beyond a limit included.
    """
    box, before, now = fleet(count, days=35)
    _, state = box.step(before, None, None)
    taken = []
    for _ in range(repeats):
        start = time.process_time()
        box.step(now, None, state)
        taken.append(time.process_time() - start)
    return float(np.median(taken)) * 1e3 * 1000.0 / count


if __name__ == "__main__":
    figures = {"hotspot_error_k": hotspot_error_k, "ageing_error_pct": ageing_error_pct, "ms_per_1000": ms_per_1000}
    for name, measure in figures.items():
        sys.stdout.write(f"{name} {measure():.4g}\n")
