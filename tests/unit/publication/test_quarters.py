"""What was read of the journal: every telling of a quarter hour, read on where it was left, made anew when lost."""

import sqlite3

import pytest

from twin.publication.quarters import FILE, Quarter, Quarters


@pytest.fixture
def store(tmp_path):
    return Quarters(tmp_path / "publication")


def start(store, genesis="g", heads=(), held_from=0):
    return store.run_of("town", genesis, lambda seq: genesis if seq == 0 else dict(heads).get(seq), held_from)


def test_reading_goes_on_where_it_was_left(store):
    run = store.take(start(store), [(0, Quarter(0, 1.0, 0.5, 40.0))], 1, "h1")
    assert start(store, heads=[(1, "h1")]) == run
    assert run.next_seq == 1


def test_a_run_that_was_begun_again_is_read_again(store):
    store.take(start(store), [(0, Quarter(0, 1.0, 0.5, 40.0))], 1, "h1")
    run = start(store, heads=[(1, "another")])
    assert run.next_seq == 0
    assert store.between("town", 0, 10**10) == []


def test_two_windows_of_one_state_stand_side_by_side_and_the_later_holds_where_both_know(store):
    january, february = start(store, "january"), start(store, "february")
    store.take(january, [(0, Quarter(0, 1.0, 0.5, 40.0)), (1, Quarter(900, 1.0, 0.5, 40.0))], 2, "h")
    store.take(february, [(0, Quarter(900, 2.0, 0.5, 40.0)), (1, Quarter(1800, 2.0, 0.5, 40.0))], 2, "h")
    assert [(quarter.label_s, quarter.p_mw) for quarter in store.between("town", 0, 10**10)] == [
        (0, 1.0),
        (900, 2.0),
        (1800, 2.0),
    ]


def test_another_site_in_the_same_state_does_not_mix_in(store):
    store.take(start(store), [(0, Quarter(0, 1.0, 0.5, 40.0))], 1, "h")
    assert store.between("village", 0, 10**10) == []


@pytest.mark.parametrize("content", [b"no database", b"", b"SQLite format 3\0" + b"\xff" * 4096])
def test_a_store_that_is_no_database_any_more_is_made_anew(tmp_path, content):
    (tmp_path / FILE).write_bytes(content)
    store = Quarters(tmp_path)
    store.take(start(store), [(0, Quarter(0, 1.0, 0.5, 40.0))], 1, "h")
    assert len(store.between("town", 0, 10**10)) == 1


def test_a_store_of_another_version_is_made_anew(tmp_path):
    with sqlite3.connect(tmp_path / FILE) as db:
        db.execute("PRAGMA user_version = 7")
        db.execute("CREATE TABLE quarter (x)")
    store = Quarters(tmp_path)
    start(store)
    assert store.between("town", 0, 10**10) == []


def test_a_chain_that_differs_takes_nothing_from_what_only_expunged_records_told(store):
    store.take(start(store), [(0, Quarter(0, 1.0, 0.5, 40.0)), (1, Quarter(900, 1.0, 0.5, 40.0))], 2, "h1")
    start(store, heads=[(2, "another")], held_from=1)
    assert [quarter.label_s for quarter in store.between("town", 0, 10**10)] == [0]


@pytest.mark.parametrize("version", [1, 7])
def test_the_quarter_hours_of_a_store_of_another_version_are_taken_over_and_it_stays_beside(tmp_path, version):
    store = Quarters(tmp_path)
    store.take(start(store), [(0, Quarter(0, 1.0, 0.5, 40.0, {"pv": 1.0}))], 1, "h")
    before = store.between("town", 0, 10**10)
    with sqlite3.connect(tmp_path / FILE) as db:
        db.execute(f"PRAGMA user_version = {version}")
    assert start(store, held_from=1).next_seq == 0
    assert store.between("town", 0, 10**10) == before
    assert len(list(tmp_path.glob("*.aside"))) == 1


def test_records_that_had_gone_unread_are_counted(store):
    store.take(start(store), [(5, Quarter(0, 1.0, 0.5, 40.0))], 6, "h", first_seq=5)
    assert store.unread("town") == 5
