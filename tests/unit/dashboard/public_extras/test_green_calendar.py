"""The calendar of green hours, read back by a parser of the tests' own, written from RFC 5545."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from extras_town import ADDRESS, AS_OF, LANGUAGES, coming, demo, embargoed, nothing_known, town
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.public.extras.green_calendar import fold, green_calendar

HOSTILE = st.text(max_size=200) | st.sampled_from(
    ["BEGIN:VEVENT\r\nX:1", "a;b,c\\n\\", "END:VCALENDAR", "🌞" * 60, "\x00\x1b[2J", "ü" * 80, "x\u2028y", "a\r\n b"]
)


def calendar(snapshot=None, release=None, language="en", *, stale=False):
    return green_calendar(town() if snapshot is None else snapshot, release, language, stale=stale, address=ADDRESS)


def parsed(raw):
    """(properties of the calendar, components): unfolded (3.1), TEXT unescaped (3.3.11)."""
    assert raw.endswith(b"\r\n")
    lines = raw.decode().removesuffix("\r\n").split("\r\n")
    assert all(0 < len(line.encode()) <= 75 for line in lines)
    whole = []
    for line in lines:
        if line.startswith(" "):
            whole[-1] += line[1:]
        else:
            whole.append(line)
    stack, components = [{}], []
    for line in whole:
        name, value = re.fullmatch(r"([A-Z][A-Z-]*)(?:;[^:]*)?:(.*)", line, re.DOTALL).groups()
        if name == "BEGIN":
            stack.append({"kind": value})
        elif name == "END":
            component = stack.pop()
            assert component["kind"] == value
            components.append(component)
        else:
            assert name not in stack[-1]  # each of ours stands once
            stack[-1][name] = re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], value)
    *inner, outer = components
    assert outer["kind"] == "VCALENDAR"
    assert len(stack) == 1
    return outer, inner


def instant(value):
    return datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_green_window_is_an_entry_in_utc(language):
    outer, events = parsed(calendar(language=language))
    assert (outer["VERSION"], outer["CALSCALE"]) == ("2.0", "GREGORIAN")
    first = AS_OF.replace(minute=0)
    spans = [(instant(event["DTSTART"]), instant(event["DTEND"])) for event in events]
    assert spans == [(first + timedelta(hours=a), first + timedelta(hours=b)) for a, b in ((2, 7), (26, 31))]
    for event in events:
        assert {"UID", "DTSTAMP", "SUMMARY"} <= event.keys()
        assert (event["STATUS"], event["TRANSP"]) == ("TENTATIVE", "TRANSPARENT")
    assert "METHOD" not in outer


def test_an_entry_keeps_its_identity_as_its_hours_pass_and_its_sequence_grows():
    hours = coming()
    _, (before, _) = parsed(calendar(town(coming=hours)))
    later = AS_OF + timedelta(hours=4)
    _, (after, _) = parsed(calendar(town(as_of=later, published=later, coming=hours[4:])))
    assert after["UID"] == before["UID"]
    assert instant(after["DTSTART"]) == later.replace(minute=0) > instant(before["DTSTART"])
    assert int(after["SEQUENCE"]) > int(before["SEQUENCE"])
    assert instant(after["DTSTAMP"]) > instant(before["DTSTAMP"])


def test_all_languages_speak_of_the_same_entries():
    ids = [[event["UID"] for event in parsed(calendar(language=language))[1]] for language in LANGUAGES]
    assert ids == [ids[0]] * 4
    assert len(set(ids[0])) == 2


@pytest.mark.parametrize("day", [datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)])
def test_a_window_over_a_clock_change_has_as_many_hours_as_pass(day):
    hours = coming(day - timedelta(hours=1), green=(0, 1, 2, 3))
    _, (event,) = parsed(calendar(town(as_of=day - timedelta(hours=1), published=day, coming=hours)))
    assert instant(event["DTEND"]) - instant(event["DTSTART"]) == timedelta(hours=4)


def test_an_old_forecast_and_a_demonstration_say_so_in_every_entry():
    _, events = parsed(calendar(stale=True))
    assert all("(stale forecast)" in event["SUMMARY"] and "Stale:" in event["DESCRIPTION"] for event in events)
    _, events = parsed(calendar(demo()))
    assert all(event["SUMMARY"].startswith("Demo:") and "not a Swiss town" in event["DESCRIPTION"] for event in events)


@pytest.mark.parametrize(
    ("snapshot", "release", "summary"),
    [
        (town(), embargoed(), "Not published at the moment"),
        (nothing_known(), None, "No forecast at the moment"),
        (town(coming=coming(green=())), None, "No green hour stands out"),
    ],
)
def test_a_calendar_without_windows_still_has_a_component_and_it_says_why(snapshot, release, summary):
    _, (journal,) = parsed(calendar(snapshot, release))
    assert (journal["kind"], journal["SUMMARY"]) == ("VJOURNAL", summary)
    assert {"UID", "DTSTAMP"} <= journal.keys()


def test_before_the_first_snapshot_the_calendar_is_whole():
    _, (journal,) = parsed(green_calendar(None, None, "en", stale=False, address=ADDRESS))
    assert journal["SUMMARY"] == "No values at the moment"


def test_an_embargo_leaves_no_figure_and_no_hour():
    raw = calendar(release=embargoed()).decode()
    assert "VEVENT" not in raw
    assert "%" not in raw


@settings(deadline=None)
@given(title=HOSTILE, site=HOSTILE, language=st.sampled_from(LANGUAGES))
def test_no_name_of_a_town_breaks_the_calendar(title, site, language):
    snapshot = town(title={language: title or "x"}, site=site)
    outer, events = parsed(calendar(snapshot, language=language))
    assert [event["kind"] for event in events] == ["VEVENT", "VEVENT"]
    assert len({event["UID"] for event in events}) == 2
    for event in events:
        assert event["LOCATION"] in outer["X-WR-CALNAME"]


@settings(deadline=None)
@given(reason=HOSTILE)
def test_no_reason_of_an_embargo_breaks_the_calendar(reason):
    _, (journal,) = parsed(calendar(release=embargoed(reason={"en": reason})))
    assert journal["kind"] == "VJOURNAL"


@given(line=st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=400))
def test_folding_keeps_every_sign_whole_and_no_line_longer_than_75_octets(line):
    pieces = list(fold(line))
    assert all(len(piece.encode()) <= 75 for piece in pieces)
    assert pieces[0] + "".join(piece[1:] for piece in pieces[1:]) == line
    assert all(piece.startswith(" ") for piece in pieces[1:])
