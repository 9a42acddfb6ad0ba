"""The configuration of deploy/nginx on a port of this machine, without touching what is installed."""

from __future__ import annotations

import getpass
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

DEPLOYED = Path(__file__).resolve().parents[2] / "deploy" / "nginx"
_UP_S = 20.0


def found() -> str | None:
    """The nginx of this machine, also where only root has it on the PATH."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


def settled(folder: Path, roots: Mapping[str, Path], port: int, more: str = "") -> Path:
    """Write the deployed configuration with another port, user and place for its own files, and nothing else changed.

    Args:
        roots: name of each town, and what its server block serves.
        more: lines for all towns, such as whom to believe about the address of a reader.
    """
    (folder / "towns").mkdir(parents=True)
    for name in ("public.conf", "public-headers.conf"):
        shutil.copy(DEPLOYED / name, folder)
    (folder / "towns" / "more.conf").write_text(more, encoding="utf-8")
    for town, root in roots.items():
        text = (DEPLOYED / "town.conf").read_text(encoding="utf-8").replace("TOWN", town)
        (folder / "towns" / f"{town}.conf").write_text(
            _here(text.replace(f"/srv/regie/{town}/current", str(root)), folder, port)
        )
    text = (DEPLOYED / "nginx.conf").read_text(encoding="utf-8")
    text = text.replace("user www-data;", f"user {getpass.getuser()};").replace("/run/nginx.pid", str(folder / "nginx.pid"))
    (folder / "nginx.conf").write_text(_here(text.replace("/var/log/nginx/error.log", str(folder / "error.log")), folder, port))
    return folder / "nginx.conf"


def _here(text: str, folder: Path, port: int) -> str:
    """Loopback only: no address of the sixth version, which a container may not have; a high port, and a socket for 443."""
    text = re.sub(r"^ *listen \[::\].*\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"^( *)listen 443 ", rf"\1listen unix:{folder / 'tls'} ", text, flags=re.MULTILINE)
    return re.sub(r"^( *)listen 80\b", rf"\1listen 127.0.0.1:{port}", text, flags=re.MULTILINE)


@contextmanager
def running(folder: Path, roots: Mapping[str, Path], port: int, more: str = "") -> Iterator[int]:
    """An nginx that serves the towns until left; gives the process id of its master.

    Raises:
        RuntimeError: it does not come up; its own words say why.
    """
    program = found()
    if program is None:
        raise RuntimeError("nginx is not installed; install it with: sudo apt-get install nginx-light")
    words = [program, "-p", str(folder), "-c", str(settled(folder, roots, port, more)), "-e", str(folder / "error.log")]
    checked = subprocess.run([*words, "-t"], capture_output=True, text=True, check=False)
    if checked.returncode != 0:
        raise RuntimeError(checked.stderr)
    master = subprocess.Popen([*words, "-g", "daemon off;"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(folder / "nginx.pid", master)
        yield master.pid
    finally:
        master.terminate()
        master.wait(30.0)


def _wait_for(pid: Path, master: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _UP_S
    while not (pid.exists() and pid.read_text(encoding="utf-8").strip()):
        if master.poll() is not None or time.monotonic() > until:
            raise RuntimeError((pid.parent / "error.log").read_text(encoding="utf-8"))
        time.sleep(0.02)
