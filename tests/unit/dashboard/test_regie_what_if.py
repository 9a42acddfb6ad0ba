"""What-ifs at the desk: the form becomes the preview service's question; faults and silence are said, nothing is shared."""

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from fastapi import HTTPException

from dashboard.regie.diagram import Diagram
from dashboard.regie.grid.room import Asked, WhatIfRoom
from twin.contracts.desk_ports import Ports, Unavailable
from twin.contracts.preview import KpiChange, Objection, Standing, WhatIfAnswer, read_question


def standing(values, worst):
    figures = dict.fromkeys(
        (
            "worst_element",
            "vm_min_bus",
            "vm_max_bus",
            "import_p_mw",
            "loss_mw",
            "n1_worst_outage",
            "n1_closure",
            "n1_unsupplied_outage",
        )
    )
    return Standing(
        converged=True,
        worst_loading_percent=worst,
        vm_min_pu=0.95,
        vm_max_pu=1.02,
        unsupplied_mw=0.0,
        unsupplied_buses=(),
        dark_islands=0,
        radial=True,
        parts=1,
        n1_margin_percent=-12.0,
        n1_unsupplied_mw=0.0,
        values=values,
        **figures,
    )


@pytest.fixture
def answered(factory):
    values = factory.grid_values()
    return WhatIfAnswer(
        tick=41,
        as_of=factory.AS_OF,
        interval=factory.AS_OF - timedelta(minutes=15),
        quality=("estimated",),
        stale=False,
        engine="batch",
        ms=9.0,
        before=standing(values, 101.0),
        after=standing(values, 131.0),
        objections=(),
        closings=(),
        kpi=KpiChange(chf=None, grid_percent=30.0, co2_kg=1.0, per="hour", not_covered=()),
    )


def room(factory, previews):
    diagram = Diagram(factory.facts(), factory.open_lines())
    now = SimpleNamespace(snapshot=factory.snapshot(), diagram=diagram)
    return WhatIfRoom(SimpleNamespace(now=now, ports=Ports(previews=previews), state=Path()))


class Says:
    def __init__(self, answer):
        self._answer = answer

    def ask(self, question, timeout_s):
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer.model_dump(mode="json")


@pytest.mark.parametrize(
    ("element", "action"),
    [("line:3", "out"), ("trafo:0", "back"), ("switch:7", "open"), ("switch:7", "close"), ("device:battery_town", "power")],
)
def test_every_action_is_a_question_that_the_preview_service_reads(element, action):
    assert read_question(Asked(element=element, action=action, p_mw=0.5).question()).kind == "what_if"


def test_an_action_that_is_none_of_its_element_is_refused_with_what_is(factory, answered):
    with pytest.raises(HTTPException) as refused:
        room(factory, Says(answered)).answer(Asked(element="line:3", action="close"))
    assert refused.value.status_code == 422
    assert "out or back of a line" in refused.value.detail


def test_the_answer_stands_beside_the_present_and_says_that_it_is_not_on_air(factory, answered):
    told = room(factory, Says(answered)).answer(Asked(element="line:3", action="out"))
    assert "WHAT-IF – NOT ON AIR" in told["answer"]
    assert "101" in told["answer"]
    assert "131" in told["answer"]
    assert 'class="drawing base"' in told["diagram"]


def test_what_goes_dark_is_told_by_the_names_of_its_first_buses(factory, answered):
    dark = Objection(code="unsupplied", element="bus 3, 4 ...", value=5.51, limit=0.0, unit="MW")
    told = room(factory, Says(answered.model_copy(update={"objections": (dark,)})))
    named = [bus.name for bus in factory.facts().buses if bus.index in (3, 4)]
    said = told.answer(Asked(element="line:3", action="out"))["answer"]
    assert f"{named[0]}, {named[1]} …: without supply 5.51\u202fMW<" in said


def test_money_that_was_not_computed_is_a_dash(factory, answered):
    assert "per hour: –" in room(factory, Says(answered)).answer(Asked(element="line:3", action="out"))["answer"]


@pytest.mark.parametrize("previews", [None, Says(Unavailable("work process is silent"))], ids=["no service", "silent service"])
def test_without_an_answer_the_desk_says_so(factory, previews):
    with pytest.raises(HTTPException) as refused:
        room(factory, previews).answer(Asked(element="line:3", action="out"))
    assert refused.value.status_code == 503
    assert refused.value.detail


def test_a_what_if_changes_no_panel_of_anybody(factory, answered):
    desk = room(factory, Says(answered))
    before = desk.stamp()
    desk.answer(Asked(element="line:3", action="out"))
    assert desk.stamp() == before
