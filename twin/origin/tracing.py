"""Flow tracing by proportional sharing, on any directed flow network with losses: where each withdrawal comes from.

At a node everything that flows in is mixed, and everything that flows out carries the node's mix. With ``T_n`` the power
through node n, ``P_mn`` what branch m-n delivers at n, and ``G_ns`` what source s injects there, the mix ``x`` obeys

    T_n x_ns - sum over m of P_mn x_ms = G_ns                                                                 (1)

A branch carries the mix of the node that sends; what it loses on the way is a withdrawal with that mix. Only ends at which
power arrives enter, so losses need no lossless stand-in network. The system is solved as one sparse matrix: it needs no order
of the nodes, so that circular flows in a mesh are a case like any other.

Source: J. Bialek, "Tracing the flow of electricity", IEE Proc. Gener. Transm. Distrib. 143 (1996) 313-320, upstream-looking
algorithm, eq. 3-6; D. Kirschen, R. Allan, G. Strbac, IEEE Trans. Power Syst. 12 (1997) 312-319, the same sharing by "commons".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_matrix
from scipy.sparse.csgraph import breadth_first_order
from scipy.sparse.linalg import splu

from twin.domain.problems import Problems

DUST_MW = 1e-12
"""A microwatt: what an estimate's arithmetic leaves of nothing."""


@dataclass(frozen=True)
class Sharing:
    """What tracing tells of one instant.

    Attributes:
        mix: part of each source in what flows through a node, dims (node, source); rows sum to one, or to zero at a node that
            no source reaches.
        taken_mw: what each sink takes of each source [MW], dims (sink, source).
        lost_mw: what the branches lose of each source [MW], dims (source,).
    """

    mix: np.ndarray
    taken_mw: np.ndarray
    lost_mw: np.ndarray


def share(
    *,
    branch_from: np.ndarray,
    branch_to: np.ndarray,
    p_from_mw: np.ndarray,
    p_to_mw: np.ndarray,
    injected_mw: np.ndarray,
    drawn_mw: np.ndarray,
) -> Sharing:
    """Trace one instant.

    Where the powers balance at every node, ``taken_mw`` and ``lost_mw`` together sum to what each source injects, and
    ``taken_mw`` to what each sink draws; what the caller's arithmetic leaves over at a node is nobody's.

    Args:
        branch_from, branch_to: nodes of each branch, dims (branch,); several may join the same nodes.
        p_from_mw, p_to_mw: power that enters the branch at either end, negative where it leaves it [MW], dims (branch,).
        injected_mw: by source at each node, >= 0 [MW], dims (source, node). ``drawn_mw``: by sink, >= 0, dims (sink, node).

    A branch that takes power at both ends only loses it. One that gives at both ends is no branch: what it gives comes from
    nowhere and is in no source's column.

    Raises:
        BadInput: when shapes disagree, a power is not finite, or one is injected or drawn with the wrong sign.
    """
    _check(branch_from, branch_to, p_from_mw, p_to_mw, injected_mw, drawn_mw)
    nodes = injected_mw.shape[1]
    out_from, out_to = np.maximum(p_from_mw, 0.0), np.maximum(p_to_mw, 0.0)
    in_from, in_to = np.maximum(-p_from_mw, 0.0), np.maximum(-p_to_mw, 0.0)
    through = injected_mw.sum(axis=0)
    through = through + np.bincount(branch_from, in_from, nodes) + np.bincount(branch_to, in_to, nodes)
    receiver = np.concatenate([branch_to, branch_from])
    sender = np.concatenate([branch_from, branch_to])
    carried = np.concatenate([np.where(out_from > 0.0, in_to, 0.0), np.where(out_to > 0.0, in_from, 0.0)])
    on = carried > DUST_MW
    receiver, sender, carried = receiver[on], sender[on], carried[on]
    fed = _reached(nodes, sender, receiver, injected_mw.sum(axis=0)) & (through > DUST_MW)
    mix = np.zeros((nodes, len(injected_mw)))
    if fed.any():
        # A mix is a matter of parts: each node's equation is divided by the power through it.
        inside = fed[sender] & fed[receiver]
        at = np.cumsum(fed) - 1
        size = int(fed.sum())
        rows = np.concatenate([np.arange(size), at[receiver[inside]]])
        columns = np.concatenate([np.arange(size), at[sender[inside]]])
        values = np.concatenate([np.ones(size), -carried[inside] / through[receiver[inside]]])
        system = csc_matrix((values, (rows, columns)), shape=(size, size))
        mix[fed] = splu(system).solve((injected_mw[:, fed] / through[fed]).T.copy())
    lost = (out_from - np.where(out_from > 0.0, in_to, 0.0)) @ mix[branch_from]
    lost = lost + (out_to - np.where(out_to > 0.0, in_from, 0.0)) @ mix[branch_to]
    return Sharing(mix=mix, taken_mw=drawn_mw @ mix, lost_mw=lost)


def _reached(nodes: int, sender: np.ndarray, receiver: np.ndarray, injected_mw: np.ndarray) -> np.ndarray:
    """Nodes that some source's power reaches, dims (node,): the others may not even circulate anything, or (1) is singular."""
    sources = np.flatnonzero(injected_mw > DUST_MW)
    rows = np.concatenate([np.full(len(sources), nodes), sender])
    columns = np.concatenate([sources, receiver])
    graph = csc_matrix((np.ones(len(rows)), (rows, columns)), shape=(nodes + 1, nodes + 1)).tocsr()
    found = np.zeros(nodes + 1, dtype=bool)
    found[breadth_first_order(graph, nodes, return_predecessors=False)] = True
    return found[:nodes]


def _check(
    branch_from: np.ndarray,
    branch_to: np.ndarray,
    p_from_mw: np.ndarray,
    p_to_mw: np.ndarray,
    injected_mw: np.ndarray,
    drawn_mw: np.ndarray,
) -> None:
    problems = Problems()
    branches, nodes = len(branch_from), injected_mw.shape[-1]
    for name, array in (("branch_to", branch_to), ("p_from_mw", p_from_mw), ("p_to_mw", p_to_mw)):
        if array.shape != (branches,):
            problems.add(f"tracing, {name}", array.shape, f"dims (branch: {branches},)", "give one value for each branch")
    for name, array in (("injected_mw", injected_mw), ("drawn_mw", drawn_mw)):
        if array.ndim != 2 or array.shape[1] != nodes:
            problems.add(f"tracing, {name}", array.shape, f"two dims, the last (node: {nodes})", "give one row for each")
        elif not (np.isfinite(array) & (array >= 0.0)).all():
            at = np.argwhere(~(np.isfinite(array) & (array >= 0.0)))[0].tolist()
            problems.add(f"tracing, {name}, row {at[0]}, node {at[1]}", array[*at], "a power >= 0", "injections are not loads")
    for name, ends in (("branch_from", branch_from), ("branch_to", branch_to)):
        if len(ends) and not (int(ends.min()) >= 0 and int(ends.max()) < nodes):
            problems.add(f"tracing, {name}", f"{ends.min()}..{ends.max()}", f"nodes 0..{nodes - 1}", "correct the branches")
    for name, array in (("p_from_mw", p_from_mw), ("p_to_mw", p_to_mw)):
        if not np.isfinite(array).all():
            at = int(np.flatnonzero(~np.isfinite(array))[0])
            problems.add(f"tracing, {name}, branch {at}", array[at], "a finite power", "leave out branches out of service")
    problems.raise_if_any()
