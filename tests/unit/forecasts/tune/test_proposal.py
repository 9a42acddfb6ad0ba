import tomllib

import pytest

from forecasts.champion.settings import ChampionSettings
from forecasts.on_air.setup import Setup
from forecasts.tune.proposal import append, snippet, target_of
from twin.domain.problems import BadInput, Problems
from twin.site.read import load_site

SETUP = Setup(experts=("last_week", "ridge"), train_days=240, champion=ChampionSettings(eta=1.2))


def target(path, box="load_town", kind="load"):
    problems = Problems()
    return target_of(path, box, kind, problems), [str(problem) for problem in problems]


def proposed(path, setup=SETUP):
    found, problems = target(path)
    assert not problems
    return snippet(setup, name=found.name, use="load", shadows=found.box.name, config=found.box.config, why=("Better.",))


def test_the_shadow_stands_in_the_site_with_its_configuration(site):
    append(site, proposed(site))
    box = load_site(site).boxes[-1]
    assert (box.name, box.role, box.shadows, box.use) == ("load_town_tuned", "shadow", "load_town", "load")
    assert box.config["experts"] == ["last_week", "ridge"]
    assert box.config["champion"] == {"eta": 1.2}
    assert box.config["zone"] == "town"


def test_every_byte_before_it_stays(site):
    before = site.read_bytes()
    append(site, proposed(site))
    assert site.read_bytes().startswith(before)


def test_a_second_proposal_does_not_take_the_first_ones_name(site):
    append(site, proposed(site))
    append(site, proposed(site))
    assert [box.name for box in load_site(site).boxes][-2:] == ["load_town_tuned", "load_town_tuned_2"]


def test_a_champion_tuned_before_is_tuned_from_where_it_stands(site, restate):
    restate('zone = "town"\ntrain_days = 120\nchampion = { eta = 2.0 }')
    found, problems = target(site)
    assert not problems
    assert (found.setup.train_days, found.setup.champion.eta) == (120, 2.0)
    text = snippet(SETUP, name="a", use="load", shadows="load_town", config=found.box.config, why=())
    assert tomllib.loads(text)["boxes"][0]["config"]["train_days"] == 240


def test_line_endings_of_the_file_are_kept(site):
    site.write_bytes(site.read_bytes().replace(b"\n", b"\r\n"))
    append(site, proposed(site))
    assert b"\n" not in site.read_bytes().replace(b"\r\n", b"")


def test_a_file_without_a_last_line_break_is_not_run_into(site):
    site.write_bytes(site.read_bytes().rstrip())
    append(site, proposed(site))
    assert load_site(site).boxes[-1].name == "load_town_tuned"


def test_a_proposal_that_the_site_would_refuse_leaves_it_untouched(site):
    before = site.read_bytes()
    with pytest.raises(BadInput):
        append(site, snippet(SETUP, name="load_town", use="load", shadows="load_town", config={}, why=()))
    assert site.read_bytes() == before
    assert [path.name for path in site.parent.iterdir()] == ["town.toml"]


def test_quotes_and_umlauts_survive(site):
    text = snippet(
        Setup(), name="a", use="load", shadows="b", config={"zone": 'Zü"rich\\', "odd key": {"x": [1.5, True]}}, why=()
    )
    config = tomllib.loads(text)["boxes"][0]["config"]
    assert config == {"zone": 'Zü"rich\\', "odd key": {"x": [1.5, True]}}


@pytest.mark.parametrize("box", ["nobody", "load_town_profile", "tariff"])
def test_only_a_champion_that_forecasts_is_shadowed(site, box):
    found, problems = target(site, box)
    assert found is None
    assert "a champion that forecasts: load_town" in problems[0]


def test_a_series_of_another_kind_is_refused(site):
    assert "what box 'pv_town' forecasts: pv" in target(site, "pv_town")[1][0]


def test_a_packaged_site_is_not_written_into(tmp_path):
    assert "has to be copied first" in target(tmp_path / "demo")[1][0]


def test_every_fault_of_the_site_is_told(site):
    site.write_text(site.read_text().replace('name = "load_town"', 'nam = "load_town"', 1).replace("k = 15", "k = -1"))
    assert target(site)[1]


def test_a_box_with_one_engine_is_tuned_from_that_expert_and_its_shadow_weighs(site, restate):
    restate('zone = "town"\nengine = "day_type"')
    found, problems = target(site)
    assert not problems
    assert found.setup.experts == ("day_type",)
    append(site, proposed(site))
    assert "engine" not in load_site(site).boxes[-1].config
