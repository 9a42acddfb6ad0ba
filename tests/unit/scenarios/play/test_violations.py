import numpy as np
import pytest
import xarray as xr

from scenarios.play.violations import violations
from twin.regie.proof import Limits

LIMITS = Limits(np.array([0.95, 0.9]), np.array([1.05, 1.1]), 100.0, 100.0)
TIMES = np.datetime64("2016-01-25T17:00", "ns") + np.arange(4) * np.timedelta64(15, "m")


def made(**rows):
    """Four quarter hours of two buses, a line and a transformer, all well unless ``rows`` says else."""
    values = {
        "vm_pu": np.ones((4, 2)),
        "line_loading_percent": np.full((4, 1), 50.0),
        "trafo_loading_percent": np.full((4, 1), 50.0),
        "unsupplied_mw": np.zeros(4),
        "import_p_mw": np.full(4, 3.0),
    } | {name: np.asarray(value, dtype=float) for name, value in rows.items()}
    dims = {"vm_pu": "bus", "line_loading_percent": "line", "trafo_loading_percent": "trafo"}
    data = {name: (("side", "time", *([dims[name]] if name in dims else [])), v[None]) for name, v in values.items()}
    coords = {"side": ["plan"], "time": TIMES, "bus": [7, 9], "line": [66], "trafo": [2]}
    return xr.Dataset(data, coords=coords)


def found(**rows):
    return violations(made(**rows), "plan", limits=LIMITS, names={"trafo:2": "Quartier"})


def test_a_grid_within_its_limits_has_none():
    assert found() == []


def test_energy_not_served_names_the_zones_that_were_dark_within_its_span():
    made_dark = made(unsupplied_mw=[0.0, 1.0, 2.0, 0.0])
    dark = [("east",), ("west",), ("north", "west"), ("south",)]
    (one,) = violations(made_dark, "plan", limits=LIMITS, names={}, dark=dark)
    assert (one["kind"], one["zones"]) == ("unserved", ["north", "west"])


def test_a_limit_that_is_just_reached_is_not_broken():
    assert found(trafo_loading_percent=[[100.0]] * 4) == []


def test_consecutive_quarter_hours_are_one_span_with_its_worst_value_and_integral():
    (one,) = found(trafo_loading_percent=[[90.0], [104.0], [110.0], [99.0]])
    assert (one["element"], one["name"], one["kind"]) == ("trafo:2", "Quartier", "overload")
    assert (one["from"], one["until"]) == ("2016-01-25T17:15:00+00:00", "2016-01-25T17:45:00+00:00")
    assert (one["worst"], one["limit"], one["unit"]) == (110.0, 100.0, "%")
    assert (one["integral"], one["integral_unit"]) == (pytest.approx(0.25 * (4.0 + 10.0)), "%.h")


def test_a_quarter_hour_that_nobody_knows_ends_a_span():
    spans = found(line_loading_percent=[[120.0], [np.nan], [120.0], [120.0]])
    assert [span["from"][11:16] for span in spans] == ["17:00", "17:30"]


def test_every_bus_is_held_against_the_band_of_its_own_level():
    (one,) = found(vm_pu=[[0.94, 0.94]] * 4)
    assert (one["element"], one["kind"], one["integral"]) == ("bus:7", "undervoltage", pytest.approx(0.01))
    (other,) = found(vm_pu=[[1.08, 1.08]] * 4)
    assert (other["element"], other["kind"], other["worst"]) == ("bus:7", "overvoltage", pytest.approx(1.08))


def test_what_is_not_served_is_energy():
    (one,) = found(unsupplied_mw=[0.0, 4.0, 4.0, 0.0])
    assert (one["element"], one["kind"], one["integral"], one["integral_unit"]) == ("site", "unserved", 2.0, "MWh")
