"""The XML documents of a CGMES set, unpacked with limits and looked at before anything parses them into elements.

A set comes as one zip (of XML files, or of one zip per profile), as a folder of such files, or as one XML file. Names inside
an archive are only ever shown, never used as a path; sizes are counted while unpacking and not believed; and a document with
a DOCTYPE is refused, because entities are what expands a small file without end or reaches for other files. A CGMES document
needs none (IEC 61970-552).
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.parsers import expat

from twin.domain.problems import BadInput, Problem, Problems
from twin.site.files import read_bytes

MAX_BYTES = 300_000_000
"""Of all documents together, unpacked: a national transmission grid with its node-breaker detail is a third of that."""

MAX_FILES = 200
"""In one archive or folder: eight profiles for each of two dozen operators."""

_XML, _ZIP = (".xml", ".rdf"), ".zip"
_NAMESPACES = {"http://iec.ch/TC57/2013/CIM-schema-cim16#": "2.4.15", "http://iec.ch/TC57/CIM100#": "3.0"}
_EXPORT = "export it anew as CGMES 2.4.15 or 3.0"


@dataclass(frozen=True)
class Document:
    """One XML file of the set. ``name`` says where it came from; ``version``: of CGMES, by its namespace."""

    name: str
    data: bytes
    version: str


class _Doctype(Exception):
    """The document declares a type."""


def cgmes_documents(path: Path) -> tuple[Document, ...]:
    """Every XML document of the set at ``path``: a .zip, an .xml, or a folder of these.

    Raises:
        BadInput: for a path that is none of these; for an archive that is damaged, encrypted, too deep or too large; and
            naming every document that is no well-formed XML, has a DOCTYPE, or is of no CGMES version known here.
    """
    place, budget, problems = f"grid file {path}", _Budget(MAX_BYTES, MAX_FILES), Problems()
    found = []
    for name, data in _members(path, place, budget):
        document = _checked(f"{place}, {name}" if name else place, data, problems)
        if document is not None:
            found.append(document)
    problems.raise_if_any()
    if not found:
        raise BadInput([Problem(place, "no XML file", "a CGMES set (.zip, .xml or a folder of them)", _EXPORT)])
    versions = {document.version for document in found}
    if len(versions) > 1:
        value = ", ".join(f"CGMES {version}" for version in sorted(versions))
        raise BadInput([Problem(place, value, "one version in a set", _EXPORT)])
    return tuple(found)


@dataclass
class _Budget:
    """Bytes and files that a set may still take."""

    bytes_left: int
    files_left: int

    def take(self, size: int, place: str) -> None:
        self.bytes_left -= size
        self.files_left -= 1
        limit, remedy = f"at most {MAX_BYTES} bytes in {MAX_FILES} files", "leave out what is no profile of this grid"
        if self.bytes_left < 0 or self.files_left < 0:
            raise BadInput([Problem(place, "more than a CGMES set holds", limit, remedy)])


def _members(path: Path, place: str, budget: _Budget) -> Iterator[tuple[str, bytes]]:
    """Name and content of every XML file; the name is empty for the file at ``path`` itself."""
    if path.is_dir():
        for file in sorted(file for file in path.iterdir() if file.is_file()):
            yield from _file(file, file.name, place, budget)
    elif path.is_file() and path.suffix.lower() in {*_XML, _ZIP}:
        yield from _file(path, "", place, budget)
    else:
        value = f"ends in {path.suffix or 'nothing'}" if path.is_file() else "no such file"
        raise BadInput([Problem(place, value, "a CGMES set (.zip, .xml or a folder of them)", "correct the path")])


def _file(file: Path, name: str, place: str, budget: _Budget) -> Iterator[tuple[str, bytes]]:
    suffix = file.suffix.lower()
    if suffix in _XML:
        budget.take(file.stat().st_size, place)
        yield name, read_bytes(file)
    elif suffix == _ZIP:
        if file.stat().st_size > MAX_BYTES:
            budget.take(file.stat().st_size, place)
        yield from _unpacked(read_bytes(file), name, place, budget, depth=0)


def _unpacked(data: bytes, outer: str, place: str, budget: _Budget, *, depth: int) -> Iterator[tuple[str, bytes]]:
    """The XML files of an archive and of the archives in it, one level down."""
    where = f"{place}, {outer}" if outer else place
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for info in archive.infolist():
                suffix = Path(info.filename).suffix.lower()
                if info.is_dir() or suffix not in {*_XML, _ZIP}:
                    continue
                name = f"{outer}/{info.filename}" if outer else info.filename
                member = _read(archive, info, f"{place}, {name}", budget)
                if suffix != _ZIP:
                    yield name, member
                elif depth == 0:
                    yield from _unpacked(member, name, place, budget, depth=1)
                else:
                    limit, remedy = "archives one level deep", "unpack it and pack the XML files alone"
                    raise BadInput([Problem(f"{place}, {name}", "an archive in an archive in an archive", limit, remedy)])
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        # RuntimeError: encrypted; NotImplementedError: a packing that Python does not know
        raise BadInput([Problem(where, str(error), "a whole zip without a password", "pack the XML files anew")]) from None


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, place: str, budget: _Budget) -> bytes:
    with archive.open(info) as member:
        data = member.read(budget.bytes_left + 1)  # one byte too many is enough to know
    budget.take(len(data), place)
    return data


def _checked(name: str, data: bytes, problems: Problems) -> Document | None:
    spaces: set[str] = set()

    def refuse(*_declared: object) -> None:
        raise _Doctype

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = refuse
    parser.StartNamespaceDeclHandler = lambda _prefix, uri: spaces.add(uri)
    try:
        parser.Parse(data, True)
    except _Doctype:
        problems.add(name, "a DOCTYPE", "XML without one", _EXPORT)
        return None
    except (expat.ExpatError, LookupError, ValueError) as error:  # the latter two: an encoding that is not known
        problems.add(name, str(error), "well-formed XML", _EXPORT)
        return None
    version = {_NAMESPACES[space] for space in spaces if space in _NAMESPACES}
    if len(version) != 1:
        value = ", ".join(sorted(spaces)) or "no namespace"
        problems.add(name, value, f"one of {', '.join(_NAMESPACES)}", _EXPORT)
        return None
    return Document(name, data, version.pop())
