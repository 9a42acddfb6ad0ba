"""A MATPOWER case solves as MATPOWER says it does, and its file is read, never run."""

from contextlib import suppress

import numpy as np
import pandapower as pp
import pytest
import scipy.io
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.adapters.matpower_cases import CASE9, CASE14
from twin.adapters import grid_matpower_mat
from twin.adapters.grid_matpower import ASSUMED_VN_KV, net_of, read_matpower
from twin.adapters.grid_matpower_case import case_of
from twin.adapters.grid_matpower_text import matpower_fields
from twin.domain.problems import BadInput


def write(folder, text, name="case.m"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def solved(net):
    pp.runpp(net, tolerance_mva=1e-10, calculate_voltage_angles=True, init="flat", max_iteration=50)
    return net.res_bus


def faults(folder, text):
    with pytest.raises(BadInput) as refused:
        read_matpower(write(folder, text))
    return [str(problem) for problem in refused.value.problems]


# ------------------------------------------------------------------------------------------------- published solutions


def test_nine_bus_system_has_the_voltages_of_anderson_and_fouad(tmp_path):
    # P. M. Anderson, A. A. Fouad, Power System Control and Stability, figure 2.19; buses numbered as in MATPOWER's case
    vm_pu = {1: 1.040, 2: 1.025, 3: 1.025, 4: 1.026, 5: 1.013, 6: 1.032, 7: 1.016, 8: 1.026, 9: 0.996}
    va_degree = {1: 0.0, 2: 9.3, 3: 4.7, 4: -2.2, 5: -3.7, 6: 2.0, 7: 0.7, 8: 3.7, 9: -4.0}
    bus = solved(read_matpower(write(tmp_path, CASE9)))
    assert bus["vm_pu"].to_dict() == pytest.approx(vm_pu, abs=5e-4)  # half of the last printed digit
    assert bus["va_degree"].to_dict() == pytest.approx(va_degree, abs=0.05)


def test_fourteen_bus_system_has_the_voltages_of_its_archive(tmp_path):
    bus = solved(read_matpower(write(tmp_path, CASE14)))
    table = matpower_fields(CASE14, "case14")["bus"]
    # the archive prints three digits of a solution whose mismatch is some 0.1 MW; buses 4 and 5 show it most
    assert np.abs(bus["vm_pu"].to_numpy() - table[:, 7]).max() < 1.5e-3
    assert np.abs(bus["va_degree"].to_numpy() - table[:, 8]).max() < 0.02


# ------------------------------------------------------------------------------------------------- MATPOWER's equations


def ybus(case):
    """Bus admittance matrix [pu], MATPOWER User's Manual 8.0, equation 3.2 and section 3.6."""
    from_row, to_row = case.rows_of(case.branch[:, 0]), case.rows_of(case.branch[:, 1])
    r, x, b, tap, shift, status = case.branch[:, [2, 3, 4, 8, 9, 10]].T
    series, charging = status / (r + 1j * x), 0.5j * status * b
    ratio = np.where(tap == 0.0, 1.0, tap) * np.exp(1j * np.radians(shift))
    y = np.diag((case.bus[:, 4] + 1j * case.bus[:, 5]) / case.base_mva)
    np.add.at(y, (from_row, from_row), (series + charging) / np.abs(ratio) ** 2)
    np.add.at(y, (to_row, to_row), series + charging)
    np.add.at(y, (from_row, to_row), -series / np.conj(ratio))
    np.add.at(y, (to_row, from_row), -series / ratio)
    return y


def mismatch_mva(fields):
    """Largest power that MATPOWER's equations miss at the net's solution: P and Q at PQ buses, P at PV buses."""
    case = case_of(fields, "case")
    bus = solved(net_of(case))
    v = (bus["vm_pu"] * np.exp(1j * np.radians(bus["va_degree"]))).fillna(0.0).to_numpy()
    given = -(case.bus[:, 2] + 1j * case.bus[:, 3])
    np.add.at(given, case.rows_of(case.gen[case.gen_on, 0]), (case.gen[:, 1] + 1j * case.gen[:, 2])[case.gen_on])
    missed = v * np.conj(ybus(case) @ v) * case.base_mva - given
    holds_voltage = np.isin(case.bus[:, 0], case.gen[case.gen_on, 0]) & (case.bus[:, 1] > 1)
    missed = np.where(holds_voltage, missed.real, missed)[np.isin(case.bus[:, 1], (1, 2))]
    return np.abs(missed).max()


SOLVED_MVA = 1e-7  # the power flow stops below 1e-10; the rest is rounding of 100 MVA


def fourteen():
    return matpower_fields(CASE14, "case14")


def test_nominal_voltages_leave_the_solution_in_per_unit_alone(tmp_path):
    plain, fields = read_matpower(write(tmp_path, CASE14)), fourteen()
    fields["bus"][:, 9] = [132] * 5 + [33, 1, 11] + [33] * 6
    same = net_of(case_of(fields, "case"))
    assert (plain.bus["vn_kv"] == ASSUMED_VN_KV).all()
    assert np.abs(solved(plain)["vm_pu"] - solved(same)["vm_pu"]).max() < 1e-9
    assert len(same.impedance) == 0  # branches between voltage levels are transformers, at nominal ratio too


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000))
def test_power_flow_of_the_net_is_matpower_s(seed):
    rng, fields = np.random.default_rng(seed), fourteen()
    fields["bus"][:, 9] = rng.choice([33.0, 132.0], 14)
    branch = fields["branch"]
    turned = rng.random(20) < 0.5
    branch[turned, :2] = branch[turned, 1::-1]
    branch[:, 8] = np.where(rng.random(20) < 0.4, rng.uniform(0.95, 1.05, 20), rng.choice([0.0, 1.0], 20))
    branch[:, 9] = np.where(rng.random(20) < 0.3, rng.uniform(-3.0, 3.0, 20), 0.0)
    branch[:, 4] = rng.uniform(0.0, 0.06, 20)
    branch[13, 10] = rng.integers(0, 2)  # bus 8 alone hangs on it, and holds its voltage
    fields["bus"][7, 1] = 2 if branch[13, 10] else 4
    assert mismatch_mva(fields) < SOLVED_MVA


