"""Finished results, read back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenarios.results.folder import RESULT, RUN, SERIES
from twin.domain.problems import BadInput, Problem

if TYPE_CHECKING:
    import xarray as xr


def found(out: Path) -> dict[str, Path]:
    """Finished results at ``out``, by name: a folder of one rehearsal, or one that holds several, in the order of the run.

    Raises:
        BadInput: when there is none.
    """
    if (out / RESULT).is_file():
        return {out.name: out}
    listed = {path.parent.name: path.parent for path in sorted(out.glob(f"*/{RESULT}")) if not path.parent.name.startswith(".")}
    if not listed:
        partial = sorted(path.name for path in out.glob(".*.partial"))
        value = f"only runs that were not finished ({', '.join(partial)})" if partial else "no results"
        raise BadInput([Problem(str(out), value, "a folder that regie run left", "run the same regie run to its end")])
    order = rehearsals_in(out)
    return dict(sorted(listed.items(), key=lambda item: (order.index(item[0]) if item[0] in order else len(order), item[0])))


def rehearsals_in(out: Path) -> list[str]:
    """Names of the rehearsals as they were asked for; empty where nobody knows."""
    try:
        return list(json.loads((out / RUN).read_text(encoding="utf-8"))["rehearsals"])
    except (OSError, ValueError, KeyError, TypeError):
        return []


def read_result(folder: Path) -> dict[str, Any]:
    """The figures of finished results (``result.json``).

    Raises:
        BadInput: when there are none, or they cannot be read.
    """
    path = folder / RESULT
    try:
        result = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadInput([Problem(str(folder), f"no {RESULT}", "finished results", "run regie run to its end")]) from None
    except (OSError, ValueError) as error:
        raise BadInput([Problem(str(path), str(error), "readable JSON", "restore it, or make the results again")]) from None
    if not isinstance(result, Mapping) or "scenario" not in result or "kpis" not in result:
        raise BadInput([Problem(str(path), "no figures of a run", "what regie run writes", "give the folder of a run")])
    return dict(result)


def open_series(folder: Path) -> xr.Dataset:
    """The quarter hours of finished results (`scenarios.play.series`), opened lazily.

    Raises:
        BadInput: when there are none.
    """
    import xarray as xr

    path = folder / SERIES
    if not path.is_dir():
        remedy = "play it: regie run without --futures"
        raise BadInput([Problem(str(folder), f"no {SERIES}", "results of a played run", remedy)])
    return xr.open_zarr(path, consolidated=False, chunks=None)
