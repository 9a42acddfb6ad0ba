"""Late meters: the series tells of a quarter hour what was told of it last, on either side."""

import math
from types import SimpleNamespace

import numpy as np

from scenarios.play import series
from scenarios.play.tape import SIDES, Side, Tape, told_anew
from twin.domain.grid import NORMAL
from twin.origin.meta import from_meta, to_meta
from twin.origin.traced import Origin, Traced
from twin.regie.chain import Record

START_S = 1_453_737_600


def origin(share):
    """A town that drew 8 MW."""
    return to_meta(
        Traced("pool", {"town": Origin(8.0, {"pv": 1.0}, share, 1.0, 40.0)}, Origin(math.nan), Origin(math.nan), (), 0.0)
    )


def metas():
    """Two quarter hours; the first one's meters came late, ours at an event and once more, the twin's with the second."""
    first = str(START_S)
    return [
        {"origin": origin(0.1), "alone": {"origin": origin(0.2)}},
        {"restated": {first: origin(0.3)}, "alone": {}},
        {
            "origin": origin(0.5),
            "restated": {first: origin(0.4)},
            "alone": {"origin": origin(0.6), "restated": {first: origin(0.7)}},
        },
    ]


def test_what_is_told_last_holds_and_events_tell_too():
    told = told_anew(metas())
    assert {side: {label: one.zones["town"].share for label, one in found.items()} for side, found in told.items()} == {
        "plan": {START_S: 0.4},
        "do_nothing": {START_S: 0.7},
    }


def test_without_a_twin_only_the_plan_is_restated():
    told = told_anew([{"origin": origin(0.1)}, {"restated": {str(START_S): origin(0.3)}}])
    assert (list(told["plan"]), told["do_nothing"]) == ([START_S], {})


def test_the_series_holds_the_restated_share(monkeypatch):
    told = told_anew(metas())
    monkeypatch.setattr(Tape, "sides", SIDES)
    monkeypatch.setattr(Tape, "_restated", told)
    tape = Tape(None, SimpleNamespace(parts=SimpleNamespace(root="town")))
    regular = [metas()[0], metas()[2]]
    records = [Record(i, "regular", START_S + (i + 1) * 900, meta, {}, "") for i, meta in enumerate(regular)]
    sides = [
        [Side(NORMAL, {}, np.zeros(0), True, from_meta(part["origin"])) for part in parts]
        for parts in (regular, [meta["alone"] for meta in regular])
    ]
    dims, share, _ = series._Block(tape, records, sides, {})._mixes()["renewable_share"]
    assert (dims, share) == (("side", "time"), [[0.4, 0.5], [0.7, 0.6]])


def test_the_series_holds_other_plants():
    assert "zone_other_p_mw" in series._ZONES
