from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecasts.data.table import Table, paths_of, read_table
from twin.domain.problems import Problems


def _table(path: Path, *wanted: str) -> Table:
    problems = Problems()
    table = read_table([path], wanted, problems)
    assert not problems.found
    assert table is not None
    return table


def _refused(path: Path, *wanted: str) -> str:
    problems = Problems()
    assert read_table([path], wanted, problems) is None
    return "\n".join(map(str, problems))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text("\n".join(delimiter.join(row) for row in [("time", "kw"), ("2019-01-01 00:00", "1.5")] * 1))
    assert _table(path, "time", "kw").numbers("kw")[0].tolist() == [1.5]


def test_byte_order_mark_and_quotes_are_no_part_of_a_name(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes('\ufeff"zeitpunkt","kw"\r\n"2019-01-01T00:15",2\r\n'.encode())
    assert _table(path, "zeitpunkt", "kw").numbers("kw")[0].tolist() == [2.0]


def test_latin_1_names_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("time;Zürich\n2019;3\n".encode("cp1252"))
    assert _table(path, "Zürich").numbers("Zürich")[0].tolist() == [3.0]


def test_decimal_comma_with_semicolons(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("time;kw\na;1,5\nb;-2\nc;1'234,5\n")
    assert _table(path, "kw").numbers("kw")[0].tolist() == [1.5, -2.0, 1234.5]


def test_dots_between_thousands_beside_a_decimal_comma(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("time;kw\na;1.234,5\nb;1.234\n")
    assert _table(path, "kw").numbers("kw")[0].tolist() == [1234.5, 1234.0]


def test_quoted_commas_between_thousands(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('time,kw\na,"1,234"\nb,"2,345.5"\n')
    assert _table(path, "kw").numbers("kw")[0].tolist() == [1234.0, 2345.5]


def test_quoted_decimal_commas_in_a_file_of_commas(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('time,kw\na,"1,25"\nb,"2,5"\n')
    assert _table(path, "kw").numbers("kw")[0].tolist() == [1.25, 2.5]


def test_words_for_nothing_are_missing_and_other_words_are_faults(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("time,kw\na,\nb,n/a\nc,-\nd,broken\ne,inf\n")
    values, strange = _table(path, "kw").numbers("kw")
    assert np.isnan(values).all()
    assert strange.tolist() == [False, False, False, True, True]


def test_titles_above_the_header_are_skipped_and_lines_counted_from_the_files_first(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Export of a meter\n\ntime;kw\nx;1\n\ny;2\n")
    table = _table(path, "time", "kw")
    assert table.row.tolist() == [4, 6]


def test_a_name_that_is_empty_is_called_as_in_pandas(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(",kw\n2019-01-01,1\n")
    assert _table(path, "Unnamed: 0").columns["Unnamed: 0"].tolist() == ["2019-01-01"]


def test_unquoted_decimal_commas_between_commas_are_refused_with_their_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("time,kw\n2019-01-01 00:00,1\n2019-01-01 00:15,1,5\n2019-01-01 00:30,2\n")
    assert "a.csv rows 3" in _refused(path, "time", "kw")


def test_an_absent_column_is_refused_with_those_there_are_and_the_closest(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("zeitpunkt,bruttolastgang\n1,2\n")
    said = _refused(path, "zeitpunkt", "Bruttolast")
    assert "'zeitpunkt', 'bruttolastgang'" in said
    assert "did you mean 'bruttolastgang'?" in said


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (b"time,kw\n", "header without rows"),
        (b"PK\x03\x04\0\0", "neither text nor Parquet"),
    ],
)
def test_files_without_rows_are_refused_with_a_remedy(tmp_path: Path, content: bytes, fault: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    assert fault in _refused(path, "time", "kw")


def test_a_broken_parquet_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(b"PAR1" + b"\1" * 100)
    assert "unreadable Parquet" in _refused(path, "time")


def test_parquet_with_the_time_in_its_index(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    index = pd.date_range("2019-01-01", periods=3, freq="h", tz="Europe/Zurich")
    pd.DataFrame({"kw": [1.0, 2.0, 3.0]}, index=index).to_parquet(path)
    table = _table(path, "index", "kw")
    assert table.columns["index"].tolist() == [1_546_297_200 + 3600 * hour for hour in range(3)]
    assert table.row.tolist() == [1, 2, 3]


def test_files_are_named_by_glob_and_by_list(tmp_path: Path) -> None:
    for year in (2019, 2020):
        (tmp_path / f"{year}.csv").write_text("a\n1\n")
    problems = Problems()
    by_glob = paths_of(str(tmp_path / "*.csv"), problems)
    by_list = paths_of(f"{tmp_path}/2019.csv, {tmp_path}/2020.csv", problems)
    assert [path.name for path in by_glob] == [path.name for path in by_list] == ["2019.csv", "2020.csv"]
    assert not problems


def test_files_that_are_not_there_are_all_named() -> None:
    problems = Problems()
    assert paths_of("/nowhere/a.csv,/nowhere/*.parquet", problems) == []
    assert [problem.place for problem in problems] == ["/nowhere/a.csv", "/nowhere/*.parquet"]
