"""Row 10 of the fault table: the planner's process hangs or runs out of memory, its problem has no plan, its time is over.

On air: a hamlet whose real flexibility box plans a battery and a car; its process is stopped in mid-step, the one after it is
robbed of its memory, and in the last quarter hours the car's telemetry contradicts itself. Off air: every rung of the ladder on
a site whose wires are known.
"""

import json
import os
import resource
import signal
import sqlite3
import sys
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hamlet import Reading, hamlet

from twin.boxes.flexibility.box import FlexibilityBox
from twin.boxes.flexibility.devices.programme import Programme
from twin.boxes.flexibility.lp.compiled import SEARCH_SHARE, CompiledModel
from twin.boxes.flexibility.lp.problem import Penalties, Problem, Site
from twin.boxes.flexibility.lp.solution import Limits
from twin.boxes.flexibility.planner import Planner
from twin.boxes.flexibility.tick.assemble import assemble
from twin.boxes.flexibility.tick.remembered import Remembered
from twin.boxes.flexibility.tick.settings import settings_of
from twin.boxes.flexibility.tick.wires import Wires
from twin.contracts.synthetic import AS_OF, SyntheticSite
from twin.domain.time import QUARTER_HOUR, from_epoch_s, to_epoch_s
from twin.regie.chain import verify

sys.path.insert(0, str(Path(__file__).parents[1] / "boxes"))
from box_stage import descendants

pytestmark = pytest.mark.fault

BOX = "flexibility"
DEADLINE_S = 2.0
"""A fresh process needs half a second of computing for its first step, one that goes on a twentieth."""
TICKS, STOPPED_AFTER, CONTRADICTED = 20, 2, 18
SITE = SyntheticSite(rows=15 * 96)
HURRY_S = 1e-4
"""A deadline that is over before the solver begins."""

CAR = """
[[devices]]
group = "car"
id = "car"
kind = "ev_charger"
zone = "hamlet"
loads = [2]
p_kw = 100.0
e_kwh = 100.0
efficiency = 0.92
feeds_in = true
rights = { right = "contract", acceptance = "automatic", price_chf_per_kwh = 0.05 }

[[telemetry.channels]]
table = "device"
quantities = ["p_mw"]
elements = ["car"]
"""
TOLD = {"available": (0.0, 1.0), "energy_required_mwh": (-0.1, 0.1), "departure_h": (0.0, 96.0)}
"""What the car tells, and what its site holds plausible: a range that lets a contradiction pass."""
PLANNED = f"""
[[boxes]]
name = "{BOX}"
use = "{BOX}"
config = {{ v2g = true, deadline_s = {DEADLINE_S} }}
"""


def planned_hamlet():
    """Charging at once would make a new peak of the month: the car is held back in every quarter hour."""
    made = hamlet(days=1.0)
    channels = "".join(
        f'[[telemetry.channels]]\ntable = "device"\nquantities = ["{name}"]\nelements = ["car"]\n'
        f"minimum = {low}\nmaximum = {high}\n"
        for name, (low, high) in TOLD.items()
    )
    made.site = made.site.replace('"tariff"]', f'"tariff", "{BOX}"]')
    made.site = made.site.replace("[[zones]]", f"{CAR}\n{channels}\n[[zones]]", 1) + PLANNED
    for number in range(TICKS + 1):
        told = {"available": 1.0, "energy_required_mwh": 0.06, "departure_h": 9.0}
        if number >= CONTRADICTED:
            told["energy_required_mwh"] = -0.002  # its cells may hold 2 kWh less than nothing
        at = to_epoch_s(made.start) + 900 * number
        made.window += [Reading(at, f"device.car.{name}", value) for name, value in told.items()]
    return made


# ------------------------------------------------------------------------------------------- off air


@pytest.fixture(scope="module")
def wired():
    """A site whose wires are known, with its first plan and what the box remembers of it."""
    context = SITE.context(BOX)
    context = replace(context, members={**context.members, "inverters": {}})  # as in the hamlet: what it needs is compiled now
    report, state = FlexibilityBox({"deadline_s": 60.0}, context).step(SITE.view(), None, None)  # nobody waits here
    assert (report.reason, report.params["solver"]) == ("ok", "optimal")
    return SimpleNamespace(context=context, report=report, state=state)


def hurried(wired, as_of, state):
    return FlexibilityBox({"deadline_s": HURRY_S}, wired.context).step(SITE.view(as_of), None, state)


def test_a_solver_that_runs_out_of_time_leaves_the_last_plan_shifted(wired):
    report, _ = hurried(wired, AS_OF + QUARTER_HOUR, wired.state)
    assert (report.reason, report.params["solver"]) == ("last_plan", "time_limit")
    batteries = ["battery_458", "battery_school"]
    before, after = (one.outputs["plan_p_mw"].sel(device=batteries).values for one in (wired.report, report))
    assert np.abs(before[1:16]).max() > 1e-3  # there is something to shift
    # A quarter hour later the state of charge is another than foreseen: a plan may run out earlier, never turn round.
    assert (np.abs(after[:15]) <= np.abs(before[1:16]) + 1e-9).all()
    assert (after[:15] * before[1:16] >= 0.0).all()
    assert {proposal.reason for proposal in report.proposals} == {"last_plan"}


