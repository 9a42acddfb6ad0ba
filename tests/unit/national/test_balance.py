from __future__ import annotations

from datetime import date

import made_up
import numpy as np
import pytest

from twin.national.balance import balance, day_sums, local_days
from twin.national.literature import literature
from twin.national.published import read_published
from twin.national.year import hours_of_year

DAILY = ("swiss_mix", "swiss_market", "swiss_load", "swiss_production_day", "swiss_use_day")


@pytest.mark.parametrize(("day", "hours"), [("2019-03-31", 23), ("2019-10-27", 25), ("2019-06-15", 24)])
def test_a_local_day_has_23_hours_in_spring_and_25_in_autumn(day: str, hours: int) -> None:
    days = local_days(hours_of_year(2019, "Europe/Zurich"), "Europe/Zurich")
    assert np.count_nonzero(days == np.datetime64(day).astype(int)) == hours


def test_a_local_year_begins_at_local_midnight() -> None:
    hours = hours_of_year(2019, "Europe/Zurich")
    assert len(hours) == 8760
    assert hours[0] == 1_546_297_200  # 2018-12-31 23:00 UTC


def test_a_day_that_lacks_one_hour_is_summed_with_its_mean_and_one_that_lacks_a_tenth_is_unknown() -> None:
    values, day = np.ones(48), np.repeat([0, 1], 24)
    values[0] = values[24:27] = np.nan
    sums = day_sums(values, day)
    assert sums[0] == pytest.approx(24.0)
    assert np.isnan(sums[24])


def test_production_is_nuclear_power_over_nuclear_share_and_the_rest_of_the_day_is_unseen(tmp_path) -> None:
    files = read_published(made_up.write(tmp_path, date(2019, 6, 1), 3), DAILY)
    hours = files["swiss_mix"].start_s + 3600 * np.arange(72)
    country = balance(files, hours, "Europe/Zurich")
    assert country.production_mw == pytest.approx(np.full(72, 8000.0))
    assert country.unseen == pytest.approx(np.full(72, 1.0 - 192.0 / 200.0))  # 24 h of 8 GW, of 200 GWh


def test_use_is_the_day_s_energy_along_end_use_where_that_is_published_and_even_elsewhere(tmp_path) -> None:
    files = read_published(made_up.write(tmp_path, date(2019, 6, 1), 3), DAILY)
    hours = files["swiss_mix"].start_s + 3600 * np.arange(72)
    assert balance(files, hours, "Europe/Zurich").use_mw == pytest.approx(np.full(72, 7500.0))  # 180 GWh a day
    files["swiss_load"].values["end_use_mw"][100:104] = 9000.0  # the second night's hour
    use = balance(files, hours, "Europe/Zurich").use_mw
    assert use[25] == pytest.approx(9000.0 * 180_000.0 / (23 * 6000.0 + 9000.0))
    assert use[2:26].sum() == pytest.approx(180_000.0)  # a day of universal time


def test_every_figure_of_the_literature_names_its_source() -> None:
    assert all(len(source) > 5 for source in literature().sources.values())
    for year, net in literature().net_import_twh.items():
        assert literature().gross_import_twh[year] > net  # exports are not negative
