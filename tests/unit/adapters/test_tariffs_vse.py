"""The served document against the published schema."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from twin.adapters.tariffs_vse import grid_tariff_document
from twin.contracts.messages import Envelope, Headline, Outcome, Report, Service
from twin.domain.quality import Quality
from twin.domain.time import quarter_hours
from twin.live.tariff_file import write_tariff

SCHEMA = Path(__file__).parents[4] / "shared/specs/vse_dynamic_tariff/dynamic_tariff_vse_schema_v1.json"
START = datetime(2016, 6, 14, 22, tzinfo=UTC)
PUBLISHED = datetime(2016, 6, 14, 16, tzinfo=UTC)


@pytest.fixture
def schema() -> dict:
    if not SCHEMA.exists():
        pytest.skip("the published VSE schema is not here (../shared/specs)")
    return json.loads(SCHEMA.read_text())


def faults(value, rule: dict, defs: dict, place: str = "$") -> list[str]:
    """What of the JSON schema's vocabulary this schema uses: $ref, anyOf, type, format, required, items."""
    if "$ref" in rule:
        return faults(value, defs[rule["$ref"].removeprefix("#/$defs/")], defs, place)
    if "anyOf" in rule:
        tried = [faults(value, option, defs, place) for option in rule["anyOf"]]
        return [] if any(not found for found in tried) else tried[0]
    python = {
        "object": dict,
        "array": list,
        "string": str,
        "number": (int, float),
        "null": type(None),
    }[rule["type"]]
    if not isinstance(value, python):
        return [f"{place}: {value!r} is no {rule['type']}"]
    found = []
    if rule.get("format") == "date-time":
        try:
            datetime.fromisoformat(value)
        except ValueError:
            found.append(f"{place}: {value!r} is no date-time")
    if isinstance(value, dict):
        found += [f"{place}: {name} is missing" for name in rule.get("required", ()) if name not in value]
        for name, item in value.items():
            found += faults(item, rule["properties"][name], defs, f"{place}.{name}")
    if isinstance(value, list):
        for i, item in enumerate(value):
            found += faults(item, rule["items"], defs, f"{place}[{i}]")
    return found


@pytest.mark.parametrize("published", [PUBLISHED, None])
def test_document_follows_the_published_schema(schema, published) -> None:
    document = grid_tariff_document(np.linspace(0.04, 0.22, 96), start=START, published_at=published)
    read_back = json.loads(json.dumps(document, allow_nan=False))
    assert faults(read_back, schema, schema["$defs"]) == []


def test_the_check_itself_finds_faults(schema) -> None:
    document = grid_tariff_document(np.full(2, 0.1), start=START, published_at=PUBLISHED)
    document["prices"][0]["grid"][0]["value"] = "cheap"
    del document["prices"][1]["end_timestamp"]
    assert len(faults(document, schema, schema["$defs"])) == 2


def test_intervals_touch_and_carry_an_explicit_z() -> None:
    prices = grid_tariff_document(np.full(96, 0.1), start=START, published_at=PUBLISHED)["prices"]
    assert prices[0]["start_timestamp"] == "2016-06-14T22:00:00Z"
    assert prices[-1]["end_timestamp"] == "2016-06-15T22:00:00Z"
    for before, after in pairwise(prices):
        assert before["end_timestamp"] == after["start_timestamp"]


def test_quarter_hour_without_a_price_is_left_out() -> None:
    document = grid_tariff_document(np.array([0.1, np.nan, 0.2]), start=START, published_at=PUBLISHED)
    assert [item["start_timestamp"][11:16] for item in document["prices"]] == ["22:00", "22:30"]


def test_grid_price_is_in_francs_per_kilowatt_hour() -> None:
    (item,) = grid_tariff_document(np.array([0.113]), start=START, published_at=PUBLISHED)["prices"]
    assert item["grid"] == [{"unit": "CHF_kWh", "value": 0.113}]


def envelope(report: Report, service: Service) -> Envelope:
    return Envelope(
        instance="tariff", box="tariff", version="1", team="tariffs", role="champion", as_of=PUBLISHED, produced_at=PUBLISHED,
        valid_until=PUBLISHED, quality=Quality.GOOD, service=service, outcome=Outcome.OK, fallback=None, inputs_hash="",
        artifact=None, report=report,
    )  # fmt: skip


def report(price: float) -> Report:
    prices = xr.DataArray(np.full(144, price), dims=("time",), coords={"time": quarter_hours(PUBLISHED, 144)})
    return Report({"grid_tariff_chf_per_kwh": prices}, Headline("grid_tariff", price, "CHF/kWh"), params={"published_at": None})


def test_file_on_the_public_side_follows_the_published_schema(schema, tmp_path) -> None:
    stated = replace(report(0.1), params={"published_at": PUBLISHED.isoformat()})
    write_tariff(tmp_path / "public", [envelope(stated, Service.FRESH)])
    document = json.loads((tmp_path / "public" / "tariff.json").read_text())
    assert faults(document, schema, schema["$defs"]) == []
    assert document["publication_timestamp"] == "2016-06-14T16:00:00Z"
    assert len(document["prices"]) == 144
    assert [file.name for file in (tmp_path / "public").iterdir()] == ["tariff.json"]


def test_fallback_is_no_tariff_and_leaves_the_file_alone(tmp_path) -> None:
    write_tariff(tmp_path, [envelope(report(0.1), Service.FRESH)])
    before = (tmp_path / "tariff.json").read_bytes()
    write_tariff(tmp_path, [envelope(report(0.2), Service.FALLBACK)])
    assert (tmp_path / "tariff.json").read_bytes() == before
