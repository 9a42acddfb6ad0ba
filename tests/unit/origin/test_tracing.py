"""Proportional sharing: what must hold on any network, and small ones by hand."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from twin.domain.problems import BadInput
from twin.origin.tracing import Sharing, share


def traced(branches, injected, drawn) -> Sharing:
    """``branches``: (from, to, power in at from, power out at to)."""
    ends = np.array([b[:2] for b in branches], dtype=int).reshape(-1, 2)
    power = np.array([b[2:] for b in branches], dtype=float).reshape(-1, 2)
    return share(
        branch_from=ends[:, 0],
        branch_to=ends[:, 1],
        p_from_mw=power[:, 0],
        p_to_mw=-power[:, 1],
        injected_mw=np.array(injected, dtype=float),
        drawn_mw=np.array(drawn, dtype=float),
    )


@st.composite
def networks(draw, lossless=False):
    """Any flows on a random mesh; what then lacks at a node is injected there, what is too much is drawn, and more of both."""
    nodes = draw(st.integers(1, 7))
    node = st.integers(0, nodes - 1)
    powers = st.one_of(st.just(0.0), st.floats(1e-3, 50.0))
    kept = st.just(1.0) if lossless else st.floats(0.5, 1.0)
    branches = []
    for one, other, p_mw, part in draw(st.lists(st.tuples(node, node, powers, kept), max_size=14)):
        if one != other:
            branches.append((one, other, p_mw, p_mw * part))
    balance = np.zeros(nodes)
    for one, other, sent, got in branches:
        balance[one] += sent
        balance[other] -= got
    both = np.array(draw(st.lists(powers, min_size=nodes, max_size=nodes)))
    at = np.array(draw(st.lists(st.integers(0, 2), min_size=2 * nodes, max_size=2 * nodes)))
    injected, drawn = np.zeros((3, nodes)), np.zeros((3, nodes))
    injected[at[:nodes], np.arange(nodes)] = np.maximum(balance, 0.0) + both
    drawn[at[nodes:], np.arange(nodes)] = np.maximum(-balance, 0.0) + both
    return branches, injected, drawn


CLOSE = {"rel": 1e-7, "abs": 1e-8}  # sums of some ten powers of up to 100 MW, through one linear solve


@settings(deadline=None)
@given(networks())
def test_what_sinks_take_and_branches_lose_is_what_sources_inject(network):
    found = traced(*network)
    assert found.taken_mw.sum(axis=0) + found.lost_mw == pytest.approx(network[1].sum(axis=1), **CLOSE)


@settings(deadline=None)
@given(networks())
def test_what_a_sink_takes_of_all_sources_is_what_it_draws(network):
    assert traced(*network).taken_mw.sum(axis=1) == pytest.approx(network[2].sum(axis=1), **CLOSE)


@settings(deadline=None)
@given(networks())
def test_a_mix_is_made_of_parts_between_nothing_and_all(network):
    mix = traced(*network).mix
    assert (mix > -1e-9).all()
    assert (mix < 1.0 + 1e-9).all()
    assert np.isclose(mix.sum(axis=1), 1.0, atol=1e-7).sum() + (mix.sum(axis=1) == 0.0).sum() == len(mix)


@settings(deadline=None)
@given(networks())
def test_the_flows_of_a_branch_carry_the_mix_of_the_node_that_sends(network):
    """At every node, what comes in by source is what goes out by source."""
    branches, injected, drawn = network
    mix = traced(*network).mix
    gain = injected.T - drawn.sum(axis=0)[:, None] * mix
    for one, other, sent, got in branches:
        gain[one] -= sent * mix[one]
        gain[other] += got * mix[one]
    assert gain == pytest.approx(np.zeros_like(gain), abs=1e-6)


@settings(deadline=None)
@given(networks())
def test_which_end_of_a_branch_is_called_from_changes_nothing(network):
    branches, injected, drawn = network
    turned = [(other, one, -got, -sent) for one, other, sent, got in branches]
    assert traced(turned, injected, drawn).taken_mw == pytest.approx(traced(*network).taken_mw, **CLOSE)


@settings(deadline=None)
@given(networks(lossless=True))
def test_traced_downstream_a_grid_without_losses_tells_the_same(network):
    """All flows turned round, sources and sinks exchanged: Bialek's downstream-looking algorithm is the mirror of the other."""
    branches, injected, drawn = network
    mirror = traced([(other, one, got, sent) for one, other, sent, got in branches], drawn, injected)
    assert pytest.approx(traced(*network).taken_mw, rel=1e-6, abs=1e-7) == mirror.taken_mw.T


@settings(deadline=None)
@given(networks(), st.floats(0.0, 1.0))
def test_a_branch_that_becomes_two_parallel_ones_changes_nothing(network, part):
    branches, injected, drawn = network
    assume(branches)
    one, other, sent, got = branches[0]
    two = [(one, other, part * sent, part * got), (one, other, (1.0 - part) * sent, (1.0 - part) * got), *branches[1:]]
    assert traced(two, injected, drawn).taken_mw == pytest.approx(traced(*network).taken_mw, **CLOSE)


