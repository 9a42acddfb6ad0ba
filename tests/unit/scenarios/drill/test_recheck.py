"""Row 34 for a scenario on air: its file is looked at again by a process of its own; every fault is listed, the run goes on."""

import time

import pytest

from tests.unit.scenarios.drill.test_drawn import show_of
from twin.live.recheck import Recheck

TEXT = """
sites = ["{site}"]
[scenario]
name = "evening"
title = "An evening"
teaches = "What an evening is like"
[window]
start = 2016-01-25T18:00:00
hours = 0.75
[[box_failures]]
box = "load"
at = 18:00:00
until = 18:15:00
"""
FAULTY = (
    TEXT.replace("hours = 0.75", "hours = -1").replace("[[box", 'colour = "red"\n[[box').replace('box = "load"', 'box = "moon"')
)


@pytest.fixture(scope="module")
def verdicts(evening, tmp_path_factory):
    """What is said of the file that is on air, of one with a comment, of a longer window, and of one with three faults."""
    path = tmp_path_factory.mktemp("again") / "evening.toml"
    path.write_text(TEXT.format(site=evening.site))
    show = show_of(path)
    recheck, found = Recheck(*show.recheck, show.file_sha256), {}
    texts = {"comment": f"# a comment\n{TEXT}", "longer": TEXT.replace("0.75", "1.0"), "faulty": FAULTY}
    for name, text in texts.items():
        path.write_text(text.format(site=evening.site))
        recheck.ask()
        until = time.monotonic() + 300.0
        while (said := recheck.look()) is None and time.monotonic() < until:
            time.sleep(0.05)
        found[name] = said
    return found


def test_a_comment_changes_nothing(verdicts):
    assert verdicts["comment"].verdict == "unchanged"


def test_another_window_is_a_change_that_waits_for_the_next_start(verdicts):
    assert verdicts["longer"].verdict == "changed"


@pytest.mark.parametrize("fault", ["window hours", "colour"])
def test_every_fault_is_listed_at_once(verdicts, fault):
    assert verdicts["faulty"].verdict == "refused"
    assert fault in "\n".join(verdicts["faulty"].problems)
    assert "goes on as it was started" in verdicts["faulty"].lines[-1]
