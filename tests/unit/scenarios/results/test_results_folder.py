import pytest

from scenarios.results.folder import Target
from scenarios.results.inputs import file_sha256, together
from scenarios.results.read import found, open_series, read_result
from twin.domain.problems import BadInput

INPUTS = {"scenario": "a", "ticks": 4}
RESULT = {"scenario": "evening", "kpis": {}}


def made(out, inputs=INPUTS, result=RESULT):
    target = Target(out, "evening", inputs)
    with target.under_way():
        target.finish(result)
    return target


def test_results_stand_under_their_name_only_when_they_are_whole(tmp_path):
    target = Target(tmp_path, "evening", INPUTS)
    with target.under_way() as folder:
        assert not target.final.exists()
        assert not target.finished
        (folder / "state").mkdir()
        target.finish(RESULT)
    assert target.finished
    assert (target.final / "state").is_dir()
    assert not target.partial.exists()


def test_a_run_that_ended_early_finds_its_own_folder_again(tmp_path):
    with Target(tmp_path, "evening", INPUTS).under_way() as folder:
        (folder / "half").write_text("made")
    with Target(tmp_path, "evening", INPUTS).under_way() as folder:
        assert (folder / "half").read_text() == "made"


@pytest.mark.parametrize("finished", [True, False])
def test_results_of_other_inputs_are_refused_with_both_digests_and_what_differs(tmp_path, finished):
    if finished:
        made(tmp_path)
    else:
        with Target(tmp_path, "evening", INPUTS).under_way():
            pass
    other = {**INPUTS, "ticks": 8}
    with pytest.raises(BadInput) as refused, Target(tmp_path, "evening", other).under_way():
        pass
    (problem,) = refused.value.problems
    assert together(INPUTS)[:12] in problem.value
    assert together(other)[:12] in problem.limit
    assert "ticks" in problem.value


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path):
    (tmp_path / "evening").mkdir()
    (tmp_path / "evening" / "holiday.txt").write_text("photographs")
    with pytest.raises(BadInput, match="something else"), Target(tmp_path, "evening", INPUTS).under_way():
        pass


def test_what_a_run_that_was_killed_at_once_left_is_nobodys(tmp_path):
    target = Target(tmp_path, "evening", INPUTS)
    target.partial.mkdir()
    (target.partial / "lock").touch()
    assert target.problems() == []


def test_two_runs_do_not_make_the_same_results_at_once(tmp_path):
    first, second = (Target(tmp_path, "evening", INPUTS) for _ in range(2))
    with first.under_way(), pytest.raises(BadInput, match="in use"), second.under_way():
        pass


def test_a_folder_of_one_rehearsal_and_one_of_several_are_both_found(tmp_path):
    target = made(tmp_path)
    (tmp_path / ".noon.partial").mkdir()
    assert found(tmp_path) == {"evening": target.final} == found(target.final)
    assert read_result(target.final) == RESULT


def test_where_nothing_was_finished_the_runs_that_wait_are_named(tmp_path):
    (tmp_path / ".noon.partial").mkdir()
    with pytest.raises(BadInput, match=r"\.noon\.partial"):
        found(tmp_path)


def test_results_without_a_series_say_how_to_get_one(tmp_path):
    with pytest.raises(BadInput, match="without --futures"):
        open_series(made(tmp_path).final)


def test_a_folders_digest_changes_with_any_content_or_name_in_it(tmp_path):
    (tmp_path / "grid").mkdir()
    file = tmp_path / "grid" / "a.xml"
    file.write_text("one")
    before = file_sha256(tmp_path / "grid")
    file.write_text("two")
    after = file_sha256(tmp_path / "grid")
    file.rename(tmp_path / "grid" / "b.xml")
    assert len({before, after, file_sha256(tmp_path / "grid")}) == 3
