"""A window whose connection was metered late and once wrong: the loop, its journal and a debrief tell the same figures."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from evening import silent
from hamlet import SUMMER, Reading, hamlet

from scenarios.debrief.debrief import debrief
from scenarios.debrief.source import source_of
from scenarios.debrief.tape import read_tape
from twin.check import ready_site
from twin.domain.time import QUARTER_HOUR, to_epoch_s
from twin.regie.account_book import told_last
from twin.regie.chain import open_readonly, read_metas
from twin.regie.kpi import Account, add_both, kpis
from twin.regie.tick import Moment
from twin.wiring import Window, wire

TICKS = 14
WRONG, SILENT, HEARD, CORRECTED = 1, range(3, 10), 10, 12
"""A quarter hour told eight times too high, quarter hours that come late, and the ticks in which what is right is heard."""
EXTREMES = {"max_loading_percent", "peak_import_kw"}
"""Of a debrief these are the window's own, of the loop the month's, and of grids that count."""
NOT_SUMS = {*EXTREMES, "renewable_share", "stored_energy_chf", "total_chf"}
"""Stored energy is worth the mean price of the window."""
TRACED = {"renewable_share", "co2_t"}
"""What hardly changes, although the lines were estimated without the late meters."""
ESTIMATED = {"losses_mwh", "voltage_violation_pu_h", "overload_percent_h", "max_loading_percent"}
"""What stays as the grid was estimated without the late meters."""


def played(folder, made):
    site = made.write(folder / "site")
    wired = wire(ready_site(site), Window(SUMMER, TICKS), folder / "state", silent, silent)
    told = []
    try:
        wired.parts.runner.start()
        wired.loop.begin(SUMMER)
        for number in range(1, TICKS + 1):
            wired.loop.tick(Moment(SUMMER + number * QUARTER_HOUR))
            told.append((wired.loop.memory.ours, wired.loop.memory.baseline))
    finally:
        wired.parts.runner.stop()
        wired.parts.journal.close()
    return SimpleNamespace(state=folder / "state", site=site, told=told, facts=wired.parts.kpi_facts)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The same town with meters in time and with late ones."""
    late = hamlet(days=0.5, weeks=1)
    intime = played(tmp_path_factory.mktemp("intime"), late)
    labels = {to_epoch_s(SUMMER + i * QUARTER_HOUR): i for i in range(TICKS)}
    for at, reading in enumerate(list(late.window)):
        number = labels.get(reading.label_s)
        if reading.channel != "trafo.0.p_mw" or number is None:
            continue
        if number in SILENT:
            late.window[at] = replace(reading, known_min=15 * (HEARD + 1 - number))
        if number == WRONG:
            late.window[at] = replace(reading, known_min=15 * (CORRECTED + 1 - number))
            late.window.append(Reading(reading.label_s, reading.channel, 8.0 * reading.value))
    return SimpleNamespace(intime=intime, late=played(tmp_path_factory.mktemp("late"), late))


def figures(run):
    """What the loop told last."""
    return {group: kpi.value for group, kpi in kpis(*run.told[-1], run.facts).items()}


def window(run, begin, end):
    return debrief(source_of(run.state, str(run.site), silent), begin, end, silent).figures


def test_meters_that_were_silent_are_missing_until_they_speak(runs):
    missing = [ours.missing for ours, _ in runs.late.told]
    assert missing[HEARD - 1] > missing[SILENT[0]]
    assert missing[HEARD] == missing[SILENT[0]] == runs.intime.told[-1][0].missing


def test_a_peak_that_was_never_drawn_goes_when_the_meter_is_corrected(runs):
    wrong, right = (runs.late.told[i][0].peak_kw for i in (CORRECTED - 1, CORRECTED))
    assert wrong > right == runs.intime.told[CORRECTED][0].peak_kw


def test_the_loop_tells_what_it_would_have_told_of_meters_in_time(runs):
    late, intime = figures(runs.late), figures(runs.intime)
    for group, named in intime.items():
        metered = {name: value for name, value in named.items() if name not in {*ESTIMATED, *TRACED}}
        assert {name: late[group][name] for name in metered} == pytest.approx(metered, rel=1e-12)
    for name in TRACED:
        assert late["climate"][name] == pytest.approx(intime["climate"][name], rel=5e-3)


def test_the_journal_gives_the_loop_s_accounts(runs):
    db = open_readonly(runs.late.state)
    try:
        metas = [meta for *_, meta in read_metas(db, 0)]
    finally:
        db.close()
    month, peak_kw = metas[0]["settled_peak"]
    accounts = (Account(month=month, peak_kw=peak_kw), None)
    for both in told_last(metas).values():
        accounts = add_both(accounts, both, runs.late.facts)
    assert accounts == runs.late.told[-1]


def test_a_debrief_of_the_whole_window_tells_the_loop_s_figures(runs):
    found = window(runs.late, None, None)
    for group, named in figures(runs.late).items():
        told = {name: value for name, value in named.items() if name not in EXTREMES}
        assert {name: found[group]["value"][name] for name in told} == pytest.approx(told, rel=1e-12)


def test_the_highest_import_of_a_window_is_the_corrected_one(runs):
    late, intime = (window(run, None, None)["grid"]["value"]["peak_import_kw"] for run in (runs.late, runs.intime))
    assert late == intime


def test_a_window_is_told_last_by_meters_that_speak_long_after_it(runs):
    middle = SUMMER + 8 * QUARTER_HOUR
    whole, part = (read_tape(runs.late.state, None, end, settle_s=0) for end in (None, middle))
    assert part.after == ()
    assert all(part.counted[to_epoch_s(e.interval)] == whole.counted[to_epoch_s(e.interval)] for e in part.regular)


def test_a_part_of_the_window_has_what_late_meters_said_of_it_after_its_end(runs):
    middle = SUMMER + 8 * QUARTER_HOUR
    parts = [window(runs.late, *span) for span in ((None, middle), (middle, None))]
    for group, sides in window(runs.late, None, None).items():
        sums = {name: value for name, value in sides["value"].items() if name not in NOT_SUMS}
        added = {name: sum(part[group]["value"][name] for part in parts) for name in sums}
        assert added == pytest.approx(sums, rel=1e-9, abs=1e-12)
