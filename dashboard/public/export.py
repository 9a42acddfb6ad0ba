"""Writes every public answer as files: ``python -m dashboard.public.export DIR --from STATE/public [--follow]``."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

from dashboard.public.app import PublicApp
from dashboard.public.extras.public_address import VARIABLE, public_address
from dashboard.public.files import CURRENT, Export
from twin.domain.problems import BadInput

LOOK_S = 1.0
"""A tab is to be fresh within 20 s of a tick, and spreads its question over 15 of them."""

log = logging.getLogger(__name__)


def main(arguments: list[str] | None = None) -> int:
    """Export once, or follow until SIGTERM or SIGINT. Returns 0; 1 when the disk fails; 2 when the input is refused."""
    parser = argparse.ArgumentParser(prog="python -m dashboard.public.export", description="Write the public view as files.")
    parser.add_argument("directory", type=Path, help="where to; serve the folder 'current' in it")
    parser.add_argument(
        "--from", dest="source", type=Path, required=True, help="directory in which the loop writes public.json"
    )
    parser.add_argument("--follow", action="store_true", help="go on with every new snapshot, until told to end")
    asked = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s export %(levelname)s %(message)s")
    if not asked.source.is_dir():
        sys.stderr.write(f"--from {asked.source}: no such directory; expected STATE/public; correct the path\n")
        return 2
    try:
        address = public_address(os.environ.get(VARIABLE), "http://localhost")
        export = Export(PublicApp(asked.source, lambda: datetime.now(UTC), address), asked.directory)
        if asked.follow:
            _follow(export)
        else:
            written = export.bring_up_to_date(datetime.now(UTC))
            sys.stdout.write(f"{asked.directory / CURRENT}: {written} answers\n")
    except BadInput as refused:
        sys.stderr.write(f"{refused}\n")
        return 2
    except OSError as problem:
        sys.stderr.write(f"{asked.directory}: {problem}; free space there, or choose a directory that can be written\n")
        return 1
    return 0


def _follow(export: Export) -> None:
    """Look for something new each second. What fails is tried again; the generation before stays if it may be shown."""
    ended, failing = threading.Event(), False
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    while not ended.is_set():
        try:
            export.bring_up_to_date(datetime.now(UTC))
        except Exception:  # whatever it is, ending would leave the old figures there for good: told once, and tried again
            if not failing:
                log.exception("the new snapshot cannot be written; the one before stays, or nothing while figures are withheld")
            failing = True
        else:
            if failing:
                log.info("snapshots can be written again")
            failing = False
        ended.wait(LOOK_S)


if __name__ == "__main__":
    sys.exit(main())
