"""Starts the public process: ``python -m dashboard.public --dir STATE --host 127.0.0.1 --port 8080``."""

from __future__ import annotations

import argparse
import logging
import os
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path

import uvicorn

from dashboard.public.app import PublicApp
from dashboard.public.connection import limited_to
from dashboard.public.extras.public_address import VARIABLE, public_address
from dashboard.public.open_files import raise_limit
from twin.domain.problems import BadInput

YIELDS = 2  # niceness: the loop goes first (row 36 of the fault table); a busy tick still leaves the page a fifth of a core
KEEP_ALIVE_S = 75  # pollers come back every 60 s; uvicorn's own 5 s would make each of them connect again


def main(arguments: list[str] | None = None) -> int:
    """Serve until a signal comes. Returns 0, or 2 with one clear line when the address cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m dashboard.public", description="Serve the citizens' page.")
    parser.add_argument("--dir", type=Path, required=True, help="directory in which the loop writes public.json")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    parser.add_argument("--port", type=int, default=8080, help="port to listen on (default: 8080)")
    asked = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s public %(levelname)s %(message)s")
    try:
        address = public_address(os.environ.get(VARIABLE), f"http://{_in_address(asked.host)}:{asked.port}")
    except BadInput as refused:
        sys.stderr.write(f"{refused}\n")
        return 2
    try:
        listener = _listen(asked.host, asked.port)
    except (OSError, OverflowError) as problem:
        sys.stderr.write(f"public page: cannot listen on {asked.host}:{asked.port} ({problem}); choose another --port\n")
        return 2
    config = uvicorn.Config(
        PublicApp(asked.dir, lambda: datetime.now(UTC), address),
        http=limited_to(raise_limit()),
        access_log=False,  # an address of a reader is personal data, and nobody needs it
        lifespan="off",
        log_config=None,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=2,
        timeout_keep_alive=KEEP_ALIVE_S,
        ws="none",
    )
    os.nice(YIELDS)
    uvicorn.Server(config).run(sockets=[listener])
    return 0


def _in_address(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With its protocol named: only then asyncio switches Nagle's algorithm off, which holds an answer's body back for 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except BaseException:
        listener.close()
        raise
    listener.set_inheritable(True)
    return listener


if __name__ == "__main__":
    sys.exit(main())
