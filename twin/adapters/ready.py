"""A site that may go on air, and what it was held against: nothing is read, built or compiled again for the run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from twin.adapters.grid_simbench import BuiltGrid, Progress
from twin.adapters.prepared import Prepared, cache_key, prepare
from twin.contracts.ports import Engine
from twin.domain.problems import BadInput, Problem
from twin.site import Site


@dataclass(frozen=True)
class Ready:
    """A site without fault (`twin.check.ready_site`).

    Attributes:
        net: the pandapower net with the site's overlay. ``engine``: of that net. ``key``: of its content in the cache.
        built: what the grid's cache entry is made from; None where there is one.
    """

    site: Site
    net: Any
    engine: Engine
    key: str
    built: BuiltGrid | None

    def prepared(self, progress: Progress) -> Prepared:
        """The grid and its profiles in the cache, where they are stored now if they are new.

        Raises:
            BadInput: when the grid's file changed since the check: it would stand in the cache under another's key.
        """
        if cache_key(self.site) != self.key:
            place, value = f"{self.site.file.name} grid file", "changed while the site was checked"
            raise BadInput([Problem(place, value, "one grid from check to start", "start again")])
        return prepare(self.site, progress=progress, built=self.built)
