from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import made_up
import numpy as np
import pytest

from twin.check import check_draft
from twin.domain.channels import parse_channel
from twin.domain.problems import BadInput
from twin.domain.time import to_epoch_s
from twin.national.telemetry import DATA, PublishedTelemetry
from twin.site import load_site, site_path
from twin.site.read import read_site

START = datetime(2019, 6, 1, tzinfo=UTC)
CHANNELS = (parse_channel("line.0.p_mw"), parse_channel("market.site.import_renewable_share"))


def _telemetry(missing: int | None = None) -> PublishedTelemetry:
    labels = to_epoch_s(START) + 900 * np.arange(96)
    load, share = 300.0 + np.arange(96.0), np.full(96, 0.6)
    if missing is not None:
        load[missing] = np.nan
    return PublishedTelemetry(CHANNELS, {CHANNELS[0].name: (labels, load), CHANNELS[1].name: (labels, share)})


def test_nothing_is_read_before_its_quarter_hour_is_over() -> None:
    telemetry = _telemetry()
    as_of = START + timedelta(hours=6)
    telemetry.history(START, START + timedelta(hours=1))
    read = telemetry.read(as_of)
    assert (read.known_time_s <= to_epoch_s(as_of)).all()
    assert read.valid_time_s.max() == to_epoch_s(as_of) - 900
    assert len(read.value) == 2 * 20  # both channels, from one o'clock to six


def test_history_and_readings_meet_without_gap_and_without_repetition() -> None:
    telemetry = _telemetry()
    seen = [telemetry.history(START - timedelta(days=1), START + timedelta(hours=1)).valid_time_s]
    seen += [telemetry.read(START + timedelta(minutes=15 * step)).valid_time_s for step in range(5, 97)]
    labels, counts = np.unique(np.concatenate(seen), return_counts=True)
    assert len(labels) == 96
    assert (counts == 2).all()


def test_a_restored_run_reads_on_where_it_was() -> None:
    before, after = _telemetry(), _telemetry()
    before.read(START + timedelta(hours=2))
    after.restore(before.checkpoint())
    assert after.read(START + timedelta(hours=3)).valid_time_s.min() == to_epoch_s(START + timedelta(hours=2))


def test_a_missing_value_is_not_said_at_all() -> None:
    read = _telemetry(missing=3).history(START, START + timedelta(hours=2))
    assert np.isfinite(read.value).all()
    assert np.count_nonzero(read.channel == 0) == 7


def test_a_start_outside_of_what_was_published_names_the_span() -> None:
    with pytest.raises(BadInput, match=r"2019-06-01T00:00:00.* to 2019-06-01T23:45:00.*, what was published"):
        _telemetry().check_start(datetime(2016, 6, 1, tzinfo=UTC))


def test_a_start_at_which_one_channel_is_not_published_yet_is_refused() -> None:
    labels = to_epoch_s(START) + 900 * np.arange(96)
    load, share = (labels, np.full(96, 300.0)), (labels[48:], np.full(48, 0.6))
    telemetry = PublishedTelemetry(CHANNELS, {CHANNELS[0].name: load, CHANNELS[1].name: share})
    telemetry.check_start(START + timedelta(hours=12))
    with pytest.raises(BadInput, match="2019-06-01T12:00:00"):
        telemetry.check_start(START + timedelta(hours=11))


def test_zurich_has_no_fault_where_its_files_are(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv(DATA, str(made_up.write(tmp_path, date(2019, 6, 1), 3)))
    assert check_draft(read_site(site_path("zurich"))).problems == ()


def test_without_a_folder_the_site_says_how_to_name_one(monkeypatch) -> None:
    monkeypatch.delenv(DATA, raising=False)
    (problem,) = check_draft(read_site(site_path("zurich"))).problems
    assert "pass --data DIR, or set $REGIE_DATA" in str(problem)


def test_channels_without_series_and_unknown_series_are_named_all_at_once(tmp_path) -> None:
    text = site_path("zurich").read_text(encoding="utf-8")
    text = text.replace('"line.0.p_mw" = "zurich_load"', '"line.0.p_mw" = "zurich_temp"\n"bus.0.vm_pu" = "zurich_load"')
    text = text.replace('"market.site.price_chf_per_kwh" = "swiss_price"', "").replace('"zurich_sun"', '"zurich_moon"')
    (tmp_path / "zurich_grid.m").write_text(site_path("zurich").with_name("zurich_grid.m").read_text(encoding="utf-8"))
    (tmp_path / "other.toml").write_text(text, encoding="utf-8")
    said = "\n".join(map(str, check_draft(read_site(tmp_path / "other.toml")).problems))
    assert "'zurich_temp' is temp_c; expected p_mw" in said
    assert "'zurich_moon'" in said
    assert "channel 'bus.0.vm_pu'; expected a channel of [telemetry]" in said
    assert "no series for market.site.price_chf_per_kwh" in said


def test_the_site_calls_its_mix_a_production_mix() -> None:
    assert load_site("zurich").import_mix.mix == "production"
