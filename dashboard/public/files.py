"""Every public answer as files, for a plain static host or a CDN.

A snapshot is one *generation*: a complete directory, written beside the one that is served. ``current`` is a link that moves to
it in one step, so that a reader sees one snapshot or the next, never half of one:

    DIR/current -> generations/7
    DIR/generations/6/...                  the one before, for who is still copying it; gone while figures are withdrawn
    DIR/generations/7/en/index.html        and index.html.gz beside it, live.json, live.json.gz ...
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from typing import Protocol

from dashboard.format import LANGUAGES
from dashboard.public import shelf
from dashboard.public.shelf import Answer
from twin.domain.problems import BadInput, Problem

CURRENT, GENERATIONS, LOCK = "current", "generations", ".lock"
_NEXT = f"{CURRENT}.new"
NOT_FOUND = "404.html"
HELD_BACK = ".held-back"
"""Lies in a generation while figures are withdrawn, for a server that then lets nobody keep what it hands out."""
ASSETS = "assets"
"""Files in this folder are named after their content."""
ASSETS_KEPT = timedelta(hours=1)
"""A page that was fetched before the programme was renewed still asks for its own style."""


class Answers(Protocol):
    """What an export needs of the public app."""

    def addresses(self) -> Iterable[str]:
        """Every address that answers now, such as "/en/live.json"; a folder's ends with a slash."""
        ...

    @property
    def held_back(self) -> bool:
        """Whether figures are withdrawn now."""
        ...

    def answer(self, method: str, path: str, accept_language: str) -> Answer:
        """The answer to one request."""
        ...


