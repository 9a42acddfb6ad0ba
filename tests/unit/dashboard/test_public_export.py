"""The public view as files: what is written, what is left out, how one snapshot follows another."""

import errno
import gzip
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import public_town

from dashboard.public import export as export_module
from dashboard.public import files as export_files
from dashboard.public import shelf
from dashboard.public.app import PublicApp
from dashboard.public.files import ASSETS_KEPT, Export, exported, file_name
from twin.domain.problems import BadInput

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=15)
NOISE = bytes(range(256)) * 4


def answer(body, kind=shelf.HTML, *, cache="no-cache", status=200, extra=()):
    return shelf.answer(body.encode() if isinstance(body, str) else body, kind, cache=cache, status=status, extra=extra)


class Town:
    """A small public view: the answers of one moment, replaced as a new snapshot replaces them."""

    def __init__(self, share=62, style="a1.css"):
        self.shown = {
            "/": answer("", status=302, extra=((b"location", b"/en/"),)),
            "/en": answer("", status=308, extra=((b"location", b"/en/"),)),
            "/en/": answer(f"<p>{share} %</p>" * 20),
            "/en/how/": answer("<p>by proportional sharing</p>" * 20),
            "/en/live.json": answer(f'{{"share": {share}}}' * 20, shelf.JSON, cache="public, max-age=1"),
            f"/assets/{style}": answer("p{margin:0}" * 20, shelf.CSS, cache="public, max-age=31536000, immutable"),
            "/health": answer('{"status": "ok"}', shelf.JSON, cache="no-store"),
        }

        self.held_back = False

    def addresses(self):
        return tuple(self.shown)

    def answer(self, method, path, accept_language):
        return self.shown.get(path) or answer(f"<p>nothing at this address ({accept_language})</p>", status=404)


@pytest.fixture
def town():
    return Town()


@pytest.fixture
def export(town, tmp_path):
    made = Export(town, tmp_path / "export")
    yield made
    made.close()


def served(export):
    """Every file that a host would hand out."""
    root = export.directory / "current"
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


# ------------------------------------------------------------------------------------------ what is written


def test_an_address_with_a_slash_is_the_index_of_its_folder():
    assert file_name("/en/how/") == "en/how/index.html"
    assert file_name("/en/live.json") == "en/live.json"
    assert file_name("/") == "index.html"


@pytest.mark.parametrize("address", ["/../public.json", "/en/../../x", "//etc/passwd", "/en/\0"])
def test_an_address_that_leaves_the_export_is_refused(address):
    with pytest.raises(ValueError, match="leaves the export"):
        file_name(address)


def test_every_answer_is_a_file_with_its_compressed_form_beside(town, export):
    export.bring_up_to_date(NOW)
    files = served(export)
    for address in ("/en/", "/en/how/", "/en/live.json", "/assets/a1.css"):
        assert files[file_name(address)] == town.shown[address].plain
        assert gzip.decompress(files[file_name(address) + ".gz"]) == town.shown[address].plain


def test_what_compression_does_not_shorten_has_no_compressed_form(town, export):
    town.shown["/en/share.png"] = answer(os.urandom(500), "image/png")
    export.bring_up_to_date(NOW)
    assert "en/share.png" in served(export)
    assert "en/share.png.gz" not in served(export)


def test_what_must_not_be_stored_and_what_only_leads_elsewhere_is_no_file(export):
    export.bring_up_to_date(NOW)
    assert not {"health", "en"} & set(served(export))


def test_values_that_failed_are_no_file_and_their_page_says_why(town, export):
    town.shown["/en/"] = answer("<p>the snapshot cannot be read</p>", status=503)
    town.shown["/en/live.json"] = answer("{}", shelf.JSON, cache="public, max-age=1", status=503)
    export.bring_up_to_date(NOW)
    assert "cannot be read" in served(export)["en/index.html"].decode()
    assert "en/live.json" not in served(export)


def test_each_language_has_words_for_nothing(export):
    export.bring_up_to_date(NOW)
    files = served(export)
    for language in ("de", "fr", "it", "en"):
        assert f"({language})".encode() in files[f"{language}/404.html"]
    assert b"nothing at this address" in files["404.html"]


# ------------------------------------------------------------------------------------------ one snapshot after another


def test_nothing_is_written_while_no_answer_changes(export):
    assert export.bring_up_to_date(NOW) > 0
    before = (export.directory / "current").readlink()
    assert export.bring_up_to_date(LATER) == 0
    assert (export.directory / "current").readlink() == before


