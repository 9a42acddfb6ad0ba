"""Profiles from files, as a document refers to them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from twin.boxes.flexibility.document.connection import GridTable
from twin.boxes.flexibility.document.read import draft_of
from twin.boxes.flexibility.document.where import Where
from twin.dispatch.sources import read_net, read_profile
from twin.domain.problems import BadInput

CONTENT = {
    "start": "2026-01-25T18:00", "steps": ["4x15min", "2x1h"], "prices": {"import_chf_per_kwh": 0.3, "export_chf_per_kwh": 0.1},
    "net": {"load_kw": {"file": "meter.csv", "column": "load", "unit": "kWh"}},
}  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    first = datetime(2026, 1, 25, 0, 0, tzinfo=UTC)
    rows = [f"{first + timedelta(minutes=15 * k):%Y-%m-%dT%H:%MZ};{k / 4}" for k in range(192)]
    (tmp_path / "meter.csv").write_text("time;load\n" + "\n".join(rows) + "\n")
    return tmp_path


def read(folder, content=CONTENT):
    return draft_of(content, folder=folder, places=Where("problem.json", content), profile=read_profile).document


def test_a_meters_quarter_hours_become_kilowatts_of_the_steps(folder):
    # 18:00 in Zurich is 17:00Z, row 68: 17 kWh in a quarter hour are 68 kW
    np.testing.assert_allclose(read(folder).net.load_kw, [68.0, 69.0, 70.0, 71.0, 73.5, 77.5])


def test_a_file_or_column_that_is_not_there_is_told_with_the_key_that_names_it(folder):
    for change in ({"file": "nowhere.csv"}, {"column": "loud"}):
        content = {**CONTENT, "net": {"load_kw": {**CONTENT["net"]["load_kw"], **change}}}
        with pytest.raises(BadInput) as refused:
            read(folder, content)
        (fault,) = refused.value.problems
        assert fault.place.startswith("problem.json net load_kw: ")


def test_a_path_is_relative_to_the_document(folder, monkeypatch):
    monkeypatch.chdir(Path("/"))
    assert read(folder).net.load_kw[0] == pytest.approx(68.0)


def test_a_cell_without_a_number_is_quoted_with_its_row_and_the_local_time(folder):
    path = folder / "meter.csv"
    path.write_text(path.read_text().replace("17:00Z;17.0", "17:00Z;n.v."))
    with pytest.raises(BadInput, match=r"no value from 2026-01-25 18:00 \(Europe/Zurich\) on, row 70: 'n\.v\.'"):
        read(folder)


def test_a_grid_file_that_is_not_there_is_to_be_corrected_in_the_document(folder):
    with pytest.raises(BadInput, match=r"correct grid\.file in the document"):
        read_net(GridTable(file="nowhere.json"), folder)
