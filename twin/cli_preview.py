"""``regie preview``: one what-if on the régie that is on air, and how long it takes."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

_WARM_S = 120.0


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(preview)


def preview(
    state: Annotated[Path, typer.Option(help="State directory of a run that is on air.")],
    open_: Annotated[list[int] | None, typer.Option("--open", help="Switch to open, by its index; may be repeated.")] = None,
    close: Annotated[list[int] | None, typer.Option(help="Switch to close; may be repeated.")] = None,
    line_out: Annotated[list[int] | None, typer.Option(help="Line to take out of service; may be repeated.")] = None,
    trafo_out: Annotated[list[int] | None, typer.Option(help="Transformer to take out of service.")] = None,
    repeat: Annotated[int, typer.Option(min=1, help="Ask so often and tell the median and the 95th percentile.")] = 1,
    json_line: Annotated[bool, typer.Option("--json", help="Print one compact JSON line last.")] = False,
) -> None:
    """Say what the grid would look like with switches moved or elements out; nothing of it goes on air."""
    from twin.contracts.desk_ports import Unavailable
    from twin.domain.problems import BadInput
    from twin.work.preview_port import PreviewsOfState

    moves = [(s, False) for s in open_ or []] + [(s, True) for s in close or []]
    out = [("line", i) for i in line_out or []] + [("trafo", i) for i in trafo_out or []]
    question = {
        "kind": "what_if",
        "switch": [{"switch": switch, "closed": closed} for switch, closed in moves],
        "outages": [{"table": table, "index": index} for table, index in out],
    }
    port, taken_ms = PreviewsOfState(state), []
    try:
        for _ in range(repeat):
            begun = time.monotonic()
            answer = port.ask(question, _WARM_S)
            taken_ms.append(1000.0 * (time.monotonic() - begun))
    except BadInput as refused:
        _end(2, *refused.problems)
    except Unavailable as error:
        _end(1, error)
    taken_ms.sort()
    figures = {"asked": repeat, "p50_ms": taken_ms[(repeat - 1) // 2], "p95_ms": taken_ms[max(0, -(-95 * repeat // 100) - 1)]}
    if json_line:
        sys.stdout.write(json.dumps({**answer, **figures}, separators=(",", ":"), allow_nan=False) + "\n")
        return
    for name in ("before", "after"):
        typer.echo(f"{name:<7} {_line(answer[name])}")
    for objection in answer["objections"]:
        told = "as before" if objection["existed"] else "new"
        typer.echo(f"{objection['code']:<14} {objection['element']:<22} {_value(objection):<28} {told}")
    typer.echo(f"what-if on tick {answer['tick']}, {answer['as_of']}, in {figures['p50_ms']:.0f} ms; nothing of it is on air")


def _line(standing: dict[str, Any]) -> str:
    if not standing["converged"]:
        return "no power flow converges"
    told = {
        f"loading at {standing['worst_element']}": (standing["worst_loading_percent"], ".1f", " %"),
        "voltage from": (standing["vm_min_pu"], ".4f", ""),
        "to": (standing["vm_max_pu"], ".4f", " pu"),
        "losses": (standing["loss_mw"], ".3f", " MW"),
        "unsupplied": (standing["unsupplied_mw"], ".3f", " MW"),
        "N-1": (standing["n1_margin_percent"], ".1f", " %"),
    }
    return ", ".join(
        f"{name} {'unknown' if value is None else format(value, shape) + unit}" for name, (value, shape, unit) in told.items()
    )


def _value(objection: dict[str, Any]) -> str:
    if objection["value"] is None:
        return ""
    limit = "" if objection["limit"] is None else f" (limit {objection['limit']:g})"
    return f"{objection['value']:.4g} {objection['unit']}{limit}"


def _end(code: int, *problems: object) -> NoReturn:
    for problem in problems:
        typer.echo(f"regie: {problem}", err=True)
    raise typer.Exit(code)