def test_a_new_snapshot_comes_whole_and_what_it_did_not_change_stays_the_same_file(town, export):
    export.bring_up_to_date(NOW)
    root = export.directory / "current"
    how, live = (root / "en/how/index.html").stat(), (root / "en/live.json").stat()
    town.shown |= {name: Town(share=71).shown[name] for name in ("/en/", "/en/live.json")}
    assert export.bring_up_to_date(LATER) == 2
    assert b"71 %" in served(export)["en/index.html"]
    assert (root / "en/how/index.html").stat().st_ino == how.st_ino
    assert (root / "en/live.json").stat().st_ino != live.st_ino


def test_a_reader_sees_one_snapshot_or_the_next_while_the_second_is_being_written(town, export, monkeypatch):
    export.bring_up_to_date(NOW)
    town.shown |= {name: Town(share=71).shown[name] for name in ("/en/", "/en/live.json")}
    seen, turn = [], Export._turn_to

    def look(self, new, kept):
        seen.append(served(self))
        turn(self, new, kept)
        seen.append(served(self))

    monkeypatch.setattr(Export, "_turn_to", look)
    export.bring_up_to_date(LATER)
    for files, share in zip(seen, (b"62", b"71"), strict=True):
        assert share in files["en/index.html"]
        assert share in files["en/live.json"]


def test_what_is_gone_is_removed_and_the_generation_before_is_left_to_who_still_copies_it(town, export):
    export.bring_up_to_date(NOW)
    for share in (63, 64, 65):
        town.shown = Town(share=share).shown
        del town.shown["/en/how/"]
        export.bring_up_to_date(LATER)
    assert "en/how/index.html" not in served(export)
    assert {path.name for path in (export.directory / "generations").iterdir()} == {"3", "4"}


def test_the_style_of_the_page_before_is_there_for_an_hour_more(town, export):
    export.bring_up_to_date(NOW)
    town.shown = Town(style="b2.css").shown
    export.bring_up_to_date(LATER)
    assert {"assets/a1.css", "assets/a1.css.gz", "assets/b2.css"} <= set(served(export))
    town.shown |= Town(share=70, style="b2.css").shown
    export.bring_up_to_date(LATER + ASSETS_KEPT)
    assert "assets/a1.css" not in served(export)
    assert "assets/b2.css" in served(export)


def test_an_export_that_was_killed_goes_on_with_whole_files(town, tmp_path):
    first = Export(town, tmp_path)
    first.bring_up_to_date(NOW)
    first.close()
    half = tmp_path / "generations" / "2" / "en"
    half.mkdir(parents=True)
    (half / "index.html").write_text("<p>6")
    (tmp_path / "current" / "en" / "live.json").write_bytes(b"")  # a crash of the machine may leave that
    second = Export(town, tmp_path)
    second.bring_up_to_date(LATER)
    second.close()
    assert (tmp_path / "current" / "en" / "index.html").read_bytes() == town.shown["/en/"].plain
    assert (tmp_path / "current" / "en" / "live.json").read_bytes() == town.shown["/en/live.json"].plain


