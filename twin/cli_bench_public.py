"""``regie bench public``: ten thousand viewers of the citizens' page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

Runner = Callable[[Path, list[str]], None]
"""Starts a script of a source checkout with its flags."""


def register(bench_app: typer.Typer, run_script: Runner) -> None:
    """Add the command."""

    @bench_app.command("public")
    def bench_public(  # noqa: PLR0917 - the flags of one command; Typer passes them by name
        viewers: Annotated[int, typer.Option(min=1, max=20_000, help="Pages that are open at once.")] = 10_000,
        minutes: Annotated[float, typer.Option(min=0.5, max=720.0, help="How long they ask, besides joining.")] = 3.0,
        tick_s: Annotated[float, typer.Option(min=30.0, help="Seconds between snapshots; 900 is a real town's pace.")] = 60.0,
        nginx: Annotated[bool, typer.Option("--nginx", help="Exported files behind nginx, not the public process.")] = False,
        soak: Annotated[bool, typer.Option("--soak", help="Half as many viewers more for minutes in the middle.")] = False,
        loop: Annotated[bool, typer.Option("--loop/--no-loop", help="The demo town on air beside it.")] = True,
        out: Annotated[Path | None, typer.Option(help="File that keeps the counts; the same command goes on from it.")] = None,
        json_line: Annotated[bool, typer.Option("--json", help="Print one compact JSON line last.")] = False,
    ) -> None:
        """Measure the public view under load: errors, delay, processor, memory and its trend, and what the loop feels of it."""
        flags = ["--viewers", str(viewers), "--minutes", str(minutes), "--tick-s", str(tick_s)]
        flags += ["--out", str(out)] if out else []
        switches = {"--nginx": nginx, "--soak": soak, "--no-loop": not loop, "--json": json_line}
        script = Path(__file__).resolve().parents[1] / "tests" / "benchmarks" / "public_bench.py"
        run_script(script, [*flags, *(flag for flag, asked in switches.items() if asked)])
