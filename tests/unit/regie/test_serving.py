"""What is served when a box failed is judged like its own answer: the first rung that holds, in the card's order."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
import xarray as xr

from twin.contracts.box import BoxCard, Provide
from twin.contracts.messages import Envelope, Headline, Outcome, Report, Service
from twin.contracts.report_codec import report_to_bytes
from twin.contracts.synthetic import AS_OF, SyntheticSite
from twin.contracts.validation import Premises, times_of
from twin.domain.quality import Quality
from twin.regie.fallback import Remembered
from twin.regie.seat import BoxInstance, Seat
from twin.regie.serving import Asked, Server

PREMISES = Premises.of(SyntheticSite().context())
PROVIDE = Provide("load_forecast_p_mw", ("town",), horizon=timedelta(hours=6))
CARD = BoxCard(
    name="load",
    version="1",
    owner="planning",
    needs=(),
    provides=(PROVIDE,),
    constants={"load_forecast_p_mw": 5.0},
    fallbacks=("instance:spare", "last_good", "constant"),
)


def report(**zones):
    values = np.array(list(zones.values())) * np.ones((24, len(zones)))
    labels = {"time": times_of(PROVIDE, AS_OF), "zone": list(zones)}
    return Report(
        {"load_forecast_p_mw": xr.DataArray(values, labels, ("time", "zone"), attrs={"units": "MW"})},
        Headline("load", 1.0, "MW"),
    )


def spare(answer):
    facts = {"box": "load", "version": "1", "team": "planning", "role": "standby", "as_of": AS_OF, "produced_at": AS_OF}
    facts |= {"valid_until": AS_OF, "quality": Quality.GOOD, "service": Service.FRESH, "outcome": Outcome.OK}
    return Envelope(instance="spare", report=answer, fallback=None, inputs_hash="", artifact=None, **facts)


@pytest.fixture
def ops():
    return []


def served(ops, answer, good=None):
    seat = Seat(BoxInstance("load", "x:Y", "champion"), CARD)
    if good is not None:
        seat.remember(Remembered(good, AS_OF, Quality.GOOD), report_to_bytes(good))
    failed = Asked(Outcome.EXCEPTION, (), "", Quality.GOOD, problems=("ValueError",))
    return Server(seat, PREMISES, ops.append).serve(failed, AS_OF, {"spare": spare(answer)})


def test_a_standby_of_more_zones_serves_those_of_the_card(ops):
    envelope = served(ops, report(neighbourhood=0.2, town=12.0))
    assert envelope.fallback == "instance:spare"
    output = envelope.report.outputs["load_forecast_p_mw"]
    assert output["zone"].values.tolist() == ["town"]
    assert float(output[0, 0]) == 12.0


def test_a_standby_of_another_zone_is_passed_over_for_the_last_good_answer(ops):
    envelope = served(ops, report(neighbourhood=0.2), good=report(town=11.0))
    assert (envelope.service, envelope.fallback) == (Service.FALLBACK, "last_good")
    refused = next(event for event in ops if event["event"] == "fallback_refused")
    assert (refused["fallback"], "not finite" in refused["reason"]) == ("instance:spare", True)


def test_a_last_good_answer_of_an_older_card_is_passed_over_for_the_constant(ops):
    envelope = served(ops, report(neighbourhood=0.2), good=report(neighbourhood=0.2))
    assert envelope.fallback == "constant"
    assert float(envelope.report.outputs["load_forecast_p_mw"][0, 0]) == 5.0


def test_the_constant_of_each_zone_serves_that_zone(ops):
    provide = replace(PROVIDE, elements=("town", "neighbourhood"))
    # In another order than the elements: a name decides, not a place.
    constants = {"load_forecast_p_mw": {"neighbourhood": 0.2, "town": 9.0}}
    seat = Seat(BoxInstance("load", "x:Y", "champion"), replace(CARD, provides=(provide,), constants=constants))
    failed = Asked(Outcome.EXCEPTION, (), "", Quality.GOOD, problems=("ValueError",))
    envelope = Server(seat, PREMISES, ops.append).serve(failed, AS_OF, {"spare": spare(report(neighbourhood=0.3))})
    output = envelope.report.outputs["load_forecast_p_mw"]
    assert (envelope.fallback, envelope.report.headline.value) == ("constant", 9.0)
    assert {name: float(output.sel(zone=name)[0]) for name in provide.elements} == {"town": 9.0, "neighbourhood": 0.2}


def test_what_no_rung_can_serve_is_absent(ops):
    hollow = replace(CARD, constants={"load_forecast_p_mw": float("nan")})
    seat = Seat(BoxInstance("load", "x:Y", "champion"), hollow)
    failed = Asked(Outcome.EXCEPTION, (), "", Quality.GOOD, problems=("ValueError",))
    assert Server(seat, PREMISES, ops.append).serve(failed, AS_OF, {}).service is Service.ABSENT


def test_what_a_box_says_of_its_failure_is_cut_and_written_so_that_a_screen_can_show_it():
    asked = Asked(Outcome.OK, (), "", Quality.GOOD).ended(Outcome.EXCEPTION, "ValueError: \udc80", "x" * 5000)
    assert asked.problems == ("ValueError: \\udc80", "x" * 1000)
