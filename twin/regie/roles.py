"""Who is champion, who is shadow, and the order that follows: roles as the site file gives them and as people exchange them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from twin.contracts.box import BoxCard
from twin.contracts.frame import Layout
from twin.domain.problems import BadInput
from twin.regie.box_order import Levels, Sources, checked_order, order_boxes
from twin.regie.seat import BoxInstance, Seat
from twin.regie.shadow import Pair, Scorer, is_scored


def sources_of(
    instances: Iterable[BoxInstance], cards: Mapping[str, BoxCard], layout: Layout, outlook: Collection[str]
) -> Sources:
    """Where the boxes' inputs come from, with the roles as they are."""
    listed = list(instances)
    champions = [instance.name for instance in listed if instance.role == "champion"]
    shadows = {instance.name: instance.shadows or "" for instance in listed if instance.role == "shadow"}
    return Sources(cards, champions, layout, outlook, shadows)


@dataclass
class Roles:
    """The roles of one site's seats.

    Attributes:
        scorer: of shadows and their champions. ``order``: levels in which the boxes are asked.
    """

    seats: Mapping[str, Seat]
    layout: Layout
    outlook: Collection[str]
    scorer: Scorer
    order: Levels = ()

    @classmethod
    def of(cls, seats: Mapping[str, Seat], layout: Layout, outlook: Collection[str], timezone: str) -> Roles:
        """The roles as the site file gives them.

        Raises:
            BadInput: as `checked_order`.
        """
        shadows = [seat.instance for seat in seats.values() if seat.shadow]
        compared = sorted({name for instance in shadows for name in (instance.name, instance.shadows or "")})
        roles = cls(seats, layout, outlook, Scorer(compared, timezone))
        roles.order = checked_order(roles._sources(roles._now()))
        return roles

    def settle(self) -> None:
        """Bring the order in line with the seats, after a resume has put them back."""
        self.order = order_boxes(self._sources(self._now()))

    def pairs(self) -> tuple[Pair, ...]:
        """Every shadow beside its champion, and how both foretold the last weeks."""
        days = self.scorer.days
        return tuple(
            Pair(seat.name, of, days(seat.name), days(of), scored=is_scored(seat.card), failing=seat.failing)
            for seat, of in ((seat, seat.instance.shadows or "") for seat in self.seats.values() if seat.shadow)
        )

    def exchange(self, wanted: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        """Put the first of each pair in the place of the second, which it shadows; between two ticks.

        Returns:
            The pairs that were exchanged. One that stands so already stays, and so does one whose boxes would wait for each
            other, which can only show when several shadows have been promoted.
        """
        done = []
        for rising, falling in wanted:
            instances = exchanged(self._now(), rising, falling)
            if instances is None:
                continue
            try:
                self.order = order_boxes(self._sources(instances))
            except BadInput:
                continue
            for name, instance in instances.items():
                self.seats[name].instance = instance
            done.append((rising, falling))
        return tuple(done)

    def _now(self) -> dict[str, BoxInstance]:
        return {name: seat.instance for name, seat in self.seats.items()}

    def _sources(self, instances: Mapping[str, BoxInstance]) -> Sources:
        cards = {name: seat.card for name, seat in self.seats.items()}
        return sources_of(instances.values(), cards, self.layout, self.outlook)


def exchanged(instances: Mapping[str, BoxInstance], rising: str, falling: str) -> dict[str, BoxInstance] | None:
    """The instances with ``rising`` in the place of ``falling``, which it shadows; None when it does not.

    Every other shadow of ``falling`` is compared with the new champion from then on.
    """
    if rising not in instances or instances[rising].shadows != falling:
        return None
    found = dict(instances)
    for name, instance in instances.items():
        if name == rising:
            found[name] = replace(instance, role="champion", shadows=None)
        elif falling in (name, instance.shadows):
            found[name] = replace(instance, role="shadow", shadows=rising)
    return found
