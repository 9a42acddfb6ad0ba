"""SimBench's year of profiles lent to a grid file, which has none: by a column of its own, or by name."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from twin.adapters.grid_simbench import classify_sgens, read_simbench
from twin.domain.problems import Problems

_FRAMES = (("load", "load", "_pload"), ("sgen", "renewables", ""))
"""Table of the net, table of the profiles, how a column of power ends."""


def lend_profiles(net: Any, code: str, *, file: str) -> Mapping[str, Any]:
    """Name in ``net.load`` and ``net.sgen`` the profile that every element lives by; plants get their ``kind``, too.

    An element's own ``profile`` counts where ``code`` has it; else the element lives as the one of ``code`` that has its name.
    A plant without ``sn_mva`` is rated for its ``p_mw``.

    Args:
        net: of a grid file; changed in place. ``code``: of the SimBench grid that lends. ``file``: of the site, for messages.

    Returns:
        The frames that hold the profiles, for `twin.adapters.grid_simbench.year_profiles`.

    Raises:
        BadInput: for an unknown code, and naming every load and plant without a profile.
    """
    lender = read_simbench(code, place=f"{file} grid profiles")
    problems = Problems()
    for table, frame, ending in _FRAMES:
        known = {str(column).removesuffix(ending) for column in lender.profiles[frame] if str(column).endswith(ending)}
        by_name = dict(zip(lender[table]["name"].astype(str), lender[table]["profile"].astype(str), strict=True))
        own = net[table]["profile"].astype(str) if "profile" in net[table] else net[table]["name"].map(lambda _: "")
        names = net[table]["name"].astype(str)
        net[table]["profile"] = [each if each in known else by_name.get(name) for each, name in zip(own, names, strict=True)]
        for index, name in names[net[table]["profile"].isna()].items():
            close = difflib.get_close_matches(name, by_name, n=3)
            limit = f"a profile of {code}, or the name of a {table} there" + (f", such as {', '.join(close)}" if close else "")
            problems.add(f"{file} grid file, {table} {index}", f"{name!r}", limit, "name it so, or fill its column profile")
    problems.raise_if_any()
    net.sgen["sn_mva"] = net.sgen["sn_mva"].fillna(net.sgen["p_mw"])
    classify_sgens(net)
    profiles: Mapping[str, Any] = lender.profiles
    return profiles
