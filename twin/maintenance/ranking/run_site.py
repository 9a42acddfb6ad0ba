"""The site that a ranking or an order is for: that of the run, and of no other one."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from twin.domain.problems import BadInput, Problem
from twin.regie.chain import open_readonly, read_meta
from twin.site import Site, load_site, site_path


def site_of(name: str | None, state: Path | None) -> Site:
    """The site that is asked for, else the run's.

    Args:
        name: packaged site, or path of a site file; None: the one of the run.
        state: of a run; None: there is none.

    Raises:
        BadInput: where the two are not the same site: figures of one grid say nothing of another.
    """
    ran = None if state is None else _of_run(state)
    if name is None and ran is not None:
        _check_packaged(ran, state)
    site = load_site(name or ran or "demo")
    if ran is not None and site.name != ran:
        remedy = "give the --state of a run of this site, or leave --site out"
        raise BadInput([Problem("--site", repr(site.name), f"{ran!r}, which the run of {state} is of", remedy)])
    return site


def _check_packaged(ran: str, state: Path | None) -> None:
    try:
        site_path(ran)
    except BadInput:
        limit = f"the file of site {ran!r}, which the run of {state} is of"
        raise BadInput([Problem("--site", "not given", limit, "name its site file")]) from None


def _of_run(state: Path) -> str:
    with closing(open_readonly(state)) as db:
        return str(read_meta(db)["identity"]["site"])
