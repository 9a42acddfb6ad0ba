from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.national.balance import Balance
from twin.national.consumption import consumption_share, foreign_parts
from twin.national.kinds import KINDS
from twin.national.mix import Bounded, production_share
from twin.national.published import Published

CARRIERS = tuple(KINDS["swiss_mix"].quantities)
SHARES = st.lists(st.floats(0.0, 1.0), min_size=len(CARRIERS), max_size=len(CARRIERS)).filter(lambda parts: sum(parts) > 0.1)
MW = st.floats(100.0, 20_000.0)


def _mix(**shares: float) -> Published:
    return Published("swiss_mix", 0, 3600, {name: np.array([shares.get(name, 0.0)]) for name in CARRIERS}, {})


def _share(pumped_part: float = 0.5, **shares: float) -> tuple[float, float, float]:
    found = production_share(_mix(**shares), np.array([0]), pumped_part=pumped_part)
    return tuple(float(part[0]) for part in (found.share, found.low, found.high))


def test_hydro_sun_wind_and_biomass_count_whole_waste_half_and_nuclear_nothing() -> None:
    share, low, high = _share(nuclear=0.3, river=0.2, solar=0.2, wind_onshore=0.1, biomass=0.1, waste=0.1)
    assert share == pytest.approx(0.65)
    assert (low, high) == (pytest.approx(share), pytest.approx(share))  # nothing of it is open


def test_a_residual_without_a_source_is_open_from_nothing_to_all() -> None:
    share, low, high = _share(nuclear=0.5, river=0.3, residual_other=0.2)
    assert (low, share, high) == pytest.approx((0.3, 0.4, 0.5))


def test_what_was_pumped_up_before_has_the_mix_of_all_else() -> None:
    share, low, high = _share(pumped_part=1.0, nuclear=0.4, river=0.4, pumped=0.2)
    assert share == pytest.approx(0.5)  # 0.4 of the 0.8 that were not pumped
    assert (low, high) == pytest.approx((0.4, 0.6))


def test_what_flowed_into_a_pumped_storage_by_itself_is_hydropower() -> None:
    assert _share(pumped_part=0.0, nuclear=0.4, river=0.4, pumped=0.2)[0] == pytest.approx(0.6)


@given(SHARES, st.floats(0.0, 1.0))
def test_the_share_lies_within_its_bounds_whatever_the_mix(parts: list[float], pumped_part: float) -> None:
    whole = dict(zip(CARRIERS, (part / sum(parts) for part in parts), strict=True))
    share, low, high = _share(pumped_part, **whole)
    rounding = 1e-9
    assert 0.0 <= low <= share + rounding <= high + 2.0 * rounding
    assert high <= 1.0


def _country(production_mw: float, use_mw: float, unseen: float = 0.0, hours: int = 8760) -> Balance:
    whole = np.ones(hours)
    return Balance(np.arange(hours), np.zeros(hours), production_mw * whole, unseen * whole, use_mw * whole)


def _consumed(country: Balance, gross_import_twh: float, share: float = 0.6) -> Bounded:
    whole = np.full(len(country.hours_s), share)
    return consumption_share(
        Bounded(whole, whole, whole), country, gross_import_twh=gross_import_twh, foreign_low=0.2, foreign_high=0.8
    )


def test_a_country_that_buys_nothing_consumes_what_it_makes() -> None:
    found = _consumed(_country(8000.0, 8000.0), 0.0)
    assert (found.low[0], found.high[0]) == pytest.approx((0.6, 0.6))


def test_a_quarter_bought_with_an_unknown_mix_opens_the_share_by_a_quarter_of_its_span() -> None:
    found = _consumed(_country(6000.0, 8000.0), 0.0)
    assert (found.low[0], found.high[0]) == pytest.approx((0.75 * 0.6 + 0.25 * 0.2, 0.75 * 0.6 + 0.25 * 0.8))


def test_imports_that_the_net_purchases_do_not_explain_pass_through_evenly() -> None:
    # 17.52 TWh a year are 2000 MW: of what flows, 2000 of 10000 MW are foreign at most, and none at least.
    least, most = foreign_parts(_country(8000.0, 7000.0), 17.52)
    assert (least[0], most[0]) == pytest.approx((0.0, 0.2))


def test_an_import_that_is_certain_can_show_the_production_mix_wrong() -> None:
    found = _consumed(_country(4000.0, 8000.0), 0.0, share=0.95)
    assert found.high[0] == pytest.approx(0.5 * 0.95 + 0.5 * 0.8)
    assert found.share[0] > found.high[0]


def test_production_that_no_hour_of_the_mix_holds_is_open_from_nothing_to_all() -> None:
    found = _consumed(_country(8000.0, 8000.0, unseen=0.05), 0.0)
    assert (found.low[0], found.high[0]) == pytest.approx((0.57, 0.62))


def test_an_hour_without_balance_takes_any_foreign_part_up_to_the_year_s_largest() -> None:
    country = _country(6000.0, 8000.0)
    country.production_mw[0] = np.nan
    found = _consumed(country, 0.0)
    assert (found.low[0], found.high[0]) == (pytest.approx(found.low[1]), pytest.approx(found.high[1]))
    assert found.low[0] <= 0.6 <= found.high[0]


@given(MW, MW, st.floats(0.0, 60.0), st.floats(0.0, 1.0))
def test_bounds_are_shares_in_order(production_mw: float, use_mw: float, gross_twh: float, share: float) -> None:
    found = _consumed(_country(production_mw, use_mw, hours=24), gross_twh, share)
    assert (found.low >= 0.0).all()
    assert (found.low <= found.high + 1e-9).all()
    assert (found.high <= 1.0 + 1e-9).all()
