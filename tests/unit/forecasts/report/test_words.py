import numpy as np
import pytest

from forecasts.report.words import MISSING, counted, day, figure, percent, unit_for, whole


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.012345, "0.0123"), (1.2345, "1.23"), (123.45, "123"), (12345.6, "12,346"), (-0.5, "-0.500"), (0, "0"), (-1e-9, "0")],
)
def test_figures_have_three_digits_and_no_exponent(value, text):
    assert figure(value) == text


@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_a_missing_figure_is_a_dash_and_never_zero(value):
    assert figure(value) == percent(value) == whole(value) == MISSING


@pytest.mark.parametrize(("mw", "name"), [(0.05, "kW"), (120.0, "MW"), (25_000.0, "GW")])
def test_the_unit_suits_the_size(mw, name):
    unit = unit_for(np.array([mw, np.nan]))
    assert unit.name == name
    assert 1.0 <= mw * unit.per_mw < 1000.0


def test_a_day_is_written_out():
    assert day(np.datetime64("2020-02-29")) == "Sat 29 Feb 2020"


def test_one_thing_has_no_plural():
    assert (counted(1, "origin"), counted(2, "origin")) == ("1 origin", "2 origins")
