"""From a box's name in the site file to its class: only references on the site's allow-list are ever imported."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from twin.contracts.box import Box, BoxContext
from twin.domain.problems import BadInput, Problem

GROUP = "regie.boxes"

BoxFactory = Callable[[Mapping[str, Any], BoxContext], Box]


def known_boxes() -> dict[str, str]:
    """Installed entry points of the group ``regie.boxes``: name -> "module:Class", sorted by name."""
    return {point.name: point.value for point in sorted(entry_points(group=GROUP), key=lambda point: point.name)}


def locate_box(ref: str, allow: Collection[str]) -> str:
    """The "module:Class" behind an entry-point name or a "module:Class" reference.

    A reference is allowed when the list holds it as written, or holds the other spelling of the same box.

    Raises:
        BadInput: when the reference is not on the list, or names no installed entry point.
    """
    known = known_boxes()
    target = ref if ":" in ref else known.get(ref)
    spellings = {ref, target, *(name for name, value in known.items() if value == target)}
    if not spellings & set(allow):
        raise BadInput(
            [
                Problem(
                    f"box {ref!r}",
                    "not on the site's allow-list",
                    f"one of {sorted(allow)}",
                    "add it to the list if you trust its author",
                )
            ]
        )
    if target is None:
        raise BadInput(
            [
                Problem(
                    f"box {ref!r}",
                    f"no entry point of group {GROUP!r}",
                    f"one of {sorted(known)}",
                    "install the package that brings it, or write module:Class",
                )
            ]
        )
    return target


def resolve_box(ref: str, allow: Collection[str]) -> BoxFactory:
    """The class or factory behind ``ref``, imported.

    Raises:
        BadInput: when it is not allowed, not installed, or cannot be imported.
    """
    return import_box(locate_box(ref, allow))


def import_box(target: str) -> BoxFactory:
    """The attribute of "module:Class", imported; the allow-list has been asked before.

    Raises:
        BadInput: naming the module or the attribute that is not there.
    """
    module_name, _, attribute = target.partition(":")
    try:
        found: Any = import_module(module_name)
        for part in attribute.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise BadInput(
            [
                Problem(
                    f"box {target!r}",
                    f"{type(error).__name__}: {error}",
                    "an importable module:Class",
                    "check the spelling and that its package is installed",
                )
            ]
        ) from error
    if not callable(found):
        raise BadInput(
            [
                Problem(
                    f"box {target!r}",
                    f"a {type(found).__name__}",
                    "a class or factory",
                    "name what makes the box as make(config, context)",
                )
            ]
        )
    factory: BoxFactory = found
    return factory
