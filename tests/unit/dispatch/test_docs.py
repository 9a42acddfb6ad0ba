"""docs/dispatch.md tells every key, as the schema does, and every key of an answer."""

import inspect
import json
import re
from pathlib import Path

import pytest

from twin.boxes.flexibility.document.document import DEVICE_TABLES
from twin.boxes.flexibility.document.kinds import PowerColumn
from twin.boxes.flexibility.document.read import read_document
from twin.boxes.flexibility.document.schema import keys, schema
from twin.cli_dispatch_verify import verify
from twin.dispatch.task import without_process

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def told():
    return (ROOT / "docs" / "dispatch.md").read_text()


def test_every_key_is_documented_in_the_schemas_own_words(told):
    written = [(key, field.description) for key, field in PowerColumn.model_fields.items()]
    written += [(key, words) for _, key, words in keys()]
    assert [f"{key}: {words}" for key, words in written if f"| `{key}` | {words} |" not in told] == []


def test_no_documented_key_is_unknown(told):
    known = {key for _, key, _ in keys()} | set(PowerColumn.model_fields)
    rows = told.split("## Devices")[1].split("## A worked example")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", rows, flags=re.MULTILINE)) <= known


def test_every_table_of_devices_has_a_chapter(told):
    assert [table for table in DEVICE_TABLES if f"### `[[{table}]]`" not in told] == []


def test_every_figure_of_the_schema_states_its_unit():
    for path, key, words in keys():
        if re.search(r"_(kw|kwh|chf|percent|kvar|kva|h|c|pu|s|mb)$", key):
            assert re.search(r"\[\S.*?\]", words), f"{path}.{key}: {words}"


def test_the_schema_holds_every_key_and_refuses_others():
    made = schema()
    found = {name for part in (made, *made["$defs"].values()) for name in part.get("properties", {})}
    assert {key for _, key, _ in keys()} <= found
    assert made["additionalProperties"] is False


def test_every_key_of_an_answer_is_documented(told):
    answer = without_process(read_document(ROOT / "scenarios" / "dispatch" / "village.toml"), None, "deadline")
    chapter = told.split("## The answer")[1]
    asked = {*answer, *answer["devices"][0], *answer["stores"][0], *answer["cost_chf"]["plan"], *answer["violations"]["plan"]}
    assert sorted(key for key in asked if f"`{key}`" not in chapter) == []


def test_the_documents_example_of_a_document_is_one(told, tmp_path):
    import numpy as np

    from twin.boxes.flexibility.document.series import Profile

    path = tmp_path / "first.toml"
    path.write_text(told.split("```toml\n")[1].split("```")[0])
    hours = np.full(48, 80.0)
    document = read_document(path, profile=lambda *_, **__: Profile(1769299200, 3600, hours)).document
    assert json.loads(document.model_dump_json())["prices"]["import_chf_per_kwh"][0] == pytest.approx(0.08)


def test_every_flag_of_verify_is_documented(told):
    chapter = told.split("## Measure what calls delivered")[1]
    flags = [f"--{name.replace('_', '-')}" for name in inspect.signature(verify).parameters if name != "meters"]
    assert [flag for flag in flags if f"`{flag.replace('--json-line', '--json')}`" not in chapter] == []
