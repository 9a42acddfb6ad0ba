"""``regie bench regie``: dispatchers at their screens, from tick to screen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

Runner = Callable[[Path, list[str]], None]
"""Starts a script of a source checkout with its flags."""


def register(bench_app: typer.Typer, run_script: Runner) -> None:
    """Add the command."""

    @bench_app.command("regie")
    def bench_regie(
        dispatchers: Annotated[int, typer.Option(min=1, help="Live connections, each logged in.")] = 20,
        minutes: Annotated[float, typer.Option(min=0.1, help="How long they stay.")] = 5.0,
        speed: Annotated[float, typer.Option(min=1.0, help="Grid seconds per second of the town.")] = 300.0,
        url: Annotated[
            str | None, typer.Option(help="Of a running régie, with its --state; default: a town of its own.")
        ] = None,
        state: Annotated[Path | None, typer.Option(help="State directory of the running régie.")] = None,
        json_line: Annotated[bool, typer.Option("--json", help="Print one compact JSON line last.")] = False,
    ) -> None:
        """Measure lag from tick to screen with many dispatchers, what the web process takes, and the page's first load."""
        flags = ["--dispatchers", str(dispatchers), "--minutes", str(minutes), "--speed", str(speed)]
        flags += ["--url", url] if url else []
        flags += ["--state", str(state)] if state else []
        script = Path(__file__).resolve().parents[1] / "tests" / "benchmarks" / "regie.py"
        run_script(script, [*flags, *(["--json"] if json_line else [])])
