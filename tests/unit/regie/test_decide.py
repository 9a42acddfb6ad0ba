"""Decide: only here a proposal becomes a setpoint, and only after the proof; a person's word is obeyed between ticks."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from tests.unit.regie import small_town as town
from tests.unit.regie.small_devices import PUMPS, ROOF, plan
from twin.contracts.devices import Acceptance, Device, Right
from twin.contracts.messages import Command, Envelope, Headline, OrderState, Outcome, Report, Service, State
from twin.domain.grid import NORMAL
from twin.domain.quality import Quality
from twin.domain.time import QUARTER_HOUR, to_epoch_s
from twin.regie.decide import Decider, Memory
from twin.regie.orders import mark_sent
from twin.regie.proof import Prover
from twin.regie.usage import Calls, Usage
from twin.regie.watch import Names

CALM = (0.6, 0.3, 0.8, 0.2)


def decider_of(*devices, **options):
    engine = town.engine()
    prover = Prover(engine, town.limits(), None, {device.id: device for device in devices}, load_tan_phi=np.full(4, 0.2))
    return Decider(engine, devices, prover, town.limits(), Names({}), **options)


@pytest.fixture(scope="module")
def decider():
    return decider_of(*town.DEVICES.values())


def envelope(*proposals, service=Service.FRESH, role="champion") -> Envelope:
    report = Report({}, Headline("flexibility", 1.0, "MW"), tuple(proposals))
    now = town.NOW
    return Envelope(
        "flexibility", "flexibility", "1", "market", role, now, now, now + QUARTER_HOUR, Quality.FORECAST, service, Outcome.OK,
        None, "", None, report,
    )  # fmt: skip


def state(at: int = 0, mode: str = "normal") -> State:
    grid = xr.Dataset(
        {
            "vm_pu": ("bus", np.ones(5)),
            "line_loading_percent": ("line", np.full(2, 20.0)),
            "trafo_loading_percent": ("trafo", np.full(2, 30.0)),
        }
    )
    as_of = town.NOW + at * QUARTER_HOUR
    return State(as_of, as_of - QUARTER_HOUR, NORMAL, grid, Quality.ESTIMATED, 1.0, mode)


def decide(decider, *proposals, at=0, mode="normal", load=CALM, commands=(), memory=None, ahead=True, usage=None, **more):
    reports = {"flexibility": envelope(*proposals, **more)}
    outlooks = town.horizon(load) if ahead else None
    return decider.decide(reports, state(at, mode), outlooks, commands, memory or Memory(), {}, usage or Usage())


def codes(result) -> list[str]:
    return [code for code, _ in result.lines]


def test_an_accepted_harmless_plan_becomes_a_setpoint_and_an_order(decider):
    result = decide(decider, town.proposal(town.STATION, 0.3))
    assert result.decision.setpoints == {"station_battery": 0.3}
    (order,) = result.decision.orders
    assert (order.p_mw, order.state, order.start) == (0.3, OrderState.ACCEPTED, town.NOW)
    assert result.memory.order_counts["accepted"] == 1


def test_in_manual_hours_nothing_is_ordered_until_somebody_accepts_and_an_alarm_says_so():
    hours = [(town.NOW, town.NOW + 2 * QUARTER_HOUR)]
    decider = decider_of(*town.DEVICES.values(), manual=hours)
    first = decide(decider, town.proposal(town.STATION, 0.3))
    assert first.decision.setpoints == {}
    (item,) = first.decision.recommendations
    assert item.state == "open"
    (alarm,) = [alarm for alarm in first.decision.alarms if alarm.code == "manual_hours"]
    assert alarm.params == {"until": hours[0][1].isoformat()}
    yes = Command(1, "accept", item.id, "anna", town.NOW, town.NOW + QUARTER_HOUR, "")
    second = decide(decider, town.proposal(town.STATION, 0.3), at=1, commands=[yes], memory=first.memory)
    assert second.decision.setpoints == {"station_battery": 0.3}


def test_the_first_tick_after_manual_hours_orders_by_contract_again():
    decider = decider_of(*town.DEVICES.values(), manual=[(town.NOW, town.NOW + QUARTER_HOUR)])
    first = decide(decider, town.proposal(town.STATION, 0.3))
    assert decide(decider, town.proposal(town.STATION, 0.3), at=1, memory=first.memory).decision.setpoints


def test_a_harmful_plan_is_ordered_trimmed_and_says_why(decider):
    result = decide(decider, town.proposal(town.STREET, 0.45))
    assert 0.0 < result.decision.setpoints["street_battery"] < 0.45
    assert result.decision.trimmed == {"street_battery": "ac_check"}


def paid_chf(result) -> float:
    return sum(order.payment_chf for order in result.decision.orders)


@pytest.mark.parametrize("p_mw", [-0.1, 0.1])
def test_a_battery_earns_half_of_its_price_for_each_kilowatt_hour_more_or_less(decider, p_mw):
    assert paid_chf(decide(decider, town.proposal(town.STREET, p_mw))) == pytest.approx(100.0 * 0.25 * 0.05 / 2.0)


CAR = Device("car", "ev_charger", "cars", "load", 3, 4, "quarter", 0.0, 0.1, 0.05, 0.92, town.RENTED)


def car_draws(p_mw, *, alone, reference):
    """A car's proposal: its power, what it would draw now if it were let go, and had it never been held back."""
    unconstrained, never_moved = np.full(96, alone), np.full(96, reference)
    return replace(town.proposal(CAR, p_mw), unconstrained_p_mw=unconstrained, reference_p_mw=never_moved)


