"""What the door remembers: sessions, tokens and failed logins, in one small database beside the list of people.

Secrets are kept as SHA-256 alone: they are 256 random bits, so that a slow hash would add nothing, and whoever reads the file
cannot log in with it. On disk, so that a restart of the web process throws nobody out.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dashboard.regie.access.roles import Role
from dashboard.regie.access.settings import folder_of

FILE = "access.sqlite"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS session (
    hash TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT, stage TEXT NOT NULL, opened_at REAL NOT NULL, seen_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS token (
    id TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, label TEXT NOT NULL, role TEXT NOT NULL, issued_at REAL NOT NULL,
    expires REAL NOT NULL, revoked_at REAL);
CREATE TABLE IF NOT EXISTS failure (id INTEGER PRIMARY KEY, key TEXT NOT NULL, at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS errand (hash TEXT PRIMARY KEY, kept TEXT NOT NULL, expires REAL NOT NULL);
"""


@dataclass(frozen=True)
class Session:
    """Somebody's open door.

    Attributes:
        role: as the town's own login gave it; None for local people, whose role the list of people says.
        stage: "open"; "password" while a one-time password is still to be replaced; "locked" once another has taken its place.
        seen_at: when somebody last had a hand on it.
    """

    hash: str
    name: str
    role: Role | None
    stage: str
    opened_at: datetime
    seen_at: datetime


@dataclass(frozen=True)
class Token:
    """A key for programs.

    Attributes:
        id: public part, in the list and in the book. ``label``: what it is for.
    """

    id: str
    label: str
    role: Role
    issued_at: datetime
    expires: datetime
    revoked_at: datetime | None


def fingerprint(secret: str) -> str:
    """What is kept of a random secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


class Ledger:
    """The database of one state directory; safe to use from several threads and processes."""

    def __init__(self, state: Path) -> None:
        self.path = folder_of(state) / FILE

    # ------------------------------------------------------------------------------------------ sessions

    def open_session(self, name: str, role: Role | None, stage: str, now: datetime) -> str:
        """A new session; returns its secret, which nobody keeps but the browser."""
        secret = secrets.token_urlsafe(32)
        row = (fingerprint(secret), name, role, stage, now.timestamp(), now.timestamp())
        with self.open() as db:
            db.execute("INSERT INTO session VALUES (?, ?, ?, ?, ?, ?)", row)
        return secret

    def session(self, secret: str) -> Session | None:
        """The session of a secret, None for none."""
        with self.open() as db:
            row = db.execute("SELECT * FROM session WHERE hash = ?", (fingerprint(secret),)).fetchone()
        if row is None:
            return None
        key, name, role, stage, opened_at, seen_at = row
        return Session(key, name, Role(role) if role else None, stage, _instant(opened_at), _instant(seen_at))

    def touch(self, session: Session, now: datetime) -> None:
        """Somebody has a hand on it."""
        with self.open() as db:
            db.execute("UPDATE session SET seen_at = ? WHERE hash = ?", (now.timestamp(), session.hash))

    def lock(self, session: Session) -> None:
        """Leave it the alarms and the grid; only another login opens more."""
        with self.open() as db:
            db.execute("UPDATE session SET stage = 'locked' WHERE hash = ?", (session.hash,))

    def end_session(self, session: Session) -> None:
        """Close it for good."""
        with self.open() as db:
            db.execute("DELETE FROM session WHERE hash = ?", (session.hash,))

    def end_sessions_of(self, name: str) -> int:
        """Close every session of somebody; returns how many there were."""
        with self.open() as db:
            return db.execute("DELETE FROM session WHERE name = ?", (name,)).rowcount

    def forget_before(self, instant: datetime) -> None:
        """Drop sessions that were opened before."""
        with self.open() as db:
            db.execute("DELETE FROM session WHERE opened_at < ?", (instant.timestamp(),))

    # ------------------------------------------------------------------------------------------ tokens

    def issue(self, label: str, role: Role, now: datetime, life: timedelta) -> tuple[Token, str]:
        """A new token and its secret, which is shown once."""
        token = Token(secrets.token_hex(4), label, role, now, now + life, None)
        secret = f"regie_{token.id}_{secrets.token_urlsafe(32)}"
        row = (token.id, fingerprint(secret), label, role, now.timestamp(), token.expires.timestamp(), None)
        with self.open() as db:
            db.execute("INSERT INTO token VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        return token, secret

    def token(self, secret: str) -> Token | None:
        """The token of a secret, expired and revoked ones too; None for none."""
        with self.open() as db:
            row = db.execute(f"{_TOKENS} WHERE hash = ?", (fingerprint(secret),)).fetchone()
        return None if row is None else _token(row)

    def tokens(self) -> list[Token]:
        """Every token, oldest first."""
        with self.open() as db:
            return [_token(row) for row in db.execute(f"{_TOKENS} ORDER BY issued_at")]

    def revoke(self, token: str, now: datetime) -> bool:
        """End a token; False when there is none that holds."""
        with self.open() as db:
            query = "UPDATE token SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL"
            return db.execute(query, (now.timestamp(), token)).rowcount == 1

    @contextmanager
    def open(self) -> Iterator[sqlite3.Connection]:
        """The database, made for its owner alone where it is not there yet; each statement is durable.

        Raises:
            sqlite3.Error: when it cannot be read or written.
        """
        if not self.path.exists():
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o600))
        with closing(sqlite3.connect(self.path, timeout=5.0, isolation_level=None)) as db:
            db.execute("PRAGMA secure_delete=ON")  # what goes is overwritten, not only unlinked
            if db.execute("PRAGMA user_version").fetchone() == (0,):
                db.execute("PRAGMA journal_mode=WAL")
                db.executescript(_SCHEMA)
                db.execute("PRAGMA user_version=1")
            yield db


_TOKENS = "SELECT id, label, role, issued_at, expires, revoked_at FROM token"


def _token(row: tuple[str, str, str, float, float, float | None]) -> Token:
    key, label, role, issued_at, expires, revoked_at = row
    gone = None if revoked_at is None else _instant(revoked_at)
    return Token(key, label, Role(role), _instant(issued_at), _instant(expires), gone)


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
