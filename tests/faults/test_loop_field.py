"""The field that takes orders fails: they stay accepted and are tried again, people are told, the run goes on."""

import sqlite3
from collections import Counter
from contextlib import closing
from types import SimpleNamespace

import pytest
from hamlet import hamlet

from twin.regie.chain import verify

pytestmark = pytest.mark.fault

DOWN = 3
"""Records in the journal when the field first fails; it fails twice."""


@pytest.fixture(scope="module")
def down(settle, tmp_path_factory):
    """Eight quarter hours at full speed, and beside them four with time between them."""
    made = hamlet(days=1.0).with_planner()
    folder = tmp_path_factory.mktemp("field")
    runs = {}
    for name, ticks, speed in (("quick", 8, "max"), ("paced", 5, "450")):
        place, ledger = settle(made, name), folder / f"{name}.sqlite"
        runs[name] = (place, ledger, place.drive(ticks, ledger, die="field", at=DOWN, speed=speed))
    found = SimpleNamespace()
    for name, (place, ledger, run) in runs.items():
        ended = run.ended()
        assert ended.code == 0, ended.err
        setattr(found, name, SimpleNamespace(place=place, records=place.records, sent=keys(ledger), ops=ops(place)))
    return found


def keys(ledger):
    with closing(sqlite3.connect(ledger)) as db:
        return [key for (key,) in db.execute("SELECT key FROM sent ORDER BY rowid")]


def ops(place):
    with closing(sqlite3.connect(place.state / "journal.sqlite")) as db:
        return Counter(kind for (kind,) in db.execute("SELECT kind FROM ops"))


def issued(record):
    """Keys of the orders that this tick decided."""
    return {order["key"] for order in record.meta["orders"] if order["state"] == "accepted"}


def active(record):
    return {alarm["code"]: alarm for alarm in record.meta["alarms"] if alarm["cleared_at"] is None}


def test_a_field_that_fails_costs_no_tick(down):
    assert verify(down.quick.place.state)[::2] == (8, [])


def test_orders_that_were_not_delivered_are_an_urgent_alarm_in_the_next_tick(down):
    found = [active(record).get("orders_not_delivered") for record in down.quick.records]
    assert found[:DOWN] == [None] * DOWN
    assert (found[DOWN]["priority"], found[DOWN]["params"]) == (2, {"count": 1})
    assert found[DOWN + 1]["since"] == found[DOWN]["since"]
    assert found[DOWN + 3 :] == [None] * 2


def test_sending_resumes_by_itself_and_an_order_whose_time_is_over_is_never_sent(down):
    lost = issued(down.quick.records[DOWN - 1]) | issued(down.quick.records[DOWN])
    assert len(lost) == 2
    assert set(down.quick.sent) == set().union(*map(issued, down.quick.records)) - lost
    states = {order["key"]: order["state"] for record in down.quick.records for order in record.meta["orders"]}
    assert {states[key] for key in lost} == {"expired"}


def test_an_order_is_delivered_within_its_quarter_hour_once_the_field_is_back(down):
    (late,) = issued(down.paced.records[DOWN - 1])
    assert down.paced.sent.count(late) == 1
    assert down.paced.records[DOWN].meta["sent"] == [late]
    assert "orders_not_delivered" not in active(down.paced.records[DOWN])


def test_the_failure_and_its_end_are_told_once_each_outside_the_chain(down):
    for run in (down.quick, down.paced):
        assert (run.ops["orders_not_delivered"], run.ops["orders_delivered_again"]) == (1, 1)
