"""What may be shown now, from the loop's file and the publisher's."""

import errno
import json
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from public_town import AS_OF, EMBARGO, PUBLISHED, figure, publish, release, story, town

from dashboard.public.feed import Feed


@pytest.fixture
def feed(tmp_path):
    publish(tmp_path, town())
    return Feed(tmp_path)


def test_where_nothing_is_released_yet_the_live_values_are_shown_and_no_figure_is_approved(feed):
    edition = feed.latest()
    assert edition.snapshot is not None
    assert (edition.release, edition.embargo, edition.trouble) == (None, None, "")


def test_release_and_snapshot_each_make_a_new_edition(feed, tmp_path):
    versions = [feed.latest().version]
    publish(tmp_path, release())
    versions.append(feed.latest().version)
    publish(tmp_path, town(share=0.5))
    versions.append(feed.latest().version)
    assert len(set(versions)) == 3
    assert feed.latest().version == versions[-1]


def test_losing_the_file_does_not_lift_an_embargo(feed, tmp_path):
    publish(tmp_path, release(embargo=EMBARGO))
    assert feed.latest().embargo == EMBARGO
    (tmp_path / "release.json").unlink()
    assert feed.latest().embargo == EMBARGO
    publish(tmp_path, release())
    assert feed.latest().embargo is None


def test_losing_a_release_without_an_embargo_takes_its_figures_away_and_nothing_else(feed, tmp_path):
    publish(tmp_path, release())
    assert feed.latest().release is not None
    (tmp_path / "release.json").unlink()
    edition = feed.latest()
    assert edition.release is None
    assert edition.snapshot is not None


@pytest.mark.parametrize(
    "content",
    [
        "{",
        release().model_dump_json().replace('"schema_version":1', '"schema_version":9'),
        release(months=(figure("2016-05", 1.3),)).model_dump_json(),
        release(months=(figure("2016-05", parts={"pv": -0.1}),)).model_dump_json(),
        release(stories=(story().model_copy(update={"end": AS_OF.replace(tzinfo=None)}),)).model_dump_json(),
    ],
    ids=["torn", "another version", "share above one", "negative part", "no time zone"],
)
def test_release_that_cannot_be_believed_holds_everything_back_and_is_logged_once(feed, tmp_path, caplog, content):
    publish(tmp_path, content, "release.json")
    for _ in range(3):
        edition = feed.latest()
    assert edition.trouble == "release"
    assert edition.snapshot is None
    assert len(caplog.records) == 1
    publish(tmp_path, release())
    assert feed.latest().snapshot is not None


def test_every_instant_of_a_snapshot_needs_its_time_zone(tmp_path):
    naive = (PUBLISHED + timedelta(hours=1)).replace(tzinfo=None)
    hour = town().coming[3].model_copy(update={"start": naive})
    publish(tmp_path, town(coming=(hour,)))
    edition = Feed(tmp_path).latest()
    assert (edition.trouble, edition.params) == ("unreadable", {"reason": "time"})


NEVER = (datetime(9999, 12, 31, 23, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC), datetime(1969, 12, 31, tzinfo=UTC))
SOURCE = town().sources[0]
ELSEWHERE = PUBLISHED.astimezone(timezone(timedelta(hours=14)))


@pytest.mark.parametrize(
    "wrong",
    [
        *({"speed": speed} for speed in (0.0, -1.0, 1e308, float("nan"), float("inf"))),
        *({"co2_g_per_kwh": co2} for co2 in (-1.0, 1e308, float("nan"))),
        *({"sources": (SOURCE.model_copy(update={"p_mw": p_mw}),)} for p_mw in (1e308, -1e308, float("nan"))),
        *({"neighbourhood": town().neighbourhood.model_copy(update={name: 1e308})} for name in ("load_kw", "pv_kw")),
        *({"roof": town().roof.model_copy(update=each)} for each in ({"p_kw": 1e308}, {"kwp": 1e308}, {"kwp": -1.0})),
        {"published_at": ELSEWHERE},
        *({name: at} for name in ("as_of", "published_at", "interval") for at in NEVER),
        {"coming": (town().coming[0].model_copy(update={"start": NEVER[0]}),)},
        {"roof": town().roof.model_copy(update={"end": NEVER[0]})},
    ],
    ids=repr,
)
def test_a_number_or_an_instant_that_no_town_can_have_is_not_believed(tmp_path, wrong):
    values = town().model_copy(update=wrong)
    (tmp_path / "public.json").write_text(json.dumps(values.model_dump(), default=datetime.isoformat))
    edition = Feed(tmp_path).latest()
    assert (edition.trouble, edition.params, edition.snapshot) == ("unreadable", {"reason": "fields"}, None)


@pytest.mark.parametrize("at", NEVER)
def test_an_embargo_until_the_end_of_time_holds_everything_back(feed, tmp_path, at):
    publish(tmp_path, release(embargo=EMBARGO.model_copy(update={"until": at})))
    edition = feed.latest()
    assert (edition.trouble, edition.snapshot) == ("release", None)
    assert edition.withheld


PACKAGE = '{"name": "town", "resources": [{"path": "months.csv", "title": "Months", "bytes": 2048}]}'


def test_open_data_that_stands_ready_is_named(feed, tmp_path):
    (tmp_path / "open").mkdir()
    publish(tmp_path, PACKAGE, "open/datapackage.json")
    assert [resource.path for resource in feed.latest().downloads] == ["months.csv"]


@pytest.mark.parametrize("path", ["../public.json", "https://elsewhere.example/a.csv", "a/b.csv", ".hidden", ""])
def test_open_data_outside_its_folder_is_not_named(feed, tmp_path, path):
    (tmp_path / "open").mkdir()
    publish(tmp_path, PACKAGE.replace("months.csv", path), "open/datapackage.json")
    assert feed.latest().downloads == ()


@pytest.mark.parametrize("name", ["public.json", "release.json"])
def test_file_that_could_not_be_opened_once_is_read_at_the_next_look(feed, tmp_path, monkeypatch, name):
    publish(tmp_path, release())
    before = feed.latest().version
    publish(tmp_path, town(share=0.5))
    publish(tmp_path, release(months=()))
    opened = Path.open

    def no_descriptor_left(path, *args, **kwargs):
        if path.name == name:
            raise OSError(errno.EMFILE, "too many open files")
        return opened(path, *args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", no_descriptor_left)
        failing = feed.latest()
    assert (failing.snapshot, failing.params) == (None, {"reason": "access"})
    again = feed.latest()
    assert (again.trouble, again.snapshot.share) == ("", 0.5)
    assert len({before, failing.version, again.version}) == 3


def test_after_a_restart_the_data_package_tells_of_the_embargo_of_a_lost_release(feed, tmp_path):
    (tmp_path / "open").mkdir()
    since = EMBARGO.since.isoformat()
    publish(tmp_path, f'{{"resources": [], "embargo": {{"since": "{since}"}}}}', "open/datapackage.json")
    edition = feed.latest()
    assert edition.withheld
    assert (edition.embargo.since, edition.embargo.until) == (EMBARGO.since, None)
    publish(tmp_path, release())
    assert feed.latest().embargo is None


def test_without_a_release_a_data_package_that_cannot_be_believed_holds_everything_back(feed, tmp_path):
    (tmp_path / "open").mkdir()
    publish(tmp_path, "{", "open/datapackage.json")
    edition = feed.latest()
    assert (edition.trouble, edition.snapshot) == ("release", None)
    publish(tmp_path, release())
    assert feed.latest().snapshot is not None
