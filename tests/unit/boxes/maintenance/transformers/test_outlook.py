import numpy as np
import pytest

from twin.boxes.maintenance.thermal.gaps import BEST, HIGH, LOW
from twin.boxes.maintenance.transformers.outlook import fit_relation, load_ahead


def test_relation_finds_active_and_reactive_part() -> None:
    net = np.linspace(-0.2, 0.3, 500)  # through zero: a ratio of loading to power would burst
    load = np.sqrt((net / 0.4) ** 2 + 0.01)
    relation = fit_relation(load[:, None], net[:, None], sn_mva=np.array([0.63]))
    assert relation.fitted.all()
    np.testing.assert_allclose(relation.load_factor(net[:, None])[:, 0], load, rtol=1e-9)


def test_power_of_a_load_factor_is_the_inverse_of_the_relation() -> None:
    net = np.linspace(-0.2, 0.3, 500)[:, None]
    relation = fit_relation(np.sqrt((net / 0.4) ** 2 + 0.01), net, sn_mva=np.array([0.63]))
    # in MW; the square root near zero power keeps half of the digits
    np.testing.assert_allclose(relation.net_p_mw(relation.load_factor(net)), np.abs(net), atol=1e-7)


def test_rating_stands_in_where_there_is_nothing_to_fit() -> None:
    relation = fit_relation(np.full((96, 1), np.nan), np.full((96, 1), 0.1), sn_mva=np.array([0.4]))
    assert not relation.fitted.any()
    assert float(relation.load_factor(np.array([-0.4]))[0]) == pytest.approx(1.0)


def test_reverse_flow_loads_the_transformer_too() -> None:
    relation = fit_relation(np.zeros((0, 1)), np.zeros((0, 1)), sn_mva=np.array([0.4]))
    net = np.array([[-0.3, -0.35, -0.25]])  # median, lower, upper
    lanes, known = load_ahead(relation, net[..., None], np.full((1, 1), np.nan), np.array([0.1]))
    assert known.tolist() == [1]
    assert lanes[0, HIGH, 0] == pytest.approx(0.875)
    assert lanes[0, LOW, 0] == pytest.approx(0.625)
    assert lanes[0, BEST, 0] == pytest.approx(0.75)


def test_missing_forecast_steps_take_yesterday_then_the_last_good() -> None:
    relation = fit_relation(np.zeros((0, 1)), np.zeros((0, 1)), sn_mva=np.array([0.4]))
    net = np.array([[0.2, 0.2, 0.2], [np.nan] * 3, [np.nan] * 3])
    lanes, known = load_ahead(relation, net[..., None], np.array([[0.9], [0.8], [np.nan]]), np.array([0.7]))
    assert known.tolist() == [1]
    np.testing.assert_allclose(lanes[:, BEST, 0], [0.5, 0.8, 0.7])
