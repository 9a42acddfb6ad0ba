"""What becomes of an order: issued once, reported once, never altered, and refused with every fault."""

import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

from dashboard.regie.work.photos import MAX_PHOTOS
from dashboard.regie.work.refusal import Refused
from dashboard.regie.work.store import OrderStore
from twin.contracts.work_order import FOLLOWS, STATES


@pytest.fixture
def store(tmp_path):
    return OrderStore(tmp_path)


@pytest.fixture
def issued(store, orders):
    return store.issue([orders.order()])[0].kept


def codes(refused):
    return [fault.code for fault in refused.value.faults]


def test_a_state_directory_without_orders_has_none(store):
    assert store.all() == ()


def test_an_order_is_read_back_as_it_was_issued(store, orders, issued):
    assert store.all() == (issued,)
    assert issued.order == orders.order(id="WO-0001")
    assert (issued.state, issued.changes[0].by) == ("issued", "Desk 1")


def test_work_that_has_an_open_order_gets_no_second_one(store, orders, issued):
    again, other = store.issue([orders.order(), orders.order(intervention="main_1:oil_sample")])
    assert (again.kept, again.is_new) == (issued, False)
    assert (other.kept.order.id, other.is_new) == ("WO-0002", True)


def test_work_that_was_not_done_can_be_issued_again(store, orders, issued):
    store.report(orders.change("WO-0001", "not_done", note="rain"))
    assert store.issue([orders.order()])[0].kept.order.id == "WO-0002"


def test_work_done_since_its_ranking_is_issued_again_only_for_who_asks_for_it(store, orders, issued):
    store.report(orders.change("WO-0001", "done"))
    assert [(one.kept.order.id, one.is_new) for one in store.issue_once([orders.order()])] == [("WO-0001", False)]
    assert [(one.kept.order.id, one.is_new) for one in store.issue([orders.order()])] == [("WO-0002", True)]


def test_work_that_a_later_ranking_asks_for_again_is_issued_again(store, orders, issued):
    store.report(orders.change("WO-0001", "done"))
    later = orders.order(as_of=issued.order.as_of + timedelta(days=1))
    assert [one.kept.order.id for one in store.issue_once([later])] == ["WO-0002"]


def test_every_change_keeps_who_and_when(store, orders, issued):
    for state in ("accepted", "started", "done", "closed"):
        store.report(orders.change("WO-0001", state, by=f"{state} by"))
    kept = store.get("WO-0001")
    assert [change.state for change in kept.changes] == ["issued", "accepted", "started", "done", "closed"]
    assert [change.by for change in kept.changes[1:]] == ["accepted by", "started by", "done by", "closed by"]
    assert kept.report.state == "done"


def test_the_same_submission_twice_is_one_change(store, orders, issued):
    for _ in range(2):
        store.report(orders.change("WO-0001", key="one form"), [("a.jpg", orders.JPEG)])
    assert len(store.get("WO-0001").changes) == 2


@pytest.mark.parametrize("before", STATES)
def test_only_what_may_follow_is_taken(tmp_path, orders, before):
    for after in STATES:
        store = OrderStore(tmp_path / f"{before}-{after}")
        store.issue([orders.order()])
        for state in {"issued": (), "closed": ("done", "closed")}.get(before, (before,)):
            store.report(orders.change("WO-0001", state, note="x"))
        wish = orders.change("WO-0001", after, note="x", key="the last one")
        if after in FOLLOWS[before]:
            assert store.report(wish).state == after
        else:
            with pytest.raises(Refused) as refused:
                store.report(wish)
            assert codes(refused) == ["follows"]


def test_all_faults_of_a_report_are_named_at_once_and_nothing_is_stored(store, orders, issued):
    photos = [("notes.pdf", b"%PDF-1.7"), ("a.jpg", b"")] + [("b.jpg", orders.JPEG)] * MAX_PHOTOS
    with pytest.raises(Refused) as refused:
        store.report(orders.change("WO-0001", "not_done"), photos)
    assert codes(refused) == ["motive", "photo_kind", "photo_empty", "photo_count"]
    assert store.get("WO-0001") == issued
    assert not (store.folder / "photos").exists()


def test_an_order_that_nobody_issued_is_refused(store, orders):
    with pytest.raises(Refused) as refused:
        store.report(orders.change("WO-0099"))
    assert codes(refused) == ["unknown"]


@pytest.mark.parametrize("statement", ["UPDATE change SET content = ''", "DELETE FROM change", "DELETE FROM work_order"])
def test_the_store_itself_refuses_to_alter_what_was_reported(store, issued, statement):
    with closing(sqlite3.connect(store.path)) as db, pytest.raises(sqlite3.IntegrityError, match="nothing here is altered"):
        db.execute(statement)


@pytest.mark.parametrize("name", ["../orders.sqlite", "x.jpg", "0" * 64 + ".svg", "0" * 64 + ".jpg"])
def test_only_a_stored_photo_is_found(store, orders, issued, name):
    store.report(orders.change("WO-0001"), [("a.jpg", orders.JPEG)])
    assert store.photo(name) is None
    assert store.photo(store.get("WO-0001").report.photos[0]).read_bytes() == orders.JPEG
