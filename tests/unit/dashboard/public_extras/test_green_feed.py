"""The news of green hours, read back as XML and held against the RSS 2.0 specification."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from html import unescape
from xml.etree import ElementTree as ET

import pytest
from extras_town import ADDRESS, AS_OF, LANGUAGES, PUBLISHED, coming, demo, embargoed, nothing_known, town
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.public.extras.green_feed import green_feed

ATOM = "{http://www.w3.org/2005/Atom}link"
HOSTILE = st.text(max_size=120) | st.sampled_from(
    ["]]><script>", "<b onload=x>", "&amp;&#0;", "\x00\x0b\x1f", "\ufffe\uffff", "</channel>", '"><!--', "<![CDATA["]
)


def feed(snapshot=None, release=None, language="en", *, stale=False):
    made = green_feed(town() if snapshot is None else snapshot, release, language, stale=stale, address=ADDRESS)
    root = ET.fromstring(made)
    assert (root.tag, root.attrib["version"], len(root)) == ("rss", "2.0", 1)
    channel = root[0]
    assert channel.tag == "channel"
    return channel


def items(channel):
    return [{part.tag: part.text for part in item} for item in channel.findall("item")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_channel_has_what_the_specification_asks_for(language):
    channel = feed(language=language)
    for name in ("title", "link", "description"):
        assert channel.findtext(name)
    assert channel.findtext("link") == f"{ADDRESS}/{language}/"
    assert channel.findtext("language") == language
    assert channel.find(ATOM).attrib["href"] == f"{ADDRESS}/{language}/green.rss"
    assert parsedate_to_datetime(channel.findtext("lastBuildDate")) == PUBLISHED
    for item in channel.findall("item"):
        assert item.findtext("title")
        assert item.find("guid").attrib == {"isPermaLink": "false"}


def test_each_local_day_with_green_hours_is_one_item():
    found = items(feed())
    assert [item["guid"] for item in found] == ["green-lakeside-2026-06-15", "green-lakeside-2026-06-16"]
    assert "Mon 15 Jun 2026" in found[0]["title"]
    assert "12:00–\u206017:00: 75\u202f% renewable on average" in found[0]["description"]


def test_a_window_belongs_to_the_local_day_on_which_it_begins():
    last_hour = datetime(2026, 6, 15, 22, 0, tzinfo=UTC)  # midnight in Zurich: already the 16th
    offset = round((last_hour - AS_OF.replace(minute=0)) / timedelta(hours=1))
    assert [item["guid"] for item in items(feed(town(coming=coming(green=(offset,)))))] == ["green-lakeside-2026-06-16"]


def test_a_new_forecast_changes_the_words_of_a_day_and_not_its_identity():
    moved = town(coming=coming(green=(3, 4)))
    before, after = items(feed())[0], items(feed(moved))[0]
    assert before["guid"] == after["guid"]
    assert before["description"] != after["description"]


def test_an_embargo_is_the_only_news():
    channel = feed(release=embargoed())
    (item,) = items(channel)
    assert item["title"] == "Not published at the moment"
    assert "A meter is being replaced." in item["description"]
    assert "%" not in "".join(channel.itertext())


def test_no_forecast_is_no_news():
    assert items(feed(nothing_known())) == []
    assert items(ET.fromstring(green_feed(None, None, "en", stale=False, address=ADDRESS))[0]) == []


def test_an_old_forecast_and_a_demonstration_say_so():
    channel = feed(stale=True)
    assert "Stale:" in channel.findtext("description")
    assert all("Stale:" in item["description"] for item in items(channel))
    assert all("not a Swiss town" in item["description"] for item in items(feed(demo())))


@settings(deadline=None)
@given(title=HOSTILE, site=HOSTILE, reason=HOSTILE)
def test_no_typed_text_breaks_the_feed_or_becomes_markup(title, site, reason):
    assert len(items(feed(town(title={"en": title or "x"}, site=site)))) == 2
    (item,) = items(feed(release=embargoed(reason={"en": reason})))
    inside = item["description"].removeprefix("<p>").removesuffix("</p>")
    assert not re.search("[<>]", inside)
    assert "<p>" + inside + "</p>" == item["description"]
    assert unescape(inside)
