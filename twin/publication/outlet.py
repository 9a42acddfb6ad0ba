"""The outlet: ``STATE/public/release.json`` and ``STATE/public/open/``, written from the book and repaired from it.

Every file is there as a whole or not at all. What is lost, torn or altered is written anew, what does not belong is taken away:
whenever the process that writes was killed, the next look makes the folder what the book says.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from pathlib import Path

from twin.contracts.open_tables import FOLDER, HOURS, MONTHS, REVISIONS, TABLES, YEARS, Table
from twin.contracts.public_release import FILE, PublicRelease
from twin.contracts.publication import HourFigure, PublicationFacts
from twin.domain.whole_file import write_whole
from twin.publication.datapackage import FILE as PACKAGE
from twin.publication.datapackage import package_of, schema_of
from twin.publication.release import release_of, revision_log
from twin.publication.standing import Published, Revision
from twin.publication.tables import Row, as_csv, as_json, as_text, hour_rows, period_rows, revision_rows

HoursOf = Callable[[Revision], tuple[HourFigure, ...] | None]
"""The hours of an approved month; None where they are lost."""
_Stamp = tuple[int, int, int]


def files_of(published: Published, facts: PublicationFacts, now: datetime, hours_of: HoursOf) -> dict[str, bytes]:
    """Name below ``STATE/public`` -> content, at ``now`` (wall clock); nothing before the first deed."""
    release = release_of(published, facts, now)
    if release is None:
        return {}
    revisions = revision_log(published, facts, now)
    tables: dict[str, tuple[Table, list[Row]]] = {
        "months": (MONTHS, period_rows(revisions, MONTHS)),
        "years": (YEARS, period_rows(revisions, YEARS)),
        "revisions": (REVISIONS, revision_rows(revisions)),
    }
    for revision, standing in sorted(revisions, key=lambda each: each[0].figure.period):
        wanted = standing and facts.hours_public and revision.hours is not None
        if wanted and (hours := hours_of(revision)) is not None:
            tables[f"hours-{revision.figure.period}"] = (HOURS, hour_rows(hours, revision, facts))
    licences = {revision.licence for revision, _ in revisions} | {release.licence}
    return {FILE: release.model_dump_json().encode(), **_open_files(tables, release, facts, licences)}


def _open_files(
    tables: Mapping[str, tuple[Table, list[Row]]], release: PublicRelease, facts: PublicationFacts, licences: Collection[str]
) -> dict[str, bytes]:
    files = {f"schema-{table.name}.json": as_text(schema_of(table)) for table in TABLES}
    for stem, (table, rows) in tables.items():
        files[f"{stem}.csv"] = as_csv(table, rows)
        files[f"{stem}.json"] = as_json(table, rows)
    listed = [(stem, table) for stem, (table, _) in tables.items()]
    files[PACKAGE] = as_text(package_of(release, facts, sorted(licences), listed, files))
    return {f"{FOLDER}/{name}": data for name, data in files.items()}


class Outlet:
    """The only writer of these files of one state directory."""

    def __init__(self, state: Path) -> None:
        self._folder = state / "public"
        self._stamps: dict[str, _Stamp | None] = {}

    def keep(self, files: Mapping[str, bytes], *, hides: bool = False) -> tuple[str, ...]:
        """Make the folder hold these files and no others of the outlet's; returns the names that were not as they should be.

        Args:
            hides: the release takes figures away (an embargo, the privacy rule): it goes first, and the tables follow. Else it
                comes last, when all is there that it speaks of.

        Raises:
            OSError: when the disk does not take one; the next call goes on.
        """
        self._stamps = {}
        changed = []
        for name in sorted(files, key=lambda name: ((name == FILE) is not hides, name)):
            path = self._folder / name
            if _read(path) != files[name]:
                path.parent.mkdir(parents=True, exist_ok=True)
                write_whole(path, files[name])
                changed.append(name)
        for name in self._surplus(files):
            (self._folder / name).unlink()
            changed.append(name)
        self._stamps = {name: _stamp(self._folder / name) for name in files}
        return tuple(changed)

    def intact(self) -> bool:
        """Whether every file lies there as `keep` left it; it looks at sizes and times, not at the content."""
        return all(stamp is not None and _stamp(self._folder / name) == stamp for name, stamp in self._stamps.items())

    def _surplus(self, files: Mapping[str, bytes]) -> Iterator[str]:
        """Files of the outlet that nobody approved, and halves that a kill left."""
        found = [FILE, f".{FILE}.new", *(f"{FOLDER}/{path.name}" for path in sorted((self._folder / FOLDER).glob("*")))]
        return (name for name in found if name not in files and (self._folder / name).is_file())


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _stamp(path: Path) -> _Stamp | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_ino, stat.st_size
