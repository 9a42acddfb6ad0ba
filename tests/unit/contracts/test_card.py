"""What no box could keep is refused on its card, by the check of a box and at the start of a site alike."""

from dataclasses import replace
from datetime import timedelta

import pytest

from twin.contracts.box import BoxCard, Need, Provide, Training
from twin.contracts.card import card_problems

DAY = timedelta(days=1)
FORECAST = Provide("load_forecast_p_mw", ("town",), horizon=DAY, quantiles=(0.1, 0.5, 0.9))
NIGHTLY = Training(every=DAY, local_hour=2, effect_after=timedelta(hours=1), history=7 * DAY, deadline_s=60.0)
CARD = BoxCard(
    name="load",
    version="1",
    owner="planning",
    needs=(Need("zone_load_p_mw", history=DAY), Need("temp_c", ahead=DAY)),
    provides=(FORECAST,),
    constants={"load_forecast_p_mw": 5.0},
    fallbacks=("last_good", "instance:spare", "constant"),
    training=NIGHTLY,
)


def faults(**changes):
    return [problem.value for problem in card_problems(replace(CARD, **changes), "card")]


def need(**changes):
    return {"needs": (replace(CARD.needs[0], **changes),)}


def provide(**changes):
    return {"provides": (replace(FORECAST, **changes),)}


def training(**changes):
    return {"training": replace(NIGHTLY, **changes)}


def test_a_card_that_can_be_kept_has_no_fault():
    assert faults() == []


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"owner": ""}, "owner is empty"),
        ({"cadence": timedelta(0)}, "cadence=0:00:00"),
        ({"cadence": timedelta(minutes=17)}, "cadence=0:17:00"),
        ({"deadline_s": float("nan")}, "deadline_s=nan, memory_mb=512"),
        ({"memory_mb": 0}, "deadline_s=2.0, memory_mb=0"),
        ({"catch_up_s": -1.0}, "catch_up_s=-1.0"),
        ({"preload": ("pandapower",)}, "preloads pandapower"),
        ({"fallbacks": ()}, "fallbacks=()"),
        ({"fallbacks": ("lastgood", "constant")}, "fallback 'lastgood'"),
        ({"fallbacks": ("instance:", "constant")}, "fallback 'instance:'"),
        ({"constants": {}}, "no constant"),
        ({"constants": {"load_forecast_p_mw": float("nan")}}, "constant=nan"),
        ({"constants": {"load_forecast_p_mw": {"town": -7.0}}}, "constant=-7.0"),
        ({"constants": {"load_forecast_p_mw": {"village": 1.0}}}, "constants of village"),
        ({"constants": {"load_forecast_p_mw": {"town": 1.0, "village": 1.0}}}, "constants of town, village"),
        ({"provides": (FORECAST, replace(FORECAST, elements=("village",)))}, "provides ['load_forecast_p_mw'] twice"),
        (need(signal="zone_lod_p_mw"), "no such signal"),
        (need(elements=("town", "town")), "elements=['town', 'town']"),
        (need(signal="temp_c", elements=("town",)), "elements=['town']"),
        (need(max_age=timedelta(hours=-5)), "max_age=-1 day, 19:00:00"),
        (need(min_coverage=7.0), "min_coverage=7.0"),
        (need(resolution=timedelta(minutes=7)), "resolution=0:07:00"),
        (provide(quantiles=(-0.5, 1.7)), "quantiles=(-0.5, 1.7)"),
        (provide(quantiles=(0.9, 0.1)), "quantiles=(0.9, 0.1)"),
        (provide(horizon=timedelta(minutes=20)), "horizon=0:20:00"),
        (provide(resolution=timedelta(minutes=7)), "resolution=0:07:00"),
        (training(every=timedelta(hours=30)), "every=1 day, 6:00:00"),
        (training(local_hour=24), "local_hour=24"),
        (training(deadline_s=0.0), "deadline_s=0.0"),
        (training(history=timedelta(0)), "effect_after=1:00:00, history=0:00:00"),
    ],
)
def test_what_cannot_be_kept_is_named(changes, fault):
    assert fault in faults(**changes)


def test_all_faults_of_a_card_come_at_once():
    assert len(faults(owner="", cadence=timedelta(0), constants={}, **need(min_coverage=7.0))) == 4