def test_a_car_earns_by_what_is_withheld_from_it():
    result = decide(decider_of(CAR), car_draws(0.0, alone=0.1, reference=0.1))
    assert paid_chf(result) == pytest.approx(100.0 * 0.25 * 0.05)


def test_putting_off_what_was_already_withheld_is_ordered_and_not_paid_again():
    result = decide(decider_of(CAR), car_draws(0.0, alone=0.1, reference=0.0))
    assert result.decision.setpoints == {"car": 0.0}
    assert paid_chf(result) == 0.0


def test_energy_that_comes_back_is_not_paid_again():
    result = decide(decider_of(CAR), car_draws(0.05, alone=0.1, reference=0.0))
    assert result.decision.setpoints == {"car": 0.05}
    assert paid_chf(result) == 0.0


@pytest.mark.parametrize(("already_mwh", "paid_kwh"), [(0.0, 0.0), (13.49, 40.0), (13.6, 50.0)])
def test_curtailment_is_paid_beyond_three_percent_of_the_year_and_not_within(already_mwh, paid_kwh):
    # 13.5 MWh are guaranteed; 200 kW less in a quarter hour are 50 kWh
    usage = Usage(curtailed_mwh={"roof": already_mwh})
    result = decide(decider_of(ROOF), plan(ROOF, -0.1, alone=-0.3), usage=usage)
    assert result.decision.setpoints == {"roof": -0.1}
    assert paid_chf(result) == pytest.approx(0.1 * paid_kwh)


def test_a_contract_over_a_plant_pays_every_kilowatt_hour():
    rented = replace(ROOF, right_of_use=town.RENTED)
    assert paid_chf(decide(decider_of(rented), plan(rented, -0.1, alone=-0.3))) == pytest.approx(50.0 * 0.05)


def test_blocked_heat_pumps_are_paid_for_what_is_withheld_and_ordered_as_one():
    result = decide(decider_of(PUMPS), plan(PUMPS, 0.0, alone=0.06))
    assert result.decision.setpoints == {"pumps": 0.0}
    assert paid_chf(result) == pytest.approx(15.0 * 0.08)


def test_a_group_that_rests_is_not_called_and_the_decision_says_why():
    ended = to_epoch_s(town.NOW) - 3600
    usage = Usage(calls={"pumps": Calls(1, ended - 3600, ended)})
    result = decide(decider_of(PUMPS), plan(PUMPS, 0.0, alone=0.06), usage=usage)
    assert (result.decision.setpoints, result.decision.trimmed) == ({}, {"pumps": "ripple_agreement"})
    assert result.decision.recommendations == ()


def test_where_a_plan_must_be_trimmed_a_ripple_group_is_not_called_at_all():
    result = decide(decider_of(town.STREET, PUMPS), town.proposal(town.STREET, 0.45), plan(PUMPS, 0.0, alone=0.01))
    assert set(result.decision.setpoints) == {"street_battery"}


RESCUER = replace(town.STREET, right_of_use=replace(town.RENTED, right=Right.EMERGENCY))


@pytest.mark.parametrize(("load", "ordered"), [(CALM, False), ((0.6, 0.3, 0.8, 0.5), True)])
def test_an_emergency_right_is_used_only_while_a_limit_would_be_broken(load, ordered):
    # 500 kW behind 400 kVA are an emergency, 200 kW are not
    result = decide(decider_of(RESCUER), town.proposal(RESCUER, -0.1), load=load)
    assert bool(result.decision.setpoints) is ordered
    assert ("no_emergency" in result.decision.trimmed.values()) is not ordered


def test_the_sites_own_devices_earn_nothing(decider):
    assert paid_chf(decide(decider, town.proposal(town.STATION, -0.3))) == 0.0


