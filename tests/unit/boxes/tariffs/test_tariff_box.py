from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import xarray as xr

from twin.boxes.tariffs.box import SIGNAL, TariffBox
from twin.boxes.tariffs.tariff import day_bounds
from twin.contracts.box import Box, BoxContext
from twin.contracts.frame import AsOfView, Frame, Layout
from twin.domain.problems import BadInput
from twin.domain.time import QUARTER_HOUR, quarter_hours, to_epoch_s

ZURICH = ZoneInfo("Europe/Zurich")
TARIFF = {
    "energy_chf_per_kwh": 0.125,
    "feed_in_chf_per_kwh": 0.08,
    "grid_chf_per_kwh": {"high": 0.12, "low": 0.085},
    "high_hours": [7, 20],
    "peak_chf_per_kw_month": 6.5,
    "dynamic": {"min_chf_per_kwh": 0.04, "max_chf_per_kwh": 0.22},
}


def context(tariff=TARIFF) -> BoxContext:
    return BoxContext(
        instance="tariff",
        seed=1,
        timezone="Europe/Zurich",
        latitude=47.4,
        longitude=8.5,
        country="CH",
        subdivision="ZH",
        zones={"town": {"kind": "site"}, "neighbourhood": {"kind": "neighbourhood"}},
        trafos={},
        devices=(),
        tariff=tariff,
        bands={},
        grid=b"",
    )


def forecast(name: str, start: datetime, p_mw: np.ndarray) -> xr.DataArray:
    return xr.DataArray(
        np.stack([0.9 * p_mw, p_mw, 1.1 * p_mw], axis=1)[:, :, None],
        dims=("time", "quantile", "zone"),
        coords={"time": quarter_hours(start, len(p_mw)), "quantile": [0.1, 0.5, 0.9], "zone": ["town"]},
        attrs={"issued_at": start.isoformat()},
    )


def view(as_of: datetime, *, steps: int = 144, scale: float = 1.0) -> AsOfView:
    """A view with load and PV forecasts of ``steps`` quarter hours; none when 0."""
    empty = Frame(Layout(()), to_epoch_s(as_of), np.zeros((0, 0)), np.zeros((0, 0), dtype=np.uint8))
    if not steps:
        return AsOfView(as_of, empty)
    hours = (to_epoch_s(as_of) / 3600.0 + np.arange(steps) / 4.0) % 24.0
    load = scale * (12.0 + 4.0 * np.sin(2 * np.pi * (hours - 13.0) / 24.0))
    sun = np.maximum(0.0, 14.0 * np.sin(np.pi * (hours - 6.0) / 12.0))
    ahead = {"load_forecast_p_mw": load, "pv_forecast_p_mw": sun}
    return AsOfView(as_of, empty, {name: forecast(name, as_of, p_mw) for name, p_mw in ahead.items()})


def local(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZURICH).astimezone(UTC)


@pytest.fixture
def box() -> TariffBox:
    return TariffBox({}, context())


def test_box_keeps_the_contract(box) -> None:
    assert isinstance(box, Box)
    report, _ = box.step(view(local(date(2016, 6, 15), 10)), None, None)
    output = report.outputs[SIGNAL]
    assert output.dims == ("time",)
    assert output.sizes["time"] == 144
    assert output.attrs["units"] == "CHF/kWh"


def test_nothing_is_published_before_18_hours(box) -> None:
    report, _ = box.step(view(local(date(2016, 6, 15), 17, 45)), None, None)
    assert report.reason == "static_tariff"
    assert report.params["published_steps"] == 0
    assert set(np.unique(report.outputs[SIGNAL].values)) == {0.085, 0.12}
    assert not report.findings


def test_next_day_is_published_at_18_hours(box) -> None:
    as_of = local(date(2016, 6, 15), 18)
    report, _ = box.step(view(as_of), None, None)
    assert report.params["published_at"] == as_of.isoformat()
    assert report.params["published_steps"] == 96
    tonight = report.outputs[SIGNAL].values[:24]
    assert set(np.unique(tonight)) == {0.085, 0.12}  # today stays static


