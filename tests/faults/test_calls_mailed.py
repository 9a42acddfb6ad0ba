"""A call leaves the house by mail: through a real server, out of the tick's time, again after a failure and after a kill."""

import json
import socket
import sqlite3
from contextlib import closing
from email import message_from_bytes
from email.policy import default
from types import SimpleNamespace

import pytest
from aiosmtpd.controller import Controller
from hamlet import SUMMER, Reading, hamlet

from twin.domain.time import to_epoch_s

pytestmark = pytest.mark.fault

KNOWN_MIN = 16
TICKS = 4
SITE = """
[[roster]]
who = "Lead"
after_minutes = 5
mail = "lead@town.ch"
language = "fr"

[[roster]]
who = "Engineer"
after_minutes = 8

[mail]
host = "127.0.0.1"
port = {port}
starttls = false
sender = "regie@town.ch"
recipients = ["duty@town.ch"]
"""


class Server:
    """Takes mail, or says that it has no time; counts how often it was asked."""

    def __init__(self, busy):
        self.busy, self.asked, self.taken = busy, 0, []

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        self.asked += 1
        if self.busy:
            return "451 come back later"
        self.taken.append(message_from_bytes(envelope.content, policy=default))
        return "250 taken"


@pytest.fixture(scope="module")
def server():
    box = Server(busy=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, port
    controller.stop()


def notes(place):
    with closing(sqlite3.connect(f"file:{place.state / 'journal.sqlite'}?mode=ro", uri=True)) as db:
        return [json.loads(detail) for (detail,) in db.execute("SELECT detail FROM ops WHERE kind = 'call' ORDER BY id")]


@pytest.fixture(scope="module")
def called(settle, server):
    """A breaker opens, nobody acknowledges; the server has no time, the run is killed, and goes on with a server that has."""
    box, port = server
    made = hamlet(days=1.0)
    made.site += SITE.format(port=port)
    made.window = [r for r in made.window if r.channel != "switch.0.closed" or r.label < SUMMER]
    made.window.append(Reading(to_epoch_s(SUMMER), "switch.0.closed", 0.0, KNOWN_MIN))
    place = settle(made, "calls")
    run = place.start(TICKS, speed="20")
    run.until(lambda: any(a["code"] == "call_not_mailed" for a in place.snapshot.get("alarms", ())))
    story = SimpleNamespace(snapshot=place.snapshot, box=box)
    story.failed = run.until(lambda: notes(place))  # notes are written with the next commit
    run.kill()
    box.busy = False
    ended = place.run(TICKS)
    assert ended.code == 0, ended.err
    story.notes, story.head = notes(place), ended.figures["journal"]["head"]
    silent = hamlet(days=1.0)
    silent.site += SITE.format(port=port).replace('mail = "lead@town.ch"\n', "")
    silent.window = made.window
    undisturbed = settle(silent, "silent").run(TICKS)
    assert undisturbed.code == 0, undisturbed.err
    story.undisturbed = undisturbed.figures["journal"]["head"]
    return story


def test_a_server_that_takes_nothing_is_an_alarm_of_the_host_and_a_note(called):
    alarm = next(a for a in called.snapshot["alarms"] if a["code"] == "call_not_mailed")
    assert (alarm["priority"], alarm["of_host"], alarm["params"]["who"]) == (2, True, "Lead")
    assert "come back later" in alarm["params"]["reason"]
    assert [(n["who"], n["outcome"]) for n in called.failed] == [("Lead", "failed")]


def test_the_alarm_does_not_wait_for_the_next_quarter_hour(called):
    assert called.snapshot["kind"] == "event"  # nine minutes of grid time pass between the call and the next regular tick


def test_a_call_that_was_not_taken_before_a_kill_leaves_after_the_restart(called):
    (mail,) = called.box.taken
    assert (mail["To"], mail["From"]) == ("lead@town.ch", "regie@town.ch")
    assert [(n["who"], n["outcome"]) for n in called.notes][-1] == ("Lead", "mailed")


def test_who_has_no_address_is_called_at_the_screens_alone(called):
    assert {note["who"] for note in called.notes} == {"Lead"}


def test_the_mail_says_in_the_persons_language_what_the_alarm_says_on_the_screen(called):
    (mail,) = called.box.taken
    assert "personne n'a quittancé" in mail["Subject"]
    text = mail.get_content()
    assert text.startswith("Bonjour Lead.")
    assert "P1 " in text
    assert "agir avant" in text


def test_nothing_of_it_enters_the_chain(called):
    assert called.head == called.undisturbed
