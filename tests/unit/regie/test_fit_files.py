"""Fits as files: asked once, answered whole, earliest effect first, forgotten without leaving work behind."""

from dataclasses import replace

import pytest

from twin.contracts.messages import Outcome
from twin.regie.fit_files import FitAnswer, FitAsk, forget, get_answer, get_ask, open_asks, put_answer, put_ask

ASK = FitAsk(
    instance="load_town",
    as_of_s=1465945200,
    effect_s=1465948800,
    seed=7,
    deadline_s=60.0,
    memory_mb=600,
    history="/state/artifacts/history-ab",
    description=b"\x00grid\xff",
)
FITTED = FitAnswer(Outcome.OK, "", 1.5, b"model")
TOO_LATE = FitAnswer(Outcome.DEADLINE, "no answer within deadline_s=60", 60.0)


def test_what_is_asked_arrives_whole(tmp_path):
    name = put_ask(tmp_path / "fits", ASK)
    assert get_ask(tmp_path / "fits", name) == ASK


def test_asking_again_changes_nothing(tmp_path):
    put_ask(tmp_path, ASK)
    (path,) = tmp_path.iterdir()
    before = path.stat().st_mtime_ns
    put_ask(tmp_path, ASK)
    assert [path.stat().st_mtime_ns for path in tmp_path.iterdir()] == [before]


@pytest.mark.parametrize(
    "change", [{"instance": "load"}, {"as_of_s": 0}, {"seed": 8}, {"history": "/elsewhere"}, {"description": b""}]
)
def test_another_fit_has_another_name(change):
    assert replace(ASK, **change).name != ASK.name


@pytest.mark.parametrize("answer", [FITTED, TOO_LATE], ids=["fitted", "too_late"])
def test_an_answer_arrives_whole(tmp_path, answer):
    name = put_ask(tmp_path, ASK)
    assert get_answer(tmp_path, name) is None
    put_answer(tmp_path, name, answer)
    assert get_answer(tmp_path, name) == answer


def test_a_model_without_its_answer_is_none_yet(tmp_path):
    name = put_ask(tmp_path, ASK)
    (tmp_path / f"{name}.model").write_bytes(b"written, then killed")
    assert get_answer(tmp_path, name) is None
    assert open_asks(tmp_path) == [name]


def test_fits_without_an_answer_come_in_the_order_of_their_effect(tmp_path):
    late, soon, done = (put_ask(tmp_path, replace(ASK, effect_s=s)) for s in (2_000_000_000, 999_999_999, 1))
    put_answer(tmp_path, done, TOO_LATE)
    assert open_asks(tmp_path) == [soon, late]


def test_a_withdrawn_fit_asks_for_nothing(tmp_path):
    name = put_ask(tmp_path, ASK)
    forget(tmp_path, but=())
    assert get_ask(tmp_path, name) is None
    assert open_asks(tmp_path) == []


def test_what_is_forgotten_leaves_no_file_and_what_is_pending_stays(tmp_path):
    old, new = put_ask(tmp_path, ASK), put_ask(tmp_path, replace(ASK, effect_s=1466035200))
    for name in (old, new):
        put_answer(tmp_path, name, FITTED)
    forget(tmp_path, but=[new])
    assert {path.name for path in tmp_path.iterdir()} == {f"{new}.{end}" for end in ("ask", "json", "model")}


def test_words_of_a_box_that_have_no_utf_8_travel(tmp_path):
    name = put_ask(tmp_path, ASK)
    put_answer(tmp_path, name, FitAnswer(Outcome.EXCEPTION, "half a character \udc80", 0.1))
    assert get_answer(tmp_path, name).text == "half a character \udc80"


def test_forgetting_where_nothing_was_ever_asked_is_no_error(tmp_path):
    forget(tmp_path / "fits", but=())
    assert open_asks(tmp_path / "fits") == []
