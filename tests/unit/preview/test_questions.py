"""Questions from outside: whatever comes is a question or is refused with its faults."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twin.contracts.preview import read_question
from twin.domain.problems import BadInput, Problems

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_NAMES = st.sampled_from(
    ["kind", "switch", "closed", "outages", "table", "index", "redispatch", "p_mw", "steps", "id", "step_s"]
)
_KINDS = st.sampled_from(["what_if", "order", "recommendation", "lookahead"])


# Generating is slow where other work has the machine; that says nothing of the questions.
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(_NAMES | st.text(max_size=5), _VALUES, max_size=5), _KINDS)
def test_whatever_is_asked_is_a_question_or_refused(asked, kind):
    found = Problems().tried(lambda: read_question({**asked, "kind": kind}))
    assert found is None or found.kind == kind


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(_VALUES)
def test_what_is_no_question_at_all_is_refused(asked):
    with pytest.raises(BadInput):
        read_question(asked)


def test_every_fault_of_a_question_is_named_at_its_place():
    with pytest.raises(BadInput) as refused:
        read_question(
            {
                "kind": "what_if",
                "switch": [{"switch": -1, "closed": "yes"}],
                "outages": [{"table": "bus", "index": 1}],
                "redispatch": [{"p_mw": 1.0}, {"bus": 3, "p_mw": float("inf")}],
            }
        )
    assert [problem.place for problem in refused.value.problems] == [
        "what_if.switch.0.switch",
        "what_if.switch.0.closed",
        "what_if.outages.0.table",
        "what_if.redispatch.0",
        "what_if.redispatch.1.p_mw",
    ]
