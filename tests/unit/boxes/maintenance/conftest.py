"""A small synthetic site: one transformer, its zone, weather; views of it as of any quarter hour."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import numpy as np
import pytest
import xarray as xr

from twin.contracts.box import BoxContext
from twin.contracts.frame import AsOfView, Frame, Layout
from twin.domain.quality import Quality
from twin.domain.time import QUARTER_HOUR, quarter_hours, to_epoch_s

TRAFO = "neighbourhood"
SN_MVA = 0.4
START = datetime(2016, 1, 4, tzinfo=UTC)
COLUMNS = (
    ("trafo_loading_percent", TRAFO),
    ("trafo_top_oil_c", TRAFO),
    ("temp_c", ""),
    ("zone_net_p_mw", TRAFO),
    ("zone_hydro_p_mw", TRAFO),
    ("zone_other_p_mw", TRAFO),
)
FACTS = {
    "sn_mva": SN_MVA,
    "size": "distribution",
    "cooling": "ONAN",
    "paper": "normal",
    "zone": TRAFO,
    "hot_spot_limit_c": 120.0,
}


def context(facts: Mapping[str, object] = FACTS) -> BoxContext:
    return BoxContext(
        instance="transformer_neighbourhood",
        seed=1,
        timezone="Europe/Zurich",
        latitude=47.4,
        longitude=8.5,
        country="CH",
        subdivision="ZH",
        zones={TRAFO: {}},
        trafos={TRAFO: facts},
        devices=(),
        tariff={},
        bands={},
        grid=b"",
    )


def values_of(
    steps: int, *, load_mw: float | np.ndarray, top_oil_c: np.ndarray | None = None, temp_c: float = 5.0
) -> np.ndarray:
    """Frame values: consumption with a daily swing, no generation, cos phi 0.98."""
    hours = np.arange(steps) / 4.0
    load = np.broadcast_to(load_mw, (steps,)) * (1.0 + 0.25 * np.sin(2 * np.pi * (hours - 12.0) / 24.0))
    loading = 100.0 * load / 0.98 / SN_MVA
    temp = temp_c + 4.0 * np.sin(2 * np.pi * (hours - 9.0) / 24.0)
    oil = np.full(steps, np.nan) if top_oil_c is None else top_oil_c
    return np.stack([loading, oil, temp, load, np.zeros(steps), np.zeros(steps)], axis=1)


def view_of(values: np.ndarray, rows: int | None = None, *, ahead: Mapping[str, xr.DataArray] | None = None) -> AsOfView:
    """The view when ``rows`` quarter hours were complete; NaN is flagged invalid."""
    quality = np.where(np.isnan(values), int(Quality.INVALID), 0).astype(np.uint8)
    as_of = START + (len(values) if rows is None else rows) * QUARTER_HOUR
    return AsOfView(as_of, Frame(Layout(COLUMNS), to_epoch_s(START), values, quality), ahead or {})


def forecast(name: str, as_of: datetime, p_mw: np.ndarray, *, spread: float = 0.1) -> xr.DataArray:
    """A zone's forecast with three quantiles, ``spread`` of the value apart."""
    quantiles = (0.1, 0.5, 0.9)
    values = np.stack([p_mw * (1.0 + spread * k) for k in (-1, 0, 1)], axis=1)[:, :, None]
    return xr.DataArray(
        values,
        dims=("time", "quantile", "zone"),
        coords={"time": quarter_hours(as_of, len(p_mw)), "quantile": list(quantiles), "zone": [TRAFO]},
        name=name,
        attrs={"issued_at": as_of.isoformat(), "units": "MW"},
    )


@pytest.fixture
def make_context() -> Callable[..., BoxContext]:
    return context


@pytest.fixture
def make_values() -> Callable[..., np.ndarray]:
    return values_of


@pytest.fixture
def make_view() -> Callable[..., AsOfView]:
    return view_of


@pytest.fixture
def make_forecast() -> Callable[..., xr.DataArray]:
    return forecast


@pytest.fixture
def facts() -> dict[str, object]:
    return dict(FACTS)
