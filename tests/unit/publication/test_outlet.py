"""The public files: what the book says, whole or not at all, whatever is lost, torn or killed on the way."""

import csv
import io
import json
import multiprocessing
import os
import signal
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.contracts.open_tables import HOURS, LICENCES, MONTHS, REVISIONS, SOURCE_KINDS, TABLES
from twin.contracts.public_release import PeriodFigure, PublicRelease
from twin.contracts.publication import HourFigure
from twin.origin.traced import KINDS
from twin.publication import outlet
from twin.publication.kept_hours import KeptHours
from twin.publication.outlet import Outlet, files_of
from twin.publication.standing import Revision
from twin.publication.tables import as_csv, as_json, hour_rows, revision_rows

LATER = datetime(2030, 1, 1, tzinfo=UTC)
HOUR = HourFigure(
    start=datetime(2016, 1, 1, tzinfo=UTC),
    known=4,
    consumption_mwh=4.1,
    share=0.5,
    co2_g_per_kwh=40.0,
    parts={"hydro": 1.0},
)


def public(desk, facts, hours=(HOUR,), now=LATER):
    return files_of(desk.published, facts, now, lambda _: hours)


def lying(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture
def approved(desk):
    desk.approve("2015")
    desk.approve("2016-01", share=0.5, hours="0" * 64)
    desk.approve("2016-01", share=0.47, revision=2, reason="A meter, told late; see «notes»", hours="0" * 64)
    return desk


def test_the_outlet_holds_the_release_the_tables_and_their_description(approved, facts, tmp_path):
    Outlet(tmp_path).keep(public(approved, facts()))
    release = PublicRelease.model_validate_json((tmp_path / "public" / "release.json").read_bytes())
    assert release.months[0].share == 0.47
    names = {path.name for path in (tmp_path / "public" / "open").iterdir()}
    stems = ("months", "years", "revisions", "hours-2016-01")
    assert names == {f"{stem}.{end}" for stem in stems for end in ("csv", "json")} | {
        "datapackage.json",
        *(f"schema-{table.name}.json" for table in TABLES),
    }


@pytest.mark.parametrize("damage", ["lost", "torn", "altered"])
def test_a_file_that_is_lost_torn_or_altered_is_written_anew(approved, facts, tmp_path, damage):
    files, kept = public(approved, facts()), Outlet(tmp_path)
    kept.keep(files)
    for name in files:
        path = tmp_path / "public" / name
        {
            "lost": path.unlink,
            "torn": lambda path=path: path.write_bytes(path.read_bytes()[:7]),
            "altered": lambda path=path: path.write_bytes(path.read_bytes().replace(b"0.47", b"0.99")),
        }[damage]()
        if damage != "altered" or b"0.47" in files[name]:
            assert not kept.intact()
            assert kept.keep(files) == (name,)
        assert lying(tmp_path / "public") == files


def test_what_is_intact_is_not_written_again(approved, facts, tmp_path):
    kept = Outlet(tmp_path)
    kept.keep(public(approved, facts()))
    assert kept.intact()
    assert kept.keep(public(approved, facts())) == ()


def test_what_nobody_approved_and_what_a_kill_left_is_taken_away_and_nothing_else(approved, facts, tmp_path):
    folder = tmp_path / "public"
    (folder / "open").mkdir(parents=True)
    for name in ("open/hours-1999-01.csv", "open/.months.csv.new", ".release.json.new", "public.json", "tariff.json"):
        (folder / name).write_text("x")
    files = public(approved, facts())
    Outlet(tmp_path).keep(files)
    assert set(lying(folder)) == {*files, "public.json", "tariff.json"}


def test_an_embargo_leaves_no_figure_in_any_file_and_lifting_it_brings_the_same_files_back(approved, facts, tmp_path):
    kept = Outlet(tmp_path)
    before = public(approved, facts())
    kept.keep(before)
    approved.write("embargo", until=None, reason={"en": "doubt"})
    kept.keep(public(approved, facts()), hides=True)
    hidden = lying(tmp_path / "public")
    assert not any("hours" in name and "schema" not in name for name in hidden)
    assert not any(figure in data for data in hidden.values() for figure in (b"0.47", b"1234.5", b"0.5,"))
    approved.write("lift")
    kept.keep(public(approved, facts()))
    after = lying(tmp_path / "public")
    stamped = {"release.json", "open/datapackage.json"}
    assert {name for name in before if after[name] != before[name]} <= stamped


def test_an_embargo_hides_the_release_before_the_tables_and_all_else_writes_it_last(approved, facts, tmp_path, monkeypatch):
    order, whole = [], outlet.write_whole
    monkeypatch.setattr(outlet, "write_whole", lambda path, data: (order.append(path.name), whole(path, data)))
    kept = Outlet(tmp_path)
    kept.keep(public(approved, facts()))
    assert order[-1] == "release.json"
    order.clear()
    approved.write("embargo", until=None, reason={"en": "doubt"})
    kept.keep(public(approved, facts()), hides=True)
    assert order[0] == "release.json"


def _write_and_die(state, files, after):
    """A process that is killed while its file number ``after`` is on the way, its temporary file half written."""
    written = iter(range(len(files)))
    whole = outlet.write_whole

    def dying(path, data):
        if next(written) == after:
            path.with_name(f".{path.name}.new").write_bytes(data[: len(data) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        whole(path, data)

    outlet.write_whole = dying
    Outlet(state).keep(files)


@pytest.mark.parametrize("after", [0, 3, 9, -1])
def test_an_outlet_killed_in_the_middle_shows_no_torn_file_and_the_next_look_completes_it(approved, facts, tmp_path, after):
    kept = Outlet(tmp_path)
    old = public(approved, facts())
    kept.keep(old)
    approved.approve("2016-02", share=0.61, hours="0" * 64)
    new = public(approved, facts())
    changed = sum(old.get(name) != data for name, data in new.items())
    process = multiprocessing.get_context("fork").Process(target=_write_and_die, args=(tmp_path, new, after % changed))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    for name, data in lying(tmp_path / "public").items():
        assert name.endswith(".new") or data in (old.get(name), new.get(name)), name
    Outlet(tmp_path).keep(new)
    assert lying(tmp_path / "public") == new


# ------------------------------------------------------------------------------------------------- tables


def read_back(table, data):
    kinds = {"integer": int, "number": float, "boolean": {"true": True, "false": False}.__getitem__}
    types = {column.name: kinds.get(column.type, str) for column in table.columns}
    rows = csv.DictReader(io.StringIO(data.decode(), newline=""))
    return [{name: types[name](cell) if cell else None for name, cell in row.items()} for row in rows]


@pytest.mark.parametrize(("stem", "table"), [("months", MONTHS), ("hours-2016-01", HOURS), ("revisions", REVISIONS)])
def test_a_table_reads_back_as_it_was_written_and_as_its_json(approved, facts, stem, table):
    files = public(approved, facts())
    rows = read_back(table, files[f"open/{stem}.csv"])
    assert rows
    assert rows == json.loads(files[f"open/{stem}.json"])


_TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=40).map(lambda text: f"w{text}x")


@settings(max_examples=60, deadline=None)
@given(_TEXT, st.sampled_from(['"', ",", ";", "\n", "'", "«»"]))
def test_any_words_of_a_reason_survive_the_table(text, sign):
    figure = PeriodFigure(
        period="2016",
        revision=2,
        approved_at=LATER,
        consumption_mwh=None,
        share=None,
        co2_g_per_kwh=None,
        parts={},
        coverage=0.5,
    )
    reason = f"{text}{sign}{text}"
    rows = revision_rows([(Revision(figure, "p", None, "CC0-1.0", "Town", {"it": reason}), True)])
    assert read_back(REVISIONS, as_csv(REVISIONS, rows))[0]["reason_it"] == reason
    assert json.loads(as_json(REVISIONS, rows))[0]["reason_it"] == reason


def test_unknown_is_an_empty_cell_and_never_zero(approved, facts):
    rows = read_back(MONTHS, public(approved, facts(powers_public=False, parts_public=False))["open/months.csv"])
    assert rows[0]["consumption_mwh"] is None
    assert all(rows[0][f"part_{kind}"] is None for kind in SOURCE_KINDS)


def test_no_hour_is_told_where_the_rule_tells_none_although_hours_were_approved_before(approved, facts):
    told = [public(approved, facts(hours_public=hours)) for hours in (True, False)]
    assert ["open/hours-2016-01.csv" in files for files in told] == [True, False]
    assert json.loads(told[1]["open/months.json"])[0]["share"] == 0.47


def test_where_the_share_may_not_be_told_no_file_has_a_figure_whenever_it_was_approved(approved, facts):
    files = public(approved, facts(share_public=False))
    assert not any(name.startswith("open/hours") for name in files)
    assert not any(figure in data for data in files.values() for figure in (b"0.47", b"1234.5", b"0.5,", b"41.2"))
    release = PublicRelease.model_validate_json(files["release.json"])
    assert (release.months, release.years, release.corrections) == ((), (), ())
    assert [json.loads(files[f"open/{stem}.json"]) for stem in ("months", "years", "revisions")] == [[], [], []]


def test_a_table_knows_every_source_that_tracing_tells():
    assert SOURCE_KINDS == KINDS


def test_the_licence_of_each_revision_stands_in_its_row(approved, facts):
    approved.write("licence", licence="CC0-1.0", attribution="Town works")
    approved.approve("2016-02", licence="CC0-1.0", hours="0" * 64)
    rows = read_back(MONTHS, public(approved, facts())["open/months.csv"])
    assert [row["licence"] for row in rows] == ["CC-BY-4.0", "CC0-1.0"]


# ------------------------------------------------------------------------------------------------- description

_TYPES = {"string", "number", "integer", "boolean", "datetime"}


def test_the_data_package_keeps_the_rules_of_its_schema(approved, facts):
    """Data Package v1: required properties, names in lower case, licences, one resource per table with its own schema."""
    import hashlib
    import re

    files = public(approved, facts())
    package = json.loads(files["open/datapackage.json"])
    assert re.fullmatch(r"[-a-z0-9._/]+", package["name"])
    assert datetime.fromisoformat(package["created"]).tzinfo
    assert all({"name", "path", "title"} <= licence.keys() for licence in package["licenses"])
    assert all(source["title"] for source in package["sources"])
    assert package["contributors"][0]["role"] == "publisher"
    names = [resource["name"] for resource in package["resources"]]
    assert len(names) == len(set(names)) == 4
    for resource in package["resources"]:
        data = files[f"open/{resource['path']}"]
        assert re.fullmatch(r"[-a-z0-9._]+", resource["name"])
        assert not resource["path"].startswith(("/", "."))
        assert resource["bytes"] == len(data)
        assert resource["hash"] == f"sha256:{hashlib.sha256(data).hexdigest()}"
        fields = resource["schema"]["fields"]
        assert [field["name"] for field in fields] == data.decode().splitlines()[0].split(",")
        assert all(field["type"] in _TYPES and field["description"] for field in fields)
        assert set(resource["schema"]["primaryKey"]) <= {field["name"] for field in fields}
        assert f"open/{resource['alternatives'][0]}" in files


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_figure_of_a_table_names_its_unit_and_every_column_its_meaning(table):
    for column in table.columns:
        assert column.meaning.endswith(".")
        assert column.unit or column.type != "number"


def test_required_cells_are_never_empty_and_keys_name_one_row(approved, facts):
    files = public(approved, facts())
    for stem, table in (("months", MONTHS), ("hours-2016-01", HOURS), ("revisions", REVISIONS)):
        rows = json.loads(files[f"open/{stem}.json"])
        assert all(row[column.name] is not None for row in rows for column in table.columns if column.required)
        assert len({tuple(row[name] for name in table.key) for row in rows}) == len(rows)


def test_every_licence_on_offer_has_a_title_and_an_address():
    assert all(title and address.startswith("https://") for title, address in LICENCES.values())


# ------------------------------------------------------------------------------------------------- hours


def test_hours_stay_as_they_were_approved_although_the_journal_tells_others_now(tmp_path):
    kept = KeptHours(tmp_path)
    name = kept.keep([HOUR])
    assert kept.find(name, lambda: [HOUR.model_copy(update={"share": 0.9})]) == (HOUR,)


@pytest.mark.parametrize("damage", [None, b"torn"])
def test_hours_that_are_lost_are_made_anew_where_the_journal_still_tells_the_same(tmp_path, damage):
    kept = KeptHours(tmp_path)
    name = kept.keep([HOUR])
    path = tmp_path / f"{name}.json"
    path.unlink() if damage is None else path.write_bytes(damage)
    assert kept.find(name, lambda: [HOUR]) == (HOUR,)
    assert path.is_file()


def test_hours_that_are_lost_and_restated_since_are_left_out_and_not_replaced(tmp_path, approved, facts):
    kept = KeptHours(tmp_path)
    name = kept.keep([HOUR])
    (tmp_path / f"{name}.json").unlink()
    assert kept.find(name, lambda: [HOUR.model_copy(update={"share": 0.9})]) is None
    assert "open/hours-2016-01.csv" not in public(approved, facts(), hours=None)


def test_a_known_hour_of_a_town_that_may_tell_all_fills_every_column(desk, facts):
    desk.approve("2016-01")
    everything = HOUR.model_copy(update={"parts": dict.fromkeys(SOURCE_KINDS, 1.0 / len(SOURCE_KINDS))})
    (row,) = hour_rows([everything], desk.published.revisions["2016-01"][-1], facts())
    assert [column.name for column in HOURS.columns if row[column.name] is None] == []