def test_without_a_last_plan_rules_serve_and_say_so(wired):
    report, _ = hurried(wired, AS_OF, None)
    assert (report.reason, report.params["solver"]) == ("rules", "time_limit")
    assert not report.outputs["plan_p_mw"].sel(device="battery_458").values.any()
    assert {proposal.reason for proposal in report.proposals} <= {"battery_idle", "departure", "volt_watt"}


def test_the_next_step_in_time_plans_again(wired):
    _, state = hurried(wired, AS_OF, wired.state)
    report, _ = FlexibilityBox({}, wired.context).step(SITE.view(AS_OF + QUARTER_HOUR), None, state)
    assert report.reason == "ok"


def calls_without_end():
    """A dozen groups that may be called three times a day each, in ever other hours: a search of minutes."""
    hour = np.arange(24)
    groups = tuple(
        Programme(
            id=f"group_{number}", base_mw=0.1 + 0.05 * np.sin(0.7 * hour * number) ** 2, shed_share=1.0,
            shed_chf_per_mwh=5.0 + number, rebound_share=0.9, rebound_h=1.5, all_or_nothing=True, calls_max=3, longest_h=2.0,
            rest_h=2.0,
        )
        for number in range(12)
    )  # fmt: skip
    price = 100.0 + 60.0 * np.sin(hour / 3.0)
    net = 4.0 + 2.0 * np.sin(hour / 4.0)
    site = Site(
        net_p_mw=net, import_chf_per_mwh=price, export_chf_per_mwh=0.5 * price, peak_chf_per_mw=3000.0, peak_so_far_mw=3.0
    )  # fmt: skip
    return Problem(hours=(1.0,) * 24, devices=groups, site=site, penalties=Penalties.above(10_000.0))


def test_what_a_search_has_found_when_its_time_is_over_is_planned():
    problem, guard_s = calls_without_end(), 0.5
    compiled, begun = CompiledModel(problem), time.monotonic()
    solution = compiled.solve(problem, limits=Limits(guard_s=guard_s, nodes=10**7))
    assert time.monotonic() - begun >= SEARCH_SHARE * guard_s  # the clock ended the search
    assert solution.optimal
    assert solution.p_mw.shape == (12, 24)


@pytest.mark.parametrize("rung", ["ok", "last_plan", "rules"])
def test_every_rung_is_proven_by_ac_power_flow(wired, rung):
    settings = settings_of({}, wired.context)
    wires = Wires(wired.context, settings.zones)
    tick = assemble(SITE.view(), settings, wired.context, Remembered.at(AS_OF, None), wires)
    steps = len(tick.problem.hours)
    last_mw = np.zeros((len(tick.problem.parts.units), steps)) if rung == "last_plan" else None
    made = Planner(budget_s=60.0 if rung == "ok" else 0.0).plan(tick.problem, case=tick.case, last_mw=last_mw)
    assert made.rung == rung
    assert made.proof.vm_pu.shape == (steps, tick.case.network.grid.nodes)
    assert np.isfinite(made.proof.vm_pu).all()


@pytest.mark.parametrize("state", [True, False], ids=["last_plan", "rules"])
def test_a_report_of_a_lower_rung_says_whether_the_wires_hold(wired, state):
    report, _ = hurried(wired, AS_OF, wired.state if state else None)
    assert report.params["ac_feasible"] is True


# ------------------------------------------------------------------------------------------- on air


@pytest.fixture(scope="module")
def broken(wired, settle, tmp_path_factory):
    """The whole run, with a field that takes orders."""
    place, ledger = settle(planned_hamlet(), "planned"), tmp_path_factory.mktemp("field") / "ledger.sqlite"
    run = place.drive(TICKS, ledger)
    hung = at_work(run, place)
    os.kill(hung, signal.SIGSTOP)
    gone(run, hung)
    starved = run.until(lambda: limited(workers(run).get(BOX)), poll_s=0.001)
    others = beside(run)
    for limit in (resource.RLIMIT_DATA, resource.RLIMIT_AS):
        resource.prlimit(starved, limit, (0, resource.prlimit(starved, limit)[1]))  # no page more
    gone(run, starved)
    same = beside(run)
    ended = run.ended()
    assert ended.code == 0, ended.err
    records = place.records
    hang = next(record.seq for record in records if answer(record)["outcome"] == "deadline")
    return SimpleNamespace(
        place=place,
        records=records,
        hang=hang,
        beside=(others, same),
        sent=sent(ledger),
        wall_ms=wall_ms(place),
        screen=place.snapshot,
    )


def workers(run):
    """Process of every box, by name: each works in a directory of its own."""
    found = {}
    for pid in descendants(run.process.pid):
        try:
            at = Path(f"/proc/{pid}/cwd").readlink()
        except OSError:
            continue
        if at.parent.name == "boxes":
            found[at.name] = pid
    return found


