"""The coming two days: whose word is taken, in what bands and parts, and which hours stand out."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from tests.unit.regie.public_tick import HOST, NOON, PLANTS, answer, facts, forecast, silent, tick, traced
from twin.contracts.messages import Service
from twin.domain.time import QUARTER_HOUR
from twin.regie.public import PublicComposer

STEPS = 192
SHARES = {"renewable": 0.6, "pv": 0.4, "hydro": 0.1, "import": 0.5}


def mix_box(paths=None, start=NOON, steps=STEPS, **envelope):
    """The mix box's answer; ``paths``: medians by source, bands a tenth to each side."""
    outputs = {}
    for source, level in (SHARES | (paths or {})).items():
        path = np.zeros(steps) + level
        quantiles = {0.05: path - 0.1, 0.5: path, 0.95: path + 0.1}
        outputs |= forecast(f"{source}_share_forecast", quantiles, start).report.outputs
    return {"mix_town": answer(outputs, **envelope)}


def pool(load=10.0, pv=4.0):
    """The load and PV forecasts, medians alone; None where nobody forecasts."""
    paths = {"load_forecast_p_mw": load, "pv_forecast_p_mw": pv}
    return {
        signal: forecast(signal, {0.5: np.zeros(STEPS) + path if np.isscalar(path) else path})
        for signal, path in paths.items()
        if path is not None
    }


def coming(envelopes, *, as_of=NOON, share=0.3, told=None, origin=None):
    """The coming hours of a town without water, unless told otherwise."""
    known = None if share is None else np.zeros(STEPS) + share
    origin = origin or traced(hydro=0.0)
    return PublicComposer(told or facts()).compose(tick(as_of, envelopes=envelopes, share=known, origin=origin), HOST).coming


# ------------------------------------------------------------------------------------------------ the mix box


def test_the_mix_box_is_told_hour_by_hour_with_bands_and_parts():
    hours = coming(mix_box())
    assert len(hours) == 48
    assert (hours[0].start, hours[-1].start) == (NOON, NOON + timedelta(hours=47))
    assert {(hour.low, hour.share, hour.high) for hour in hours} == {(0.5, 0.6, 0.7)}
    assert hours[7].parts == {"pv": 0.4, "hydro": 0.1, "import": 0.5}


def test_parts_are_brought_to_a_sum_of_one_for_medians_do_not_keep_it():
    parts = coming(mix_box({"pv": 0.3}))[0].parts
    assert sum(parts.values()) == pytest.approx(1.0, abs=2e-4)
    assert parts["import"] == pytest.approx(0.5 / 0.9, abs=1e-4)


def test_a_source_that_the_site_does_not_have_is_not_told():
    told = facts(kinds=frozenset(["pv", "import"]))
    assert set(coming(mix_box(), told=told)[0].parts) == {"pv", "import"}


def test_an_answer_of_an_earlier_tick_is_read_from_now_on():
    ramp = np.linspace(0.0, 1.0, STEPS)
    hours = coming(mix_box({"renewable": ramp}, start=NOON - 4 * QUARTER_HOUR))
    assert hours[0].share == pytest.approx(ramp[4:8].mean(), abs=1e-4)
    assert (hours[46].share is None, hours[47].share) == (False, None)


@pytest.mark.parametrize(
    "envelope",
    [
        {"role": "shadow"},
        {"service": Service.ABSENT},
        {"service": Service.FALLBACK, "fallback": "constant"},
        {"reason": "import_mix_unknown"},
    ],
    ids=["a shadow", "absent", "a constant", "import unknown"],
)
def test_what_nobody_vouches_for_is_not_told_and_the_pool_is(envelope):
    hours = coming(mix_box(**envelope) | pool())
    assert hours[0].share == pytest.approx(0.4 + 0.6 * 0.3)
    assert hours[0].low is None
    assert {hour.share for hour in coming(mix_box(**envelope))} == {None}


def test_the_last_good_answer_is_told():
    assert coming(mix_box(service=Service.FALLBACK, fallback="last_good"))[0].share == 0.6


def test_other_plants_are_a_part_of_the_mix_boxs_answer_and_without_them_it_is_none():
    told = facts(kinds=frozenset(["pv", "hydro", "other", "import"]))
    assert coming(mix_box({"other": 0.2, "import": 0.3}), told=told)[0].parts == {
        "pv": 0.4,
        "hydro": 0.1,
        "other": 0.2,
        "import": 0.3,
    }
    assert {hour.share for hour in coming(mix_box(), told=told)} == {None}  # and nobody forecasts the pool


# ------------------------------------------------------------------------------------------------ the pool


def test_without_a_mix_box_the_pool_of_the_forecasts_is_told_without_bands():
    hour = coming(pool(), origin=traced(hydro=1.0))[0]
    assert hour.share == pytest.approx(0.5 + 0.5 * 0.3)
    assert (hour.low, hour.high) == (None, None)
    assert hour.parts == {"pv": 0.4, "hydro": 0.1, "import": 0.5}


@pytest.mark.parametrize("missing", ["load", "pv"])
def test_without_one_of_its_forecasts_the_coming_days_are_unknown(missing):
    assert {(hour.share, hour.green) for hour in coming(pool(**{missing: None}))} == {(None, False)}


def test_an_import_whose_mix_nobody_knows_makes_the_share_unknown_unless_nothing_is_bought():
    assert {hour.share for hour in coming(pool(), share=None)} == {None}
    assert {hour.share for hour in coming(pool(pv=12.0), share=None)} == {1.0}


