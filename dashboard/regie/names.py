"""What people call the parts of a site, in one language: titles of its file, names of its grid, kinds of its boxes.

Messages name things by id: "trafo:2", "trafo 2", "switch.33", "pv_school", "ev_205", "main_1+main_2". Here they become names.
"""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from dashboard.format import readable
from dashboard.regie.words import Words
from twin.contracts.diagram import DiagramFacts
from twin.contracts.snapshot import SiteFacts

_ELEMENT = re.compile(r"(bus|line|trafo|switch)[ .:](.+)")
_ASKED = re.compile(r"(.+)@(\d{8}T\d{4})Z")
"""Id of a recommendation: its group and when it was first made (`twin.regie.recommend`)."""
_WHOLES = ("site", "grid", "journal")
"""What findings are about that are about no element."""
_ALARMED = re.compile(r"((bus|line|trafo|switch):)?[^:]*$")
"""End of an alarm's key: "trafo:2" of "now:overload:trafo:2", "pv_school" of "box:pv_school"."""


@dataclass(frozen=True)
class Names:
    """Names in the words' language; ``diagram`` is None while nobody has described the grid."""

    words: Words
    site: SiteFacts
    diagram: DiagramFacts | None = None

    def of(self, ref: str) -> str:
        """The name of anything that a message refers to; an id that nobody has named is made readable."""
        if "+" in ref:
            return " + ".join(self.of(part) for part in ref.split("+"))
        key = self.key(ref)
        table, _, name = key.partition(":")
        return self._names.get(key) or readable(f"{table} {name}" if _ELEMENT.fullmatch(key) else name or key)

    def key(self, ref: str) -> str:
        """The one key of what ``ref`` refers to: "trafo:2", "device:ev_205", "zone:town", "box:load_town" ..."""
        element = _ELEMENT.fullmatch(ref)
        if element is None:
            return self._keys.get(ref, ref)
        table, name = element.groups()
        index = self.site.trafos.get(name, name) if table == "trafo" else name
        return f"{table}:{index}"

    def group(self, group: str) -> str:
        """The title of a group of devices, or the name of the box whose place is contested."""
        return self.of(group if group.startswith("box:") else f"group:{group}")

    def asked(self, ref: str) -> str:
        """What somebody answered: a recommendation (its group, and since when it stands) or an alarm (its key's end)."""
        asked, alarmed = _ASKED.fullmatch(ref), _ALARMED.search(ref)
        if asked is None:
            return self.of(alarmed[0] if alarmed is not None else ref)
        at = datetime.strptime(asked[2], "%Y%m%dT%H%M").replace(tzinfo=UTC)
        return f"{self.group(asked[1])} ({self.words.moment(at)})"

    def rung(self, fallback: str | None) -> str | None:
        """What served instead of a box: another box, its last good answer, a constant."""
        if fallback is None or fallback.startswith("instance:"):
            return None if fallback is None else self.of(fallback.replace("instance:", "box:", 1))
        return self.words(f"fallback.{fallback}")

    def switch(self, index: str) -> str:
        """A switch by its number and what it switches; its own name in the grid's file tells neither."""
        ends = self._switched.get(index)
        return index if ends is None else f"{index} ({ends})"

    # ------------------------------------------------------------------------------------------ what there is

    @cached_property
    def _titled(self) -> dict[str, str]:
        """What the grid's file names, and what the site's file names better."""
        facts = self.diagram
        named: dict[str, str] = {}
        if facts is not None:
            named |= {f"bus:{bus.index}": bus.name for bus in facts.buses}
            named |= {f"line:{edge.index}": edge.name for edge in facts.lines}
            named |= {f"trafo:{edge.index}": edge.name for edge in facts.trafos}
        return named | {key: self._title(by_language) for key, by_language in self.site.titles.items()}

    @cached_property
    def _switched(self) -> dict[str, str]:
        """Index of a switch -> what it switches, and where."""
        named = self._titled
        ends = (
            [] if self.diagram is None else [(s.index, f"{s.table}:{s.element}", f"bus:{s.bus}") for s in self.diagram.switches]
        )
        return {str(index): f"{named.get(what, what)}, {named.get(at, at)}" for index, what, at in ends}

    @cached_property
    def _switches(self) -> dict[str, str]:
        """Every switch by what it switches."""
        couplers = set() if self.diagram is None else {str(switch) for switch, _, _ in self.diagram.couplers}
        return {
            f"switch:{index}": self.words(f"element.{'coupler' if index in couplers else 'switch'}", switch=self.switch(index))
            for index in {*self._switched, *couplers}
        }

    @cached_property
    def _names(self) -> dict[str, str]:
        named = self._titled | self._switches
        named |= {f"element:{name}": self.words(f"element.{name}") for name in _WHOLES}
        for instance, box in self.site.boxes.items():
            code = f"box.{box.kind}"
            if self.words.known(code):
                subject = f" · {named[box.subject]}" if box.subject in named else ""
                role = "" if box.role == "champion" else f" ({self.words(f'role.{box.role}')})"
                named[f"box:{instance}"] = f"{self.words(code)}{subject}{role}"
        buses: Mapping[str, int] = self.diagram.devices if self.diagram is not None else {}
        for device, group in self.site.devices.items():
            title = named.get(f"group:{group}", readable(group))
            bus = named.get(f"bus:{buses.get(device)}")
            named[f"device:{device}"] = f"{title} · {bus}" if bus else title
        return named

    @cached_property
    def _keys(self) -> dict[str, str]:
        """Key of every bare id; where two things share one, the first kind in this order is meant."""
        kinds = (
            {name: f"box:{name}" for name in self.site.boxes},
            {name: f"device:{name}" for name in self.site.devices},
            {name: f"trafo:{index}" for name, index in self.site.trafos.items()},
            {key.partition(":")[2]: key for key in self.site.titles if key.startswith("machine:")},
            {key.partition(":")[2]: key for key in self.site.titles if key.startswith("zone:")},
            {name: f"element:{name}" for name in _WHOLES},
        )
        return dict(ChainMap(*kinds))

    def _title(self, by_language: Mapping[str, str]) -> str:
        return by_language.get(self.words.language) or by_language.get("en") or next(iter(by_language.values()), "")
