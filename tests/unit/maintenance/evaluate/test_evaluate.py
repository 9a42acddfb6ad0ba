import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from twin.cli import app
from twin.domain.problems import BadInput
from twin.maintenance.evaluate.command import evaluate
from twin.maintenance.evaluate.faults import Fault
from twin.maintenance.evaluate.flags import EvaluateFlags
from twin.maintenance.evaluate.report import write_report
from twin.maintenance.evaluate.words import Words

START = datetime(2023, 9, 5, tzinfo=UTC)
ETT = Path(__file__).resolve().parents[5] / "shared" / "data" / "ett" / "ETTh1.csv"


def day(number: float) -> int:
    return int((START + timedelta(days=number)).timestamp())


def notes(found, name: str) -> set[str]:
    return {note.code for each in found.assessed if each.name == name for note in each.prepared.notes}


def causes(found, name: str) -> list[str]:
    alarms = [alarm for each in found.assessed if each.name == name for alarm in each.alarms]
    return [alarm.verdict.kind if alarm.verdict else alarm.rule for alarm in alarms]


COOLING = Fault(1, "cooling", day(40), size_k=8.0, growth_days=7.0)


@pytest.fixture(scope="module")
def ill(write):
    """One transformer of three loses its cooling; faults are put in beside it."""
    return evaluate(write([COOLING], inject=1, reference_days=20))


def test_a_failing_cooling_is_found_and_its_cause_proposed(ill) -> None:
    assert causes(ill, "south") == ["cooling"]


def test_healthy_assets_beside_it_stay_silent_at_full_confidence(ill) -> None:
    assert causes(ill, "north") == causes(ill, "mill") == []
    assert not ill.reduced


def test_labels_give_detection_rate_delay_and_false_alarms(write, tmp_path) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text("asset,start,end,kind\nsouth,2023-10-15,2023-11-12,cooling\nmill,2023-10-22,2023-10-27,fan\n")
    figures = evaluate(write([COOLING], labels=str(labels))).to_json()["labels"]
    assert (figures["count"], figures["detection_rate"], figures["false_alarms_asset_month"]) == (2, 0.5, 0.0)
    assert 0.0 < figures["delay_h_median"] < 7 * 24  # before it is fully grown


def test_labels_of_the_learning_span_are_counted_apart(write, tmp_path) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text("asset,start,end\nsouth,2023-09-08,2023-09-11\n")
    figures = evaluate(write(labels=str(labels))).to_json()["labels"]
    assert (figures["count"], figures["in_learning"]) == (0, 1)


def test_every_bad_label_is_named(write, tmp_path) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text("asset,start,end\nsuoth,2023-10-13,2023-11-10\nsouth,2023-11-10,2023-10-13\nmill,soon,later\n")
    wrong = evaluate(write(labels=str(labels))).to_json()["wrong_labels"]
    assert ["suoth" in wrong[0], "before it begins" in wrong[1], "no time" in wrong[2]] == [True] * 3


def test_injected_faults_say_what_would_be_found(ill) -> None:
    injected = ill.to_json()["injected"]
    assert injected["count"] == 3
    assert injected["found_6k"] == 1.0
    assert injected["lead_h_median"] > 0.0


def test_a_higher_bar_finds_no_more(ill) -> None:
    recalls = [point["recall"] for point in ill.to_json()["precision_recall"]]
    assert recalls == sorted(recalls, reverse=True)


def test_fahrenheit_top_oil_is_named_and_still_assessed(write) -> None:
    found = evaluate(write([COOLING], oil=lambda c: 1.8 * c + 32.0))
    assert notes(found, "south") == {"top_oil_fahrenheit"}
    assert causes(found, "south") == ["cooling"]


def test_ten_times_top_oil_is_named(write) -> None:
    assert notes(evaluate(write(oil=lambda c: 10.0 * c)), "mill") == {"top_oil_times_ten"}


def test_ten_times_ambient_is_named(write) -> None:
    assert "ambient_times_ten" in notes(evaluate(write(air=lambda c: 10.0 * c)), "mill")


def test_fahrenheit_ambient_is_named(write) -> None:
    assert "ambient_fahrenheit" in notes(evaluate(write(air=lambda c: 1.8 * c + 32.0)), "mill")


def test_a_spell_of_fahrenheit_within_a_column_is_an_alarm_of_its_own(write) -> None:
    def spell(oil_c: np.ndarray) -> np.ndarray:
        spoilt = oil_c.copy()
        spoilt[50 * 96 : 52 * 96, 0] = 1.8 * oil_c[50 * 96 : 52 * 96, 0] + 32.0
        return spoilt

    found = evaluate(write(oil=spell))
    details = {alarm.verdict.detail for each in found.assessed for alarm in each.alarms if alarm.verdict}
    assert details == {"fahrenheit"}


def test_per_unit_called_percent_is_named(write, tmp_path) -> None:
    told = write()
    path = Path(told.files[0])
    lines = path.read_text().splitlines()
    scaled = [lines[0]]
    for line in lines[1:]:
        time, asset, load, *rest = line.split(",")
        scaled.append(",".join([time, asset, f"{float(load) / 100.0:.4f}" if load else "", *rest]))
    path.write_text("\n".join(scaled))
    assert "load_per_unit" in notes(evaluate(told), "north")


@pytest.mark.parametrize("zone", ["Europe/Zurich", "Pacific/Auckland"])
def test_local_stamps_through_both_clock_changes_give_the_same_alarms(write, ill, zone) -> None:
    def alarms(found) -> list[tuple[str, int]]:
        return [(each.name, alarm.raised_s) for each in found.assessed for alarm in each.alarms]

    assert alarms(evaluate(write([COOLING], zone=zone, reference_days=20))) == alarms(ill)


