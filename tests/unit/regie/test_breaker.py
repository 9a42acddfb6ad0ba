"""The circuit breaker counts ticks."""

from twin.regie.breaker import Breaker


def asked(ticks: int, fails) -> list[int]:
    breaker, found = Breaker(), []
    for tick in range(ticks):
        if breaker.allows(tick):
            found.append(tick)
            breaker = breaker.failed(tick) if fails(tick) else breaker.succeeded()
    return found


def test_it_opens_after_three_failures_and_doubles_its_pause_up_to_32_ticks():
    assert asked(130, lambda tick: True) == [0, 1, 2, 6, 14, 30, 62, 94, 126]


def test_two_failures_in_a_row_do_not_open_it():
    assert asked(20, lambda tick: tick % 3 != 0) == list(range(20))


def test_a_successful_try_closes_it_and_forgets_everything():
    assert asked(14, lambda tick: tick < 3 or tick in (8, 9)) == [0, 1, 2, 6, 7, 8, 9, 10, 11, 12, 13]
