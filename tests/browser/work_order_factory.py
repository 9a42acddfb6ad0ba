"""A work order as the asset manager's command writes it, and photos as cameras write them."""

import base64
import struct
import zlib
from datetime import UTC, datetime, timedelta

from twin.contracts.work_order import Change, GridState, Place, Step, Switching, Why, Window, WorkOrder

AS_OF = datetime(2016, 12, 1, 22, 45, tzinfo=UTC)
ISSUED_AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
START = datetime(2016, 12, 2, 6, 0, tzinfo=UTC)
FINE = GridState(unsupplied_mw=0.0, loading_percent=53.0, vm_pu=0.991, holds=True)
_HERE = {"at": ("Bus 19", "Bus 19 LV"), "vn_kv": (10.0, 0.4)}

JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDACgcHiMeGSgjISMtKygwPGRBPDc3PHtYXUlkkYCZlo+AjIqgtObDoKrarYqMyP/L2u71////m8H///"
    "/6/+b9//j/2wBDASstLTw1PHZBQXb4pYyl+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj/wAARCAAI"
    "ABADASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAP/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/8QAFQEBAQAAAAAAAAAAAAAAAAAAAwT/xA"
    "AUEQEAAAAAAAAAAAAAAAAAAAAA/9oADAMBAAIRAxEAPwCIAFr/2Q=="
)
"""16 x 8 pixels, without metadata."""
WEBP = base64.b64decode("UklGRh4AAABXRUJQVlA4TBEAAAAvD8ABAAdQniLXo/+BiOh/AAA=")
PLACE_TAKEN = b"GPS 47.3769 N 8.5417 E"


def camera_jpeg(orientation=6):
    """The picture with Exif (orientation and a position), a comment, and a second picture hung on behind."""
    tiff = b"MM\0\x2a" + struct.pack(">IH", 8, 2) + struct.pack(">HHIHH", 0x0112, 3, 1, orientation, 0)
    tiff += struct.pack(">HHII", 0x8825, 4, 1, 38) + struct.pack(">I", 0) + PLACE_TAKEN
    exif, comment = b"Exif\0\0" + tiff, PLACE_TAKEN
    parts = [b"\xff\xe1" + struct.pack(">H", 2 + len(exif)) + exif, b"\xff\xfe" + struct.pack(">H", 2 + len(comment)) + comment]
    return JPEG[:2] + b"".join(parts) + JPEG[2:] + PLACE_TAKEN + JPEG


def camera_png():
    """One grey pixel, with text and Exif chunks."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header, pixels = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0), zlib.compress(b"\0\x80")
    chunks = ((b"IHDR", header), (b"tEXt", PLACE_TAKEN), (b"eXIf", PLACE_TAKEN), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*each) for each in chunks)


def camera_webp():
    """The picture in the extended form, with Exif and XMP chunks and their flags."""
    extended = b"VP8X" + struct.pack("<I", 10) + bytes([0b1100, 0, 0, 0, 15, 0, 0, 7, 0, 0])
    told = b"".join(kind + struct.pack("<I", len(PLACE_TAKEN)) + PLACE_TAKEN for kind in (b"EXIF", b"XMP "))
    content = b"WEBP" + extended + WEBP[12:] + told
    return b"RIFF" + struct.pack("<I", len(content)) + content


def order(**changes):
    """Replacing a transformer, with a tie, a mobile supply and an objection."""
    steps = (
        Step(code="report"),
        Step(
            code="close_tie", switches=("loop 7",), indices=(290,), kinds=("LBS",), at=("Bus 114",), vn_kv=(10.0,), state=FINE
        ),
        Step(code="mobile_on", at=("Bus 19 LV",), p_mw=0.113, objections=(Why(code="in_zone"),)),
        Step(code="open", switches=("Switch 21",), indices=(21,), kinds=("LBS",), at=("Bus 19",), vn_kv=(10.0,), state=FINE),
        Step(code="lock", switches=("Switch 21",), indices=(21,)),
        *(Step(code=code, **_HERE) for code in ("dead", "earth", "cover", "work", "uncover", "unearth")),
        Step(code="unlock", switches=("Switch 21",), indices=(21,)),
        Step(code="close", switches=("Switch 21",), indices=(21,), kinds=("LBS",), at=("Bus 19",), vn_kv=(10.0,), state=FINE),
        Step(code="mobile_off", p_mw=0.113),
        Step(code="open_tie", switches=("loop 7",), indices=(290,), kinds=("LBS",), at=("Bus 114",), vn_kv=(10.0,), state=FINE),
        Step(code="report_back"),
    )
    made = WorkOrder(
        intervention="station_19:replace",
        site="demo",
        site_title={"fr": "Ville", "de": "Stadt", "it": "Città", "en": "Town"},
        timezone="Europe/Zurich",
        asset="station_19",
        title="Station 19",
        kind="mv_lv_transformer",
        element="trafo.3",
        place=Place(address="Station 19", buses=("Bus 19", "Bus 19 LV"), latitude=53.6397, longitude=11.3715),
        action="replace",
        cause=Why(code="cause.inspection", params={"score": 4.0, "day": "2013-03-20"}),
        evidence=(Why(code="cause.pcb", params={"ppm": 85.0, "limit_ppm": 50.0}), Why(code="cause.no_spare")),
        unknown=("observed", "oil_l"),
        confidence=0.36,
        health=3.4,
        pof_per_year=0.0057,
        switching=Switching(steps=steps, at=START, before=FINE, proven=False, reason="objection"),
        needs_outage=True,
        parts=("transformer", "cable lugs"),
        skill="electrician",
        crew_h=24.0,
        duration_h=9.0,
        window=Window(start=START, end=START + timedelta(hours=9), loading_percent=53.0, mobile_mw=0.113),
        cost_chf=28000.0,
        risk_avoided_chf=1143.0,
        horizon_years=10.0,
        as_of=AS_OF,
        issued_at=ISSUED_AT,
        issued_by="Desk 1",
        valid_until=START + timedelta(hours=9),
    )
    return made.model_copy(update=changes)


def change(order_id, state="done", **changes):
    """What a crew reports an hour after the issue."""
    given = {"by": "Crew 2", "at": ISSUED_AT + timedelta(hours=1), "key": f"{order_id} {state}"}
    return Change.model_validate({"order": order_id, "state": state, **given, **changes})