def test_first_generator_in_service_holds_the_voltage_of_its_bus():
    fields = fourteen()
    off, on = [2, 30, 9, 50, -50, 1.2, 100, 0, 100, 0], [2, 15, 3, 5, -5, 1.045, 100, 1, 20, 0]
    fields["gen"] = np.vstack([off, fields["gen"], on])
    net = net_of(case_of(fields, "case"))
    assert net.gen.loc[net.gen["bus"] == 2, ["p_mw", "vm_pu"]].to_numpy().tolist() == [[40.0, 1.045]]
    assert net.sgen[["p_mw", "in_service"]].to_numpy().tolist() == [[30.0, False], [15.0, True]]
    assert mismatch_mva(fields) < SOLVED_MVA


def test_negative_demand_generates():
    fields = fourteen()
    fields["bus"][13, 2:4] = [-14.9, 5.0]
    net = net_of(case_of(fields, "case"))
    assert net.sgen[["bus", "p_mw", "q_mvar"]].to_numpy().tolist() == [[14.0, 14.9, -5.0]]
    assert mismatch_mva(fields) < SOLVED_MVA


def test_a_branch_without_rating_has_none(tmp_path):
    net = read_matpower(write(tmp_path, CASE14))
    assert solved(net)["vm_pu"].notna().all()
    assert net.res_line["loading_percent"].max() < 1.0
    assert net.res_trafo["loading_percent"].max() < 1.0


def test_loading_is_relative_to_the_branch_s_rating(tmp_path):
    net = read_matpower(write(tmp_path, CASE9))
    solved(net)
    # line 4-5, rated 250 MVA at 345 kV
    assert net.res_line.at[1, "loading_percent"] == pytest.approx(
        100.0 * net.res_line.at[1, "i_ka"] * np.sqrt(3.0) * 345.0 / 250.0, rel=1e-12
    )


