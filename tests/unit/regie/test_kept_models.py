"""Models kept from run to run: only the very same question, code and bytes give one back."""

import os
import sys
from pathlib import Path

import pytest

from twin.contracts.messages import Service
from twin.regie import kept_models
from twin.regie.effort import PLAYED
from twin.regie.kept_models import KeptModels, made_by
from twin.regie.runner import BoxInstance

sys.path.insert(0, str(Path(__file__).parents[2] / "boxes"))
from box_stage import Stage


@pytest.fixture
def kept(tmp_path):
    models = KeptModels(tmp_path / "models")
    models.put(b"model", "twin", b"box", b"history")
    return models


def test_the_same_question_has_its_model_in_another_run(kept, tmp_path):
    assert KeptModels(tmp_path / "models").get("twin", b"box", b"history") == b"model"


@pytest.mark.parametrize("question", [(b"box", b"another history"), (b"another box", b"history"), (b"boxhistory",), (b"box",)])
def test_another_question_has_none(kept, question):
    assert kept.get("twin", *question) is None


def test_a_box_whose_code_was_changed_has_none(tmp_path, monkeypatch):
    code = tmp_path / "own_box.py"
    monkeypatch.syspath_prepend(tmp_path)
    models = KeptModels(tmp_path / "models")
    digests = []
    for text in ("SLOPE = 1.0", "SLOPE = 2.0"):
        code.write_text(text, encoding="utf-8")
        made_by.cache_clear()
        assert models.get("own_box", b"question") is None
        models.put(text.encode(), "own_box", b"question")
        digests.append(made_by("own_box"))
    assert digests[0] != digests[1]


def test_a_damaged_file_is_no_model(kept, tmp_path):
    (file,) = (tmp_path / "models").iterdir()
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    assert kept.get("twin", b"box", b"history") is None


def test_what_was_used_last_is_kept_longest(kept, tmp_path, monkeypatch):
    monkeypatch.setattr(kept_models, "KEPT_FILES", 2)
    kept.put(b"second", "twin", b"second")
    for age, file in enumerate(sorted((tmp_path / "models").iterdir(), key=lambda path: path.stat().st_mtime)):
        os.utime(file, (1000 + age, 1000 + age))
    assert kept.get("twin", b"box", b"history") == b"model"
    kept.put(b"third", "twin", b"third")
    assert kept.get("twin", b"second") is None
    assert kept.get("twin", b"box", b"history") == b"model"


def test_a_disk_that_takes_nothing_ends_no_run(tmp_path):
    (tmp_path / "models").write_text("a file where the folder should be")
    models = KeptModels(tmp_path / "models")
    models.put(b"model", "twin", b"question")
    assert models.get("twin", b"question") is None


def test_a_rehearsal_has_the_model_that_another_run_made_and_starts_no_process_for_it(tmp_path, monkeypatch):
    monkeypatch.setenv("REGIE_CACHE", str(tmp_path / "cache"))
    made = []
    for name in ("first", "second"):
        stage = Stage([BoxInstance("trained", "faulty:TrainedBox", "champion", {})], tmp_path / name, effort=PLAYED)
        try:
            made.append(stage.runner.prepare(stage.as_of)["trained"].artifact)
            answered = stage.run()["trained"].service
            started = stage.runner.trainer.work.pid is not None
        finally:
            stage.runner.stop()
    assert made[0] == made[1] is not None
    assert answered is Service.FRESH
    assert not started
