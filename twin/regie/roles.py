"""Who is champion, who is shadow, and the order that follows: roles as the site file gives them and as people exchange them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from twin.contracts.box import BoxCard
from twin.contracts.frame import Layout
from twin.domain.problems import BadInput
from twin.regie.box_order import Levels, Sources, checked_order, order_boxes
from twin.regie.seat import BoxInstance, Seat
from twin.regie.shadow import Pair, Scorer, is_scored


def sources_of(
    instances: Iterable[BoxInstance],
    cards: Mapping[str, BoxCard],
    layout: Layout,
    outlook: Collection[str],
    *,
    called_up: bool = False,
) -> Sources:
    """Where the boxes' inputs come from, with the roles as they are.

    Args:
        called_up: as if every reserve were in service as a shadow, which is how its needs are checked.
    """
    compared = ("shadow", "reserve") if called_up else ("shadow",)
    listed = [instance for instance in instances if called_up or instance.role != "reserve"]
    champions = [instance.name for instance in listed if instance.role == "champion"]
    shadows = {instance.name: instance.shadows or "" for instance in listed if instance.role in compared}
    return Sources({instance.name: cards[instance.name] for instance in listed}, champions, layout, outlook, shadows)


@dataclass
class Roles:
    """The roles of one site's seats.

    Attributes:
        scorer: of shadows and their champions. ``order``: levels in which the boxes are asked.
        home: the instances as the site file gives them.
    """

    seats: Mapping[str, Seat]
    layout: Layout
    outlook: Collection[str]
    scorer: Scorer
    order: Levels = ()
    home: Mapping[str, BoxInstance] = field(default_factory=dict)

    @classmethod
    def of(cls, seats: Mapping[str, Seat], layout: Layout, outlook: Collection[str], timezone: str) -> Roles:
        """The roles as the site file gives them.

        Raises:
            BadInput: as `checked_order`.
        """
        shadows = [seat.instance for seat in seats.values() if seat.shadow or seat.idle]
        compared = sorted({name for instance in shadows for name in (instance.name, instance.shadows or "")})
        roles = cls(seats, layout, outlook, Scorer(compared, timezone))
        roles.home = roles._now()
        checked_order(roles._sources(roles.home, called_up=True))
        roles.order = order_boxes(roles._sources(roles.home))
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
            if instances is not None and self._take(instances):
                done.append((rising, falling))
        return tuple(done)

    def call_up(self, name: str) -> bool:
        """Put a reserve in service as a shadow; False when it is none, or nothing could be asked in that order."""
        seat = self.seats.get(name)
        return seat is not None and seat.idle and self._take({**self._now(), name: replace(seat.instance, role="shadow")})

    def stand_down(self, name: str) -> bool:
        """Take a shadow out of service; False when it is none."""
        seat = self.seats.get(name)
        return seat is not None and seat.shadow and self._take({**self._now(), name: replace(seat.instance, role="reserve")})

    def predecessor(self, name: str) -> str | None:
        """Whose place a promoted champion has, as the site file gives it, if that one could take it back now."""
        seat, first = self.seats.get(name), self.home.get(name)
        of = None if first is None else first.shadows
        if seat is None or of is None or not seat.champion or of not in self.seats or not self.seats[of].shadow:
            return None
        return of if self.seats[of].instance.shadows == name else None

    def _take(self, instances: Mapping[str, BoxInstance]) -> bool:
        """Give the seats these roles, if the boxes can be asked in some order then."""
        try:
            self.order = order_boxes(self._sources(instances))
        except BadInput:
            return False
        for name, instance in instances.items():
            self.seats[name].instance = instance
        return True

    def _now(self) -> dict[str, BoxInstance]:
        return {name: seat.instance for name, seat in self.seats.items()}

    def _sources(self, instances: Mapping[str, BoxInstance], *, called_up: bool = False) -> Sources:
        cards = {name: seat.card for name, seat in self.seats.items()}
        return sources_of(instances.values(), cards, self.layout, self.outlook, called_up=called_up)


def exchanged(instances: Mapping[str, BoxInstance], rising: str, falling: str) -> dict[str, BoxInstance] | None:
    """The instances with ``rising`` in the place of ``falling``, which it shadows; None when it does not.

    Every other shadow of ``falling``, and every reserve for it, is compared with the new champion from then on.
    """
    if rising not in instances or instances[rising].role != "shadow" or instances[rising].shadows != falling:
        return None
    found = dict(instances)
    for name, instance in instances.items():
        if name == rising:
            found[name] = replace(instance, role="champion", shadows=None)
        elif falling in (name, instance.shadows):
            found[name] = replace(instance, role="reserve" if instance.role == "reserve" else "shadow", shadows=rising)
    return found
