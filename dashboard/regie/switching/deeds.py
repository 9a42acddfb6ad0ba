"""What is done with switching orders: each deed checked against the rules and written into the book in one turn."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

from dashboard.regie.access.roles import Person
from dashboard.regie.conducteur.day import Day
from dashboard.regie.desk import Desk
from dashboard.regie.standing import Standing
from dashboard.regie.switching.ask import TIMEOUT_S, kept, own_objections, question
from dashboard.regie.switching.content import Content, way_back
from dashboard.regie.switching.field import Field
from dashboard.regie.switching.form import Written, content_of
from dashboard.regie.switching.life import Order, Orders, may
from dashboard.regie.switching.rules import against_release, against_report, against_step, faults_of
from dashboard.regie.wish import Wish
from dashboard.regie.work.refusal import Refused
from twin.contracts.desk_ports import Unavailable
from twin.contracts.work_order import Why

FOUR_EYES = "switching.release"
"""Name of the release among the site's commands that need a second person (``access/settings.toml``)."""
TELEMETRY = "telemetry"


class _Asked(Protocol):
    seen: int
    step: int
    crew: str
    at: str
    note: str
    despite: str


class Deeds:
    """The deeds of one desk. Each raises `Refused` with every fault, and sqlite3.Error where the book takes nothing."""

    def __init__(self, desk: Desk, standing: Standing[Orders]) -> None:
        self._desk = desk
        self._standing = standing

    def find(self, order: str, seen: int | None) -> Order:
        """The order as the reader saw it; ``seen`` None where that does not matter.

        Raises:
            Refused: when there is none, or somebody has changed it meanwhile.
        """
        found = self._standing.now().all.get(order)
        if found is None:
            raise Refused([Why(code="unknown_order", params={"order": order})])
        if seen is not None and found.version != seen:
            last = found.history[-1]
            raise Refused([Why(code="changed_meanwhile", params={"by": last.by, "at": last.as_of})])
        return found

    def _write(self, person: Person, kind: str, order: str, field: Field, **params: Any) -> None:
        self._desk.note(person, f"switching.{kind}", order, as_of=field.snapshot.as_of.isoformat(), **params)

    # ------------------------------------------------------------------------------------------ before it is carried out

    def draft(self, person: Person, written: Written, field: Field) -> str:
        """Draft a new order, or edit one; returns its id."""
        with self._standing.turn() as orders:
            before = None if not written.id else self.find(written.id, written.seen)
            if before is not None and not may(before, "edit"):
                raise Refused([Why(code="state", params={"state": before.state})])
            undoes = "" if before is None else before.content.undoes
            content = content_of(written, field.snapshot.as_of, field.snapshot.site.timezone, undoes)
            if faults := faults_of(content, field):
                raise Refused(faults)
            order = before.id if before is not None else f"SO-{len(orders.all) + 1:04d}"
            kind = "draft" if before is None else "edit"
            self._write(person, kind, order, field, content=content.model_dump(mode="json"))
            return order

    def draft_of(self, person: Person, content: Content, field: Field) -> str:
        """Draft a new order that was not written on the form; returns its id."""
        with self._standing.turn() as orders:
            if faults := faults_of(content, field):
                raise Refused(faults)
            order = f"SO-{len(orders.all) + 1:04d}"
            self._write(person, "draft", order, field, content=content.model_dump(mode="json"))
            return order

    def check(self, person: Person, order: Order, asked: _Asked, field: Field) -> None:
        """Ask the engine about the steps that are still to be done; nothing of it reaches the grid."""
        if not may(order, "check") or order.next_step is None:
            raise Refused([Why(code="state", params={"state": order.state})])
        if self._desk.ports.previews is None:
            raise Unavailable("this process was started without the work process's what-ifs")
        answer = self._desk.ports.previews.ask(question(order.content, order.done), TIMEOUT_S)
        if answer["stale"]:
            raise Refused([Why(code="old_state", params={"tick": answer["tick"]})])
        if not field.same_as(answer["before"]["values"]):
            raise Refused([Why(code="moved", params={"tick": answer["tick"]})])
        holds = not any(own_objections(step) for step in answer["steps"])
        told = {"hash": order.content.hash, "tick": answer["tick"], "holds": holds, "answer": kept(answer, order.done)}
        with self._standing.turn():
            self.find(order.id, asked.seen)
            self._write(person, "check", order.id, field, positions=list(field.open_elements()), **told)

    def release(self, person: Person, order: Order, asked: _Asked, field: Field) -> None:
        """Release it for being carried out; by somebody else than who drafted it where the site wants four eyes."""
        four_eyes = FOUR_EYES in self._desk.second
        with self._standing.turn():
            order = self.find(order.id, asked.seen)
            if faults := against_release(order, field, person.name, asked.despite, four_eyes=four_eyes):
                raise Refused(faults)
            self._write(person, "release", order.id, field, hash=order.content.hash, despite=asked.despite.strip())

    def plain(self, kind: str) -> Callable[[Person, Order, _Asked, Field], None]:
        """A deed that asks for nothing but the state: recall, withdraw, abort, sign."""

        def do(person: Person, order: Order, asked: _Asked, field: Field) -> None:
            with self._standing.turn():
                order = self.find(order.id, None if kind == "abort" else asked.seen)
                if not may(order, kind):
                    raise Refused([Why(code="state", params={"state": order.state})])
                self._write(person, kind, order.id, field, note=asked.note.strip())

        return do

    def back(self, person: Person, order: Order, asked: _Asked, field: Field) -> str:
        """Draft the way back of what was done; returns the new order's id."""
        with self._standing.turn() as orders:
            order = self.find(order.id, asked.seen)
            content: Content | None = way_back(order.content, order.done, f"↩ {order.content.title}"[:200], order.id)
            if order.state not in ("aborted", "done", "signed") or content is None:
                raise Refused([Why(code="no_way_back")])
            new = f"SO-{len(orders.all) + 1:04d}"
            self._write(person, "draft", new, field, content=content.model_dump(mode="json"))
            return new

    # ------------------------------------------------------------------------------------------ carried out

    def order(self, person: Person, order: Order, asked: _Asked, field: Field) -> None:
        """Order the next step: a remote one goes into the loop's queue, a crew is told by telephone."""
        with self._standing.turn() as orders:
            order = self.find(order.id, asked.seen)
            if faults := against_step(order, asked.step, field, orders.tags):
                raise Refused(faults)
            step = order.content.steps[asked.step - 1]
            self._write(person, "order", order.id, field, step=asked.step)
            if step.how == "crew":
                return
            value: Literal["open", "closed"] = "open" if step.operation == "open" else "closed"
            wish = Wish(kind="switch", target=step.element.partition(":")[2], value=value, motive=f"{order.id} {asked.step}")
            try:
                self._desk.command(person, wish)
            except sqlite3.Error as error:
                self._write(person, "fail", order.id, field, step=asked.step, note=str(error)[:200])
                raise

    def report(self, person: Person, order: Order, asked: _Asked, field: Field) -> None:
        """Take a crew's answer: done, by whom and when."""
        now, zone = field.snapshot.as_of, field.snapshot.site.timezone
        at = Day.of(now, zone).instant(asked.at) if asked.at.strip() else now
        with self._standing.turn():
            order = self.find(order.id, asked.seen)
            faults = list(against_report(order, asked.step, at, now))
            if not asked.crew.strip():
                faults.append(Why(code="crew_without_name"))
            if faults:
                raise Refused(faults)
            told = {"step": asked.step, "crew": asked.crew.strip()[:80], "at": at.isoformat(), "note": asked.note.strip()[:200]}
            self._write(person, "report", order.id, field, **told)

    def fail(self, person: Person, order: Order, asked: _Asked, field: Field) -> None:
        """Say that a step was not done; it can be ordered again."""
        with self._standing.turn():
            order = self.find(order.id, asked.seen)
            number = order.next_step
            if not may(order, "fail") or number != asked.step or order.progress[number - 1].state != "ordered":
                raise Refused([Why(code="not_ordered", params={"step": asked.step})])
            self._write(person, "fail", order.id, field, step=asked.step, note=asked.note.strip()[:200])

    def settle(self, field: Field) -> None:
        """Take over what the telemetry and the loop tell of remote steps that are on their way."""
        for known in self._standing.now().all.values():
            if known.state == "running" and (number := known.next_step) is not None:
                self._settle(known.id, number, field)

    def _settle(self, name: str, number: int, field: Field) -> None:
        with self._standing.turn() as orders:
            order = orders.all[name]
            step, now = order.content.steps[number - 1], order.progress[number - 1]
            if now.state != "ordered" or step.how != "remote" or order.state != "running" or now.ordered_at is None:
                return
            told: dict[str, Any] = {"as_of": field.snapshot.as_of.isoformat(), "step": number}
            wanted = step.operation == "close"
            if field.snapshot.as_of > now.ordered_at and field.shows(step):
                self._desk.book.write(datetime.now(UTC), TELEMETRY, "-", "switching.confirm", name, **told)
                return
            index = int(step.element.partition(":")[2])
            asked = [each for each in field.snapshot.switch_orders if each.switch == index and each.closed == wanted]
            lost = [each for each in asked if each.start >= now.ordered_at and each.state in ("failed", "refused", "expired")]
            if lost and not any(each.state in ("sent", "accepted", "proposed") for each in asked):
                told["note"] = lost[-1].reason or lost[-1].state
                self._desk.book.write(datetime.now(UTC), TELEMETRY, "-", "switching.fail", name, **told)
