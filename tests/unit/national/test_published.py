"""A file that is not what it should be is refused, with every fault and what to do about it."""

from __future__ import annotations

from datetime import date

import made_up
import numpy as np
import pandas as pd
import pytest

from twin.domain.problems import BadInput
from twin.national.kinds import KINDS
from twin.national.published import read_published


@pytest.fixture
def data(tmp_path):
    return made_up.write(tmp_path / "data", date(2019, 6, 1), 3)


def _refusal(data, *kinds: str) -> str:
    with pytest.raises(BadInput) as refused:
        read_published(data, kinds)
    return str(refused.value)


def test_made_up_files_with_the_published_headers_are_read(data) -> None:
    read = read_published(data, list(KINDS))
    assert read["zurich_load"].values["load_mw"].tolist() == [300.0] * 288
    assert read["swiss_production_day"].values["nuclear_gwh"].tolist() == [76.8] * 5
    assert read["swiss_market"].faults == {"no_stamp": 1}


def test_an_absent_folder_says_where_it_is_stated(tmp_path) -> None:
    assert "correct --data, or $REGIE_DATA" in _refusal(tmp_path / "nowhere", "zurich_load")


def test_faults_of_several_files_are_all_named_at_once(data) -> None:
    (data / "aew_pv_2019" / "A.csv").unlink()
    load = data / "zurich" / "2019_ewz_bruttolastgang.csv"
    load.write_text(load.read_text().replace("bruttolastgang", "verbrauch"))
    said = _refusal(data, *KINDS)
    assert "aew_pv_2019/*.csv: no such file" in said
    assert "column 'bruttolastgang': absent" in said
    assert "verbrauch" in said


def test_another_unit_is_refused_with_the_first_value_and_the_range(data) -> None:
    load = data / "zurich" / "2019_ewz_bruttolastgang.csv"
    load.write_text(load.read_text().replace("75000.0", "75.0"))
    said = _refusal(data, "zurich_load")
    assert "bruttolastgang 75 at 2019-05-31 22:00, the first of 288" in said
    assert "12500 to 250000" in said
    assert "check the unit" in said


def test_a_single_impossible_value_is_missing_and_counted(data) -> None:
    load = data / "zurich" / "2019_ewz_bruttolastgang.csv"
    load.write_text(load.read_text().replace('"2019-06-01T12:00",75000.0', '"2019-06-01T12:00",7500000.0'))
    read = read_published(data, ["zurich_load"])["zurich_load"]
    assert np.isnan(read.values["load_mw"]).sum() == 1
    assert read.faults == {"implausible": 1}


def test_shares_that_make_no_whole_are_refused_with_the_first_hour(data) -> None:
    path = next((data / "mix_ecodynelec").glob("*ProdMix*"))
    mix = pd.read_parquet(path)
    mix.loc[5:, "Nuclear_CH"] = 0.3
    mix.to_parquet(path)
    assert "shares sum to 0.9000 at 2019-06-01 03:00, the first of 67 rows" in _refusal(data, "swiss_mix")


def test_hours_where_quarter_hours_are_published_are_another_file(data) -> None:
    path = data / "zurich" / "2019_ewz_bruttolastgang.csv"
    header, *rows = path.read_text().splitlines()
    path.write_text("\n".join([header, *rows[::4]]) + "\n")
    assert "a row every 60 min; expected a row every 15 min, as it is published" in _refusal(data, "zurich_load")


def test_a_carrier_that_the_daily_production_lacks_is_named(data) -> None:
    path = data / "bfe_ogd" / "ogd104_stromproduktion_swissgrid.csv"
    path.write_text("\n".join(line for line in path.read_text().splitlines() if "Wind" not in line) + "\n")
    assert "Energietraeger 'Wind': no number" in _refusal(data, "swiss_production_day")


def test_outside_of_what_is_published_nothing_is_known(data) -> None:
    load = read_published(data, ["zurich_load"])["zurich_load"]
    assert np.isnan(load.at("load_mw", np.array([load.start_s - 900, load.end_s]))).all()


def test_a_final_row_wins_over_a_preliminary_one_whichever_comes_first(data) -> None:
    path = data / "zurich" / "2019_ewz_bruttolastgang.csv"
    text = path.read_text()
    row = '"2019-06-01T12:00",75000.0,"E"\n'
    preliminary = '"2019-06-01T12:00",80000.0,"F"\n'
    for both in (preliminary + row, row + preliminary):
        path.write_text(text.replace(row, both))
        read = read_published(data, ["zurich_load"])["zurich_load"]
        assert set(read.values["load_mw"].tolist()) == {300.0}
        assert read.faults["superseded"] == 1
