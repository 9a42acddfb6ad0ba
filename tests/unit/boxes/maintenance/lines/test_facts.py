"""What is known of a line, what is typical, and what is refused."""

import numpy as np
import pytest

from twin.boxes.maintenance.lines.facts import BEST, COOL, HOT, read_lines
from twin.contracts import synthetic_facts
from twin.domain.problems import BadInput

GRID = synthetic_facts.grid().to_bytes()  # one line, index 0, 400 A at 10 kV
ZONES = {"town": {"parent": None}, "neighbourhood": {"parent": "town"}}
CABLE = {"index": 0, "kind": "cable"}
OVERHEAD = {"index": 0, "kind": "overhead"}


def read(facts, *, config=None, grid=GRID):
    (line,) = read_lines(config or {}, {"feeder": facts}, grid=grid, zones=ZONES)
    return line


def faults(facts, *, config=None, grid=GRID) -> str:
    with pytest.raises(BadInput) as refused:
        read(facts, config=config, grid=grid)
    return "\n".join(map(str, refused.value.problems))


def test_rating_and_voltage_come_from_the_grid() -> None:
    line = read(CABLE)
    assert (line.rated_i_ka, line.vn_kv, line.limit_c) == (0.4, 10.0, 90.0)


def test_missing_facts_stand_at_typical_values_and_are_named() -> None:
    line = read(CABLE)
    assert {"insulation", "material", "conductor_mm2", "depth_m", "soil_k_m_per_w", "limit_c"} <= set(line.typical)
    assert line.cable is not None


def test_facts_that_the_site_states_are_not_called_typical() -> None:
    stated = {**CABLE, "insulation": "xlpe", "material": "aluminium", "conductor_mm2": 240.0, "depth_m": 0.8}
    assert not {"insulation", "material", "conductor_mm2", "depth_m"} & set(read(stated).typical)


def test_likely_cross_section_follows_from_the_rating() -> None:
    # 416 A is what the sheet of 240 mm2 states
    likely, stated = (
        read({**CABLE, "rated_i_ka": 0.416, **more}).cable for more in ({}, {"conductor_mm2": 240.0, "material": "aluminium"})
    )
    assert likely.r20_ohm_per_m == stated.r20_ohm_per_m


def test_rating_that_no_soil_explains_gives_way_to_typical_soil_and_is_named() -> None:
    line = read({**CABLE, "rated_i_ka": 1.5, "conductor_mm2": 50.0})
    assert "soil_of_rating" in line.typical


def test_lanes_know_less_and_more_of_the_soil(continuous_ka) -> None:
    line = read(CABLE)
    rating = continuous_ka(line.cable, 15.0 + line.soil_spread_k, limit_c=90.0)
    assert rating[HOT] < rating[BEST] < rating[COOL]


def test_measured_soil_temperature_has_no_spread() -> None:
    assert np.array_equal(read({**CABLE, "soil_c": 12.0}).soil_spread_k, np.zeros(3))


def test_overhead_line_without_a_conductor_gets_one_of_its_rating() -> None:
    line = read(OVERHEAD)
    assert "conductor" in line.typical
    assert line.span is not None
    assert line.span.conductor.diameter_mm == 15.5  # Al/St 120/20, 400 A by the static assumption


def test_conductor_of_its_own_needs_all_five_figures() -> None:
    assert "no core_diameter_mm, strand_diameter_mm, r20_ohm_per_km, alpha_per_k" in faults({**OVERHEAD, "diameter_mm": 13.6})


def test_unknown_conductor_is_named_with_those_that_are_known() -> None:
    assert "'Cu 50'; expected one of ['117-AL3'" in faults({**OVERHEAD, "conductor": "Cu 50"})


def test_line_that_is_not_in_the_grid_is_named() -> None:
    assert "line 'feeder': index 999; expected a line of the grid" in faults({**CABLE, "index": 999})


def test_line_without_rating_anywhere_asks_for_it() -> None:
    told = faults(CABLE, grid=b"")
    assert "state rated_i_ka" in told
    assert "state vn_kv" in told


def test_unknown_name_and_unknown_key_are_refused_together() -> None:
    told = faults(CABLE, config={"lines": ["ring"], "line": "feeder"})
    assert "'ring'; expected one of ['feeder']" in told
    assert "unknown key 'line'" in told


def test_box_without_any_line_is_refused() -> None:
    with pytest.raises(BadInput, match="watch a line"):
        read_lines({}, {}, grid=GRID, zones=ZONES)


def test_zone_of_the_whole_site_stands_in() -> None:
    assert read(CABLE).zone == "town"
    assert read({**CABLE, "zone": "neighbourhood"}).zone == "neighbourhood"


def test_power_of_a_current_is_that_of_three_phases() -> None:
    assert read(CABLE).power_mw(0.1) == pytest.approx(np.sqrt(3.0), rel=1e-12)  # 100 A at 10 kV
