"""The simulated plant behind its ports: it obeys, it can be killed at any step, and its twin lives beside it undisturbed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from tests.unit.plant.conftest import START, Demo
from twin.contracts.messages import Order, OrderState, SwitchOrder
from twin.contracts.ports import Readings, Telemetry
from twin.domain.problems import BadInput
from twin.plant.plant import SimulatedPlant
from twin.site.rules import PlantEvent

QUARTER = timedelta(minutes=15)
Begun = Callable[..., SimulatedPlant]


def order(device: str, p_mw: float, start: datetime, key: str = "") -> Order:
    name = key or f"{device}@{start:%H%M}={p_mw}"
    return Order(name, device, p_mw, start, start + QUARTER, OrderState.SENT, "r")


def power_of(plant: SimulatedPlant, readings: Readings, channel: str, demo: Demo) -> float:
    mine = readings.value[readings.channel == demo.site.channel_index[channel]]
    return float(mine[-1]) if mine.size else float("nan")


def same(first: Readings, second: Readings) -> bool:
    names = ("channel", "valid_time_s", "known_time_s", "value")
    return all(np.array_equal(getattr(first, n), getattr(second, n), equal_nan=n == "value") for n in names)


def test_plant_is_a_source_of_telemetry(begun: Begun) -> None:
    assert isinstance(begun(), Telemetry)


def test_live_plant_and_its_do_nothing_twin_say_the_same_until_the_first_order(begun: Begun) -> None:
    live, twin = begun(), begun(obeys=False)
    for step in range(1, 4):
        assert same(live.read(START + step * QUARTER), twin.read(START + step * QUARTER))
    at = START + 3 * QUARTER
    orders = [order(f"battery_{bus}", 0.004, at) for bus in (458, 479, 453)]
    live.send(orders)
    twin.send(orders)
    assert not same(live.read(at + QUARTER), twin.read(at + QUARTER))


def test_order_moves_the_measured_power_in_the_next_telemetry(begun: Begun, demo: Demo) -> None:
    plant = begun()
    for attempt in range(3):  # one order in fifty is refused: the third refusal in a row would be one in 125,000
        plant.send([order("battery_community", 0.8, START + attempt * QUARTER)])
        measured = power_of(plant, plant.read(START + (attempt + 1) * QUARTER), "device.battery_community.p_mw", demo)
        if measured > 0.1:
            break
    assert measured == pytest.approx(0.8, rel=0.08)  # noise 0.5 %, delay and ramp up to 5 % of the change


def test_called_heat_pumps_stand_still_and_draw_more_than_their_twin_once_they_are_free(begun: Begun, demo: Demo) -> None:
    plant, twin, channel = begun(), begun(obeys=False), "device.heat_pumps.p_mw"
    power = []
    for step in range(3):
        at = START + step * QUARTER
        plant.send([order("heat_pumps", 0.0, at)] if step < 2 else [])
        power.append([power_of(one, one.read(at + QUARTER), channel, demo) for one in (plant, twin)])
    assert all(ours < 0.06 * theirs for ours, theirs in power[:2])  # delay and ramp: 40 s of 900 s at most
    assert power[2][0] > 1.05 * power[2][1]  # two meters of 2 % each


def test_blocked_heat_pumps_relieve_the_neighbourhoods_transformer_by_what_they_would_draw(begun: Begun, demo: Demo) -> None:
    plant, twin = begun(), begun(obeys=False)
    plant.send([order("heat_pumps", 0.0, START)])
    ours, theirs = (one.read(START + QUARTER) for one in (plant, twin))
    relief = power_of(twin, theirs, "trafo.2.p_mw", demo) - power_of(plant, ours, "trafo.2.p_mw", demo)
    drawn = power_of(twin, theirs, "device.heat_pumps.p_mw", demo)
    assert relief == pytest.approx(drawn, rel=0.25)  # meters of 1 and 2 %, losses, batteries that see their house draw less


def test_a_roof_under_an_order_feeds_no_more_and_reports_its_limit(demo: Demo) -> None:
    noon = datetime(2016, 6, 15, 10, 0, tzinfo=UTC)
    plant = demo.plant()
    plant.read(noon)
    free = power_of(plant, plant.read(noon + QUARTER), "device.pv_school.p_mw", demo)
    plant.send([order("pv_school", -0.01, noon + QUARTER)])
    readings = plant.read(noon + 2 * QUARTER)
    assert free < -0.02
    assert power_of(plant, readings, "device.pv_school.p_mw", demo) == pytest.approx(-0.01, rel=0.2)  # delay and ramp
    assert power_of(plant, readings, "sgen.139.p_mw", demo) == pytest.approx(0.01, rel=0.2)
    assert power_of(plant, readings, "device.pv_school.limit_mw", demo) == pytest.approx(0.01, rel=0.2)


def test_twin_that_does_nothing_holds_no_orders(begun: Begun) -> None:
    twin = begun(obeys=False)
    twin.send([order("battery_458", 0.004, START, "k")])
    assert twin.known(["k"]) == set()


def test_order_beyond_the_nameplate_is_bounded_by_it(begun: Begun, demo: Demo) -> None:
    plant = begun()
    orders = [order("battery_community", 50.0, START, f"k{n}") for n in range(3)]
    plant.send(orders[:1])
    plant.send(orders[1:])
    assert plant.known(["k0", "k1", "k2", "k3"]) == {"k0", "k1", "k2"}
    assert abs(power_of(plant, plant.read(START + QUARTER), "device.battery_community.p_mw", demo)) < 1.03


def test_plant_killed_at_any_step_goes_on_bit_for_bit(begun: Begun, demo: Demo) -> None:
    def instructed(plant: SimulatedPlant, step: int) -> Readings:
        at = START + step * QUARTER
        plant.send([order("battery_458", 0.003, at), order("ev_220", 0.002, at), order("battery_community", -0.5, at)])
        plant.send([order("heat_pumps", 0.0, at)] if step < 3 else [])
        return plant.read(at + QUARTER)

    unbroken = begun()
    expected = [instructed(unbroken, step) for step in range(5)]
    for killed_after in range(5):
        first = begun()
        told = [instructed(first, step) for step in range(killed_after)]
        second = demo.plant()
        second.restore(first.checkpoint())
        told += [instructed(second, step) for step in range(killed_after, 5)]
        assert all(same(a, b) for a, b in zip(told, expected, strict=True))
        assert second.checkpoint() == unbroken.checkpoint()


def test_late_readings_survive_a_restart(begun: Begun, demo: Demo) -> None:
    first = begun()
    first.read(START + 8 * QUARTER)
    second = demo.plant()
    second.restore(first.checkpoint())
    later = second.read(START + 10 * QUARTER)
    assert (later.valid_time_s < int((START + 8 * QUARTER).timestamp())).any()


def test_checkpoint_of_another_site_is_refused_by_name(begun: Begun, demo: Demo) -> None:
    site = demo.site
    other = site.model_copy(update={"about": site.about.model_copy(update={"seed": site.seed + 1})})
    with pytest.raises(BadInput, match="checkpoint of the simulated plant"):
        demo.plant(site=other).restore(begun().checkpoint())


@pytest.mark.parametrize("whose", ["the plant's", "the outside's"])
def test_a_changed_law_makes_another_past_and_refuses_the_old_checkpoint(
    demo: Demo, begun: Begun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whose: str
) -> None:
    end = datetime(2016, 1, 25, 12, 0, tzinfo=UTC)
    before, checkpoint = demo.plant(), begun().checkpoint()
    if whose == "the plant's":
        monkeypatch.setattr("twin.plant.plant.LAWS", "another law")
    else:
        monkeypatch.setattr(type(demo.outside), "laws", "another law")
    after = demo.plant()
    for plant in (before, after):
        plant._folder = tmp_path
        plant.history(end - timedelta(hours=1), end)
    assert len(list(tmp_path.glob("past-*.bin"))) == 2
    with pytest.raises(BadInput, match="laws have changed"):
        after.restore(checkpoint)


def test_reading_in_one_go_gives_what_reading_step_by_step_gives(begun: Begun) -> None:
    slow, fast = begun(), begun()
    for step in range(1, 5):
        slow.read(START + step * QUARTER)
    fast.read(START + 4 * QUARTER)
    assert slow.checkpoint() == fast.checkpoint()


def test_nothing_known_later_than_as_of_is_handed_out(begun: Begun) -> None:
    plant = begun()
    as_of = START + 2 * QUARTER + timedelta(minutes=7)
    readings = plant.read(as_of)
    assert readings.known_time_s.max() <= as_of.timestamp()
    assert readings.valid_time_s.max() == (START + QUARTER).timestamp()


def test_truth_scores_zero_and_a_hundredth_off_scores_a_hundredth(begun: Begun) -> None:
    plant = begun()
    truth = plant._state.vm_pu
    assert plant.vm_rmse_pu(truth) == 0.0
    assert plant.vm_rmse_pu(truth + 0.01) == pytest.approx(0.01)
    assert plant.vm_rmse_pu(np.where(np.arange(len(truth)) % 2, truth, np.nan)) == 0.0


def test_history_comes_from_the_cache_the_second_time_and_leaves_the_same_plant(demo: Demo, tmp_path: Path) -> None:
    end = datetime(2016, 1, 25, 12, 0, tzinfo=UTC)
    plants = [demo.plant(), demo.plant(obeys=False)]
    told = []
    for plant in plants:
        plant._folder = tmp_path
        told.append(plant.history(end - timedelta(hours=30), end))
    assert len(list(tmp_path.glob("past-*.bin"))) == 1
    assert same(*told)
    assert same(plants[0].read(end + QUARTER), plants[1].read(end + QUARTER))


def test_damaged_cache_of_the_past_is_computed_anew(demo: Demo, tmp_path: Path) -> None:
    end = datetime(2016, 1, 25, 12, 0, tzinfo=UTC)
    first, second = demo.plant(), demo.plant()
    first._folder = second._folder = tmp_path
    told = first.history(end - timedelta(hours=6), end)
    [file] = tmp_path.glob("past-*.bin")
    file.write_bytes(file.read_bytes()[:5000])
    assert same(told, second.history(end - timedelta(hours=6), end))


def test_restored_plant_stays_where_it_is_when_history_is_asked(begun: Begun, demo: Demo, tmp_path: Path) -> None:
    plant = demo.plant()
    plant._folder = tmp_path
    plant.restore(begun().checkpoint())
    plant.history(START - timedelta(hours=6), START - timedelta(hours=3))
    assert plant.checkpoint() == begun().checkpoint()


def test_stored_energy_and_losses_of_the_grid_balance(demo: Demo) -> None:
    life = demo.plant()._life
    state = life.born(int(START.timestamp()), 1)
    [stretch] = life.stretches(state, int(START.timestamp()) + 8 * 900)
    truth = stretch.truth
    drawn = truth["load_p_mw"].sum(axis=1) + truth["storage_p_mw"].sum(axis=1) - truth["sgen_p_mw"].sum(axis=1)
    # power-grid-model stops at 1e-10 pu of voltage: some watts in 30 MW
    assert truth["source_p_mw"].reshape(8, -1).sum(axis=1) == pytest.approx(drawn + truth["loss_mw"], abs=1e-4)


def test_outage_darkens_its_part_of_town_and_shows_in_the_next_telemetry(demo: Demo) -> None:
    event = PlantEvent(at=START + timedelta(minutes=20), kind="outage", element="line.66", until=START + 3 * QUARTER)
    plant_table = demo.site.plant.model_copy(update={"events": (event,)})
    plant = demo.plant(site=demo.site.model_copy(update={"plant": plant_table}))
    before = power_of(plant, plant.read(START), "line.66.p_mw", demo)
    plant.read(START + QUARTER)
    assert plant.next_event(START + QUARTER, START + 2 * QUARTER).element == "line.66"
    during = plant.read(START + 2 * QUARTER)
    assert before > 1.0
    assert power_of(plant, during, "line.66.p_mw", demo) == 0.0
    assert plant.topology(START + 2 * QUARTER).out_lines == {66}
    plant.read(START + 3 * QUARTER)
    restored = power_of(plant, plant.read(START + 4 * QUARTER), "line.66.p_mw", demo)
    assert restored > 1.0


def test_site_without_a_plant_is_refused_with_a_remedy(demo: Demo) -> None:
    with pytest.raises(BadInput, match=r"no table \[plant\]"):
        demo.plant(site=demo.site.model_copy(update={"plant": None}))


def switching(key: str, *, closed: bool, at: datetime = START) -> SwitchOrder:
    return SwitchOrder(key, 278, closed, "anna", at, at + timedelta(minutes=5), OrderState.ACCEPTED)


def closed_ring(plant: SimulatedPlant) -> str:
    """Close the open end of loop 1; one order in fifty is not obeyed."""
    for key in ("a", "b", "c"):
        plant.operate([switching(key, closed=True)])
        if 278 in plant.topology(START + timedelta(minutes=1)).closed_switches:
            return key
    raise AssertionError("three refusals in a row")


def test_a_switch_moves_within_a_minute_and_the_telemetry_says_so(begun: Begun, demo: Demo) -> None:
    plant = begun()
    closed_ring(plant)
    event = plant.next_event(START, START + QUARTER)
    assert event is not None
    assert event.element == "switch.278"
    assert START < event.at <= START + timedelta(minutes=1)
    assert 278 not in plant.topology(START).closed_switches
    assert power_of(plant, plant.read(START + QUARTER), "switch.278.closed", demo) == 1.0


def test_the_do_nothing_twin_moves_no_switch(begun: Begun) -> None:
    twin = begun(obeys=False)
    twin.operate([switching("a", closed=True)])
    assert twin.topology(START + QUARTER) == begun().topology(START + QUARTER)


def test_a_moved_switch_stays_moved_through_a_restart(begun: Begun, demo: Demo) -> None:
    plant = begun()
    key = closed_ring(plant)
    again = demo.plant()
    again.restore(plant.checkpoint())
    assert again.topology(START + QUARTER) == plant.topology(START + QUARTER)
    assert again.known([key]) == {key}
