"""A site file names whom a shadow shadows, and when it has earned the place."""

import importlib.resources
from pathlib import Path

import pytest

from twin.domain.problems import BadInput
from twin.site import load_site

DEMO = (Path(str(importlib.resources.files("scenarios"))) / "sites" / "demo.toml").read_text(encoding="utf-8")
SHADOW = '\n[[boxes]]\nname = "tuned"\nuse = "load"\nrole = "shadow"\nshadows = "load_neighbourhood"\n'
SHADOW += 'config = { zone = "neighbourhood", engine = "day_type" }\n'


def site(tmp_path, more):
    path = tmp_path / "site.toml"
    path.write_text(DEMO + more)
    return load_site(path)


def refused(tmp_path, more):
    with pytest.raises(BadInput) as caught:
        site(tmp_path, more)
    return [str(problem) for problem in caught.value.problems]


def test_a_shadow_and_the_rule_of_its_promotion_are_read(tmp_path):
    read = site(tmp_path, SHADOW + "\n[promote]\nmin_days = 21\n")
    assert (read.boxes[-1].role, read.boxes[-1].shadows) == ("shadow", "load_neighbourhood")
    assert (read.promote.min_days, read.promote.min_gain_share) == (21, 0.02)


@pytest.mark.parametrize(
    ("written", "instead", "fault"),
    [
        ('shadows = "load_neighbourhood"\n', "", "missing; expected one of the champions"),
        ('"load_neighbourhood"', '"nobody"', "'nobody'; expected one of the champions"),
        ('"load_neighbourhood"', '"load_town_profile"', "'load_town_profile'; expected one of the champions"),
        ('role = "shadow"', 'role = "standby"', '\'load_neighbourhood\' of a standby; expected role = "shadow" or "reserve"'),
    ],
    ids=["nobody named", "nobody known", "a standby", "no shadow"],
)
def test_a_shadow_of_nobody_is_refused_with_its_line(tmp_path, written, instead, fault):
    (problem,) = refused(tmp_path, SHADOW.replace(written, instead))
    assert fault in problem
    assert "site.toml" in problem


def test_a_rule_that_nobody_can_meet_is_refused(tmp_path):
    problems = refused(tmp_path, "\n[promote]\ncoverage_90 = [0.97, 0.8]\n")
    assert any("[0.97, 0.8]; expected a lower share before a higher one" in problem for problem in problems)
    assert any("at least 2" in problem for problem in refused(tmp_path, "\n[promote]\nmin_days = 1\n"))


def test_faults_of_several_shadows_come_at_once(tmp_path):
    second = SHADOW.replace('"tuned"', '"wild"').replace('"load_neighbourhood"', '"nobody"')
    assert len(refused(tmp_path, SHADOW.replace('shadows = "load_neighbourhood"\n', "") + second)) == 2
