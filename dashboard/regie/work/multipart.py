"""A form with files as a browser sends it (RFC 7578), whole in memory: a few photos, and no dependency for it."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import Message


class NoForm(ValueError):
    """The body is no such form; the message says why."""


@dataclass(frozen=True)
class Field:
    """One field. ``file``: name of the file as the sender calls it, None for a value that was typed."""

    name: str
    file: str | None
    data: bytes

    @property
    def text(self) -> str:
        """A typed value, with line feeds alone.

        Raises:
            NoForm: when it is no UTF-8.
        """
        try:
            return self.data.decode("utf-8").replace("\r\n", "\n").strip()
        except UnicodeDecodeError:
            raise NoForm(f"{self.name} is no UTF-8") from None


def read_form(content_type: str, body: bytes) -> tuple[Field, ...]:
    """The fields in their order; a file that nobody chose is left out.

    Raises:
        NoForm: for another type, or a body that is cut off.
    """
    kind = Message()
    kind["content-type"] = content_type
    boundary = kind.get_param("boundary")
    if kind.get_content_type() != "multipart/form-data" or not isinstance(boundary, str) or not 0 < len(boundary) <= 70:
        raise NoForm("expected multipart/form-data with a boundary")
    mark = b"--" + boundary.encode("ascii", "replace")
    # RFC 2046, 5.1.1: the line break before a boundary belongs to it
    pieces = (b"\r\n" + body).split(b"\r\n" + mark)
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        raise NoForm("the end is missing")
    fields = [_field(piece) for piece in pieces[1:-1]]
    return tuple(field for field in fields if field.file != "" or field.data)


def _field(piece: bytes) -> Field:
    head, found, data = piece.partition(b"\r\n\r\n")
    if not found:
        raise NoForm("a field has no header")
    header = Message()
    for line in head.decode("utf-8", "replace").split("\r\n"):
        key, colon, value = line.partition(":")
        if colon and key.strip().lower() == "content-disposition":
            header["content-disposition"] = value.strip()
    name = header.get_param("name", header="content-disposition")
    if not isinstance(name, str):
        raise NoForm("a field has no name")
    file = header.get_param("filename", header="content-disposition")
    return Field(name, file[-80:] if isinstance(file, str) else None, data)
