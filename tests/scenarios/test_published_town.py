"""The City of Zurich on air: published files replayed through the whole loop, with the mix box looking ahead."""

import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from on_air import Place, regie, with_kernels

from twin.regie.chain import verify

TESTS = Path(__file__).resolve().parents[1]
SHARED = TESTS.parent / ".." / "shared" / "data"
BEGIN = date(2019, 6, 15)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return with_kernels(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def made_up_files(tmp_path_factory):
    """Ten weeks, nine of which lie before the start: what the boxes learn from."""
    sys.path.insert(0, str(TESTS / "unit" / "national"))
    import made_up

    return made_up.write(tmp_path_factory.mktemp("data"), BEGIN - timedelta(weeks=10), 75)


def test_made_up_files_go_on_air_and_go_on_where_they_were(made_up_files, cache, tmp_path):
    place = Place("zurich", tmp_path / "state", BEGIN.isoformat(), cache)
    begun = place.start(8, "--data", str(made_up_files), speed="900")
    begun.until(lambda: place.acked >= 2)
    assert begun.term().code == 0
    assert place.acked < 8
    ended = place.run(8, "--data", str(made_up_files))
    assert ended.code == 0, ended.err
    figures = ended.figures
    assert figures["ticks"] == 8
    assert figures["unknown_quarter_hours"] == 0
    assert figures["fallback_ticks"] == {"load_city": 0, "mix_city": 0}
    climate = figures["kpis"]["climate"]["value"]
    assert climate["consumption_mwh"] == pytest.approx(8 * 0.25 * 300.0, rel=1e-6)  # MW of every quarter hour
    assert climate["renewable_share"] == pytest.approx(0.45 / 0.95, rel=1e-6)  # by hand: tests/unit/national/made_up.py
    assert not verify(place.state)[2]


def test_a_start_on_which_nothing_was_published_is_refused_before_anything_is_written(made_up_files, cache, tmp_path):
    state = tmp_path / "state"
    flags = ["--site", "zurich", "--start", "2016-06-15", "--ticks", "1", "--no-web", "--state", str(state)]
    refused = regie("live", *flags, "--data", str(made_up_files), REGIE_CACHE=str(cache))
    assert refused.code == 2
    assert "what was published; choose a day within" in refused.err
    assert not (state / "journal.sqlite").exists()


def test_a_real_night_and_morning_say_the_published_load_and_the_coming_mix(cache, tmp_path):
    if not (SHARED / "zurich" / "2019_ewz_bruttolastgang.csv").is_file():
        pytest.skip("real data zurich absent")
    place = Place("zurich", tmp_path / "state", BEGIN.isoformat(), cache)
    ended = place.run(8, "--data", str(SHARED))
    assert ended.code == 0, ended.err
    climate = ended.figures["kpis"]["climate"]["value"]
    # The first eight rows of the file, "2019-06-15T00:15" to "02:00", sum to 491.95 MWh.
    assert climate["consumption_mwh"] == pytest.approx(491.9526, abs=0.001)
    assert 0.75 < climate["renewable_share"] < 0.9  # snow melt: rivers are full in June
    assert ended.figures["fallback_ticks"]["mix_city"] == 0
