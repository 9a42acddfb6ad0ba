import pytest

from dashboard.format import LANGUAGES, texts
from twin.site import load_site


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_words_of_a_ranking(language):
    codes = {code for code in texts(language, "maintenance").templates if code.startswith("rank.")}
    assert codes == {code for code in texts("en", "maintenance").templates if code.startswith("rank.")}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_action_of_the_demo_has_words(language):
    words = texts(language, "maintenance")
    assert [a.action for a in load_site("demo").maintenance.actions if not words.has(f"rank.action.{a.action}")] == []
