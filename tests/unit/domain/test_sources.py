"""Another law is another digest; another comment is not."""

import pytest

from twin.domain.sources import source_digest


@pytest.mark.parametrize(
    ("text", "same"),
    [("SHARE = 0.55\n\n\n# more of them\nN = 1\n", True), ("SHARE = 0.56\nN = 1\n", False), ("SHARE = 0.55\n", False)],
)
def test_a_digest_of_sources_follows_what_they_say(tmp_path, text, same):
    law = tmp_path / "law.py"
    law.write_text("SHARE = 0.55  # of all days\nN = 1\n", encoding="utf-8")
    before = source_digest([law])
    law.write_text(text, encoding="utf-8")
    assert (source_digest([law]) == before) is same
