"""A public process with its directory, and a browser that visits it: for every test of the citizens' pages."""

import socket
import subprocess
import sys
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "dashboard"))
from public_town import publish, release, town

ROOT = Path(__file__).parents[2]
PHONE, DESK = (390, 844), (1280, 800)
FRESH_S = 600.0
NOTICE = '[data-k="notice"]:visible'


class Site:
    """One public process and its directory."""

    def __init__(self, directory: Path):
        self.directory = directory
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = None

    def start(self):
        command = [sys.executable, "-m", "dashboard.public", "--dir", str(self.directory), "--port", str(self.port)]
        self.process = subprocess.Popen(command, cwd=ROOT)
        end = time.monotonic() + 60.0
        while time.monotonic() < end:
            try:
                with urllib.request.urlopen(self.url + "/health", timeout=5.0):
                    return self
            except OSError:
                time.sleep(0.05)
        raise TimeoutError("the public process does not answer")

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10.0)
            self.process = None

    def publish(self, period_s=FRESH_S, make=town, **fields):
        now = datetime.now(UTC)
        if make is town:
            fields = {"published": now, "period_s": period_s} | fields
        else:
            fields = {"published_at": now, "stale_after": now + timedelta(seconds=FRESH_S)} | fields
        snapshot = make(**fields)
        publish(self.directory, snapshot)
        return snapshot

    def release(self, **fields):
        approved = release(**fields)
        publish(self.directory, approved)
        return approved

    def clear(self):
        """As before the first snapshot and the first deed. An embargo does not end by the loss of a file: it is lifted."""
        self.release()
        with urllib.request.urlopen(self.url + "/health", timeout=5.0):
            pass
        for name in ("public.json", "release.json"):
            (self.directory / name).unlink(missing_ok=True)


def words_at(page, place):
    return page.locator(f'[data-k="{place}"]').inner_text()


def assert_accessible(page):
    from axe_playwright_python.sync_playwright import Axe

    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_timeout(700)  # colours and arcs have moved to where they belong
        found = Axe().run(page)
        assert found.violations_count == 0, f"{page.url} {scheme}: {found.generate_report()}"
