"""What would keep a command from writing in the end what it is asked for; told before any work is done."""

from __future__ import annotations

import os
from pathlib import Path

from dashboard.format import LANGUAGES
from twin.domain.problems import Problem


def folder_problems(flag: str, folder: Path | str) -> list[Problem]:
    """What keeps a folder from being made: a file in its place or above it, or a folder that takes nothing.

    Args:
        folder: as typed, where no name is no folder: as a path it would be the working directory.
    """
    if folder == "":
        return [Problem(flag, "empty", "a folder, or a place for one", f"name it; {flag} . is the working directory")]
    folder = Path(folder)
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
        return []
    value = f"{there} cannot be written" if there.is_dir() else f"{there} is a file"
    return [Problem(flag, value, "a folder, or a place for one", f"choose another {flag}")]


def file_problems(flag: str, file: Path) -> list[Problem]:
    """What keeps a file from being written: its folder is not there, or a folder is in its place."""
    found = []
    if not file.absolute().parent.is_dir():
        found.append(Problem(flag, str(file), "a file in a folder that is there", "make the folder first"))
    if file.is_dir():
        found.append(Problem(flag, f"{file}, a folder", "a file", "add its name"))
    return found


def language_problems(language: str) -> list[Problem]:
    """A language in which nothing is said."""
    known = f"one of {', '.join(sorted(LANGUAGES))}"
    return [] if language in LANGUAGES else [Problem("--lang", language, known, "correct it")]