@settings(deadline=None)
@given(networks(), st.data())
def test_a_node_that_is_split_by_a_closed_coupler_changes_nothing(network, data):
    branches, injected, drawn = network
    nodes = injected.shape[1]
    node = data.draw(st.integers(0, nodes - 1))
    through = injected[:, node].sum() + sum(got for _, other, _, got in branches if other == node)
    moved = [(nodes if one == node else one, other, sent, got) for one, other, sent, got in branches]
    wider = [np.append(each, np.zeros((3, 1)), axis=1) for each in (injected, drawn)]
    wider[1][:, [node, nodes]] = wider[1][:, [nodes, node]]
    split = traced([*moved, (node, nodes, through, through)], *wider)
    assert split.taken_mw == pytest.approx(traced(*network).taken_mw, **CLOSE)


@settings(deadline=None)
@given(networks(), st.floats(1e-3, 1e3))
def test_twice_the_powers_are_the_same_mix(network, factor):
    branches, injected, drawn = network
    scaled = traced([(a, b, factor * p, factor * q) for a, b, p, q in branches], factor * injected, factor * drawn)
    assert scaled.mix == pytest.approx(traced(*network).mix, abs=1e-6)


def test_a_lossy_grid_of_four_nodes_is_shared_as_by_hand():
    """In the shape of the example of Bialek (1996): 400 and 114 MW generated at nodes 1 and 2, 300 and 200 MW drawn at 3 and 4.

    By hand: at node 2, 59 of 173 MW are of G1; at node 4, (112 + 171 x 59/173) of 283.
    """
    branches = [(0, 1, 60, 59), (0, 2, 225, 218), (0, 3, 115, 112), (1, 3, 173, 171), (3, 2, 83, 82)]
    found = traced(branches, np.diag([400.0, 114.0, 0.0, 0.0])[:2], np.diag([0.0, 0.0, 300.0, 200.0])[2:])
    of_g1 = (112.0 + 171.0 * 59.0 / 173.0) / 283.0
    assert found.mix[3, 0] == pytest.approx(of_g1)
    assert found.taken_mw[1] == pytest.approx([200.0 * of_g1, 200.0 * (1.0 - of_g1)])
    assert found.taken_mw[0] == pytest.approx([218.0 + 82.0 * of_g1, 82.0 * (1.0 - of_g1)])
    assert found.lost_mw.sum() == pytest.approx(14.0)


def test_power_that_circulates_is_shared_by_what_enters_the_circle():
    """3 MW go round 0 -> 1 -> 2 -> 0 while source A feeds 1 MW in at 0, source B 1 MW at 1, and 2 MW leave at 2."""
    branches = [(0, 1, 4, 4), (1, 2, 5, 5), (2, 0, 3, 3)]
    found = traced(branches, [[1, 0, 0], [0, 1, 0]], [[0, 0, 2]])
    assert found.taken_mw == pytest.approx(np.array([[1.0, 1.0]]))
    # by hand: x2 = x1, x1 = (4 x0 + (0, 1)) / 5, x0 = (3 x2 + (1, 0)) / 4
    assert found.mix[0] == pytest.approx([5 / 8, 3 / 8])


def test_a_circle_that_nobody_feeds_has_no_origin():
    found = traced([(1, 2, 3, 3), (2, 1, 3, 3)], [[1, 0, 0]], [[1, 0, 0]])
    assert found.mix.tolist() == [[1.0], [0.0], [0.0]]


def test_a_dead_node_and_an_idle_branch_have_no_origin():
    found = traced([(0, 1, 0, 0)], [[2, 0]], [[2, 0], [0, 0]])
    assert found.mix.tolist() == [[1.0], [0.0]]
    assert found.taken_mw.tolist() == [[2.0], [0.0]]


def test_a_grid_of_one_bus_is_one_pool():
    found = traced([], [[3], [1]], [[2], [2]])
    assert found.taken_mw.tolist() == [[1.5, 0.5], [1.5, 0.5]]


def test_an_idle_transformer_loses_at_both_ends_what_each_of_them_has():
    found = traced([(0, 1, 0.2, -0.1)], [[1.2, 0], [0, 2.1]], [[1, 0], [0, 2]])
    assert found.lost_mw == pytest.approx([0.2, 0.1])


def test_what_a_branch_gives_at_both_ends_comes_from_no_source():
    found = traced([(0, 1, -0.2, 0.3)], [[1.0, 0.0], [0.0, 2.0]], [[1.2, 0.0], [0.0, 2.3]])
    assert found.mix == pytest.approx(np.array([[1.0 / 1.2, 0.0], [0.0, 2.0 / 2.3]]))


def test_every_fault_of_the_powers_is_named_at_once():
    with pytest.raises(BadInput) as refused:
        share(
            branch_from=np.array([0]),
            branch_to=np.array([4]),
            p_from_mw=np.array([np.nan]),
            p_to_mw=np.array([-1.0]),
            injected_mw=np.array([[1.0, -2.0]]),
            drawn_mw=np.array([[0.0, np.inf]]),
        )
    places = [problem.place for problem in refused.value.problems]
    assert places == [
        "tracing, injected_mw, row 0, node 1",
        "tracing, drawn_mw, row 0, node 1",
        "tracing, branch_to",
        "tracing, p_from_mw, branch 0",
    ]
