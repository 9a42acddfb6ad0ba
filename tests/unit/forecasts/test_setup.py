import pytest

from forecasts.champion.settings import ChampionSettings
from forecasts.experts.boosted import BoostedSettings
from forecasts.on_air.setup import Setup, read_setup
from twin.domain.problems import BadInput, Problems


def read(config, kind="load"):
    problems = Problems()
    return read_setup(config, kind, "box 'a'", problems), [str(problem) for problem in problems]


def test_an_empty_configuration_is_the_default():
    assert read({}) == (Setup(), [])
    assert Setup().to_config() == {}


def test_what_is_written_is_read_back():
    setup = Setup(
        experts=("last_week", "day_type", "ridge"),
        train_days=240,
        champion=ChampionSettings(eta=1.2, parts=6),
        boosted=BoostedSettings(trees=300),
    )
    assert read(setup.to_config()) == (setup, [])


def test_only_what_differs_is_written():
    assert Setup(boosted=BoostedSettings(trees=300)).to_config() == {"boosted": {"trees": 300}}


def test_keys_of_the_box_itself_are_left_alone():
    assert read({"zone": "town", "fallbacks": ["constant"]}) == (Setup(), [])


def test_every_fault_is_found_at_once():
    _, problems = read(
        {
            "experts": ["ridge", "oracle"],
            "train_days": 3,
            "champion": {"eta": 99.0, "parts": 5, "luck": 1},
            "ridge": {"alphas": [0.1, "x"]},
            "boosted": 7,
        }
    )
    assert len(problems) == 7
    for part in ("oracle", "train_days", "champion.eta", "champion.parts", "champion.luck", "ridge.alphas", "boosted"):
        assert any(part in problem for problem in problems)


@pytest.mark.parametrize("value", [True, 1.5, float("nan"), "200", None])
def test_trees_are_a_whole_number(value):
    setup, problems = read({"boosted": {"trees": value}})
    assert setup.boosted.trees == BoostedSettings().trees
    assert len(problems) == 1


def test_experts_carry_their_settings():
    made = Setup(experts=("ridge", "boosted"), boosted=BoostedSettings(trees=17)).make("load")
    assert list(made) == ["ridge", "boosted"]
    assert made["boosted"]._settings.trees == 17


def test_an_expert_of_another_kind_is_refused():
    with pytest.raises(BadInput, match="oracle"):
        Setup(experts=("oracle",)).make("load")


def test_a_box_with_a_single_engine_is_a_champion_of_that_one():
    assert read({"engine": "ridge"}) == (Setup(experts=("ridge",)), [])
    assert read({"engine": "champion"}) == (Setup(), [])
