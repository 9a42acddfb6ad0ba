"""The publisher's desk on a state whose January is known."""

import re
from datetime import UTC, datetime, timedelta

from fastapi import FastAPI
from fastapi.testclient import TestClient

from dashboard.format import LANGUAGES
from dashboard.regie.access.asked import Asked
from dashboard.regie.access.roles import Person, Role
from dashboard.regie.book import Book
from dashboard.regie.commands import CommandQueue
from dashboard.regie.desk import Desk
from dashboard.regie.feed import Files, Watcher
from dashboard.regie.publishing.deeds import mark
from dashboard.regie.publishing.room import PublishingRoom
from twin.contracts.desk_ports import Ports
from twin.contracts.public_release import PublicRelease
from twin.live.publication import JournalFigures

API = "/regie/api/publishing"
REASON = {
    "de": "Ein Zähler meldete spät",
    "fr": "Un compteur en retard",
    "it": "Un contatore in ritardo",
    "en": "A meter told late",
}
STORY = {
    "kind": "event",
    "start": "2016-05-01T10:00",
    "end": "2016-05-01T16:00",
    **{f"title_{language}": f"Open day {language}" for language in LANGUAGES},
    **{f"text_{language}": f"Come and see, {language}." for language in LANGUAGES},
}


class Office:
    """The publisher's desk on a state whose January is known and whose grid's clock shows an evening in February."""

    def __init__(self, state, factory, town, second=frozenset(), as_of=datetime(2016, 2, 1, 17, tzinfo=UTC)):
        factory.write(state, factory.facts(), "diagram.json")
        factory.write(state, factory.snapshot(as_of=as_of))
        self.air = town.january(state)
        self.state, self._second = state, second
        self.name, self.role, self.program = "Paula", Role.PUBLISHER, False
        self.open()

    def open(self):
        """As after a restart of the web process."""
        watcher = Watcher(Files(self.state), read_only=False)
        watcher.look()
        ports = Ports(figures=JournalFigures(self.state))
        life = timedelta(minutes=15)
        self.desk = Desk(self.state, watcher, CommandQueue(self.state), Book(self.state), ports, False, self._second, life)
        self.room = PublishingRoom(self.desk)
        server = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
        self.room.add_to(server)
        self.addresses = Asked.of(server.routes)

        async def door(scope, receive, send):
            scope.setdefault("state", {})["person"] = Person(self.name, self.role, program=self.program)
            await server(scope, receive, send)

        self.client = TestClient(door)

    def post(self, place, **told):
        return self.client.post(f"{API}/{place}?lang=en", json=told)

    def page(self, place="", language="en"):
        return self.client.get(f"/regie/publishing/{place}", params={"lang": language})

    def seen(self, place):
        return re.search(r'name="seen" value="(\w+)"', self.page(place).text)[1]

    def drafted(self, period):
        """What a page that shows the draft names it by."""
        return mark(self.desk.ports.figures.drafts().of(period))

    def approve(self, period="2016-01", **more):
        return self.post(f"approve/{period}", seen=self.seen(f"period/{period}"), **more)

    def propose(self, **changes):
        return self.post("propose", **STORY | changes)

    @property
    def release(self):
        return PublicRelease.model_validate_json((self.state / "public" / "release.json").read_bytes())

    @property
    def kinds(self):
        return [line.kind for line in self.desk.book.lines("publish")]
