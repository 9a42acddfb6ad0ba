"""Where the values of a changed site stand: in the scenario that made them, else in the site's own file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from twin.site.locate import Keys, Places


@dataclass(frozen=True)
class ChangedPlaces(Places):
    """Places of a site that a scenario changed.

    Attributes:
        origins: keys of the site -> keys of the scenario. ``scenario``: place of keys of the scenario.
    """

    origins: Mapping[Keys, Keys]
    scenario: Callable[..., str]

    def __call__(self, *keys: str | int) -> str:
        """File, line and path of what makes the value under ``keys`` what it is."""
        for length in range(len(keys), 0, -1):
            if (origin := self.origins.get(keys[:length])) is not None:
                return self.scenario(*origin, *(key for key in keys[length:] if key in _SHARED))
        return super().__call__(*keys)


_SHARED = frozenset({"at", "until", "box", "channels", "quantity", "times", "add", "path", "zones"})
"""Keys that a scenario's tables have in common with those of a site."""
