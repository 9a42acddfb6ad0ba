"""Photos of a crew: told by their content, rid of position, time and device, named by their content.

A camera writes into a photo where and when it was taken and with which device. Nothing of that is kept: JPEG, PNG and WebP are
walked part by part and only what the picture needs is copied, so that it stays as it is, bit for bit. Of a JPEG's Exif the
orientation stays, without which a photo lies on its side.

Sources: ITU-T T.81 annex B (JPEG markers), Exif 2.32 (4.6.2, tag 0x0112), W3C PNG third edition (5.3, 11), RFC 9649 (WebP).
"""

from __future__ import annotations

import hashlib
import os
import re
import struct
from pathlib import Path

from twin.contracts.work_order import Why

MAX_BYTES = 12_000_000
"""Of one photo: a phone's camera writes 2 to 8 MB."""
MAX_PHOTOS = 6
MEDIA_TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
"""By the ending of a stored name."""

_JPEG, _PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
_SOS, _EOI, _COM, _APP0, _APP1, _APP2, _APP14, _APP15 = 0xDA, 0xD9, 0xFE, 0xE0, 0xE1, 0xE2, 0xEE, 0xEF
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]", re.DOTALL)
"""In coded data: neither a stuffed byte nor a restart (T.81, B.1.1.5)."""
_ORIENTATION = 0x0112
_PNG_KEPT = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"bKGD", b"pHYs"}
_WEBP_KEPT = {b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ICCP"}
_WEBP_FLAGS = ~0b0000_1110 & 0xFF
"""Of VP8X: all but Exif, XMP and animation."""


class _Broken(ValueError):
    """Not the file that its first bytes promise."""


def bare_photo(name: str, data: bytes) -> tuple[str, bytes] | Why:
    """Ending and bytes of a photo without its metadata, or why it is refused.

    Args:
        name: as the sender calls it; only words of a refusal use it.
    """
    if not data:
        return Why(code="photo_empty", params={"name": name})
    if len(data) > MAX_BYTES:
        return Why(code="photo_large", params={"name": name, "mb": len(data) / 1e6, "limit_mb": MAX_BYTES / 1e6})
    ending = _kind(data)
    if ending is None:
        return Why(code="photo_kind", params={"name": name})
    try:
        return ending, {"jpg": _bare_jpeg, "png": _bare_png, "webp": _bare_webp}[ending](data)
    except (_Broken, struct.error, IndexError):
        return Why(code="photo_broken", params={"name": name})


def store_photo(folder: Path, ending: str, data: bytes) -> str:
    """Name under which the photo lies in ``folder``, on disk when this returns; the same photo again is the same file.

    Raises:
        OSError: when the disk does not take it.
    """
    name = f"{hashlib.sha256(data).hexdigest()}.{ending}"
    path = folder / name
    if path.exists():
        return name
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".{name}.{os.getpid()}.new"
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    directory = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
    return name


def _kind(data: bytes) -> str | None:
    if data.startswith(_JPEG):
        return "jpg"
    if data.startswith(_PNG):
        return "png"
    return "webp" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else None


# ------------------------------------------------------------------------------------------------- JPEG


def _bare_jpeg(data: bytes) -> bytes:
    """Own segments and scans up to the end of the image; what a camera hangs on behind it is left away."""
    segments, exif, at, scans = [], b"", 2, 0
    while True:
        if data[at] != 0xFF:
            raise _Broken
        marker = data[at + 1]
        if marker == 0xFF:  # fill byte (T.81, B.1.1.2)
            at += 1
            continue
        if marker == _EOI:
            break
        end = at + 2 + int(struct.unpack_from(">H", data, at + 2)[0])
        segment = data[at:end]
        if marker == _APP1 and segment[4:10] == b"Exif\0\0":
            exif = exif or segment[10:]
        elif _is_needed(marker, segment):
            if marker == _SOS:
                scans += 1
                found = _NEXT_MARKER.search(data, end)
                if found is None:
                    raise _Broken
                end = found.start()
                segment = data[at:end]
            segments.append(segment)
        at = end
    if not scans:
        raise _Broken
    return b"\xff\xd8" + _orientation_only(exif) + b"".join(segments) + b"\xff\xd9"


def _is_needed(marker: int, segment: bytes) -> bool:
    """Of the application's segments: JFIF, the colour profile, Adobe's transform."""
    if marker == _APP2:
        return segment[4:16] == b"ICC_PROFILE\0"
    return marker != _COM and (not _APP0 <= marker <= _APP15 or marker in {_APP0, _APP14})


def _orientation_only(tiff: bytes) -> bytes:
    """An Exif segment that holds the orientation (1 to 8) and nothing else; none where that is upright or not told."""
    try:
        order = {b"II": "<", b"MM": ">"}[tiff[:2]]
        (first,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, first)
        entries = [struct.unpack_from(f"{order}HHIH", tiff, first + 2 + 12 * i) for i in range(count)]
    except (KeyError, struct.error):
        return b""
    value = next((entry[3] for entry in entries if entry[0] == _ORIENTATION), 1)
    if not 2 <= value <= 8:
        return b""
    ifd = struct.pack(">HHHIHHI", 1, _ORIENTATION, 3, 1, value, 0, 0)
    body = b"Exif\0\0" + b"MM\0\x2a" + struct.pack(">I", 8) + ifd
    return struct.pack(">BBH", 0xFF, _APP1, 2 + len(body)) + body


# ------------------------------------------------------------------------------------------------- PNG and WebP


def _bare_png(data: bytes) -> bytes:
    kept, at, kind = [data[:8]], 8, b""
    while kind != b"IEND":
        (length,) = struct.unpack_from(">I", data, at)
        kind = data[at + 4 : at + 8]
        end = at + 12 + length
        if end > len(data) or (at == 8) != (kind == b"IHDR"):
            raise _Broken
        if kind in _PNG_KEPT:
            kept.append(data[at:end])
        at = end
    return b"".join(kept)


def _bare_webp(data: bytes) -> bytes:
    kept, at = [], 12
    total = min(8 + int(struct.unpack_from("<I", data, 4)[0]), len(data))
    while at + 8 <= total:
        kind, (length,) = data[at : at + 4], struct.unpack_from("<I", data, at + 4)
        body = data[at + 8 : at + 8 + length]
        if len(body) != length:
            raise _Broken
        if kind == b"VP8X":
            body = bytes([body[0] & _WEBP_FLAGS]) + body[1:]
        if kind in _WEBP_KEPT:
            kept.append(kind + struct.pack("<I", length) + body + b"\0" * (length % 2))
        at += 8 + length + length % 2
    if not any(chunk[:4] in {b"VP8 ", b"VP8L"} for chunk in kept):
        raise _Broken
    content = b"WEBP" + b"".join(kept)
    return b"RIFF" + struct.pack("<I", len(content)) + content
