"""A file is there as a whole or not at all, and what could not be written leaves nothing."""

import pytest

from twin.domain.whole_file import write_whole


def test_what_cannot_take_its_place_leaves_nothing_beside_it(tmp_path):
    (tmp_path / "page.html").mkdir()
    with pytest.raises(IsADirectoryError):
        write_whole(tmp_path / "page.html", b"page")
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]
