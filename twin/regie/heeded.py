"""The privacy rule of the live page, as the publication heeds it."""

from __future__ import annotations

import json
from collections.abc import Collection
from functools import lru_cache

from pydantic import TypeAdapter

from twin.contracts.publication import NAMELESS
from twin.regie.public_rule import plants_held
from twin.regie.public_told import Rulebook

_RULEBOOK = TypeAdapter(Rulebook)
_OF_THE_TOWN = ("share", "co2", "parts", "powers")


def as_text(book: Rulebook) -> str:
    """The rulebook in JSON; an unknown energy is written as NaN."""
    return json.dumps(_RULEBOOK.dump_python(book, mode="json"))


class Heeded:
    """Implements `twin.publication.tellings.Heed` by the rulebook of the site."""

    def __init__(self, text: str, metered: tuple[str, ...]) -> None:
        """From what `as_text` wrote; ``metered``: channels of plants that the town's sums are made of."""
        self._book = _RULEBOOK.validate_json(text)
        root = self._book.wish.root
        self._plants = {plant.channel: plant for plant in self._book.plants}
        self._counted = frozenset(metered) & self._plants.keys()
        self._told = [(figure, root) for figure in _OF_THE_TOWN if self._book.told(figure, root)]
        self._whole = lru_cache(maxsize=256)(self._judged)

    def whole(self, silent: Collection[str] | None) -> bool:
        """As the protocol says."""
        return self._whole(None if silent is None else frozenset(self._plants.keys() & silent))

    def _judged(self, silent: frozenset[str] | None) -> bool:
        return all(self._book.told(*figure, silent) for figure in self._told)

    def crowd(self, late: Collection[str]) -> bool:
        """As the protocol says: k plants, and of each kind as many and as equal as its production needs to be told."""
        plants = [self._plants[name] for name in late if name != NAMELESS]
        likes = [[plant for plant in plants if plant.like == like] for like in dict.fromkeys(plant.like for plant in plants)]
        return len(plants) >= self._book.rule.k and all(plants_held(group, self._book.rule) is None for group in likes)

    def protected(self, late: Collection[str] | None) -> frozenset[str]:
        """As the protocol says: a device has several meters, so only those that the town's sums are made of count."""
        if late is None:
            return frozenset([NAMELESS])
        protected = {name for name in late if not (name in self._plants and self._plants[name].consented)}
        return frozenset(name if name in self._counted else NAMELESS for name in protected)