def test_published_prices_are_kept_whatever_the_forecast_says_later(box) -> None:
    as_of = local(date(2016, 6, 15), 18)
    first, state = box.step(view(as_of), None, None)
    tomorrow = slice("2016-06-15T22:00", "2016-06-16T21:45")
    promised = first.outputs[SIGNAL].sel(time=tomorrow)
    for hours in range(1, 30):
        later, state = box.step(view(as_of + timedelta(hours=hours), scale=3.0), None, state)
        kept = later.outputs[SIGNAL].sel(time=tomorrow)
        xr.testing.assert_equal(kept, promised.sel(time=kept["time"]))


@pytest.mark.parametrize(("day", "slots"), [(date(2016, 3, 27), 92), (date(2016, 10, 30), 100)])
def test_clock_change_day_gets_a_price_for_every_quarter_hour(box, day: date, slots: int) -> None:
    report, _ = box.step(view(local(day - timedelta(days=1), 18)), None, None)
    assert report.params["published_steps"] == slots
    start, end = day_bounds(day, ZURICH)
    output = report.outputs[SIGNAL].sel(time=slice(start.replace(tzinfo=None), (end - QUARTER_HOUR).replace(tzinfo=None)))
    assert output.sizes["time"] == slots
    assert np.isfinite(output.values).all()


@pytest.mark.parametrize("day", [date(2016, 3, 27), date(2016, 10, 30)])
def test_run_through_a_clock_change_publishes_every_day_once(box, day: date) -> None:
    as_of, state, published = local(day - timedelta(days=2), 12), None, []
    for _ in range(4 * 96):
        report, state = box.step(view(as_of), None, state)
        if not published or published[-1] != report.params["published_at"]:
            published.append(report.params["published_at"])
        assert not report.findings
        as_of += QUARTER_HOUR
    hours = [datetime.fromisoformat(at).astimezone(ZURICH).strftime("%H:%M") for at in published if at]
    assert hours == ["18:00"] * 4


def test_short_forecast_leaves_the_static_tariff_and_says_so(box) -> None:
    as_of = local(date(2016, 6, 15), 18)
    report, state = box.step(view(as_of, steps=96), None, None)
    (finding,) = report.findings
    assert finding.code == "tariff_not_published"
    assert finding.act_before == local(date(2016, 6, 16), 0)
    later, _ = box.step(view(as_of + QUARTER_HOUR), None, state)
    assert not later.findings
    assert later.params["published_steps"] == 96


def test_without_any_forecast_the_static_tariff_holds(box) -> None:
    report, _ = box.step(view(local(date(2016, 6, 15), 20), steps=0), None, None)
    assert report.reason == "static_tariff"
    assert report.headline.value == 0.085
    assert [finding.code for finding in report.findings] == ["tariff_not_published"]


def test_every_fault_of_the_facts_is_told_at_once() -> None:
    tariff = {"grid_chf_per_kwh": {"high": 12.0}, "high_hours": [20, 7]}
    with pytest.raises(BadInput) as refused:
        TariffBox({"zone": "nowhere", "colour": "red"}, context(tariff))
    text = str(refused.value)
    for word in ("nowhere", "colour", "high", "low", "high_hours", "dynamic"):
        assert word in text


def test_band_that_cannot_bring_in_the_static_revenue_is_refused() -> None:
    narrow = TARIFF | {"dynamic": {"min_chf_per_kwh": 0.01, "max_chf_per_kwh": 0.05}}
    with pytest.raises(BadInput, match="widen"):
        TariffBox({}, context(narrow))


def test_holidays_are_those_of_the_sites_canton(box) -> None:
    labour_day, national_day = date(2016, 5, 1), date(2016, 8, 1)  # 1 May is a holiday in Zurich, not in Berne
    assert labour_day in box.facts.holidays
    assert national_day in box.facts.holidays
    bernese = TariffBox({}, replace(context(), subdivision="BE"))
    assert labour_day not in bernese.facts.holidays
    report, _ = box.step(view(local(national_day, 10)), None, None)
    assert report.headline.value == 0.085


def test_unknown_canton_is_refused() -> None:
    with pytest.raises(BadInput, match="site country/subdivision"):
        TariffBox({}, replace(context(), subdivision="XX"))
