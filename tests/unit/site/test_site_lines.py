"""Lines under watch in a site file."""

import pytest

from twin.domain.problems import BadInput
from twin.domain.signals import MEASURED_WIND
from twin.site import load_site, site_path
from twin.site.line import Line


@pytest.fixture(scope="module")
def demo():
    return load_site("demo")


def faults_of(tmp_path, *replacements) -> str:
    text = site_path("demo").read_text(encoding="utf-8")
    for old, new in replacements:
        assert text.count(old) >= 1, old
        text = text.replace(old, new, 1)
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as refused:
        load_site(path)
    return "\n".join(map(str, refused.value.problems))


def test_watched_lines_have_their_current_in_the_frame(demo):
    assert demo.layout().elements("line_i_ka") == tuple(line.name for line in demo.lines)


def test_wind_is_a_column_only_where_it_is_measured(demo):
    assert not {signal for signal, _ in demo.layout().columns} & set(MEASURED_WIND)


def test_boxes_get_the_facts_that_the_file_states_and_no_others(demo):
    facts = demo.context("line_rating", b"").lines["line_66"]
    assert (facts["index"], facts["kind"], facts["conductor_mm2"]) == (66, "cable", 400.0)
    assert "emergency_c" not in facts


def test_line_watched_twice_and_line_without_current_are_named_together(tmp_path):
    told = faults_of(
        tmp_path,
        ('name = "line_25"\ntitle = "MV3.101 Line 26"\nindex = 25', 'name = "line_25"\ntitle = "Cable"\nindex = 66'),
        ('name = "line_119"\ntitle = "MV3.101 Line 120"\nindex = 119', 'name = "line_119"\ntitle = "Cable"\nindex = 98'),
    )
    assert "index 66 2 times; expected one watch for a line" in told
    assert "line 98 without current; expected a channel line.98.i_ka" in told


def test_unknown_zone_of_a_line_is_named(tmp_path):
    told = faults_of(tmp_path, ('name = "line_25"\n', 'name = "line_25"\nzone = "village"\n'))
    assert "'village'; expected one of" in told


def test_cable_figures_of_an_overhead_line_are_refused():
    with pytest.raises(ValueError, match='kind "overhead" has no table cable'):
        Line(name="a", title="A", index=0, kind="overhead", cable={"depth_m": 0.8})
