"""The page and its replays as files: what they hold, and what they never ask for."""

import json
import re
import zlib

import pytest

from dashboard.format import LANGUAGES
from scenarios.debrief.page import page, write_page, write_replays
from scenarios.debrief.paper import write_paper
from scenarios.debrief.pictures import day


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_names_no_outside_address_in_any_language(found, language):
    text = page(found, language)
    assert not re.findall(r"(?:https?:)?//[\w.]+", re.sub(r"<script>.*?</script>", "", text, flags=re.S))
    assert f'<html lang="{language}">' in text
    assert "default-src 'none'" in text


def test_every_picture_tells_what_it_shows_to_those_who_do_not_see_it(found):
    pictures = re.findall(r"<svg [^>]*>", page(found, "en"))
    assert len(pictures) > 5
    assert all("aria-label=" in svg or "aria-hidden=" in svg for svg in pictures)


def test_a_replay_is_small_and_holds_an_hour_and_a_half_around_its_moment(found, tmp_path):
    for path in write_replays(found, tmp_path, "en"):
        text = path.read_text(encoding="utf-8")
        assert len(text.encode()) < 150_000
        (frames,) = (json.loads(data)["frames"] for data in re.findall(r'<script type="application/json">(.*?)</script>', text))
        assert 1 < len(frames) <= 13  # quarter hours within 90 minutes of the moment, itself included
        assert all(len(frame["bars"]) == len(frames[0]["bars"]) for frame in frames)


def test_a_page_that_cannot_be_written_leaves_nothing_half_written(found, tmp_path):
    blocked = tmp_path / "page.html"
    blocked.mkdir()
    with pytest.raises(OSError, match="directory"):
        write_page(found, blocked, "en")
    assert list(tmp_path.iterdir()) == [blocked]


def test_the_day_s_picture_draws_the_loading_limit_where_it_is(found):
    marks = [
        mark for mark in day(found, _words(found)).marks if getattr(mark, "dash", "") == "dash" and mark.colour == "accent"
    ]
    assert marks
    assert all(line.points[0][1] == line.points[-1][1] for line in marks)


def test_paper_carries_umlauts_and_arrows_as_text(found, tmp_path):
    write_paper(found, tmp_path / "debrief.pdf", "de")
    data = (tmp_path / "debrief.pdf").read_bytes()
    streams = [_inflated(part) for part in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", data, flags=re.S)]
    assert data.startswith(b"%PDF-")
    assert all(any(sign in stream.upper() for stream in streams) for sign in (b"<00FC>", b"<2192>"))  # ü and an arrow


def _inflated(data):
    try:
        return zlib.decompress(data)
    except zlib.error:
        return data


def _words(found):
    from scenarios.debrief.words import Words

    return Words.of(found, "en")
