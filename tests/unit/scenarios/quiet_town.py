"""The demo town without boxes: nobody decides anything, so a run of it is quick and its do-nothing twin is its equal."""

from pathlib import Path

SITES = Path(__file__).parents[3] / "scenarios" / "sites"
SCENARIO = """
sites = ["quiet.toml"]

[scenario]
name = "quiet_evening"
title = "A quiet evening"
teaches = "What an outage of line 66 takes away"

[window]
start = 2016-01-25T17:30:00
hours = 1.0

[[outages]]
element = "line.66"
at = 17:50:00
until = 18:20:00
planned = true

[[imports]]
at = 18:00:00
until = 18:30:00
limit_mw = 20.0

[audience]
viewers = 10000
at = 17:30:00
until = 18:30:00
"""


def quiet_town(folder: Path) -> Path:
    """The scenario's file, beside its site's and what that names."""
    site = (SITES / "demo.toml").read_text(encoding="utf-8")
    (folder / "quiet.toml").write_text(site[: site.index("[[boxes]]")], encoding="utf-8")
    for beside in SITES.glob("*.csv"):
        (folder / beside.name).write_bytes(beside.read_bytes())
    scenario = folder / "quiet_evening.toml"
    scenario.write_text(SCENARIO, encoding="utf-8")
    return scenario
