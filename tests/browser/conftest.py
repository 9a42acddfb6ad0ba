"""A real Chromium and a real web process for every test here; both skip or fail with a reason."""

import importlib.util
import itertools
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import ClassVar

import psutil
import pytest

HERE = Path(__file__).parent
PATIENCE_MS = 30_000.0
"""How long a test waits for a screen on a loaded machine; how fast a screen is, it asserts where that is its fact."""
SCREENSHOTS = HERE.parents[1] / "screenshots"
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP *.town.example 127.0.0.1",  # names as a town has them; nothing is asked of a name server
)


def load_factory():
    """`snapshot_factory`, without making the tests a package."""
    spec = importlib.util.spec_from_file_location("snapshot_factory", HERE / "snapshot_factory.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def factory():
    return load_factory()


@pytest.fixture(scope="session")
def launch():
    """Starts a Chromium, with more flags than ours if need be."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if executable is None:
        pytest.skip("no Chromium on PATH; `apt-get install chromium` gives one")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        yield lambda *flags: playwright.chromium.launch(executable_path=executable, args=[*FLAGS, *flags])


@pytest.fixture(scope="session")
def browser(launch):
    chromium = launch()
    yield chromium
    chromium.close()


@pytest.fixture(scope="session")
def screenshots():
    SCREENSHOTS.mkdir(exist_ok=True)
    return SCREENSHOTS


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


PASSWORD = "a brook runs under the old mill"
PEOPLE = {
    "admin": "dispatcher",
    "dispatcher": "dana",
    "analyst": "ada",
    "publisher": "paul",
    "viewer": "vera",
    "crew": "carl",
    "officer": "olga",
}
"""Role -> who has it in these tests. Whoever asks for no role is the administrator, as on the demo's first day."""


def let_people_in(state):
    """Write everybody of `PEOPLE` into a state directory that has nobody yet; `PASSWORD` opens."""
    from dashboard.regie.access.people import People
    from dashboard.regie.access.roles import Role

    people = People(state)
    for role, name in PEOPLE.items():
        if people.get(name) is None:
            people.add(name, Role(role), PASSWORD, once=False)


class _Stays(urllib.request.HTTPRedirectHandler):
    """Follows nothing, so that the cookie of the first answer can be read."""

    def http_error_303(self, _request, answer, *_):
        return answer


class Served:
    """A web process started as a module, as the launcher does. A régie lets `PEOPLE` in, unless told not to."""

    regies: ClassVar[dict] = {}
    """Origin -> the régie that answers there."""

    def __init__(self, module, state, *, host="127.0.0.1", path="/", people=True):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.state = Path(state)
        self._command = [sys.executable, "-m", module, "--state", str(state), "--host", host, "--port", str(self.port)]
        self._path = path
        self._process = None
        self._cookies = {}
        if module == "twin.web" and people:
            let_people_in(self.state)
            Served.regies[self.url] = self

    def cookies(self, role):
        """What a browser brings once somebody with this role has logged in."""
        if role not in self._cookies:
            asked = urllib.parse.urlencode({"name": PEOPLE[role], "password": PASSWORD})
            ours = {"origin": self.url, "sec-fetch-site": "same-origin"}
            request = urllib.request.Request(f"{self.url}/regie/login", asked.encode(), ours)
            opener = urllib.request.build_opener(_Stays())
            with opener.open(request, timeout=30.0) as answer:
                name, _, value = answer.headers["set-cookie"].partition(";")[0].partition("=")
            self._cookies[role] = {"name": name, "value": value, "url": self.url, "httpOnly": True, "sameSite": "Strict"}
        return [self._cookies[role]]

    def start(self):
        begun = time.monotonic()
        self._process = subprocess.Popen(self._command, cwd=HERE.parents[1])
        while time.monotonic() - begun < 60.0:
            if self._process.poll() is not None:
                raise RuntimeError(f"{self._command} ended with {self._process.returncode}")
            try:
                opened = urllib.request.Request(self.url + self._path, headers={"accept": "text/html"})
                with urllib.request.urlopen(opened, timeout=5.0):
                    return time.monotonic() - begun
            except OSError:
                time.sleep(0.05)
        raise TimeoutError(f"{self._command} does not answer")

    def cpu_s(self):
        """Processor time that it has taken so far."""
        times = psutil.Process(self._process.pid).cpu_times()
        return times.user + times.system

    def stop(self, how=signal.SIGTERM):
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(how)
            self._process.wait(30.0)
        self._process = None


@pytest.fixture(scope="session")
def serve_module():
    """`Served`, for tests that start and stop their own process."""
    return Served


@pytest.fixture(scope="session")
def regie(tmp_path_factory, factory):
    """The régie's web process with the busy evening on screen."""
    state = tmp_path_factory.mktemp("state")
    factory.write(state, factory.facts(), "diagram.json")
    factory.write(state, factory.snapshot())
    served = Served("twin.web", state, path="/regie/")
    served.start()
    served.startup_cpu_s = served.cpu_s()
    yield served
    served.stop(signal.SIGKILL)


def opening(browser):
    """Open pages that remember every address they asked for and every complaint of the browser; close them at the end.

    On a régie somebody with this role is logged in; ``role=None`` is nobody.
    """
    contexts = []

    def opened(url, *, width=1920, height=1080, locale="en-GB", wait_for=".cards .card", role="admin", **options):
        context = browser.new_context(viewport={"width": width, "height": height}, locale=locale, **options)
        regie = Served.regies.get("/".join(url.split("/")[:3]))
        if regie is not None and role is not None:
            context.add_cookies(regie.cookies(role))
        contexts.append(context)
        page = context.new_page()
        page.requested, page.complaints = [], []
        page.on("request", lambda request: page.requested.append(request.url))
        page.on("websocket", lambda socket: page.requested.append(socket.url))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("console", lambda m: page.complaints.append(m.text) if m.type == "error" else None)
        page.goto(url)
        if wait_for:
            page.wait_for_selector(wait_for, timeout=PATIENCE_MS)
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def open_page(browser):
    """Opens pages that close with the test: fifty live screens side by side starve the machine and then each other."""
    yield from opening(browser)


@pytest.fixture
def visit(open_page):
    """Opens a public page, on a phone unless told otherwise, once it tells its age."""

    def visited(url, size=(390, 844), wait_for="#age:not(:empty)", **options):
        return open_page(url, width=size[0], height=size[1], wait_for=wait_for, **options)

    return visited


@pytest.fixture(scope="module")
def keep_page(browser):
    """As `open_page`, for pages that all tests of a file look at."""
    yield from opening(browser)


@pytest.fixture
def page(regie, factory, open_page):
    """The busy evening on the main page, in English."""
    factory.write(regie.state, factory.snapshot(interval_s=600.0))
    return open_page(f"{regie.url}/regie/?lang=en")


@pytest.fixture(scope="session")
def ticks():
    """Numbers of ticks that no other test of this session shows."""
    return itertools.count(200)


@pytest.fixture
def next_tick(page, regie, factory, ticks):
    """Publish the next snapshot and wait until the page shows it."""
    from playwright.sync_api import expect

    def publish(**changes):
        tick = next(ticks)
        factory.write(regie.state, factory.snapshot(**{"tick": tick, "interval_s": 600.0} | changes))
        expect(page.locator("#header .state")).to_contain_text(f"tick {tick}")

    return publish