def test_what_waits_for_the_dispatcher_is_proposed_and_not_ordered():
    asked = replace(town.STREET, right_of_use=replace(town.RENTED, acceptance=Acceptance.DISPATCHER))
    counts = decide(decider_of(asked), town.proposal(asked, 0.1)).memory.order_counts
    assert (counts["proposed"], counts["accepted"]) == (1, 0)


@pytest.mark.parametrize("more", [{"service": Service.HELD}, {"service": Service.FALLBACK}, {"role": "standby"}])
def test_only_a_fresh_champion_moves_anything(decider, more):
    assert decide(decider, town.proposal(town.STATION, 0.3), **more).decision.setpoints == {}


def test_without_telemetry_nothing_is_dispatched_and_an_alarm_says_so(decider):
    result = decide(decider, town.proposal(town.STATION, 0.3), mode="forecast_only")
    result = decide(decider, town.proposal(town.STATION, 0.3), mode="forecast_only", at=1, memory=result.memory)
    assert result.decision.setpoints == {}
    assert result.decision.orders == ()
    assert "dispatch_held" in {alarm.code for alarm in result.decision.alarms}


def test_without_a_look_ahead_nothing_is_dispatched(decider):
    result = decide(decider, town.proposal(town.STATION, 0.3), ahead=False)
    assert (result.decision.setpoints, result.proof) == ({}, None)


def test_a_power_flow_that_diverges_dispatches_nothing_and_alarms(decider):
    result = decide(decider, town.proposal(town.STATION, 0.3), load=(900.0, 0.3, 0.8, 0.2))
    assert result.decision.setpoints == {}
    assert result.decision.orders == ()
    assert "engine_diverged" in {alarm.code for alarm in result.decision.alarms}


def test_an_open_recommendation_tells_the_loading_with_and_without_it(decider):
    (item,) = decide(decider, town.proposal(town.STREET, 0.1)).decision.recommendations
    assert item.effect["element"] == "trafo 1"
    assert item.effect["loading_percent_after"] > item.effect["loading_percent_before"]


def test_an_unchanged_plan_makes_no_second_order_while_the_first_holds(decider):
    first = decide(decider, town.proposal(town.STATION, 0.3))
    sent = Memory(
        first.memory.recommendations,
        mark_sent(first.memory.outbox, list(first.memory.outbox)),
        first.memory.book,
        first.memory.order_counts,
    )
    again = decide(decider, town.proposal(town.STATION, 0.3), memory=sent)
    assert len(again.decision.orders) == 1


def refuse(target: str) -> Command:
    return Command(1, "refuse", target, "anna", town.NOW, town.NOW + QUARTER_HOUR, "festival")


def test_a_refusal_stops_the_group_in_the_same_tick(decider):
    first = decide(decider, town.proposal(town.STATION, 0.3))
    (item,) = first.decision.recommendations
    result = decide(decider, town.proposal(town.STATION, 0.3), at=1, commands=[refuse(item.id)], memory=first.memory)
    assert result.decision.setpoints == {}
    assert codes(result) == ["recommendation_refused"]


def test_a_refused_group_is_in_no_plan_and_no_question_for_as_long_as_a_mandate(decider):
    plan = town.proposal(town.STATION, 0.3)
    first = decide(decider, plan)
    (item,) = first.decision.recommendations
    memory = decide(decider, plan, at=1, commands=[refuse(item.id)], memory=first.memory).memory
    for at in range(2, 17):
        result = decide(decider, plan, at=at, memory=memory)
        memory = result.memory
        assert result.decision.setpoints == {}
        assert {r.state for r in result.decision.recommendations if r.group == item.group} == {"refused"}
    assert decide(decider, plan, at=17, memory=memory).decision.setpoints != {}


def test_a_word_between_ticks_is_obeyed_and_decides_nothing_new(decider):
    first = decide(decider, town.proposal(town.STATION, 0.3))
    (item,) = first.decision.recommendations
    result = decider.obey(state(), [refuse(item.id)], first.memory, {})
    assert result.decision.recommendations[0].state == "refused"
    assert result.decision.setpoints == {}
    assert {order.state for order in result.memory.outbox.values()} == {OrderState.REFUSED}  # it had not left yet
    assert result.memory.order_counts["refused"] == 1


def test_an_acknowledgement_of_nothing_is_journalled_as_such(decider):
    ghost = Command(1, "acknowledge", "ghost", "anna", town.NOW, town.NOW + QUARTER_HOUR)
    assert codes(decider.obey(state(), [ghost], Memory(), {})) == ["alarm_not_open"]


def test_deciding_twice_from_the_same_gives_the_same(decider):
    one, other = (decide(decider, town.proposal(town.STREET, 0.45)) for _ in range(2))
    assert one.memory == other.memory
    assert one.decision.setpoints == other.decision.setpoints