def test_hydro_that_does_not_report_is_unknown_and_not_zero():
    assert {hour.share for hour in coming(pool(), origin=traced(hydro=np.nan))} == {None}


def test_other_plants_stay_at_their_last_power_and_their_renewable_part():
    other = traced(hydro=0.0)
    waste = type(other.injections[0])("other", 2.0, 0.5)
    told = facts(kinds=frozenset(["pv", "hydro", "other", "import"]))
    hour = coming(
        pool(),
        told=told,
        origin=type(other)("traced", other.zones, other.exported, other.charged, (waste, *other.injections), 0.0),
    )[0]
    assert hour.share == pytest.approx(0.4 + 0.2 * 0.5 + 0.4 * 0.3)
    assert hour.parts["other"] == 0.2


def test_a_site_without_sun_or_water_needs_neither():
    assert {hour.share for hour in coming(pool(pv=None), told=facts(kinds=frozenset(["import"])))} == {0.3}


def test_hours_beyond_a_short_forecast_are_unknown():
    hours = coming(pool(load=np.full(10, 10.0)))
    assert [hour.share is None for hour in hours[:4]] == [False, False, True, True]


# ------------------------------------------------------------------------------------------------ green hours


def test_the_sunny_hours_of_a_clear_day_are_green():
    sun = np.zeros(STEPS)
    sun[8:20] = 8.0  # 14:00 to 17:00
    hours = coming(pool(pv=sun))
    assert [hour.start.hour for hour in hours if hour.green] == [14, 15, 16]
    assert hours[2].share == pytest.approx(0.8 + 0.2 * 0.3)


def test_each_day_has_its_own_green_hours():
    sun = np.zeros(STEPS)
    sun[8:16], sun[104:112] = 8.0, 2.0  # the second day is dull, and its noon still its greenest
    assert [i for i, hour in enumerate(coming(pool(pv=sun))) if hour.green] == [2, 3, 26, 27]


@pytest.mark.parametrize("ripple", [0.0, 0.004])
def test_on_a_flat_day_no_hour_stands_out(ripple):
    share = 0.1 + ripple * (np.arange(STEPS) % 8 < 4)  # below a point: the page would print the same figure
    assert not any(hour.green for hour in coming(pool(), share=share))


def test_the_running_hour_comes_first_with_what_is_left_of_it():
    as_of = NOON + QUARTER_HOUR  # the forecast is read from a quarter past on
    hours = coming(pool(pv=np.r_[0.0, np.full(3, 9.0), np.full(STEPS - 4, 1.0)]), as_of=as_of)
    assert hours[0].start == NOON
    assert len(hours) == 48


# ------------------------------------------------------------------------------------------------ told once an interval


def following(*powers, told=None, first=NOON, before=None):
    """The coming hours tick by tick, while the river plant gives these powers [MW]."""
    composer, share = PublicComposer(told or facts(), before), np.zeros(STEPS) + 0.3
    found = []
    for i, power in enumerate(powers):
        now = tick(first + i * QUARTER_HOUR, envelopes=pool(), share=share, origin=traced(hydro=power))
        found.append(composer.compose(now, HOST))
    return found


def test_what_is_foreseen_does_not_follow_a_plant_from_quarter_hour_to_quarter_hour():
    shares = [page.coming[1].share for page in following(1.0, 2.0, 3.0, 4.0, 5.0)]
    assert shares == pytest.approx([0.4 + 0.1 + 0.5 * 0.3] * 4 + [0.4 + 0.5 + 0.1 * 0.3])


def test_an_interval_of_two_hours_is_foreseen_once_too():
    begins = [page.coming[0].start for page in following(*[1.0] * 17, told=facts(hours=2))]
    assert sorted({(begin, begins.count(begin)) for begin in begins}) == [
        (NOON, 8),
        (NOON + timedelta(hours=2), 8),
        (NOON + timedelta(hours=4), 1),
    ]


def test_what_was_foreseen_stands_through_a_restart():
    before = following(1.0)[-1]
    assert following(5.0, first=NOON + QUARTER_HOUR, before=before)[0].coming == before.coming
    earlier = following(5.0, first=NOON - timedelta(days=1), before=before)[0]  # a run that begins before the one before
    assert earlier.coming[0].start == NOON - timedelta(days=1)


def test_what_nobody_could_foresee_is_foreseen_as_soon_as_somebody_can():
    unknown, known = following(np.nan, 1.0)
    assert {hour.share for hour in unknown.coming} == {None}
    assert known.coming[0].share is not None


def test_a_plant_whose_meter_is_silent_leaves_the_hours_that_were_foreseen_before():
    composer, share = PublicComposer(facts()), np.zeros(STEPS) + 0.3
    rows = [silent(), silent("m0", "m1")]
    first, second = (
        composer.compose(tick(NOON + i * timedelta(hours=1), envelopes=pool(), share=share, raw=raw), HOST).coming
        for i, raw in enumerate(rows)
    )
    assert second == first


@pytest.mark.parametrize(("taken_back", "shares"), [("river", False), ("school", True)])
def test_a_consent_that_is_taken_back_ends_what_was_foreseen_with_it(taken_back, shares):
    plants = tuple(replace(plant, consented=plant.consented and plant.channel != taken_back) for plant in PLANTS)
    page = following(1.0, first=NOON + QUARTER_HOUR, before=following(1.0)[-1], told=facts(plants=plants))[0]
    assert any(hour.share is not None for hour in page.coming) is shares
    assert any(hour.parts for hour in page.coming) is shares
