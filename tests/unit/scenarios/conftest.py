import pytest

HEAD = """
[scenario]
name = "{name}"
title = "An evening"
teaches = "What an evening is like"
"""
WINDOW = """
[window]
start = 2016-01-25
hours = 24
"""


@pytest.fixture
def written(tmp_path):
    """Writes scenario files side by side and gives the path of the last one.

    Name and window, unless a text has its own, stand after the keys that belong to no table.
    """

    def write(**texts):
        for name, text in texts.items():
            lines = text.splitlines(keepends=True)
            first = next((i for i, line in enumerate(lines) if line.lstrip().startswith("[")), len(lines))
            head = HEAD.format(name=name) + ("" if "[window]" in text else WINDOW)
            (tmp_path / f"{name}.toml").write_text("".join([*lines[:first], head, *lines[first:]]), encoding="utf-8")
        return tmp_path / f"{name}.toml"

    return write
