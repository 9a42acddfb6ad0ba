"""Photos of a crew: told by their content, rid of where and with what they were taken."""

import struct

import pytest

from dashboard.regie.work.photos import MAX_BYTES, bare_photo, store_photo
from twin.contracts.work_order import Why


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp"])
def test_nothing_of_where_a_photo_was_taken_is_kept(orders, kind):
    camera = getattr(orders, f"camera_{kind}")()
    assert orders.PLACE_TAKEN in camera
    _, kept = bare_photo("photo", camera)
    assert orders.PLACE_TAKEN not in kept


def test_the_picture_itself_stays_as_it_is(orders):
    assert bare_photo("photo", orders.JPEG) == ("jpg", orders.JPEG)
    assert bare_photo("photo", orders.WEBP) == ("webp", orders.WEBP)


def test_a_jpeg_keeps_its_orientation_and_nothing_else_of_its_exif(orders):
    _, kept = bare_photo("photo", orders.camera_jpeg(orientation=6))
    segment = kept[2:]
    assert segment[:2] == b"\xff\xe1"
    length = struct.unpack_from(">H", segment, 2)[0]
    # one entry: tag 0x0112, a short, once, 6
    assert segment[18:32] == struct.pack(">HHHIHH", 1, 0x0112, 3, 1, 6, 0)
    assert kept[2 + 2 + length :] == orders.JPEG[2:]


def test_an_upright_jpeg_needs_no_exif(orders):
    assert bare_photo("photo", orders.camera_jpeg(orientation=1)) == ("jpg", orders.JPEG)


def test_a_webp_without_its_metadata_no_longer_says_that_it_has_some(orders):
    _, kept = bare_photo("photo", orders.camera_webp())
    assert kept[20] & 0b1100 == 0
    assert struct.unpack_from("<I", kept, 4)[0] == len(kept) - 8


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "photo_empty"),
        (b"\0\0\0\x18ftypheic" + bytes(40), "photo_kind"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "photo_kind"),
        (b"%PDF-1.7", "photo_kind"),
        (b"\xff\xd8\xff" + bytes(MAX_BYTES), "photo_large"),
        (b"\xff\xd8\xff\xe0\0\x04ab", "photo_broken"),
        (b"\x89PNG\r\n\x1a\nxxxx", "photo_broken"),
        (b"RIFF\x04\0\0\0WEBP", "photo_broken"),
    ],
    ids=["empty", "heic", "svg", "pdf", "large", "jpeg", "png", "webp"],
)
def test_what_is_no_whole_photo_of_a_known_kind_is_refused_by_name(data, code):
    refused = bare_photo("IMG_1.jpg", data)
    assert isinstance(refused, Why)
    assert (refused.code, refused.params["name"]) == (code, "IMG_1.jpg")


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp"])
def test_a_photo_that_was_cut_off_anywhere_is_refused_and_never_crashes(orders, kind):
    whole = {"jpeg": orders.JPEG, "png": orders.camera_png(), "webp": orders.camera_webp()[: 30 + len(orders.WEBP) - 12]}[kind]
    # the last bytes of a PNG are a checksum that nobody needs to show it, and of a WebP its padding
    for length in range(1, len(whole) - 4):
        assert isinstance(bare_photo("photo", whole[:length]), Why), length


def test_the_same_photo_is_one_file(orders, tmp_path):
    names = {store_photo(tmp_path, "jpg", orders.JPEG) for _ in range(2)}
    assert [path.name for path in tmp_path.iterdir()] == list(names)