@dataclass
class Export:
    """A directory kept equal to what the app answers, by one process at a time.

    Raises:
        BadInput: it holds something else, or another process keeps it.
        OSError: it cannot be written.
    """

    answers: Answers
    directory: Path
    _tags: dict[str, bytes] = field(default_factory=dict)
    _assets: dict[str, datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        strangers = {found.name for found in self.directory.iterdir()} - {CURRENT, _NEXT, GENERATIONS, LOCK}
        if strangers:
            raise _refused(
                self.directory, f"holds {min(strangers)!r}", "an empty directory or an earlier export", "give another one"
            )
        self._lock = (self.directory / LOCK).open("ab")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            raise _refused(
                self.directory, "another export is at work", "one at a time", "end it, or give another one"
            ) from None
        (self.directory / GENERATIONS).mkdir(exist_ok=True)

    def close(self) -> None:
        """Let go of the directory; what is exported stays."""
        self._lock.close()

    def bring_up_to_date(self, now: datetime) -> int:
        """Put a new generation in place if an answer has changed.

        The first time always, and every file anew: nobody knows what a crash of the machine has left in them.

        Args:
            now: instant, which tells for how long an asset has not been asked for by any page.

        Returns:
            Number of answers that are new or have changed.

        Raises:
            OSError: they cannot be written.
            Exception: they cannot be made. After either, while figures are held back, nothing is left that might tell any.
        """
        try:
            return self._bring_up_to_date(now)
        except Exception:  # raised again: whatever it is, figures that are held back must not stay
            if self.answers.held_back:
                self._withdraw()
            raise

    def _bring_up_to_date(self, now: datetime) -> int:
        before = self._current()
        found = dict(exported(self.answers))
        held_back = self.answers.held_back  # after the answers, for they may be the first to know
        if before is not None:
            found |= self._withheld(before, found)
        tags = {name: one.etag for name, one in found.items()}
        if tags == self._tags and before is not None and (before / HELD_BACK).exists() == held_back:
            return 0
        new = self.directory / GENERATIONS / str(1 if before is None else int(before.name) + 1)
        if new.exists():
            shutil.rmtree(new)  # an export was killed over it
        changed = {name for name, tag in tags.items() if self._tags.get(name) != tag}
        for name, one in found.items():
            for file, body in _files(name, one):
                _put(new / file, body, None if before is None or name in changed else before / file)
        if before is not None:
            self._keep_assets(before, new, now)
        if held_back:
            (new / HELD_BACK).touch()
        self._turn_to(new, kept=0 if held_back else 1)
        self._tags = tags
        return len(changed)

    def _current(self) -> Path | None:
        link = self.directory / CURRENT
        return self.directory / link.readlink() if link.is_symlink() else None

    def _withheld(self, before: Path, found: Mapping[str, Answer]) -> dict[str, Answer]:
        """Why it is not there, in place of each file that is withdrawn: a copy that deletes nothing is overwritten by it."""
        names = {str(path.relative_to(before)) for path in before.rglob("*") if path.is_file()}
        gone = {name.removesuffix(".gz") for name in names} - found.keys()
        answers = {name: self.answers.answer("GET", f"/{name}", "") for name in gone}
        return {name: one for name, one in answers.items() if one.status == HTTPStatus.FORBIDDEN}

    def _withdraw(self) -> None:
        (self.directory / CURRENT).unlink(missing_ok=True)
        for generation in (self.directory / GENERATIONS).iterdir():
            shutil.rmtree(generation)
        self._tags = {}

    def _keep_assets(self, before: Path, new: Path, now: datetime) -> None:
        """Link the assets that no page of ``new`` asks for any more, until their time is over."""
        gone = {path.name for path in (before / ASSETS).glob("*")} - {path.name for path in (new / ASSETS).glob("*")}
        self._assets = {name: self._assets.get(name, now) for name in gone}
        for name, since in self._assets.items():
            if now - since < ASSETS_KEPT:
                _put(new / ASSETS / name, b"", before / ASSETS / name)

    def _turn_to(self, new: Path, kept: int) -> None:
        """Move the link, and remove all generations but the new one and the last ``kept`` before it."""
        link = self.directory / _NEXT
        link.unlink(missing_ok=True)
        link.symlink_to(Path(GENERATIONS) / new.name)
        link.replace(self.directory / CURRENT)
        for old in new.parent.iterdir():
            if int(old.name) < int(new.name) - kept:
                shutil.rmtree(old)


def exported(answers: Answers) -> Iterator[tuple[str, Answer]]:
    """Pairs of file name and answer: what a host that knows no more than files can say.

    A page is kept whatever its status, because it says in words what is wrong; of everything else only what succeeded. What
    must not be stored is not, and a missing slash is added by any host.
    """
    for address in answers.addresses():
        one = answers.answer("GET", address, "")
        headers = dict(one.headers)
        page = headers[b"content-type"].startswith(shelf.HTML.encode())
        moved, stored = 300 <= one.status < 400, b"no-store" not in headers[b"cache-control"]
        if stored and not moved and (page or one.status == 200):
            yield file_name(address), one
    for language in LANGUAGES:
        yield f"{language}/{NOT_FOUND}", answers.answer("GET", f"/{language}/{NOT_FOUND}", language)
    yield NOT_FOUND, answers.answer("GET", f"/{NOT_FOUND}", "")


def file_name(address: str) -> str:
    """The file of an address, relative to the export: "/en/" is "en/index.html".

    Raises:
        ValueError: it would leave the export.
    """
    path = PurePosixPath(address.removeprefix("/"))
    if path.is_absolute() or ".." in path.parts or "\0" in address:
        raise ValueError(f"address {address!r} leaves the export")
    return str(path / "index.html") if address.endswith("/") else str(path)


def _files(name: str, one: Answer) -> Iterator[tuple[str, bytes]]:
    yield name, one.plain
    if len(one.packed) < len(one.plain):  # a picture is packed already
        yield f"{name}.gz", one.packed


def _put(file: Path, body: bytes, same: Path | None) -> None:
    """Write a file, or link the one of the generation before: its time stays, and with it what caches know of it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    if same is not None:
        os.link(same, file)
    else:
        file.write_bytes(body)


def _refused(directory: Path, found: str, limit: str, remedy: str) -> BadInput:
    return BadInput([Problem(str(directory), found, limit, remedy)])
