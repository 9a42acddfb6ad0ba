import optuna
import pytest

from forecasts.champion.settings import ChampionSettings
from forecasts.on_air.setup import Setup, read_setup
from forecasts.tune.space import Knob, Space, chapter_of
from twin.domain.problems import Problems


@pytest.fixture
def space():
    return Space("load", Setup(), days=400)


def drawn(space, seed):
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed))
    return study.ask(fixed_distributions={knob.name: knob.distribution() for knob in space.knobs}).params


def test_the_given_setup_comes_back_from_its_own_values(space):
    assert space.setup_of(space.params_of(space.given)) == Setup()


def test_whatever_is_drawn_is_a_configuration_that_a_box_accepts(space):
    for seed in range(30):
        problems = Problems()
        config = space.setup_of(drawn(space, seed)).to_config()
        assert read_setup(config, "load", "box", problems) == space.setup_of(drawn(space, seed))
        assert not list(problems)


def test_floor_experts_are_always_there(space):
    for seed in range(10):
        experts = space.setup_of(drawn(space, seed)).experts or ()
        assert {"last_week", "yesterday", "day_type"} <= set(experts or space.names)


def test_penalties_rise_from_the_smallest_to_the_largest(space):
    for seed in range(10):
        alphas = space.setup_of(drawn(space, seed)).ridge.alphas
        assert list(alphas) == sorted(alphas)
        assert len(alphas) == 8


def test_windows_longer_than_the_history_are_not_tried():
    short = Space("load", Setup(train_days=90), days=130)
    window = next(knob for knob in short.knobs if knob.name == "training.days")
    assert window.choices == (60, 90, 120)


def test_experts_that_were_left_out_can_be_switched_on():
    given = Setup(experts=("last_week", "ridge"))
    few = Space("load", given, days=400)
    params = few.params_of(given)
    assert few.setup_of(params).experts == ("last_week", "ridge")
    assert few.setup_of({**params, "experts.boosted": True}).experts == ("last_week", "ridge", "boosted")


def test_a_setting_outside_of_what_is_searched_takes_the_nearest_value(space):
    wide = Setup(champion=ChampionSettings(eta=0.05, parts=5))
    params = space.params_of(wide)
    assert params["champion.eta"] == pytest.approx(0.1)
    assert params["champion.parts"] in {4, 6}


def test_a_range_of_two_decades_is_searched_by_its_logarithm():
    assert Knob("x", "c", 0.001, 0.1).distribution().log
    assert not Knob("x", "c", 2.0, 20.0).distribution().log


def test_the_tour_visits_every_chapter_and_cheap_ones_more_often(space):
    tour = [chapter_of(space.tour, trial) for trial in range(len(space.tour))]
    assert set(tour) == {knob.chapter for knob in space.knobs}
    assert tour.count("champion") > tour.count("boosted")
    assert chapter_of(space.tour, len(space.tour)) == tour[0]
