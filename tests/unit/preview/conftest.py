"""One warm hamlet for all tests."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from hamlet_now import Desk, hamlet_kit, tick

from twin.contracts.preview import read_question


@pytest.fixture(scope="session")
def kit():
    return hamlet_kit()


@pytest.fixture
def desk(kit):
    return Desk(tick(), kit)


@pytest.fixture
def ask(desk):
    """The answer to a question on the hamlet's evening, or on another tick."""

    def asked(present=None, **question):
        desk.present = present or desk.present
        return answer(desk, **question)

    return asked


def answer(desk, **question):
    work = desk.work(read_question(question))
    while True:
        try:
            next(work)
        except StopIteration as ended:
            return ended.value
