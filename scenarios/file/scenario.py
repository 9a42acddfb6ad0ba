"""A scenario as its file declares it. Immutable; made by `scenarios.file.read.load_scenario`."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from twin.site.tables import Name, Table, Words


class About(Table):
    """``[scenario]``: what it is called, and what a dispatcher learns from it."""

    name: Name
    title: Words
    teaches: Words


class Scenario(Table):
    """One scenario."""

    file: Path
    about: About = Field(alias="scenario")
