import json
import re

import pytest
from typer.testing import CliRunner

from dashboard.format import LANGUAGES, texts
from scenarios.compare.comparison import compared
from scenarios.compare.page import ROWS, page
from scenarios.compare.runs import side_by_side
from scenarios.compare.words import Words
from scenarios.risk.assess import risk_of
from scenarios.risk.facts import RiskFacts
from tests.unit.scenarios.made_futures import made_futures
from twin.cli import app
from twin.domain.problems import BadInput


def span(element, worst, integral, kind="overload"):
    when = {"from": "2016-01-25T17:00:00+00:00", "until": "2016-01-25T18:00:00+00:00"}
    figures = {"worst": worst, "limit": 100.0, "unit": "%", "integral": integral, "integral_unit": "%.h"}
    return {"element": element, "name": element, "kind": kind, **when, **figures}


def result(chf, violations=(), **changes):
    sides = {"value": {"total_chf": chf}, "do_nothing": {"total_chf": 1000.0}, "difference": {"total_chf": chf - 1000.0}}
    hours = ["2016-01-25T17:00:00+00:00", "2016-01-25T18:00:00+00:00"]
    return {
        "scenario": "evening",
        "title": {"de": "Abend <b>", "fr": "Soir", "it": "Sera", "en": "Evening"},
        "site": "demo",
        "grid": "town",
        "timezone": "Europe/Zurich",
        "start": hours[0],
        "ticks": 8,
        "seed": 1,
        "mode": "played",
        "versions": {"regie": "0.1.0", "engine": {"name": "batch", "version": "0.1.0"}, "boxes": {}},
        "kpis": {"economic": sides},
        "violations": list(violations),
        "n1": {"hour": hours, "margin_percent": [chf / 100.0, None]},
        "orders": {"confirmed": 3},
        "notes": [],
        **changes,
    }


@pytest.fixture
def runs(tmp_path):
    """Writes results into folders and gives their places."""

    def write(**named):
        places = []
        for name, found in named.items():
            folder = tmp_path / name.replace("_in_", "/")
            folder.mkdir(parents=True)
            (folder / "result.json").write_text(json.dumps(found))
            places.append(folder)
        return places

    return write


def comparison(places):
    (group,) = side_by_side(places)
    return compared(group)


def test_every_run_is_held_against_the_first(runs):
    row = comparison(runs(a=result(900.0), b=result(850.0), c=result(1100.0)))["kpis"]["economic"]["total_chf"]
    assert row["to_first"] == [0.0, -50.0, 200.0]
    assert row["difference"] == [-100.0, -150.0, 100.0]


def test_violations_are_gained_lost_or_changed(runs):
    before = [span("trafo:2", 110.0, 4.0), span("line:66", 105.0, 1.0)]
    after = [span("trafo:2", 104.0, 1.5), span("line:1", 120.0, 9.0)]
    found = comparison(runs(a=result(1.0, before), b=result(1.0, after)))["violations"]["B"]
    assert [one["element"] for one in found["gained"]] == ["line:1"]
    assert [one["element"] for one in found["lost"]] == ["line:66"]
    assert [(one["element"], one["integral_first"], one["integral"]) for one in found["changed"]] == [("trafo:2", 4.0, 1.5)]


def test_the_zones_in_which_energy_was_not_served_are_named_in_the_reader_s_language(runs):
    dark = [span("site", 1.0, 1.0, "unserved") | {"zones": zones} for zones in (["west"], ["east"])]
    titles = {"zone:west": {"en": "West side", "de": "Weststadt"}}
    found = comparison(runs(a=result(1.0), b=result(1.0, dark, element_titles=titles)))
    (one,) = found["violations"]["B"]["gained"]
    assert one["zones"] == ["east", "west"]
    assert Words.of("de", "UTC").element(one, titles) == "east, Weststadt"


def test_spans_of_one_element_add_up_and_keep_the_worst(runs):
    twice = [span("trafo:2", 110.0, 4.0), span("trafo:2", 125.0, 6.0)]
    (one,) = comparison(runs(a=result(1.0), b=result(1.0, twice)))["violations"]["B"]["gained"]
    assert (one["worst"], one["integral"]) == (125.0, 10.0)


@pytest.mark.parametrize(
    ("change", "why"),
    [({"site": "zurich"}, "site"), ({"grid": "other"}, "grid"), ({"ticks": 4}, "window")],
)
def test_runs_that_cannot_be_compared_have_no_differences_and_say_why(runs, change, why):
    found = comparison(runs(a=result(900.0), b=result(850.0, **change)))
    assert found["incomparable"] == {"B": [why]}
    assert found["kpis"]["economic"]["total_chf"]["to_first"] == [0.0, None]
    assert found["kpis"]["economic"]["total_chf"]["value"] == [900.0, 850.0]
    assert found["violations"] == {}


FACTS = RiskFacts(10.0, {}, 1.0, 4.0, "")


def of_futures(count, **changes):
    """A run of made futures: every second one overloads a line, number 3 has 1 MW unserved for two hours."""
    return result(0.0, mode="futures", kpis={}, risk=risk_of(made_futures(count), FACTS), n1=None, **changes)


