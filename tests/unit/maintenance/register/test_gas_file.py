import contextlib
import math
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.domain.problems import BadInput
from twin.maintenance.register.gas_file import read_gas_file

HEADER = "asset,time,h2,ch4,c2h6,c2h4,c2h2,co,co2"


@pytest.fixture
def write(tmp_path):
    def _write(*rows: str, header: str = HEADER):
        path = tmp_path / "gas.csv"
        path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
        return path

    return _write


def test_samples_come_by_asset_in_order_of_time(write) -> None:
    rows = ("T2,2025-05-01,1,2,3,4,5,6,7", "T1,2025-05-01,1,2,3,4,5,6,7", "T1,2024-05-01,8,2,3,4,5,6,7")
    found = read_gas_file(write(*rows)).samples
    assert list(found) == ["T1", "T2"]
    assert [sample.h2_ppm for sample in found["T1"]] == [8.0, 1.0]


def test_an_empty_field_was_not_measured(write) -> None:
    (sample,) = read_gas_file(write("T1,2025-05-01,1,2,3,4,,6,7")).samples["T1"]
    assert math.isnan(sample.c2h2_ppm)
    assert math.isnan(sample.o2_ppm)


def test_below_detection_stands_at_the_detection_limit(write) -> None:
    (sample,) = read_gas_file(write("T1,2025-05-01,1,2,3,4,<0.5,6,7")).samples["T1"]
    assert sample.c2h2_ppm == 0.5


def test_a_stamp_with_offset_becomes_utc(write) -> None:
    (sample,) = read_gas_file(write("T1,2025-05-01T10:00+02:00,1,2,3,4,5,6,7")).samples["T1"]
    assert sample.at == datetime(2025, 5, 1, 8, tzinfo=UTC)


def test_semicolons_and_units_in_the_header_are_read(write) -> None:
    header = "asset;time;h2_ppm;ch4_ppm;c2h6_ppm;c2h4_ppm;c2h2_ppm;co_ppm;co2_ppm;o2_ppm"
    (sample,) = read_gas_file(write("T1;2025-05-01;1;2;3;4;5;6;7;20000", header=header)).samples["T1"]
    assert sample.o2_ppm == 20_000.0


def test_all_faults_are_told_at_once_with_their_row_and_the_other_rows_count(write) -> None:
    path = write(
        "T1,2025-05-01,1,2,3,4,5,6,7",
        "T1,2025-05-01,9,2,3,4,5,6,7",
        "T9,2025-05-01,1,2,3,4,5,6,7",
        "T1,1 May 2025,1,2,3,4,5,6,7",
        "T1,2025-06-01,-4,2,3,4,5,6,7",
        "T1,2025-07-01,0.01%,x,3,4,5,6,7",
        "T1,2025-08-01,1,2,3",
        "T1,2025-09-01,,,,,,6,7",
        "T1,2025-10-01T10:00,1,2,3,4,5,6,7",
        "T1,9999-12-31,1,2,3,4,5,6,7",
    )
    read = read_gas_file(path, assets={"T1"})
    assert [sample.h2_ppm for sample in read.samples["T1"]] == [1.0]
    assert [problem.place for problem in read.problems] == [
        "gas.csv:3",
        "gas.csv:4",
        "gas.csv:5, time",
        "gas.csv:6, h2",
        "gas.csv:7, h2",
        "gas.csv:7, ch4",
        "gas.csv:8",
        "gas.csv:9",
        "gas.csv:10, time",
        "gas.csv:11, time",
    ]


@pytest.mark.parametrize("text", ["inf", "nan", "1,5e3x", "1e9"])
def test_a_number_that_is_none_is_named_and_its_row_left_out(write, text) -> None:
    read = read_gas_file(write(f'T1,2025-05-01,"{text}",2,3,4,5,6,7'))
    assert (dict(read.samples), [problem.place for problem in read.problems]) == ({}, ["gas.csv:2, h2"])


def test_shares_in_percent_are_refused(write) -> None:
    with pytest.raises(BadInput, match="add up to 100"):
        read_gas_file(write("T1,2025-05-01,1.2,0.8,0.5,0.3,0,12,85.2", "T2,2025-05-01,2.2,0.8,0.5,0.3,0,11,85.2"))


def test_percent_in_the_header_is_refused(write) -> None:
    with pytest.raises(BadInput, match="export ppm"):
        read_gas_file(write("T1,2025-05-01,1,2,3,4,5,6,7", header=HEADER.replace("h2,ch4", "h2_%,ch4")))


def test_missing_unknown_and_doubled_columns_are_named(write) -> None:
    with pytest.raises(BadInput) as error:
        read_gas_file(write("x", header="asset,time,h2,h2,furan"))
    said = str(error.value)
    assert "'h2' 2 times" in said
    assert "'furan'" in said
    assert "no column ch4" in said


def test_an_empty_file_is_refused(write) -> None:
    with pytest.raises(BadInput, match="no sample"):
        read_gas_file(write())


@given(text=st.text(alphabet='T1,;2025-0.<%"\n\r eé', max_size=120))
@settings(max_examples=150, deadline=None)
def test_any_rows_are_read_or_refused(tmp_path_factory, text) -> None:
    path = tmp_path_factory.mktemp("gas") / "gas.csv"
    path.write_text(f"{HEADER}\nT1,2025-05-01,1,2,3,4,5,6,7\n{text}", encoding="utf-8")
    with contextlib.suppress(BadInput):
        assert read_gas_file(path, assets={"T1"}).samples["T1"]
