"""``regie public``: the citizens' view as a process of its own, or as files for a plain static host."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

public_app = typer.Typer(help="Serve the citizens' view, or export it as files.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(public_app, name="public")


@public_app.command("serve")
def public_serve(
    directory: Annotated[Path, typer.Option("--dir", help="What the loop leaves for the public: STATE/public.")],
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 publishes the page.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8080,
) -> None:
    """Serve the citizens' view from a process that reads nothing but that directory."""
    _become("dashboard.public", "--dir", str(directory), "--host", host, "--port", str(port))


@public_app.command("export")
def public_export(
    directory: Annotated[Path, typer.Argument(help="Where to. Serve the folder 'current' in it, at the root of a host.")],
    source: Annotated[Path, typer.Option("--from", help="What the loop leaves for the public: STATE/public.")],
    follow: Annotated[bool, typer.Option("--follow", help="Go on with every new snapshot, until told to end.")] = False,
) -> None:
    """Write every public answer as files, compressed ones beside: for nginx, a plain static host or a CDN."""
    _become("dashboard.public.export", str(directory), "--from", str(source), *(["--follow"] if follow else []))


def _become(module: str, *arguments: str) -> NoReturn:
    """The public processes hold nothing but the public view, and no other part of the régie."""
    os.execv(sys.executable, [sys.executable, "-m", module, *arguments])  # noqa: S606 - a fresh interpreter, no shell
