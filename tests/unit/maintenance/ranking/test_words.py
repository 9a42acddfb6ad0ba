from datetime import UTC, datetime

import pytest

from dashboard.format import LANGUAGES, texts
from twin.maintenance.ranking.ranked import AssetResult, Ranked
from twin.maintenance.ranking.words import Words
from twin.site import load_site


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_words_of_a_ranking(language):
    codes = {code for code in texts(language, "maintenance").templates if code.startswith("rank.")}
    assert codes == {code for code in texts("en", "maintenance").templates if code.startswith("rank.")}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_action_of_the_demo_has_words(language):
    words = texts(language, "maintenance")
    assert [a.action for a in load_site("demo").maintenance.actions if not words.has(f"rank.action.{a.action}")] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", ["gas", "gas_undetermined"])
def test_a_gas_diagnosis_says_how_bad_it_is_and_when_to_sample_again(language, code):
    now = datetime(2016, 2, 1, tzinfo=UTC)
    figures = {"gas_code": "T3", "severity": "schlimm", "day": "2016-01-20", "next_day": "2016-03-17"}
    told = texts(language, "maintenance").get(f"rank.cause.{code}", figures, timezone="Europe/Zurich", near=now)
    assert "schlimm" in told
    assert "17" in told.split("20", 1)[1]


@pytest.mark.parametrize(("language", "name"), [("fr", "Transformateur principal 1"), ("en", "Main transformer 1")])
def test_an_asset_is_called_by_its_name_in_the_readers_language_else_by_its_only_one(language, name):
    titles = {"main_1": {"fr": "Transformateur principal 1"}}
    ranked = Ranked("", {}, "UTC", "", 0.0, 0.0, 1.0, (), (), (), (), (), titles=titles)
    asset = AssetResult("main_1", "Main transformer 1", "", "", True, 1.0, 0.0, 0.0, 0.0, False, 1.0, (), ())
    assert Words.of(ranked, language).named(asset) == name
