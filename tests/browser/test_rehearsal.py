"""The rehearsal's and the analyst's rooms in a real browser, with the real work process below a real web process."""

import json
import os
import signal
import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from axe_playwright_python.sync_playwright import Axe

from dashboard.regie.book import Book
from twin.regie.work import WorkProcess
from twin.work.listing import list_jobs

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SHORT = {"start": "2016-01-25 17:45", "hours": "0.25"}
BAD = '[scenario]\nname = "Bad name"\n[window]\nstart = 2016-01-25\nhours = -3\n'


@pytest.fixture(scope="module")
def house(tmp_path_factory, factory, serve_module):
    """A state directory with the busy evening on screen, a web process and a work process."""
    state = tmp_path_factory.mktemp("rehearsal")
    factory.write(state, factory.facts(), "diagram.json")
    factory.write(state, factory.snapshot())
    work = WorkProcess(state / "jobs", lambda _: None)
    work.keep()
    served = serve_module("twin.web", state, path="/regie/")
    served.start()
    yield SimpleNamespace(state=state, work=work, served=served, url=served.url)
    served.stop(signal.SIGKILL)
    work.stop()


def jobs(house):
    return list_jobs(house.state / "jobs")


def until(house, condition, seconds=400.0):
    """Wait, keeping the work process alive as the loop does."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        house.work.keep()
        if found := condition():
            return found
        time.sleep(0.3)
    raise TimeoutError(jobs(house))


def rehearsed(house, number, title, **figures):
    """A finished rehearsal as `regie run` leaves it: its figures and nothing else."""
    folder = house.state / "jobs" / "desk" / "rehearsal" / number
    (folder / "evening").mkdir(parents=True)
    kpis = {
        "economic": {side: {"total_chf": 100.0 + figures.get("chf", 0.0)} for side in ("value", "do_nothing", "difference")},
        "grid": {side: {"overload_percent_h": figures.get("overload", 0.0)} for side in ("value", "do_nothing", "difference")},
        "climate": {side: {"co2_t": 4.0} for side in ("value", "do_nothing", "difference")},
    }
    site = json.loads((house.state / "snapshots" / "regie.json").read_text())["site"]["name"]
    facts = {"title": dict.fromkeys(("de", "fr", "it", "en"), title), "site": site, "timezone": "Europe/Zurich", "ticks": 4}
    facts |= {"start": "2016-01-25T16:45:00+00:00", "kpis": kpis, "order_list": [], "violations": [], "mode": "played"}
    (folder / "evening" / "result.json").write_text(json.dumps(facts))
    task = {"kind": "run", "target": title, "by": "dana", "at": "2016-01-25T17:00:00+00:00", "argv": ["run"], "params": {}}
    (folder / "task.json").write_text(json.dumps({**task, "job": None}))


@pytest.fixture(scope="module")
def two(house):
    rehearsed(house, "aaaa0001", "Evening one")
    rehearsed(house, "aaaa0002", "Evening two", chf=50.0, overload=2.0)


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1366, 768)])
@pytest.mark.parametrize("language", ["de", "fr", "it", "en"])
def test_the_room_offers_the_library_in_the_readers_language_and_fits(house, open_page, language, width, height, screenshots):
    address = f"{house.url}/regie/rehearsal/?lang={language}"
    page = open_page(address, width=width, height=height, wait_for=".library", role="dispatcher")
    assert page.locator(".choice").count() == 23
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.screenshot(path=str(screenshots / f"rehearsal-{language}-{width}.png"))
    assert page.complaints == []


def test_results_are_compared_by_keyboard_and_what_differs_is_said_in_words(house, two, open_page):
    page = open_page(f"{house.url}/regie/rehearsal/?lang=en", wait_for=".tasks", role="dispatcher")
    for number in ("aaaa0001", "aaaa0002"):
        page.locator(f'[data-focus="tick-{number}"]').focus()
        page.keyboard.press("Space")
    time.sleep(3.0)  # the list has refreshed meanwhile, and the ticks are still there
    assert page.locator('[name="of"]:checked').count() == 2
    page.locator("#compare button").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".figures-table")
    said = page.locator(".figures-table").inner_text().replace("\u202f", " ")
    assert "50 CHF" in said
    assert "same as A" in said


def test_a_viewer_may_not_enter_and_sees_no_money_on_the_panel(house, two, open_page):
    page = open_page(f"{house.url}/regie/?lang=en", wait_for="#scenarios table", role="viewer")
    assert "CHF" not in page.locator("#scenarios").inner_text()
    assert page.locator('[data-focus="rehearsal-open"]').count() == 0
    answer = page.goto(f"{house.url}/regie/rehearsal/?lang=en")
    assert answer.status == 403


def test_a_bad_scenario_is_refused_with_every_fault_listed_and_nothing_on_air_changes(house, open_page):
    before = (house.state / "snapshots" / "regie.json").read_bytes()
    page = open_page(f"{house.url}/regie/rehearsal/?lang=en", wait_for=".library", role="dispatcher")
    page.get_by_text("A scenario file of your own").click()
    page.fill('[name="text"]', BAD)
    page.get_by_role("button", name="Rehearse", exact=True).click()
    page.wait_for_selector('.tasks a:has-text("Bad name")')
    until(house, lambda: jobs(house)[-1]["state"] == "failed")
    page.click('.tasks a:has-text("Bad name")')
    page.wait_for_selector(".faults")
    assert page.locator(".faults tbody tr").count() >= 4
    assert (house.state / "snapshots" / "regie.json").read_bytes() == before
    assert not (house.state / "commands.sqlite").exists()


def test_a_run_outlives_web_and_work_killed_in_its_middle_and_another_is_cancelled(house, open_page):
    page = open_page(f"{house.url}/regie/rehearsal/?lang=en", wait_for=".library", role="dispatcher")
    page.check('[value="winter_evening"]')
    page.check('[value="wrong_forecast"]')
    for name, value in SHORT.items():
        page.fill(f'[name="{name}"]', value)
    page.get_by_role("button", name="Rehearse", exact=True).click()
    page.wait_for_selector(".tasks .bar")
    waiting = page.locator(".tasks tr", has_text="task before it")
    page.once("dialog", lambda dialog: dialog.accept())
    waiting.get_by_role("button").click()
    until(house, lambda: jobs(house)[-1]["state"] == "cancelled")
    os.kill(house.work.pid, signal.SIGKILL)
    house.served.stop(signal.SIGKILL)
    house.served.start()
    done = until(house, lambda: [job for job in jobs(house) if job["state"] == "done"])
    assert done[0]["attempts"] == 2
    page.goto(f"{house.url}/regie/rehearsal/?lang=en")
    page.locator(".tasks a", has_text="Winter evening").click()
    page.wait_for_selector(".figures-table")
    kinds = [line.kind for line in Book(house.state).lines("rehearsal")]
    assert "rehearsal.run" in kinds
    assert "rehearsal.cancel" in kinds


@pytest.mark.parametrize("language", ["de", "fr", "it", "en"])
def test_the_analyst_sees_every_box_with_its_role(house, open_page, factory, language):
    page = open_page(f"{house.url}/regie/analyst/?lang={language}", width=1366, height=768, wait_for=".tasks", role="analyst")
    assert page.locator(".cast-of-boxes tbody tr").count() == len(factory.snapshot().site.boxes)
    assert page.complaints == []


def test_a_dispatcher_may_not_enter_the_analysts_room(house, open_page):
    page = open_page(f"{house.url}/regie/?lang=en", role="dispatcher")
    assert page.goto(f"{house.url}/regie/analyst/?lang=en").status == 403


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_both_rooms_can_be_read_in_light_and_dark(house, two, open_page, scheme):
    page = open_page(f"{house.url}/regie/rehearsal/?lang=en", wait_for=".library", color_scheme=scheme)
    for place, shown in (("rehearsal/", ".library"), ("rehearsal/task/aaaa0002", ".figures-table"), ("analyst/", ".tasks")):
        page.goto(f"{house.url}/regie/{place}?lang=en")
        page.wait_for_selector(shown)
        found = Axe().run(page).response["violations"]
        assert [(place, each["id"], [node["html"][:160] for node in each["nodes"]]) for each in found] == []


def test_a_comparison_stays_in_sight_in_another_language(house, two, open_page):
    address = f"{house.url}/regie/rehearsal/compare?of=aaaa0001&of=aaaa0002&lang=en"
    page = open_page(address, wait_for=".figures-table", role="dispatcher")
    page.click('.languages [lang="it"]')
    page.wait_for_selector('html[lang="it"] .figures-table')


def test_a_backtest_is_launched_from_the_form_and_its_figures_are_read(house, open_page):
    (house.state / "series").mkdir()
    hours = [datetime(2016, 1, 1, tzinfo=UTC) + timedelta(hours=hour) for hour in range(24 * 40)]
    rows = [f"{hour:%Y-%m-%d %H:%M},{3.0 + abs(hour.hour - 12) / 10.0 + hour.day % 3 / 20.0:.3f}" for hour in hours]
    (house.state / "series" / "town.csv").write_text("time,p\n" + "\n".join(rows) + "\n")
    page = open_page(f"{house.url}/regie/analyst/?lang=en", wait_for=".asking", role="analyst")
    form = page.locator('form[data-post*="backtest"]')
    asked = {"start": "2016-02-05", "end": "2016-02-07", "train_days": "28", "experts": "last_week", "tz": "UTC"}
    for name, value in asked.items():
        form.locator(f'[name="{name}"]').fill(value)
    form.locator('[name="unit"]').select_option("MW")
    form.get_by_role("button").click()
    page.wait_for_url("**/analyst/task/*")
    until(house, lambda: jobs(house)[-1]["state"] in ("done", "failed"))
    page.reload()
    page.wait_for_selector(".figures-table")
    assert "MW" in page.locator(".figures-table tbody").inner_text()
    assert page.locator("iframe.made-page").get_attribute("sandbox") == "allow-scripts"
