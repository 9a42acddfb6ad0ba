"""Played futures of the demo town, for an hour: what was drawn is what the régie sees; a killed player costs a new one."""

import os
import signal
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from scenarios.file.read import load_scenario
from scenarios.futures.paths import drawn_paths
from scenarios.futures.run import START, run_futures
from scenarios.futures.start import Start
from scenarios.futures.store import NAME, open_futures
from scenarios.rehearsal.rehearsal import Rehearsal
from twin.check import ready_site
from twin.wiring import Window

EVENING, TICKS = datetime(2016, 1, 25, 16, 0, tzinfo=UTC), 4


class Told:
    def step(self, name, share):
        pass

    def ticks(self, done, of):
        pass


def players():
    """Process ids of everything that plays futures."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if b"scenarios.futures.player" in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
    return found


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """Two futures on one worker, whose first player is killed while it makes its first start."""
    folder = tmp_path_factory.mktemp("played")
    before = set(players())
    killed = []

    def kill_the_first():
        until = time.monotonic() + 600.0
        while time.monotonic() < until and not killed:
            for pid in set(players()) - before:
                time.sleep(1.0)
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)
                return
            time.sleep(0.05)

    thread = threading.Thread(target=kill_the_first, daemon=True)
    thread.start()
    rehearsal = Rehearsal("played", load_scenario("winter_evening"), ready_site("demo"), Window(EVENING, TICKS))
    figures = run_futures(rehearsal, folder, n=2, workers=1, cluster=None, closed_loop=True, progress=Told())
    thread.join()
    left = set(players()) - before
    return figures, open_futures(folder / NAME).load(), Start.from_bytes((folder / START).read_bytes()), killed, left


def test_a_player_that_was_killed_is_replaced_and_none_is_left(played):
    figures, _, _, killed, left = played
    assert len(killed) == 1
    assert (figures["mode"], figures["made"]) == ("closed_loop", 2)
    assert not left


def test_the_town_imports_what_was_drawn_for_it(played):
    _, futures, start, _, _ = played
    assert start.series[0] == ("load", "town")
    for number in range(2):
        load = drawn_paths(start, number, seed=futures.attrs["seed"])[0]
        hydro = sum(path for path in start.fixed_sgen_p_mw.values())
        # of 30 MW: losses, batteries, a hydro plant that wavers, and cars that come as they come
        assert futures["import_p_mw"].values[1, number] == pytest.approx(load - hydro, abs=0.6)


def test_a_played_future_has_the_figures_of_both_sides(played):
    _, futures, _, _, _ = played
    total = futures["kpi"].sel(figure="economic.total_chf")
    assert np.isfinite(total).all()
    energy = (futures["import_p_mw"] * futures["price_chf_per_kwh"]).sum("time") * 250.0
    # the account adds the same quarter hours up, in double precision and with the price that came
    assert futures["kpi"].sel(figure="economic.energy_chf").values == pytest.approx(energy.values, rel=0.02)


def test_security_is_looked_at_in_played_futures_too(played):
    _, futures, _, _, _ = played
    # the neighbourhood hangs on one transformer: whatever else goes out, that one leaves most in the dark
    assert (futures["n1_unsupplied_mw"].values[:, 0] > 0.1).all()
    assert np.isfinite(futures["n1_margin_percent"].values).all()
