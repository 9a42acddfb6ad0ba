"""What the sentences for everybody and for the officer claim, and that nothing is handed to them that they do not tell."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

import dashboard

HERE = Path(dashboard.__file__).parent
LANGUAGES = ("de", "fr", "it", "en")
OPEN_DATA = ("offenen Daten", "données ouvertes", "dati aperti", "open data")


def words(name: str, language: str) -> dict:
    return tomllib.loads((HERE / "locale" / f"{name}.{language}.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_sends_a_reader_to_the_open_data_for_what_no_table_holds(language):
    told = words("public", language)
    assert not [words for words in OPEN_DATA if words in told["how"]["co2"] + str(told["count"])]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_officers_page_leaves_the_limits_to_the_site_which_may_set_stricter_ones(language):
    assert not re.search(r"\d", words("privacy", language)["published"]["about"])


def test_in_german_customers_are_counted_and_not_connections():
    assert "anschl" not in str(words("privacy", "de")).lower()


def test_in_italian_data_goes_once_somebody_acts_and_not_as_long_as_somebody_does():
    for name in ("privacy", "publishing"):
        assert not re.search(r"finché (qualcuno (?!non)|la previsione è)", str(words(name, "it")).lower())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_publisher_and_the_page_call_an_event_by_one_name(language):
    desk, page = words("publishing", language)["kind"], words("public", language)["story"]
    assert desk == {kind: page[kind] for kind in desk}


def _said() -> list[tuple[str, str, list[str]]]:
    """Every sentence that a card asks for by its literal code, with the names of what it hands over."""
    found = []
    for file in sorted((HERE / "public" / "cards").glob("*.py")):
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "say" and call.args:
                code, handed = call.args[0], [one.arg for one in call.keywords if one.arg]
                if isinstance(code, ast.Constant) and handed:
                    found.append((file.name, code.value, handed))
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_value_that_a_card_hands_to_a_sentence_is_told_in_it(language):
    told, said = words("public", language), _said()
    assert len(said) > 10
    for file, code, handed in said:
        table, name = code.split(".")
        untold = [one for one in handed if not re.search(rf"{{{one}\b", told[table][name])]
        assert not untold, f"{file}: {code} does not tell {untold}"
