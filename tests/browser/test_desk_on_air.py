"""A switching order on a real loop, in the browser: checked by the engine, moved from afar, confirmed by telemetry, or not."""

import signal
import sqlite3
import sys
from contextlib import closing, suppress
from pathlib import Path
from types import SimpleNamespace

import pytest
from playwright.sync_api import expect

sys.path.insert(0, str(Path(__file__).parents[1] / "scenarios"))
from hamlet import hamlet
from on_air import Place, with_kernels

from twin.contracts.desk_ports import Unavailable
from twin.work.preview_port import PreviewsOfState

pytestmark = pytest.mark.slow

INTERVAL_S = 15.0
"""A drive has five minutes of grid time: a third of it."""
TICKS = 90
BREAKER, RING = 0, 1
"""The breaker of a feeder, and the open end of the ring behind it."""


@pytest.fixture(scope="module")
def on_air(tmp_path_factory, serve_module):
    """A hamlet both of whose switches have drives. A drive moves where a test lets it: its position is a row of telemetry."""
    made = hamlet(days=2.0)
    made.site += f"\n[switching]\nremote = [{BREAKER}, {RING}]\n"
    made.window = [reading for reading in made.window if not reading.channel.startswith("switch.")]
    folder = tmp_path_factory.mktemp("on_air")
    site, ledger = made.write(folder / "site"), folder / "sent.sqlite"
    place = Place(site, folder / "state", made.start.isoformat(), with_kernels(tmp_path_factory.mktemp("cache")))
    run = place.drive(TICKS, ledger, speed=str(900 / INTERVAL_S))
    run.until(lambda: place.snapshot)

    def moves(switch, position):
        now, label = place.snapshot["as_of"], place.snapshot["interval"]
        row = f"time,channel,value,known_time\n{label},switch.{switch}.closed,{position},{now}\n"
        (Path(site).parent / "telemetry" / f"moved_{switch}_{position}.csv").write_text(row)

    def sent():
        with closing(sqlite3.connect(ledger)) as db:
            return [device for (device,) in db.execute("SELECT device FROM sent WHERE device LIKE 'switch:%'")]

    def engine_answers():
        with suppress(Unavailable):
            return PreviewsOfState(place.state).ask({"kind": "what_if"}, 30.0)

    run.until(engine_answers)
    served = serve_module("twin.web", place.state, path="/regie/")
    served.start()
    yield SimpleNamespace(run=run, place=place, url=f"{served.url}/regie", moves=moves, sent=sent)
    served.stop(signal.SIGKILL)
    run.term()


@pytest.fixture(scope="module")
def page(on_air, keep_page):
    """A dispatcher's page with an order: close the ring, have the spot tested and tagged, open the breaker."""
    page = keep_page(f"{on_air.url}/switching/new?lang=en", wait_for=".draft", role="dispatcher")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_label("Title", exact=True).fill("Feed the east from the other side")
    for number in range(2):
        page.get_by_role("button", name="Add a step").click()
        expect(page.locator(".draft-steps li")).to_have_count(number + 2)
    told = [("close", f"switch:{RING}", "remote"), ("test", "line:7", "crew"), ("open", f"switch:{BREAKER}", "remote")]
    for number, (operation, element, how) in enumerate(told):
        step = page.locator(".draft-steps li").nth(number)
        step.locator("select[name=operation]").select_option(operation)
        step.get_by_label("Element", exact=True).fill(element)
        step.locator("select[name=how]").select_option(how)
    second, third = page.locator(".draft-steps li").nth(1), page.locator(".draft-steps li").nth(2)
    second.locator("select[name=tag]").select_option("hang")
    second.get_by_label("Words of the tag").fill("Ring on trial")
    third.get_by_label("While steps stand (numbers)").fill("1")
    page.get_by_role("button", name="Save the draft").click()
    expect(page.locator("h1")).to_contain_text("Feed the east")
    return page


def press(page, name):
    page.get_by_role("button", name=name).first.click()


def test_the_engine_objects_to_the_ring_and_a_release_then_needs_a_reason(on_air, page):
    press(page, "Check with the engine")
    row = page.locator(".steps tbody tr").first
    expect(row).to_contain_text("closes a ring")
    expect(row).to_contain_text("short circuit there")
    expect(row).to_contain_text("Strang 5-8")
    expect(page.locator(".steps tbody tr").nth(2)).to_contain_text("N-1 margin")
    assert on_air.sent() == []
    press(page, "Release")
    expect(page.locator("#said")).to_contain_text("say why it is released all the same")
    page.get_by_label("Released despite objections because").fill("For a quarter of an hour")
    press(page, "Release")
    expect(page.locator("main")).to_contain_text("State: released")


def test_a_remote_step_reaches_the_field_and_is_done_when_the_telemetry_shows_it(on_air, page):
    press(page, "Order step 1")
    expect(page.locator("main")).to_contain_text("State: under way")
    on_air.run.until(on_air.sent)
    assert on_air.sent() == [f"switch:{RING}"]
    on_air.moves(RING, 1)
    expect(page.locator(".steps tbody tr").first).to_contain_text("done (telemetry)")


def test_a_crew_reports_and_its_tag_hangs(page):
    page.reload()
    press(page, "Order step 2")
    page.get_by_label("Reported by").fill("Crew 3")
    press(page, "Reported done")
    expect(page.locator(".steps tbody tr").nth(1)).to_contain_text("done (Crew 3)")
    address = page.url
    page.goto(address.replace("SO-0001", ""))
    expect(page.locator("main")).to_contain_text("Ring on trial")
    page.goto(address)


def test_a_drive_that_does_not_move_fails_the_step_and_says_what_to_do(on_air, page):
    press(page, "Order step 3")
    last = page.locator(".steps tbody tr").nth(2)
    expect(last).to_contain_text("not done", timeout=90_000)
    expect(last).to_contain_text("Order the step again")
    assert on_air.sent() == [f"switch:{RING}", f"switch:{BREAKER}"]


def test_what_is_switched_in_between_makes_the_check_stale_and_breaks_the_interlock(on_air, page):
    on_air.moves(RING, 0)
    faults = page.locator(".step-faults")
    expect(faults).to_contain_text("switched otherwise since (Switch 1 (Strang 5-8, Knoten 5))", timeout=90_000)
    expect(faults).to_contain_text("the result of step 1 does not stand")


def test_an_aborted_order_is_signed_off_and_printed_without_its_buttons(page, screenshots):
    page.reload()
    press(page, "Abort")
    expect(page.locator("main")).to_contain_text("aborted, not signed off")
    press(page, "Sign off")
    expect(page.locator("main")).to_contain_text("State: signed off")
    page.emulate_media(media="print")
    expect(page.locator(".deeds")).to_be_hidden()
    expect(page.locator(".steps")).to_contain_text("Order the step again")
    page.screenshot(path=screenshots / "switching-printed.png", full_page=True)
