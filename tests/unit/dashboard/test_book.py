"""The book: a line's words go with their time and leave a seal, by which the chain holds and nobody is found again."""

import hashlib
import json
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from dashboard.regie.access.audit import row
from dashboard.regie.book import Book

START = datetime(2025, 1, 1, tzinfo=UTC)
NAME = "Rosalinde Muster-Weibel"


def fourteen_months(directory) -> Book:
    book = Book(directory)
    for day in range(0, 425, 5):
        by = NAME if day < 60 else "anna"
        book.write(START + timedelta(days=day), by, "dispatcher", "log.write", f"switch:{day}", text=f"{by} asked on day {day}")
    return book


def old(book) -> list[int]:
    return [line.id for line in book.lines() if line.at < START + timedelta(days=60)]


def test_the_words_of_an_old_line_are_in_no_file_and_the_chain_holds(tmp_path):
    book = fourteen_months(tmp_path)
    before = book.verify()
    with sqlite3.connect(book.path) as holder:  # the web process has it open: the log is not removed with the last connection
        holder.execute("SELECT count(*) FROM line").fetchone()
        book.expunge(old(book))
        raw = b"".join(path.read_bytes() for path in tmp_path.iterdir())
        assert NAME.encode() not in raw
    holder.close()
    assert book.verify() == before
    assert min(line.at for line in book.lines()) == START + timedelta(days=60)


def test_expunging_again_changes_nothing_and_new_lines_follow(tmp_path):
    book = fourteen_months(tmp_path)
    ids = old(book)
    book.expunge(ids)
    head = book.verify()
    book.expunge(ids)
    assert book.verify() == head
    book.write(START + timedelta(days=500), "anna", "viewer", "access.login")
    assert book.verify()[0] == head[0] + 1


def test_two_lines_that_say_the_same_have_different_seals(tmp_path):
    """Otherwise a list of names would tell whose line it was."""
    book = Book(tmp_path)
    for day in (0, 1, 400):
        book.write(START + timedelta(days=day), NAME, "viewer", "access.login", "door")
    book.expunge([1, 2])
    with sqlite3.connect(book.path) as db:
        seals = {seal for (seal,) in db.execute("SELECT seal FROM line WHERE seal IS NOT NULL")}
    db.close()
    assert len(seals) == 2


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE line SET by = 'otto' WHERE id = 40",
        "UPDATE line SET at = '2024-01-01T00:00:00+00:00' WHERE id = 3",
        "UPDATE line SET kind = 'log.other' WHERE id = 3",
        "UPDATE line SET seal = 'ab' WHERE id = 3",
        "UPDATE line SET seal = '' WHERE id = 3",
        "DELETE FROM line WHERE id = 3",
    ],
)
def test_what_was_altered_is_found_among_held_and_expunged_lines(tmp_path, statement):
    book = fourteen_months(tmp_path)
    book.expunge(old(book))
    with sqlite3.connect(book.path) as db:
        db.execute(statement)
    db.close()
    with pytest.raises(ValueError, match="does not follow"):
        book.verify()


def test_words_that_went_too_early_are_found_although_their_seal_holds(tmp_path):
    book = fourteen_months(tmp_path)
    book.expunge([book.stamp() - 2])
    with pytest.raises(ValueError, match="less than 184 days"):
        book.verify()


def test_a_book_of_an_older_regie_is_refused_by_name(tmp_path):
    with sqlite3.connect(Book(tmp_path).path) as db:
        db.execute("CREATE TABLE line (id, at, by, role, kind, target, params, hash)")
    db.close()
    with pytest.raises(sqlite3.DatabaseError, match="older régie"):
        Book(tmp_path).lines()


def test_the_chain_is_computed_anew_from_an_export(tmp_path):
    head = hashlib.sha256(b"regie desk 1").hexdigest()

    def digest(*parts):
        return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()

    for told in map(row, fourteen_months(tmp_path).lines()):
        params = json.dumps(told["params"], sort_keys=True, ensure_ascii=False)
        seal = digest(told["salt"], told["by"], told["role"], told["target"], params)
        head = digest(head, told["id"], told["at"], told["kind"], seal)
        assert head == told["hash"]
