from types import SimpleNamespace

from scenarios.play.order_life import order_list
from twin.regie.chain import Record


def record(seq, *orders, sent=()):
    meta = {"orders": [{"key": "k", "device": "battery", "start": "t", "state": state} for state in orders], "sent": sent}
    return Record(seq, "regular", 900 * seq, meta, {}, "")


def test_an_order_is_followed_from_accepted_over_sent_to_confirmed_and_is_not_forgotten_with_the_outbox():
    records = [record(1, "accepted"), record(2, "confirmed", sent=["k"]), record(3, "confirmed"), record(4)]
    (order,) = order_list(SimpleNamespace(records=lambda: iter(records)))
    assert order["life"] == [
        ["accepted", "1970-01-01T00:15:00+00:00"],
        ["sent", "1970-01-01T00:15:00+00:00"],
        ["confirmed", "1970-01-01T00:30:00+00:00"],
    ]
    assert order["state"] == "confirmed"
