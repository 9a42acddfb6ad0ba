"""``python -m twin.web --state DIR``: the régie's web process, its rooms wired to jobs, what-ifs and history."""

from __future__ import annotations

import argparse
import importlib.resources
import socket
import sys
from pathlib import Path

import uvicorn

from dashboard.regie.app import create_app
from twin.contracts.desk_ports import Ports
from twin.live.history import JournalHistory
from twin.live.publication import JournalFigures
from twin.privacy.port import HoldingsOfState
from twin.work.jobs_port import JobsOfState
from twin.work.preview_port import PreviewsOfState


def ports_of(state: Path) -> Ports:
    """What the rooms reach of one state directory, and the packaged scenarios, which nobody above needs to import."""
    library = Path(str(importlib.resources.files("scenarios"))) / "library"
    return Ports(
        jobs=JobsOfState(state),
        previews=PreviewsOfState(state),
        history=JournalHistory(state),
        figures=JournalFigures(state),
        library=library,
        privacy=HoldingsOfState(state),
    )


def main(arguments: list[str] | None = None) -> int:
    """Serve until told to stop; 2 when the address is taken."""
    parser = argparse.ArgumentParser(prog="python -m twin.web", description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="directory in which the loop keeps its state")
    parser.add_argument("--host", default="127.0.0.1", help="anything but loopback is read-only, unless it is encrypted")
    parser.add_argument("--port", type=int, default=8050)
    parser.add_argument("--tls-cert", type=Path, help="certificate chain (PEM): the address is encrypted")
    parser.add_argument("--tls-key", type=Path, help="its private key (PEM)")
    options = parser.parse_args(arguments)
    if (options.tls_cert is None) != (options.tls_key is None):
        sys.stderr.write("--tls-cert and --tls-key belong together; give both or neither\n")
        return 2
    if not options.state.is_dir():
        sys.stderr.write(f"--state {options.state}: no such directory; start the loop first or correct the path\n")
        return 2
    if _taken(options.host, options.port):
        sys.stderr.write(f"port {options.port} on {options.host} is in use; choose another with --port\n")
        return 2
    encrypted = options.tls_cert is not None
    try:
        certified = names_in(options.tls_cert) if encrypted else frozenset()
        app = create_app(options.state, ports_of(options.state), host=options.host, encrypted=encrypted, certified=certified)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    config = uvicorn.Config(
        app,
        host=options.host,
        port=options.port,
        ssl_certfile=options.tls_cert,
        ssl_keyfile=options.tls_key,
        log_level="warning",
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,  # live connections never end by themselves; pages reconnect on their own
    )
    try:
        config.load()
    except OSError as error:  # a key of another certificate, a file that is no key
        sys.stderr.write(
            f"--tls-cert {options.tls_cert}, --tls-key {options.tls_key}: {error}; give a chain and its key (PEM)\n"
        )
        return 2
    uvicorn.Server(config).run()
    return 0


def names_in(certificate: Path) -> frozenset[str]:
    """The names that a certificate is for.

    Raises:
        ValueError: it cannot be read as a certificate.
    """
    from cryptography import x509

    try:
        leaf = x509.load_pem_x509_certificates(certificate.read_bytes())[0]
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return frozenset()
    except (OSError, ValueError) as error:
        raise ValueError(f"--tls-cert {certificate}: {error}; expected a certificate chain (PEM)") from error
    return frozenset(names.get_values_for_type(x509.DNSName))


def _taken(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


if __name__ == "__main__":
    sys.exit(main())
