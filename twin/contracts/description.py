"""A box as bytes: reference, config, context and columns, so that any process builds the same one from the same bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from twin.contracts.box import Box, BoxContext
from twin.contracts.frame import Layout
from twin.contracts.resolve import import_box
from twin.domain.pack import pack, unpack


def box_description(target: str, config: Mapping[str, Any], context: BoxContext, layout: Layout) -> bytes:
    """What another process needs to build the box.

    Args:
        target: "module:Class". ``config``: plain values.
    """
    facts = {f.name: getattr(context, f.name) for f in fields(context) if f.name != "grid"}
    meta = {"target": target, "config": dict(config), "context": facts, "columns": [list(c) for c in layout.columns]}
    # As text, because a packed header sorts its keys, and the order of zones and devices is the site file's.
    text = json.dumps(meta, allow_nan=False).encode()
    return pack({}, {"meta": np.frombuffer(text, np.uint8), "grid": np.frombuffer(context.grid, np.uint8)})


def box_from_description(data: bytes) -> tuple[Box, Layout, BoxContext]:
    """The box that `box_description` describes, with the columns of its frame and what it knows of the site."""
    _, arrays = unpack(data)
    meta = json.loads(arrays["meta"].tobytes())
    facts = meta["context"]
    context = BoxContext(**{**facts, "devices": tuple(facts["devices"]), "grid": arrays["grid"].tobytes()})
    box = import_box(meta["target"])(meta["config"], context)
    return box, Layout(tuple((signal, element) for signal, element in meta["columns"])), context


def package_of(data: bytes) -> str:
    """Top-level module of the box that `box_description` describes."""
    target: str = json.loads(unpack(data)[1]["meta"].tobytes())["target"]
    return target.partition(":")[0].partition(".")[0]
