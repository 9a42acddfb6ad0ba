"""An export served by nginx under the configuration of deploy/nginx: what the public process says by itself, nginx says too."""

import gzip
import http.client
import json
import re
import socket
import ssl
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "dashboard"))
import public_nginx
from public_town import EMBARGO, publish, release, town

from dashboard.public.app import PublicApp
from dashboard.public.files import Export

NOW = datetime.now(UTC)
BY_THE_SERVER = {"server", "date", "connection", "last-modified", "accept-ranges", "etag", "content-length"}
"""Of the connection, or of the file: nginx names a content by its time and length."""
PROXY = "set_real_ip_from 127.0.0.1;\nreal_ip_header X-Reader;\n"
BURST = 8000
SCHOOL = 1500
AT_A_TIME = 100
"""Questions on their way at once, which the buffers of both sides hold."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Served:
    """Two towns with an export each behind one nginx; ``app`` is the first one's public process."""

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        self.source = folder / "state"
        self.source.mkdir()
        publish(self.source, town(published=NOW, period_s=3600.0))  # fresh for as long as the tests last
        (self.source / "open").mkdir()
        (self.source / "open" / "months.csv").write_text("month,share\n2026-01,0.51\n")
        (self.source / "open" / "schema-months.json").write_text('{"fields": []}')
        (self.source / "tariff.json").write_text('{"grid": []}')
        self.app = PublicApp(self.source, lambda: datetime.now(UTC))
        self.export = Export(self.app, folder / "demo")
        self.export.bring_up_to_date(NOW)
        (folder / "other").mkdir()
        other = Export(PublicApp(folder / "other", lambda: NOW), folder / "other_export")
        other.bring_up_to_date(NOW)
        other.close()
        self.roots = {"demo": folder / "demo" / "current", "other": folder / "other_export" / "current"}

    def ask(self, path, *, method="GET", host="demo.example", **headers):
        """Status, headers and body of one answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in {"host": host, **headers}.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, body

    def ask_at_once(self, path, count, source, host="demo.example", more=""):
        """How often each status came when an address asks so often, hardly waiting for an answer in between."""
        question = f"HEAD {path} HTTP/1.1\r\nHost: {host}\r\n{more}\r\n".encode()
        ends = {"address": ("127.0.0.1", self.port), "source_address": (source, 0)}
        with socket.create_connection(**ends, timeout=120) as line, line.makefile("rb") as answers:
            found = Counter()
            for first in range(0, count, AT_A_TIME):
                asked = min(AT_A_TIME, count - first)
                line.sendall(question * asked)
                while asked:
                    told = answers.readline()
                    assert told, "nginx has closed the connection"
                    if told.startswith(b"HTTP/1.1 "):
                        found[int(told.split()[1])] += 1
                    asked -= told == b"\r\n"
        return found


@pytest.fixture(scope="module")
def nginx(tmp_path_factory):
    if public_nginx.found() is None:
        pytest.skip("nginx is not installed; .ci/nginx installs it where it may")
    served = Served(tmp_path_factory.mktemp("nginx"))
    with public_nginx.running(served.folder / "run", served.roots, served.port, PROXY):
        yield served
    served.export.close()


def files_of(app):
    """Addresses whose answer is a file, so that nginx hands out the same."""
    found = ((address, app.answer("GET", address, "")) for address in app.addresses())
    return {
        address: one for address, one in found if one.status == 200 and b"no-store" not in dict(one.headers)[b"cache-control"]
    }


def until_served(nginx, holds):
    """Wait until nginx has looked at its files again, which it does after a second."""
    looks = 0
    while not holds():
        time.sleep(0.2)
        looks += 1
        assert looks < 100


# ------------------------------------------------------------------------------------------ the same answers


def test_every_address_has_the_headers_that_the_public_process_sends(nginx):
    different = {}
    for address, one in files_of(nginx.app).items():
        ours = {name.decode(): value.decode() for name, value in one.headers} | {"vary": "Accept-Encoding"}
        status, theirs, _ = nginx.ask(address)
        ours, theirs = ({k: v for k, v in headers.items() if k not in BY_THE_SERVER} for headers in (ours, theirs))
        if len(one.packed) >= len(one.plain):  # nginx has one form of it, and says nothing of two
            del ours["vary"]
        if (status, theirs) != (200, ours):
            different[address] = status, dict(ours.items() - theirs.items()), dict(theirs.items() - ours.items())
    assert different == {}


def test_every_address_has_the_same_body_plain_and_compressed(nginx):
    addresses = files_of(nginx.app)
    assert len(addresses) > 8
    for address, one in addresses.items():
        assert nginx.ask(address)[2] == one.plain, address
        _, headers, body = nginx.ask(address, accept_encoding="gzip")
        packed = headers.get("content-encoding") == "gzip"
        assert (gzip.decompress(body) if packed else body) == one.plain, address
        assert packed == (len(one.packed) < len(one.plain)), address


@pytest.mark.parametrize("accepted", ["fr-CH,fr;q=0.9,de;q=0.5", "de-CH", "it", "en-GB,en;q=0.8", "ja", ""])
def test_the_front_door_leads_where_the_public_process_leads(nginx, accepted):
    status, headers, _ = nginx.ask("/", accept_language=accepted)
    asked = dict(nginx.app.answer("GET", "/", accepted).headers)
    assert (status, headers["location"], headers["vary"]) == (302, asked[b"location"].decode(), "Accept-Language")


def test_a_page_without_its_slash_is_found(nginx):
    status, headers, _ = nginx.ask("/de")
    assert (status, headers["location"]) == (301, "/de/")


@pytest.mark.parametrize(("path", "language"), [("/fr/nothing", "fr"), ("/nothing", "it"), ("/it/404.html", "it")])
def test_an_unknown_address_is_told_in_words(nginx, path, language):
    status, headers, body = nginx.ask(path, accept_language="it")
    assert status == 404
    assert f'lang="{language}"' in body.decode()
    assert "default-src 'none'" in headers["content-security-policy"]


def test_a_second_look_at_the_same_snapshot_costs_no_body(nginx):
    _, headers, _ = nginx.ask("/en/live.json", accept_encoding="gzip")
    status, _, body = nginx.ask("/en/live.json", accept_encoding="gzip", if_none_match=headers["etag"])
    assert (status, body) == (304, b"")


def test_a_new_snapshot_is_served_soon_after_it_was_exported(nginx):
    before = nginx.ask("/en/live.json")[2]
    publish(nginx.source, town(published=NOW + timedelta(minutes=1), share=0.42))
    assert nginx.export.bring_up_to_date(NOW) > 0
    looks = 0
    while nginx.ask("/en/live.json")[2] == before:  # nginx looks at the file again after a second
        time.sleep(0.2)
        looks += 1
        assert looks < 100
    assert "42" in json.loads(nginx.ask("/en/live.json")[2])["text"]["share"]


def test_under_an_embargo_nobody_keeps_what_held_figures_and_its_marker_is_not_served(nginx):
    publish(nginx.source, release(embargo=EMBARGO))
    nginx.export.bring_up_to_date(NOW)
    until_served(nginx, lambda: nginx.ask("/en/live.json")[1]["cache-control"] == "no-cache")
    kept = {address: dict(one.headers)[b"cache-control"].decode() for address, one in files_of(nginx.app).items()}
    assert {address: nginx.ask(address)[1]["cache-control"] for address in kept} == kept
    status, headers, body = nginx.ask("/open/months.csv")
    assert (status, headers["cache-control"]) == (200, "no-cache")
    assert b"0.51" not in body
    assert nginx.ask("/.held-back")[0] == 404
    publish(nginx.source, release())
    nginx.export.bring_up_to_date(NOW)
    until_served(nginx, lambda: nginx.ask("/en/live.json")[1]["cache-control"] == "public, max-age=1")


# ------------------------------------------------------------------------------------------ many, and too many


def test_a_school_behind_one_address_opens_the_page_at_once_and_nobody_is_refused(nginx):
    linked = re.findall(r'(?:href|src)="\.\.(/assets/[^"]+)"', nginx.app.answer("GET", "/de/", "").plain.decode())
    paths = ["/de/", *linked, "/de/live.json"]
    assert len(paths) > 3
    counts = sum((nginx.ask_at_once(path, SCHOOL, "127.0.0.2") for path in paths), Counter())
    assert counts == Counter({200: SCHOOL * len(paths)})


def test_a_flood_from_one_address_is_slowed_and_not_banned(nginx):
    counts = Counter()
    while not counts[429]:
        counts += nginx.ask_at_once("/de/live.json", BURST, "127.0.0.3")
    assert set(counts) == {200, 429}
    counts = Counter()
    while not counts[200]:  # a moment later it may ask again, as often as the rate allows
        counts += nginx.ask_at_once("/de/live.json", 1, "127.0.0.3")


def test_who_asks_too_often_is_told_when_to_come_again(nginx):
    status = 200
    while status == 200:
        nginx.ask_at_once("/de/live.json", BURST, "127.0.0.1")
        status, headers, _ = nginx.ask("/de/live.json")
    assert (status, headers["retry-after"], headers["cache-control"]) == (429, "15", "public, max-age=1")


def test_a_flood_costs_neither_another_address_nor_another_town_anything(nginx):
    while not nginx.ask_at_once("/de/live.json", BURST, "127.0.0.4")[429]:
        pass
    assert nginx.ask_at_once("/de/live.json", SCHOOL, "127.0.0.5") == Counter({200: SCHOOL})
    assert nginx.ask_at_once("/de/", SCHOOL, "127.0.0.4", host="other.example") == Counter({200: SCHOOL})


def test_all_addresses_of_one_network_of_the_sixth_version_are_one_asker(nginx):
    def ask(count, reader):
        return nginx.ask_at_once("/de/live.json", count, "127.0.0.1", more=f"X-Reader: {reader}\r\n")

    own = sum((ask(BURST, f"2001:db8:1:2:{number}::9") for number in range(1, 5)), Counter())  # each within its burst
    assert own[429] > 0
    assert ask(SCHOOL, "2001:db8:1:3::9") == Counter({200: SCHOOL})


# ------------------------------------------------------------------------------------------ hostile, and private


def test_one_town_cannot_be_read_under_the_name_of_another(nginx):
    assert nginx.ask("/de/live.json", host="other.example")[0] == 404  # it has no snapshot yet
    for path in ("/../demo/current/de/live.json", "/..%2fdemo/current/de/live.json", "/../generations/1/de/index.html"):
        assert nginx.ask(path, host="other.example")[0] in {400, 404}


def test_a_name_of_no_town_is_not_answered(nginx):
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        nginx.ask("/de/", host="elsewhere.example")


def test_an_encrypted_name_of_no_town_is_refused_before_any_certificate_is_shown(nginx):
    anyone = ssl.create_default_context()
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(str(nginx.folder / "run" / "tls"))
        with pytest.raises(ssl.SSLError, match="UNRECOGNIZED_NAME"):
            anyone.wrap_socket(line, server_hostname="elsewhere.example")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_only_reading_is_possible(nginx, method):
    assert nginx.ask("/de/live.json", method=method)[0] == 405


def test_headers_of_any_length_are_refused(nginx):
    assert nginx.ask("/de/", cookie="x" * 9000)[0] == 400


def test_a_query_string_changes_nothing(nginx):
    assert nginx.ask("/de/?<script>=%00&a[]=../../")[2] == nginx.ask("/de/")[2]


def test_no_address_of_a_reader_is_written_down(nginx):
    nginx.ask("/fr/nothing")
    nginx.ask("/fr/", cookie="x" * 9000)
    assert "client:" not in (nginx.folder / "run" / "error.log").read_text()
    assert not list((nginx.folder / "run").rglob("*access*"))
