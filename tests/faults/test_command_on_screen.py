"""An acknowledgement between two quarter hours, on both screens: it is shown at once and makes nothing else look new."""

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from hamlet import hamlet

from dashboard.regie.commands import CommandQueue
from dashboard.regie.wish import Wish

pytestmark = pytest.mark.fault

INTERVAL_S = 12.0
PUBLIC = '\n[public]\nzone = "hamlet"\nresolution_minutes = 60\n'


@pytest.fixture(scope="module")
def answered(settle):
    """Both snapshots at a regular tick, after a command's tick, and when the run has ended."""
    made = hamlet(days=1.0)
    made.site += PUBLIC
    place = settle(made, "answered")
    public = place.state / "public" / "public.json"
    run = place.start(9, speed=str(900 / INTERVAL_S))
    run.until(lambda: place.snapshot.get("kind") == "regular" and public.exists())
    before, told = place.snapshot, json.loads(public.read_text())
    now = datetime.now(UTC)
    CommandQueue(place.state).put(Wish(kind="acknowledge", target="nothing"), "anna", now, now + timedelta(seconds=60))
    run.until(lambda: place.snapshot["kind"] == "event", poll_s=0.005)
    after, still_told = place.snapshot, json.loads(public.read_text())
    run.until(lambda: json.loads(public.read_text())["as_of"] > told["as_of"])
    last = json.loads(public.read_text())
    assert run.term().code == 0
    return SimpleNamespace(
        before=before, after=after, told=told, still_told=still_told, last=last,
        ended=place.snapshot, told_at_the_end=json.loads(public.read_text()),
    )  # fmt: skip


def test_the_look_ahead_of_the_last_quarter_hour_stays_on_the_screen(answered):
    assert answered.after["as_of"] > answered.before["as_of"]
    assert answered.after["horizon"] == answered.before["horizon"]
    assert answered.after["horizon"]["start"] == answered.before["as_of"]
    assert answered.after["max_vm_error_pu"] == answered.before["max_vm_error_pu"]


def test_a_command_makes_no_public_figure_younger(answered):
    assert answered.still_told == answered.told
    assert datetime.fromisoformat(answered.after["published_at"]) > datetime.fromisoformat(answered.told["published_at"])


def test_the_public_pace_is_the_runs_and_no_matter_of_when_the_next_values_come(answered):
    assert answered.told["speed"] == answered.still_told["speed"] == 900 / INTERVAL_S


def test_the_end_of_a_run_makes_no_figure_younger(answered):
    changed = {name for name, value in answered.told_at_the_end.items() if value != answered.last[name]}
    assert changed <= {"next_at"}
    assert answered.told_at_the_end["next_at"] is None
    assert answered.ended["mode"] == "finished"
    assert answered.ended["published_at"] <= answered.last["published_at"]
