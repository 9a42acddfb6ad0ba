"""Calls that leave the house: a mail to whom the roster calls, out of the tick's time, tried again until the server takes it.

Whom a tick called stands in the journal, what became of the mail in its notes beside the chain. So a call that a kill
interrupted leaves after the restart; it may come twice then, under one identity, but not never.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

from twin.contracts.messages import Alarm
from twin.domain.time import from_epoch_s
from twin.regie.journal import Journal
from twin.site.rules import Mail, OnCall

AGAIN_S = 30.0
"""Wall time after which a mail that was not taken is tried again."""
_LONGEST_S = 60.0
"""Wall time of one try: a server may answer, and still never come to an end."""
_LAST_S = 30.0
_POLL_S = 0.05
_LOOK_BACK = 96
"""Records in which a restart looks for calls that never left: about a day."""


@dataclass(frozen=True)
class Call:
    """Somebody who is called: ``at`` is grid time, ``key`` the most urgent alarm, ``others`` how many wait beside it."""

    at: str
    who: str
    level: int
    key: str
    others: int

    @property
    def identity(self) -> tuple[str, str, int]:
        """What no two calls have in common."""
        return self.at, self.who, self.level


class Calls:
    """The mails of one run, one at a time, each in a process of its own.

    Args:
        state: whose snapshots say what the alarm is. ``mail``: the server; without it nobody is written to.
    """

    def __init__(self, state: Path, mail: Mail | None, roster: Sequence[OnCall]) -> None:
        self._state = state
        self._mail = mail
        self._people = {step.who: step for step in roster if step.mail} if mail is not None else {}
        self._waiting: dict[tuple[str, str, int], Call] = {}
        self._not_before: dict[tuple[str, str, int], float] = {}
        self._failing: dict[tuple[str, str, int], str] = {}
        self._sending: Call | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._answer: IO[bytes] | None = None
        self._begun = 0.0

    def resume(self, journal: Journal) -> None:
        """Take up what was called before a restart and, as far as the notes know, not mailed."""
        if not self._people:
            return
        for record in journal.records(max(journal.acked - _LOOK_BACK, 0)):
            self.tell(from_epoch_s(record.as_of_s), record.meta["lines"])
        for detail in journal.notes("call"):
            if detail["outcome"] == "mailed":
                self._waiting.pop((detail["at"], detail["who"], detail["level"]), None)

    def tell(self, as_of: datetime, lines: Iterable[Sequence[Any]]) -> None:
        """The running journal's lines of a tick: whom it calls is written to from the next `look` on."""
        for code, said in lines:
            if code == "alarm_escalated" and said["who"] in self._people:
                call = Call(as_of.isoformat(), said["who"], said["level"], said["key"], said["others"])
                self._waiting[call.identity] = call

    def look(self) -> list[dict[str, Any]]:
        """What became of a mail since the last look, for the notes; then the next one begins. Never waits."""
        found = self._ended()
        if self._process is None:
            now = time.monotonic()
            due = (call for key, call in self._waiting.items() if self._not_before.get(key, now) <= now)
            call = next(due, None)
            if call is not None:
                try:
                    self._begin(call)
                except OSError as error:  # no room or no process to be had
                    found += self._failed(call, str(error))
        return found

    def alarms(self, as_of: datetime) -> tuple[Alarm, ...]:
        """The host's alarm while somebody who is called cannot be written to."""
        if not self._failing:
            return ()
        who = ", ".join(sorted({who for _, who, _ in self._failing}))
        params = {"who": who, "reason": next(reversed(self._failing.values()))}
        return (
            Alarm(
                key="host:calls",
                priority=2,
                code="call_not_mailed",
                params=params,
                element="site",
                since=as_of,
                at=as_of,
                act_before=as_of + timedelta(minutes=15),
                owner="system_operation",
                parent=None,
                acknowledged_by=None,
                acknowledged_at=None,
                cleared_at=None,
            ),
        )

    def stop(self) -> list[dict[str, Any]]:
        """The run is over: what still waits has a moment to leave. What became of it."""
        found, last = self.look(), time.monotonic() + _LAST_S
        while self._process is not None and time.monotonic() < last:
            time.sleep(_POLL_S)
            found += self.look()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        return found

    # ------------------------------------------------------------------------------------------ inside

    def _begin(self, call: Call) -> None:
        person = self._people[call.who]
        asked = {"to": person.mail, "language": person.language} | asdict(call)
        asked |= {"state": str(self._state), "mail": self._mail.model_dump() if self._mail is not None else None}
        with tempfile.TemporaryFile() as letter:
            letter.write(json.dumps(asked).encode())
            letter.seek(0)
            self._answer = tempfile.TemporaryFile()  # noqa: SIM115 - read when the process has ended, and closed there
            self._process = subprocess.Popen(
                [sys.executable, "-m", "twin.live.call_mail"],
                stdin=letter,
                stdout=self._answer,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._sending, self._begun = call, time.monotonic()

    def _ended(self) -> list[dict[str, Any]]:
        """What became of the mail under way, once it is known."""
        process, call, answer = self._process, self._sending, self._answer
        if process is None or call is None or answer is None:
            return []
        reason = ""
        if process.poll() is None:
            if time.monotonic() - self._begun < _LONGEST_S:
                return []
            process.kill()
            process.wait()
            reason = f"no end within {_LONGEST_S:g} s"
        answer.seek(0)
        reason = reason or answer.read().decode(errors="replace").strip()
        answer.close()
        self._process = self._sending = self._answer = None
        if process.returncode:
            return self._failed(call, reason)
        for kept in (self._waiting, self._not_before, self._failing):
            kept.pop(call.identity, None)
        return [{"at": call.at, "who": call.who, "level": call.level, "outcome": "mailed"}]

    def _failed(self, call: Call, reason: str) -> list[dict[str, Any]]:
        """It is tried again later; a reason is told once, however often it is met."""
        self._not_before[call.identity] = time.monotonic() + AGAIN_S
        known = self._failing.pop(call.identity, None)
        self._failing[call.identity] = reason
        told = {"at": call.at, "who": call.who, "level": call.level, "outcome": "failed", "reason": reason}
        return [] if reason == known else [told]
