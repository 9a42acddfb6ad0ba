"""Another box, or another setting of one, in the place of what was on air.

A swap is the act of whoever asks for it: a box that the site's list does not trust is used all the same, and that is said.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from twin.adapters.ready import Ready
from twin.check import check_boxes
from twin.contracts.resolve import import_box, known_boxes, locate_box
from twin.domain.grid import NORMAL
from twin.domain.problems import BadInput, Problem, Problems
from twin.site import Site
from twin.site.locate import Places
from twin.site.rules import BoxEntry

_FORM = re.compile(r"([a-z][a-z0-9_]*)((?:\.[A-Za-z0-9_]+)*)=(.*)", re.DOTALL)
_USE = re.compile(r"[A-Za-z_][\w.\-]*(:[A-Za-z_]\w*)?")


@dataclass(frozen=True)
class Swap:
    """One change.

    Attributes:
        setting: path of keys in the box's configuration; empty: the box itself is another one. ``value``: a reference of a box
            then, else what the setting becomes; None: the box's own default.
    """

    text: str
    box: str
    setting: tuple[str, ...]
    value: Any


@dataclass(frozen=True)
class Swapped:
    """A site with other boxes. ``boxes``: that differ. ``untrusted``: references that the site's own list lacks."""

    site: Site
    boxes: tuple[str, ...]
    untrusted: tuple[str, ...]


def form_problems(texts: Sequence[str]) -> list[Problem]:
    """What is no swap, whatever the site."""
    problems = Problems()
    if not texts:
        problems.add("--swap", "missing", "at least one", "say what to swap: box=module:Class or box.setting=value")
    for text in texts:
        _read(text, problems)
    return problems.found


def swapped(ready: Ready, texts: Sequence[str]) -> Swapped:
    """The site of ``ready`` with every swap in it.

    Args:
        texts: ``box=module:Class``, ``box=name`` of an installed box, ``box.setting=value`` (TOML, else text; nothing: the
            box's default).

    Raises:
        BadInput: with every fault of all of them.
    """
    problems = Problems(form_problems(texts))
    swaps = [swap for swap in (_read(text, Problems()) for text in texts) if swap is not None]
    boxes, allowed, untrusted = {box.name: box for box in ready.site.boxes}, ready.site.boxes_allowed, list[str]()
    seen: set[tuple[str, ...]] = set()
    for swap in swaps:
        place = f"--swap {swap.text}"
        if (swap.box, *swap.setting) in seen:
            problems.add(place, "said twice", "one change of one thing", "leave one of them out")
        seen.add((swap.box, *swap.setting))
        if swap.box not in boxes:
            problems.add(place, f"box {swap.box!r}", f"one of {', '.join(sorted(boxes))}", "name a box of the site")
        elif swap.setting:
            boxes[swap.box] = _set(boxes[swap.box], swap, problems)
        elif _known(swap, problems):
            boxes[swap.box] = boxes[swap.box].model_copy(update={"use": swap.value})
            untrusted += [swap.value] if not _trusted(swap.value, allowed) else []
    site = ready.site.model_copy(update={"boxes": tuple(boxes.values()), "boxes_allowed": (*allowed, *untrusted)})
    if not problems.found:  # what a box refuses shows once all of them are there
        grid = ready.engine.model(NORMAL).grid
        problems.found += [_said(p) for p in check_boxes(_by_reference(site), grid, Places("--swap", {}, _names(site)))]
    problems.raise_if_any()
    return Swapped(site, tuple(dict.fromkeys(swap.box for swap in swaps)), tuple(dict.fromkeys(untrusted)))


def _read(text: str, problems: Problems) -> Swap | None:
    found = _FORM.fullmatch(text)
    if found is None:
        limit = "box=module:Class, box=NAME or box.setting=value"
        problems.add(f"--swap {text}", "is no swap", limit, "write for example load_town.engine=day_type")
        return None
    box, setting, value = found.groups()
    if not setting:
        return Swap(text, box, (), value)
    return Swap(text, box, tuple(setting[1:].split(".")), _value(value))


def _value(text: str) -> Any:
    """As TOML reads it, a text where it reads nothing; None for nothing at all."""
    if not text.strip():
        return None
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _known(swap: Swap, problems: Problems) -> bool:
    """Whether there is such a box, importable."""
    if not _USE.fullmatch(swap.value):
        remedy = f"installed: {', '.join(sorted(known_boxes()))}"
        problems.add(f"--swap {swap.text}", repr(swap.value), "module:Class or NAME", remedy)
        return False
    try:
        import_box(locate_box(swap.value, [swap.value]))
    except BadInput as refused:
        problems.found += [replace(problem, place=f"--swap {swap.text}") for problem in refused.problems]
        return False
    return True


def _trusted(use: str, allowed: Sequence[str]) -> bool:
    try:
        locate_box(use, allowed)
    except BadInput:
        return False
    return True


def _set(box: BoxEntry, swap: Swap, problems: Problems) -> BoxEntry:
    config = _with(box.config, swap.setting, swap.value)
    if config is None:
        problems.add(
            f"--swap {swap.text}", f"{'.'.join(swap.setting[:-1])} is no table", "a setting within one", "check the path"
        )
        return box
    return box.model_copy(update={"config": config})


def _with(config: dict[str, Any], keys: Sequence[str], value: Any) -> dict[str, Any] | None:
    """A copy with another value below ``keys``, None where the path leads through a value."""
    first, *rest = keys
    if not rest:
        return {key: held for key, held in config.items() if key != first} | ({} if value is None else {first: value})
    within = config.get(first, {})
    changed = _with(within, rest, value) if isinstance(within, dict) else None
    return None if changed is None else {**config, first: changed}


def _by_reference(site: Site) -> Site:
    """The same with every spelling of a box on its list: the check leaves out those that it does not find there."""
    uses = tuple(dict.fromkeys((*site.boxes_allowed, *(box.use for box in site.boxes))))
    return site.model_copy(update={"boxes_allowed": uses})


def _names(site: Site) -> dict[str, Any]:
    return {"boxes": [{"name": box.name} for box in site.boxes]}


def _said(problem: Problem) -> Problem:
    return problem if problem.place.startswith("--swap") else replace(problem, place=f"--swap {problem.place}")
