"""The people of one site: ``<state>/access/people.toml``, readable by its owner alone and replaced as a whole."""

from __future__ import annotations

import json
import os
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from typing import Annotated, Any

from pydantic import StringConstraints, TypeAdapter, ValidationError

from dashboard.regie.access import passwords
from dashboard.regie.access.roles import Role
from dashboard.regie.access.settings import folder_of

FILE = "people.toml"
ONE_TIME_LIFE = timedelta(hours=24)
Name = Annotated[str, StringConstraints(pattern=r"^[^\W_][\w.@ -]{0,39}$", strip_whitespace=True)]
"""Letters, digits, point, hyphen, space, @: what stands in the book and on the screen."""

_NAME: TypeAdapter[str] = TypeAdapter(Name)


@dataclass(frozen=True)
class Entry:
    """Somebody who may log in.

    Attributes:
        password: argon2 hash; None for people who come through the town's own login. ``disabled``: they may not.
        once_until: the password holds for one login until then, at which it must be replaced; None for their own.
        changed_at: since when password and door are as they are; sessions that are older end.
    """

    name: str
    role: Role
    password: str | None
    changed_at: datetime
    disabled: bool = False
    once_until: datetime | None = None


class People:
    """The file of one state directory; read anew when it changes."""

    def __init__(self, state: Path) -> None:
        self.path = folder_of(state) / FILE
        self._stamp: tuple[int, int, int] | None = None
        self._entries: Mapping[str, Entry] = {}

    def all(self) -> Mapping[str, Entry]:
        """Name -> entry; empty before the first.

        Raises:
            ValueError: a file that is no list of people, with its faults.
        """
        try:
            stat = self.path.stat()
        except FileNotFoundError:
            self._stamp, self._entries = None, {}
            return self._entries
        stamp = (stat.st_mtime_ns, stat.st_ino, stat.st_size)
        if stamp != self._stamp:
            self._entries, self._stamp = self._read(), stamp
        return self._entries

    def get(self, name: str) -> Entry | None:
        """One person, None for nobody."""
        return self.all().get(name)

    def alike(self, name: str) -> Entry | None:
        """Who has this name or one that reads the same, None for nobody: whoever had two would be two pairs of eyes."""
        read = _as_read(name)
        return self.get(name) or next((entry for entry in self.all().values() if _as_read(entry.name) == read), None)

    def known(self, name: str) -> Entry:
        """One person.

        Raises:
            ValueError: there is no such person.
        """
        found = self.get(name)
        if found is None:
            raise ValueError(f"there is no {name!r}; regie user list shows who is there")
        return found

    def check_new(self, name: str) -> str:
        """The name of somebody who is not there yet, without spaces around it.

        Raises:
            ValueError: the name or one that reads the same is taken, or it is none.
        """
        name = valid_name(name)
        if (entry := self.alike(name)) is not None:
            raise ValueError(f"{entry.name!r} is there already; regie user password or role changes what they have")
        return name

    def add(self, name: str, role: Role, password: str | None, *, once: bool) -> Entry:
        """A new person; with ``once`` the password must be replaced at the first login.

        Raises:
            ValueError: the name is taken or is none.
        """
        name = self.check_new(name)
        now = datetime.now(UTC)
        kept = None if password is None else passwords.hashed(password)
        entry = Entry(name, role, kept, now, once_until=now + ONE_TIME_LIFE if once else None)
        self._put(entry)
        return entry

    def set_password(self, name: str, password: str, *, once: bool) -> None:
        """Replace a password; open sessions of that person end.

        Raises:
            ValueError: there is no such person.
        """
        now = datetime.now(UTC)
        until = now + ONE_TIME_LIFE if once else None
        self._put(replace(self.known(name), password=passwords.hashed(password), changed_at=now, once_until=until))

    def set_role(self, name: str, role: Role) -> None:
        """Give somebody another role; open sessions have it at once.

        Raises:
            ValueError: there is no such person.
        """
        self._put(replace(self.known(name), role=role))

    def disable(self, name: str, *, disabled: bool = True) -> None:
        """Close or open the door for somebody; open sessions end.

        Raises:
            ValueError: there is no such person.
        """
        self._put(replace(self.known(name), disabled=disabled, changed_at=datetime.now(UTC)))

    def remove(self, names: Iterable[str]) -> None:
        """Forget people altogether."""
        gone = set(names)
        self._write(entry for name, entry in self.all().items() if name not in gone)

    def bar(self, name: str) -> None:
        """Close the door for somebody of the town's own login, whom this file does not know.

        Raises:
            ValueError: no name.
        """
        self._put(Entry(valid_name(name), Role.VIEWER, None, datetime.now(UTC), disabled=True))

    def _put(self, entry: Entry) -> None:
        self._write({**self.all(), entry.name: entry}.values())

    def _write(self, entries: Iterable[Entry]) -> None:
        text = "# Written by regie user and by the login page; passwords are argon2id hashes.\n"
        text += "".join(map(_as_toml, entries))
        write_private(self.path, text)
        self._stamp = None

    def _read(self) -> Mapping[str, Entry]:
        try:
            rows = tomllib.loads(self.path.read_text("utf-8")).get("person", [])
            entries = [_entry(row) for row in rows]
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{self.path}: {error!r}; repair the file or write it anew with regie user add") from error
        return {entry.name: entry for entry in entries}


def valid_name(name: str) -> str:
    """The name without spaces around it.

    Raises:
        ValueError: for what is no name.
    """
    try:
        return _NAME.validate_python(name)
    except ValidationError:
        raise ValueError(f"name {name!r}: expected 1 to 40 letters, digits, '.', '@', '-' or spaces") from None


def _as_read(name: str) -> str:
    """The same for names that differ in capitals, or in how an accent is composed (Unicode, compatibility caseless match)."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def write_private(path: Path, text: str) -> None:
    """Replace a file as a whole; only its owner reads it, and a crash leaves the old one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{token_hex(6)}")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        with suppress(FileNotFoundError):
            beside.unlink()


def _entry(row: Mapping[str, Any]) -> Entry:
    return Entry(
        str(row["name"]),
        Role(row["role"]),
        row.get("password"),
        datetime.fromisoformat(row["changed_at"]),
        bool(row.get("disabled", False)),
        datetime.fromisoformat(row["once_until"]) if "once_until" in row else None,
    )


def _as_toml(entry: Entry) -> str:
    fields = {
        "name": entry.name,
        "role": str(entry.role),
        "password": entry.password,
        "changed_at": entry.changed_at.isoformat(),
        "disabled": entry.disabled or None,
        "once_until": None if entry.once_until is None else entry.once_until.isoformat(),
    }
    # A JSON string is a TOML basic string for everything that a name may hold.
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in fields.items() if value is not None]
    return "\n[[person]]\n" + "".join(lines)