def test_duplicated_rows_count_once_and_are_counted(write) -> None:
    found = evaluate(write(extra_rows=["2023-09-05 00:00,north,40.0,5.0,30.0"] * 3))
    rows = next(asset["rows"] for asset in found.to_json()["assets"] if asset["asset"] == "north")
    assert sum(rows[kind] for kind in ("repeated", "contradicting") if kind in rows) == 3


def test_an_asset_with_too_little_is_listed_as_not_assessed_and_the_others_are(write) -> None:
    found = evaluate(write(extra_rows=["2023-09-05 00:00,stub,40.0,5.0,30.0", "2023-09-05 01:00,,40.0,5.0,30.0"]))
    assert [each.name for each in found.assessed] == ["mill", "north", "south"]
    assert {each.name for each in found.not_assessed} == {"stub", ""}


def test_all_faults_of_a_call_are_named_at_once(tmp_path) -> None:
    with pytest.raises(BadInput) as refused:
        evaluate(EvaluateFlags(files=("x.csv",), timezone="Mars/Olympus", label="middle", budget=0.0, load_unit="furlong"))
    places = {problem.place for problem in refused.value.problems}
    assert places == {"--time", "--load", "--top-oil", "--tz", "--label", "--budget", "--load-unit"}


def test_a_missing_column_is_named_with_those_there_are(write) -> None:
    with pytest.raises(BadInput, match="'oil'"):
        evaluate(write(top_oil_column="oel"))


@pytest.fixture(scope="module")
def bare(write):
    """The same without ambient and rating."""
    return evaluate(write([COOLING], drop=["air"], load_unit="A", reference_days=28))


def test_without_ambient_confidence_is_reduced(bare) -> None:
    assert {"ambient_absent", "season_unknown"} <= notes(bare, "north")
    assert bare.to_json()["confidence"] == "reduced"


def test_a_missing_rating_stands_at_a_typical_one_and_is_flagged(bare) -> None:
    assert "rating_typical" in notes(bare, "north")


@pytest.mark.parametrize("language", ["fr", "de", "it", "en"])
def test_every_language_has_every_word(bare, language) -> None:
    assert not [line for line in Words.of(bare, language).lines() if "evaluate." in line or "{" in line]


def test_the_report_is_one_file_that_loads_nothing(ill, tmp_path) -> None:
    write_report(ill, tmp_path / "out.html", "fr")
    text = (tmp_path / "out.html").read_text(encoding="utf-8")
    assert "default-src 'none'" in text
    assert "refroidissement" in text


def test_the_command_prints_one_json_line(write) -> None:
    columns = ["--time", "time", "--asset", "asset", "--load", "load", "--ambient", "air", "--top-oil", "oil"]
    stated = ["--load-unit", "percent", "--tz", "UTC", "--label", "start", "--json"]
    answer = CliRunner().invoke(app, ["maintenance", "evaluate", *write([COOLING]).files, *columns, *stated])
    assert answer.exit_code == 0
    assert json.loads(answer.stdout.splitlines()[-1])["confidence"] == "full"


@pytest.mark.skipif(not ETT.is_file(), reason=f"the Electricity Transformer Data are not at {ETT}")
def test_ett_without_ambient_runs_at_reduced_confidence(tmp_path) -> None:
    half = tmp_path / "ETTh1.csv"
    half.write_text("".join(ETT.read_text().splitlines(keepends=True)[:8000]))  # eleven months: the whole takes twice the time
    told = EvaluateFlags(
        files=(str(half),),
        time_column="date",
        load_column="HUFL",
        reactive_column="HULL",
        load_unit="MW",
        top_oil_column="OT",
        timezone="Asia/Shanghai",
        label="start",
    )
    answer = evaluate(told).to_json()
    (asset,) = answer["assets"]
    assert answer["confidence"] == asset["confidence"] == "reduced"
    assert {note["code"] for note in asset["notes"]} >= {"ambient_absent", "rating_typical"}
    # the file repeats one value through the 31st of most months
    raised = {alarm["raised"][8:10] for alarm in asset["alarms"] if alarm["cause"] == "sensor_stuck"}
    assert raised & {"30", "31"}


def test_gaps_and_contradicting_rows_are_told_and_lower_the_confidence(write) -> None:
    def with_gap(oil_c: np.ndarray) -> np.ndarray:
        spoilt = oil_c.copy()
        spoilt[40 * 96 : 50 * 96, 2] = np.nan
        return spoilt

    found = evaluate(write(oil=with_gap, extra_rows=["2023-10-01 12:00,north,40,10,99"]))
    assert {name: notes(found, name) for name in ("north", "south", "mill")} == {
        "north": {"contradicting"},
        "south": set(),
        "mill": {"missing"},
    }


def test_rows_that_only_repeat_others_are_told_and_lower_nothing(write) -> None:
    told = write()
    path = Path(told.files[0])
    path.write_text(path.read_text() + "".join(f"{line}\n" for line in path.read_text().splitlines()[10:13]))
    found = evaluate(told)
    assert not found.reduced
    assert any("Zeilen, die eine andere wiederholen" in line for line in Words.of(found, "de").lines())


@pytest.mark.parametrize("language", ["fr", "de", "it", "en"])
def test_why_an_asset_is_not_assessed_is_said_in_the_readers_language(write, language: str) -> None:
    found = evaluate(write(top_oil_column="asset", reference_days=20))
    assert {each.why.code for each in found.not_assessed} == {"no_rows"}
    said = {"fr": "aucune ligne", "de": "keine Zeile", "it": "nessuna riga", "en": "no row"}[language]
    assert all(said in line for line in Words.of(found, language).left())