def test_runs_of_futures_are_compared_by_their_risk_with_its_intervals(runs):
    found = comparison(runs(a=of_futures(8), b=of_futures(3)))["risk"]["plan"]
    assert found["violation_probability"]["value"] == pytest.approx([4 / 8, 1 / 3])
    assert found["violation_probability"]["to_first"] == pytest.approx([0.0, 1 / 3 - 4 / 8])
    assert found["energy_not_served_mwh"]["value"] == pytest.approx([2.0 / 8, 0.0])
    # 3 MW for two hours at 0.1 CHF/kWh; 2 MWh at 10 CHF/kWh in one of eight
    assert found["cost_chf"]["value"] == pytest.approx([600.0 + 20_000.0 / 8, 600.0])
    # half of the futures have -5 %, half 15 %: a median's rank is the lower one; its bins are a tenth wide
    assert found["n1_margin_percent"]["value"] == pytest.approx([-5.0, 15.0], abs=0.06)
    assert found["n1_short_probability"]["value"] == pytest.approx([4 / 8, 1 / 3])
    for row in found.values():
        known = zip(row["low"], row["value"], row["high"], strict=True)
        assert all((low is None or low <= value) and (high is None or value <= high) for low, value, high in known)


def test_people_read_the_risk_of_both_sides_in_text_and_on_the_page(runs, tmp_path):
    a, b = runs(a=of_futures(8), b=of_futures(3))
    done = CliRunner().invoke(app, ["compare", str(a), str(b), "--report", str(tmp_path / "c.html")])
    assert done.exit_code == 0, done.output
    (row, _) = [line for line in done.stdout.splitlines() if "Violation in the window" in line]
    assert "50.0" in row
    assert "percentage points" in row
    assert (tmp_path / "c.html").read_text().count("Expected energy not served") == 2


def test_futures_beside_a_run_that_was_played_once_are_refused(runs):
    a, b = runs(a=result(900.0), b=of_futures(8))
    for pair in ([a, b], [b, a]):
        done = CliRunner().invoke(app, ["compare", *map(str, pair)])
        assert done.exit_code == 2
        assert f"{pair[1]}: " in done.stderr
        assert "--futures" in done.stderr


def test_folders_of_several_rehearsals_are_compared_rehearsal_by_rehearsal(runs, tmp_path):
    runs(x_in_noon=result(1.0), x_in_night=result(2.0), y_in_noon=result(3.0), y_in_night=result(4.0))
    # a folder "x/noon" is written for x_in_noon
    groups = side_by_side([tmp_path / "x", tmp_path / "y"])
    assert [[run.folder.relative_to(tmp_path).as_posix() for run in group] for group in groups] == [
        ["x/night", "y/night"],
        ["x/noon", "y/noon"],
    ]


def test_a_single_folder_of_several_compares_them_with_each_other(runs, tmp_path):
    runs(x_in_noon=result(1.0), x_in_night=result(2.0))
    (group,) = side_by_side([tmp_path / "x"])
    assert [run.name for run in group] == ["night", "noon"]


def test_places_without_results_are_named_all_at_once(tmp_path):
    with pytest.raises(BadInput) as refused:
        side_by_side([tmp_path / "nowhere", tmp_path / "neither"])
    assert len(refused.value.problems) == 2


def test_versions_that_differ_are_told_and_others_are_not(runs):
    other = result(1.0)["versions"] | {"boxes": {"load": {"use": "load", "version": "3", "artifact": "abc"}}}
    found = comparison(runs(a=result(1.0), b=result(1.0, versions=other)))
    assert found["versions"] == {"load": [None, "load 3 abc"]}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_needs_nothing_from_anywhere_and_escapes_what_it_shows(runs, language):
    text = page([comparison(runs(a=result(900.0), b=result(850.0, [span("line:1", 120.0, 9.0)])))], language)
    assert f'<html lang="{language}">' in text
    assert "<script" not in text
    assert not re.findall(r"(?:src|href)=|url\(|https?://", text)
    assert "Abend <b>" not in text
    assert "compare." not in re.sub(r"<style>.*</style>", "", text)  # a code without words


def test_every_language_has_the_same_words():
    codes = {
        language: {code for code in texts(language, "compare").templates if code[:8] == "compare."} for language in LANGUAGES
    }
    assert len(set(map(frozenset, codes.values()))) == 1
    shown = {f"compare.figure.{name}" for names in ROWS.values() for name in names if name != "operator"}
    assert shown <= codes["en"]


def test_the_command_writes_the_page_and_one_line_of_json(runs, tmp_path):
    a, b = runs(a=result(900.0), b=result(850.0))
    done = CliRunner().invoke(app, ["compare", str(a), str(b), "--report", str(tmp_path / "c.html"), "--lang", "it", "--json"])
    assert done.exit_code == 0, done.output
    (one,) = json.loads(done.stdout)["comparisons"]
    assert one["kpis"]["economic"]["total_chf"]["to_first"] == [0.0, -50.0]
    assert "<svg" in (tmp_path / "c.html").read_text()


def test_a_language_and_a_folder_that_are_not_there_are_refused_before_anything(runs, tmp_path):
    a, b = runs(a=result(900.0), b=result(850.0))
    report = tmp_path / "no" / "c.html"
    done = CliRunner().invoke(app, ["compare", str(a), str(b), "--report", str(report), "--lang", "rm"])
    assert done.exit_code == 2
    assert "--lang: rm" in done.stderr
    assert "--report" in done.stderr


def test_a_folder_in_the_place_of_the_page_is_refused_and_nothing_is_left_beside_it(runs, tmp_path):
    a, b = runs(a=result(900.0), b=result(850.0))
    done = CliRunner().invoke(app, ["compare", str(a), str(b), "--report", str(tmp_path)])
    assert done.exit_code == 2
    assert "a folder; expected a file" in done.stderr
    assert not list(tmp_path.parent.glob("*.new"))