def beside(run):
    return {name: pid for name, pid in workers(run).items() if name != BOX}


def at_work(run, place):
    """The box's process, caught while it computes."""
    pid = run.until(lambda: place.acked >= STOPPED_AFTER and workers(run).get(BOX))
    stat = Path(f"/proc/{pid}/stat")
    run.until(lambda: stat.read_text().rpartition(")")[2].split()[0] == "R", poll_s=0.001)
    return pid


def gone(run, pid):
    run.until(lambda: not Path(f"/proc/{pid}").exists())


def limited(pid):
    """The process, once it has the limits of its card."""
    unlimited = pid is None or resource.prlimit(pid, resource.RLIMIT_AS)[1] == resource.RLIM_INFINITY
    return None if unlimited else pid


def answer(record):
    return record.meta["boxes"][BOX]


def alarms(record):
    return {alarm["key"]: alarm for alarm in record.meta["alarms"] if alarm["cleared_at"] is None}


def sent(ledger):
    """Start of the quarter hour of every order that the field took."""
    with closing(sqlite3.connect(ledger)) as db:
        return {start for (start,) in db.execute("SELECT start FROM sent")}


def wall_ms(place):
    """How long the boxes took in each tick."""
    with closing(sqlite3.connect(place.state / "journal.sqlite")) as db:
        rows = db.execute("SELECT detail FROM ops WHERE kind = 'boxes_run' ORDER BY id").fetchall()
    return [json.loads(detail)["total_ms"] for (detail,) in rows]


def starts(record):
    return from_epoch_s(record.as_of_s).isoformat()


def test_a_planner_that_hangs_in_mid_step_is_ended_at_its_deadline(broken):
    found = answer(broken.records[broken.hang])
    assert found["problems"] == [f"no answer within deadline_s={DEADLINE_S:g}"]
    # A second for killing, forking and the other boxes on a shared machine.
    assert 1000.0 * DEADLINE_S <= broken.wall_ms[broken.hang] < 1000.0 * (DEADLINE_S + 1.0)


def test_its_last_good_plan_is_shown_meanwhile(broken):
    for record in broken.records[broken.hang : broken.hang + 2]:
        assert (answer(record)["service"], answer(record)["fallback"]) == ("fallback", "last_good")


def test_a_planner_without_memory_dies_alone(broken):
    found = answer(broken.records[broken.hang + 1])
    # Which allocation fails first is chance: Python says so itself, a library's loader may, C++ ends the process.
    assert found["outcome"] in ("memory", "exception", "died")
    assert broken.beside[0] == broken.beside[1]
    others = [box for record in broken.records for name, box in record.meta["boxes"].items() if name != BOX]
    assert {box["outcome"] for box in others} == {"ok"}


def test_each_failure_is_an_alarm_in_its_tick(broken):
    for record in broken.records[broken.hang : broken.hang + 2]:
        alarm = alarms(record)[f"box:{BOX}"]
        assert alarm["code"] == "planner_failing"
        assert alarm["params"]["outcome"] == answer(record)["outcome"]
    assert f"box:{BOX}" not in alarms(broken.records[broken.hang - 1])


def test_no_order_of_an_old_plan_leaves_while_the_planner_fails(broken):
    failing = broken.records[broken.hang : broken.hang + 2]
    for record in failing:
        assert record.meta["setpoints"] == {}
        assert {order["state"] for order in record.meta["orders"]} <= {"expired", "failed", "confirmed"}
    assert broken.sent.isdisjoint(map(starts, failing))
    assert {starts(broken.records[broken.hang - 1]), starts(broken.records[broken.hang + 2])} <= broken.sent


def test_the_process_after_both_plans_again(broken):
    for record in broken.records[broken.hang + 2 :]:
        assert (answer(record)["outcome"], answer(record)["service"]) == ("ok", "fresh"), answer(record)["problems"]


def test_no_tick_is_lost(broken):
    assert verify(broken.place.state)[::2] == (TICKS, [])


def test_a_contradiction_is_an_alarm_in_its_tick_that_names_device_and_bound(broken):
    for record in broken.records[CONTRADICTED:]:
        alarm = alarms(record)["conflict:bounds:car"]
        assert (alarm["code"], alarm["priority"], alarm["element"]) == ("conflict_bounds", 2, "car")
        assert alarm["params"] == {"device": "car", "at": starts(record), "value": 2.0, "limit": -2.0, "unit": "kWh"}
    assert "conflict:bounds:car" not in alarms(broken.records[CONTRADICTED - 1])


def test_the_screen_shows_what_serves_where_no_plan_is_possible(broken):
    card = next(card for card in broken.screen["boxes"] if card["instance"] == BOX)
    assert (card["service"], card["reason"], card["params"]["solver"]) == ("fresh", "last_plan", "infeasible")
    assert card["params"]["ac_feasible"] is True
    assert "conflict_bounds" in {alarm["code"] for alarm in broken.screen["alarms"]}