# ------------------------------------------------------------------------------------------------- .mat


def test_a_case_saved_as_mat_is_the_same_net(tmp_path):
    fields = matpower_fields(CASE9, "case9")
    tables = {name: fields[name] for name in ("version", "baseMVA", "bus", "gen", "branch")}
    scipy.io.savemat(tmp_path / "struct.mat", {"mpc": tables}, do_compression=True)
    scipy.io.savemat(tmp_path / "plain.mat", tables)
    text = read_matpower(write(tmp_path, CASE9))
    for name in ("struct.mat", "plain.mat"):
        net = read_matpower(tmp_path / name)
        assert all(net[table].equals(text[table]) for table in ("bus", "line", "trafo", "load", "gen", "ext_grid"))


def test_a_case_of_one_generator_and_one_branch_keeps_its_tables(tmp_path):
    tables = {
        "baseMVA": 10.0,
        "bus": [[1, 3, 0, 0, 0, 0, 1, 1, 0, 20, 1, 1.1, 0.9], [2, 1, 3, 1, 0, 0, 1, 1, 0, 20, 1, 1.1, 0.9]],
        "gen": [[1, 0, 0, 9, -9, 1.0, 10, 1, 9, 0]],
        "branch": [[1, 2, 0.01, 0.02, 0, 5, 0, 0, 0, 0, 1]],
    }
    scipy.io.savemat(tmp_path / "two.mat", {"mpc": tables})
    net = read_matpower(tmp_path / "two.mat")
    assert (len(net.line), len(net.ext_grid), len(net.load)) == (1, 1, 1)


def test_a_mat_file_that_unpacks_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(grid_matpower_mat, "MAX_BYTES", 1_000_000)
    scipy.io.savemat(tmp_path / "big.mat", {"mpc": np.zeros(130_000)}, do_compression=True)
    assert (tmp_path / "big.mat").stat().st_size < 10_000
    with pytest.raises(BadInput, match="or more; expected at most 1000000"):
        read_matpower(tmp_path / "big.mat")


@pytest.mark.parametrize("content", [b"", b"MATLAB 7.3 MAT-file" + bytes(600), b"MATLAB 5.0 MAT-file" + bytes(90), b"no"])
def test_what_is_no_mat_file_is_refused_in_one_line(tmp_path, content):
    (tmp_path / "case.mat").write_bytes(content)
    with pytest.raises(BadInput, match="savecase") as refused:
        read_matpower(tmp_path / "case.mat")
    assert len(refused.value.problems) == 1


def test_a_mat_file_without_a_case_says_what_it_holds(tmp_path):
    scipy.io.savemat(tmp_path / "other.mat", {"loads": np.eye(2)})
    with pytest.raises(BadInput, match="loads; expected one case"):
        read_matpower(tmp_path / "other.mat")


# ------------------------------------------------------------------------------------------------- .m is data, not code


@pytest.mark.parametrize(
    "instruction",
    [
        "mpc.branch(:, 3:4) = mpc.branch(:, 3:4) / 1.6;",
        "define_constants;",
        "mpc.bus = load('more.txt');",
        "for i = 1:9",
        "mpc.baseMVA = 10 * 10;",
        "mpc.gen = [1 2-1];",
        "mpc.gen = [1 2]';",
        "system('rm -r /');",
        "!ls",
    ],
)
def test_a_case_that_computes_is_refused_with_its_line(tmp_path, instruction):
    [fault] = faults(tmp_path, CASE9 + instruction + "\n")
    assert f"case.m:{CASE9.count(chr(10)) + 1}: " in fault
    assert "write the numbers with savecase" in fault


def test_every_instruction_of_a_case_is_named(tmp_path):
    found = faults(tmp_path, CASE9 + "Vbase = mpc.bus(1, 10) * 1e3;\nSbase = mpc.baseMVA * 1e6;\n")
    assert len(found) == 2


