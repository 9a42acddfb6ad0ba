"""What is written for programs holds: the client of the docs, the notebook, the Grafana dashboard, the OpenAPI document."""

import contextlib
import importlib.util
import json
import re
import socket
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from dashboard.regie.access.roles import Role
from dashboard.regie.api.metrics import exposition
from dashboard.regie.app import create_app
from twin.web import ports_of

_SPEC = importlib.util.spec_from_file_location("api_stage", Path(__file__).with_name("api_stage.py"))
stage = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(stage)

ROOT = Path(__file__).parents[3]
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def state(tmp_path_factory, factory):
    made = tmp_path_factory.mktemp("state")
    stage.evening(made, factory)
    return made


@pytest.fixture(scope="module")
def served(state):
    """The application on a real socket; gives its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(create_app(state, ports_of(state)), port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(30.0)


@pytest.fixture(scope="module")
def exposed(factory):
    return exposition(factory.snapshot(), datetime.now(UTC), readable=True, dispatchers=3)


def test_the_client_of_the_docs_reads_every_standing_alarm(served, state, factory):
    (text,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "api.md").read_text(encoding="utf-8"), re.DOTALL)
    names = {}
    exec(text, names)
    found = list(names["standing_alarms"](stage.token(state, "viewer"), served + "/api/v1"))
    assert {alarm["key"] for alarm in found} == {alarm.key for alarm in factory.alarms() if alarm.cleared_at is None}


def test_the_notebook_reads_a_day_into_xarray_and_draws_it(served, state, monkeypatch):
    monkeypatch.setenv("REGIE_URL", served)
    monkeypatch.setenv("REGIE_TOKEN", stage.token(state, "viewer"))
    notebook = json.loads((ROOT / "examples" / "a_day_in_xarray.ipynb").read_text(encoding="utf-8"))
    names = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)
    assert names["day"].sizes == {"time": 96, "zone": 2}
    assert float(names["energy_mwh"].sel(zone="town")) == pytest.approx(0.25 * sum(stage.load_mw(step) for step in range(96)))
    assert [trace.name for trace in names["figure"].data] == ["load, town", "load, neighbourhood"]


def test_the_notebook_is_kept_without_its_outputs():
    notebook = json.loads((ROOT / "examples" / "a_day_in_xarray.ipynb").read_text(encoding="utf-8"))
    assert not any(cell.get("outputs") for cell in notebook["cells"])


def test_every_expression_of_the_grafana_dashboard_asks_for_a_metric_that_there_is(exposed):
    offered = set(re.findall(r"^# TYPE (\w+)", exposed, re.MULTILINE))
    panels = json.loads((ROOT / "docs" / "grafana" / "regie.json").read_text(encoding="utf-8"))["panels"]
    asked = [set(re.findall(r"\bregie_\w+", target["expr"])) for panel in panels for target in panel["targets"]]
    assert all(asked)
    assert set().union(*asked) <= offered


def test_every_metric_is_documented(exposed):
    documented = set(re.findall(r"`(regie_\w+)", (ROOT / "docs" / "api.md").read_text(encoding="utf-8")))
    assert set(re.findall(r"^# TYPE (\w+)", exposed, re.MULTILINE)) == documented


def test_alarms_are_counted_by_priority_and_state_zeros_included(exposed, factory):
    samples = dict(re.findall(r'^regie_alarms\{priority="P(\d",state="\w+)"\} (\S+)$', exposed, re.MULTILINE))
    assert len(samples) == 12
    assert sum(map(float, samples.values())) == len(factory.alarms())


def test_what_is_unknown_has_no_sample(factory):
    text = exposition(factory.snapshot(renewable_share=None), datetime.now(UTC), readable=True, dispatchers=0)
    assert "\nregie_renewable_share_ratio" not in text
    assert exposition(None, datetime.now(UTC), readable=False, dispatchers=0).count("# TYPE") == 2  # file and connections


def test_a_label_may_hold_quotes_and_line_ends(factory):
    text = exposition(factory.snapshot(engine='ba"t\nch'), datetime.now(UTC), readable=True, dispatchers=0)
    assert r'engine="ba\"t\nch"' in text


ROLES = (Role.VIEWER, Role.DISPATCHER, Role.ADMIN)
EXAMPLES = 4
"""Of each operation and mode, each sent by every role: making them up takes longer than answering them."""


@pytest.mark.slow
def test_whatever_the_document_allows_is_answered_as_it_says(served, state):
    senders = [{"Authorization": f"Bearer {stage.token(state, role)}"} for role in ROLES]
    document = schemathesis.openapi.from_url(f"{served}/api/v1/openapi.json", headers=senders[0])
    tried = set()
    for found in document.get_all_operations():
        operation = found.ok()
        for mode in GenerationMode:

            @settings(
                max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def answered_as_documented(case):
                for headers in senders:
                    case.call_and_validate(checks=CHECKS, headers=headers)

            with contextlib.suppress(Unsatisfiable):  # nothing can be wrong about an address that takes no parameter
                answered_as_documented()
        tried.add((operation.method.upper(), operation.path))
    assert len(tried) == 15
