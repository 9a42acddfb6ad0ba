import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.io import wavfile

from twin.domain.problems import BadInput
from twin.maintenance.vibration.command import run
from twin.maintenance.vibration.records import read_record

HZ = 8000.0
TIME = np.arange(int(2 * HZ)) / HZ
SINE_G = 0.5 * np.sin(2 * np.pi * 50.0 * TIME)
"""Acceleration [g] of 50 Hz: velocity amplitude 0.5 x 9806.65 / (2 pi 50) = 15.6 mm/s."""
RMS_MM_S = 0.5 * 9806.65 / (2 * np.pi * 50.0) / np.sqrt(2)


def csv(folder: Path, *, sep: str = ",", **columns: np.ndarray) -> Path:
    path = folder / "record.csv"
    pd.DataFrame(columns).to_csv(path, sep=sep, index=False)
    return path


def refused(path: Path, **known) -> list[str]:
    with pytest.raises(BadInput) as error:
        read_record(path, **({"unit": "g"} | known))
    return [str(problem) for problem in error.value.problems]


@pytest.mark.parametrize("sep", [",", ";"])
def test_a_csv_with_seconds_knows_its_sampling_frequency(tmp_path: Path, sep: str) -> None:
    record = read_record(csv(tmp_path, sep=sep, time_s=TIME, x=SINE_G), unit="g")
    assert record.sample_hz == pytest.approx(HZ, rel=1e-9)
    np.testing.assert_allclose(record.acceleration_m_s2, 9.80665 * SINE_G, rtol=1e-12)


def test_a_parquet_without_time_takes_the_stated_frequency(tmp_path: Path) -> None:
    path = tmp_path / "record.parquet"
    pd.DataFrame({"x": SINE_G, "y": 2 * SINE_G}).to_parquet(path)
    record = read_record(path, unit="g", column="y", sample_hz=HZ)
    np.testing.assert_allclose(record.acceleration_m_s2, 2 * 9.80665 * SINE_G, rtol=1e-12)


@pytest.mark.parametrize(("kind", "step"), [("int16", 2.0**-15), ("int32", 2.0**-31), ("float32", 2.0**-24)])
def test_a_wav_is_scaled_by_its_full_scale(tmp_path: Path, kind: str, step: float) -> None:
    path = tmp_path / "record.wav"
    whole = kind.startswith("int")
    half = 2 ** (8 * np.dtype(kind).itemsize - 1)
    wavfile.write(path, int(HZ), (SINE_G / 2.0 * half).astype(kind) if whole else SINE_G.astype(kind))
    record = read_record(path, unit="g", full_scale=2.0 if whole else None)
    assert record.sample_hz == HZ
    np.testing.assert_allclose(record.acceleration_m_s2 / 9.80665, SINE_G, atol=2.0 * step)  # one step of the converter


def test_nothing_about_the_unit_is_guessed(tmp_path: Path) -> None:
    assert "none is guessed" in refused(csv(tmp_path, time_s=TIME, x=SINE_G), unit=None)[0]


def test_a_lost_sample_is_named_by_its_row(tmp_path: Path) -> None:
    keep = np.arange(len(TIME)) != 100
    assert "uneven time at row 101" in refused(csv(tmp_path, time_s=TIME[keep], x=SINE_G[keep]))[0]


def test_a_frequency_that_contradicts_the_file_is_refused(tmp_path: Path) -> None:
    assert "8000 Hz in the file" in refused(csv(tmp_path, time_s=TIME, x=SINE_G), sample_hz=12_000.0)[0]


def test_of_two_columns_none_is_guessed(tmp_path: Path) -> None:
    assert "one of x, y" in refused(csv(tmp_path, time_s=TIME, x=SINE_G, y=SINE_G))[0]


def test_an_integer_wav_without_full_scale_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "record.wav"
    wavfile.write(path, int(HZ), (SINE_G * 1000).astype("int16"))
    assert "full_scale" in refused(path)[0]


def known(**more):
    flags = ("unit", "column", "sample_hz", "full_scale", "speed_rpm", "bearing", "blades", "machine_class")
    return dict.fromkeys(flags) | {"json_line": True, "unit": "g"} | more


def test_the_command_tells_severity_and_zone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = csv(tmp_path, time_s=TIME, x=SINE_G)
    code = run(path, **known(speed_rpm=3000.0, bearing="9,7.94,39.04,0", machine_class="pump_i_to_200_kw"))
    answer = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert code == 0
    assert answer["velocity_rms_mm_s"] == pytest.approx(RMS_MM_S, rel=2e-3)  # the window's leakage
    assert (answer["zone"], answer["source"]) == ("D", "ISO 10816-7:2009, table A.1")
    assert set(answer["envelope"]) == {"bpfo", "bpfi", "bsf", "ftf"}
    assert answer["mesh_mm_s"] is None


@pytest.mark.parametrize(
    ("flags", "told"),
    [({"bearing": "9,7.94"}, "data sheet"), ({"machine_class": "fridge"}, "'fridge'"), ({"unit": "lbf"}, "'lbf'")],
)
def test_the_command_refuses_with_a_remedy(tmp_path: Path, capsys: pytest.CaptureFixture[str], flags, told: str) -> None:
    assert run(csv(tmp_path, time_s=TIME, x=SINE_G), **known(**flags)) == 1
    assert told in capsys.readouterr().err


def test_a_file_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path / "none.wav", **known()) == 1
    assert "none.wav" in capsys.readouterr().err


def test_every_flag_that_cannot_be_true_is_named_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flags = {"unit": None, "bearing": "a,b", "sample_hz": -1.0, "full_scale": 0.0, "blades": 0, "machine_class": "fridge"}
    assert run(csv(tmp_path, time_s=TIME, x=SINE_G), **known(**flags)) == 1
    said = capsys.readouterr().err.splitlines()
    flags_named = ["--bearing", "--sample-hz", "--full-scale", "--blades", "--unit", "--class"]
    assert [line.split(":")[1].strip() for line in said] == flags_named


@pytest.mark.parametrize(
    ("name", "content"), [("empty.csv", b""), ("cut.wav", b"RIFF$\x9c\x00\x00WAVEfmt \x10\x00\x00\x00\x01")]
)
def test_a_file_that_ends_before_its_data_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    assert name in refused(tmp_path / name)[0]