def test_a_case_of_version_1_is_refused(tmp_path):
    text = CASE9.replace("function mpc = case9", "function [baseMVA, bus, gen, branch] = case9")
    [fault] = faults(tmp_path, text)
    assert "case.m:1: function [baseMVA, bus, gen, branch] = case9; expected function mpc = name" in fault


def test_comments_continued_lines_commas_and_signs_read_as_in_matlab():
    text = """%{
    mpc.x = [9];
    %}
    mpc.a = [1, -2 ...  the row goes on
       +3.5e-1; 4 5 Inf]; mpc.b = 'it''s %'; % mpc.c = 1
    mpc.names = {'one'; "two"};
    mpc.d = 1d3, mpc.none = [];
    """
    fields = matpower_fields(text, "case")
    assert fields.keys() == {"a", "b", "names", "d", "none"}
    assert fields["a"].tolist() == [[1.0, -2.0, 0.35], [4.0, 5.0, np.inf]]
    assert (fields["b"], fields["names"], fields["d"], fields["none"].size) == ("it's %", ["one", "two"], 1000.0, 0)


@given(st.text(alphabet="mpc.bus=[]{};,\n\t '\"%-+1e9 ", max_size=60))
def test_any_text_is_read_or_refused(text):
    with suppress(BadInput):
        assert isinstance(matpower_fields(text, "case"), dict)


# ------------------------------------------------------------------------------------------------- faults of a case


def test_every_fault_of_a_case_is_named_at_once(tmp_path):
    text = CASE9
    for old, new in (
        ("9	1	125	50", "8	1	125	NaN"),
        ("1	4	0	0.0576", "1	4	0	0"),
        ("4	5	0.017", "4	55	0.017"),
        ("3	85	-10.95	300	-300	1.025", "3	85	-10.95	300	-300	0"),
        ("mpc.baseMVA = 100", "mpc.baseMVA = 0"),
    ):
        assert old in text
        text = text.replace(old, new, 1)
    found = faults(tmp_path, text)
    for part in (
        "bus 8: there twice",
        "bus row 9, Qd: nan",
        "branch row 1: r and x are 0",
        "tbus: bus 55",
        "gen row 3, Vg: 0.0",
        "baseMVA: 0.0; expected one number above 0",
    ):
        assert any(part in fault for fault in found), (part, found)
    assert len(found) == 8  # lines 8-9 and 9-4 name the bus that is gone, too


def test_rows_of_unequal_length_are_refused_with_their_line(tmp_path):
    found = faults(tmp_path, CASE9.replace("2	163	6.54", "2	163", 1).replace("3	85", "3	85	85", 1))
    assert ["case.m:22: a row of 9; expected rows of 10" in found[0], "case.m:23: a row of 11" in found[1]] == [True, True]
    assert len(found) == 2


def test_a_reference_bus_needs_a_generator(tmp_path):
    [fault] = faults(tmp_path, CASE9.replace("1.04	100	1", "1.04	100	0", 1))
    assert "reference bus 1: no generator in service" in fault


def test_a_dc_line_in_service_is_never_dropped(tmp_path):
    found = faults(tmp_path, CASE9 + "mpc.dcline = [4 9 1 10 9 0 0 1 1 0 20 -9 9 -9 9 0 0];\n")
    assert "dcline row 1: in service" in found[0]


def test_some_nominal_voltages_and_others_none_are_refused(tmp_path):
    [fault] = faults(tmp_path, CASE9.replace("1	1	0	345", "1	1	0	0", 1))
    assert "bus row 1, baseKV: 0.0; expected a number above 0" in fault


def test_without_the_file_or_with_another_suffix_nothing_is_read(tmp_path):
    for path, part in ((tmp_path / "none.m", "no such file"), (write(tmp_path, CASE9, "case.txt"), "ends in .txt")):
        with pytest.raises(BadInput, match=part):
            read_matpower(path)