def test_a_directory_that_holds_something_else_is_refused_and_left_alone(town, tmp_path):
    (tmp_path / "holiday.jpg").write_bytes(b"sea")
    with pytest.raises(BadInput, match=r"holiday\.jpg"):
        Export(town, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["holiday.jpg"]


def test_two_exports_do_not_share_a_directory(town, export):
    with pytest.raises(BadInput, match="another export"):
        Export(town, export.directory)


# ------------------------------------------------------------------------------------------ withdrawn figures


def test_words_stand_in_place_of_a_withdrawn_table_and_no_older_figure_is_left_on_the_disk(tmp_path):
    source = tmp_path / "public"
    (source / "open").mkdir(parents=True)
    public_town.publish(source, public_town.town())
    public_town.publish(source, public_town.release())
    table = source / "open" / "months.csv"
    table.write_text("month,share\n2026-01,0.512\n" * 20)
    export = Export(PublicApp(source, lambda: NOW), tmp_path / "export")
    export.bring_up_to_date(NOW)
    assert b"0.512" in served(export)["open/months.csv"]
    public_town.publish(source, public_town.release(embargo=public_town.EMBARGO))
    for moment in range(3):  # the publisher takes the table away a moment later, and the words stay
        assert (export.bring_up_to_date(LATER) > 0) == (moment == 0)
        files = served(export)
        assert b"<html" in files["open/months.csv"]
        assert b"<html" in gzip.decompress(files["open/months.csv.gz"])
        assert ".held-back" in files
        assert len(list((export.directory / "generations").iterdir())) == 1
        table.unlink(missing_ok=True)
    public_town.publish(source, public_town.release())
    export.bring_up_to_date(LATER)
    assert not {".held-back", "open/months.csv"} & set(served(export))
    export.close()


class Withdrawing(Town):
    """A view whose figures are withdrawn while its answers are asked for."""

    def answer(self, method, path, accept_language):
        self.held_back = True
        self.shown["/en/"] = answer("<p>withheld</p>")
        return super().answer(method, path, accept_language)


def test_figures_withdrawn_while_the_answers_are_made_leave_none_on_the_disk_and_the_mark(export):
    export.bring_up_to_date(NOW)
    export.answers = Withdrawing()
    export.bring_up_to_date(LATER)
    assert ".held-back" in served(export)
    assert len(list((export.directory / "generations").iterdir())) == 1


@pytest.mark.parametrize("held_back", [True, False])
def test_an_export_marks_what_is_held_back_even_where_no_answer_changes(town, export, held_back):
    town.held_back = not held_back
    export.bring_up_to_date(NOW)
    town.held_back = held_back
    export.bring_up_to_date(LATER)
    assert (".held-back" in served(export)) is held_back
    assert export.bring_up_to_date(LATER) == 0


@pytest.mark.parametrize("held_back", [True, False])
def test_an_edition_that_cannot_be_written_leaves_the_one_before_unless_figures_are_withheld(
    town, export, monkeypatch, held_back
):
    export.bring_up_to_date(NOW)
    town.shown |= {"/en/": answer("<p>withheld</p>")}
    town.held_back = held_back
    with monkeypatch.context() as patched:
        patched.setattr(export_files, "_put", full_disk)
        with pytest.raises(OSError, match="No space"):
            export.bring_up_to_date(LATER)
    assert (b"62" in b"".join(served(export).values())) is not held_back
    town.shown |= Town().shown
    town.held_back = False
    export.bring_up_to_date(LATER)
    assert b"62" in served(export)["en/index.html"]


def full_disk(*_):
    raise OSError(errno.ENOSPC, "No space left on device")


# ------------------------------------------------------------------------------------------ the process


def process(*arguments, **options):
    command = [sys.executable, "-m", "dashboard.public.export", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def test_every_address_of_the_public_app_becomes_a_file(tmp_path):
    app = PublicApp(tmp_path, lambda: NOW)  # nothing is known yet
    files = dict(exported(app))
    assert {"index.html", "404.html", "en/index.html", "fr/404.html"} <= set(files)
    assert "health" not in files


def test_the_front_door_asks_for_the_language_where_no_server_reads_it(tmp_path):
    front = dict(exported(PublicApp(tmp_path, lambda: NOW)))["index.html"].plain.decode()
    for language in ("de", "fr", "it", "en"):
        assert f'<a href="{language}/" hreflang="{language}" lang="{language}">' in front


def test_a_missing_source_is_refused_in_one_line(tmp_path):
    ended = process(tmp_path / "export", "--from", tmp_path / "nowhere")
    _, said = ended.communicate(timeout=120)
    assert ended.returncode == 2
    assert said.count("\n") == 1
    assert "nowhere" in said


def test_following_exports_until_told_to_end(tmp_path):
    source = tmp_path / "public"
    source.mkdir()
    following = process(tmp_path / "export", "--from", source, "--follow")
    page = tmp_path / "export" / "current" / "en" / "index.html"
    while not page.exists() and following.poll() is None:
        time.sleep(0.05)
    before = page.read_bytes()
    (source / "public.json").write_text("this is no snapshot")
    while page.read_bytes() == before and following.poll() is None:
        time.sleep(0.05)
    following.send_signal(signal.SIGTERM)
    _, said = following.communicate(timeout=120)
    assert following.returncode == 0, said


def test_following_goes_on_after_any_failure_and_logs_it_once(export, monkeypatch, caplog):
    failures, ended = iter([ValueError("address"), KeyError("share"), None]), threading.Event()

    def bring_up_to_date(_now):
        failure = next(failures)
        if failure is not None:
            raise failure
        ended.set()

    monkeypatch.setattr(export, "bring_up_to_date", bring_up_to_date)
    monkeypatch.setattr(export_module, "LOOK_S", 0.0)
    monkeypatch.setattr(export_module.signal, "signal", lambda *_: None)
    monkeypatch.setattr(export_module.threading, "Event", lambda: ended)
    caplog.set_level("INFO")
    export_module._follow(export)
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO"]


def test_the_exporter_is_light(tmp_path):
    code = "import sys, dashboard.public.export; print([m for m in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120).stdout
    assert not {name for name in ("'uvicorn'", "'numpy'", "'pandas'", "'xarray'", "'pandapower'", "'dash'") if name in loaded}
