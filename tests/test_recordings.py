# SPDX-License-Identifier: GPL-2.0-only
"""The model against what real kernels were seen to do; and the check itself: that it can fail, and says why."""
from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import pytest

from numakit.errors import BadRecording
from numakit.kernel import KERNELS, V6_12, Kernel, named
from numakit.nodemask import Nodemask
from numakit.recordings import own, read
from numakit.recordings.__main__ import main, table
from numakit.recordings.check import check, check_one, outcomes
from numakit.recordings.lookup import recorded_placement
from numakit.recordings.outcome import LeftOut
from numakit.recordings.reader import DATA
from numakit.recordings.replay.words import machine_of

COMPARED_GROUPS = "abcdeght"
"""All but f, hinting faults, whose words are compared in tests of their own."""

SHARED = Path(__file__).resolve().parents[2] / "shared" / "kernel-recordings"
COMPARED = [r for r in own() if r.group in COMPARED_GROUPS]


def named_so(recording):
    return f"{recording.kernel}-{recording.group}"


@pytest.fixture
def one(tmp_path):
    """A small recording in a folder of its own: (folder, file, its content), from 6.12's group a."""
    found = next(r for r in own() if (r.kernel, r.group) == ("6.12.117", "a"))
    content = {"header": dict(found.header), "records": [dict(r) for r in found.records[:5]]}
    path = tmp_path / "a_mount_option.json"
    path.write_text(json.dumps(content))
    return tmp_path, path, content


def altered(path, content, **changes):
    """The same file with fields of record 0 changed."""
    first, *rest = content["records"]
    path.write_text(json.dumps(content | {"records": [first | changes, *rest]}))


# --- all are reproduced ---

@pytest.mark.parametrize("recording", COMPARED, ids=named_so)
def test_what_a_kernel_was_seen_to_do_the_model_does(recording):
    row = check_one(recording, named(recording.kernel))
    assert row.differ == {}
    assert row.compared == row.reproduced > 0


def test_no_group_that_can_be_compared_is_missing():
    groups = {kernel: "".join(r.group for r in COMPARED if r.kernel == kernel) for kernel in {r.kernel for r in own()}}
    assert groups == {"3.8-mutex": "abcdt", "3.8-split-mended": "abcdt", "6.1.192": "abcdegh", "6.12.117": "abcdegh"}


def test_the_check_counts_every_record_once():
    for recording, row in zip(own(), check(own()), strict=True):
        assert row.compared + row.left_out == len(recording.records)
        assert sum(row.reasons.values()) == row.left_out


@pytest.mark.parametrize("recording", [r for r in COMPARED if r.group in "abcdeg"], ids=named_so)
def test_nothing_is_left_out_of_the_groups_that_are_compared_whole(recording):
    assert check_one(recording, named(recording.kernel)).left_out == 0


@pytest.mark.parametrize("recording", [r for r in COMPARED if r.group == "t"], ids=named_so)
def test_of_huge_pages_just_the_mappings_that_asked_are_compared(recording):
    found = outcomes(recording, named(recording.kernel))
    asked = [isinstance(o, LeftOut) is not bool(r["madvise"]) for r, o in zip(recording.records, found, strict=True)]
    assert all(asked) and len(asked) == 10


@pytest.mark.parametrize("recording", [r for r in own() if "fallback" in r.header], ids=named_so)
def test_the_models_fallback_lists_are_the_recorded_ones(recording):
    machine = machine_of(recording, named(recording.kernel))
    lines = [f"Fallback order for Node {n}: {' '.join(map(str, machine.fallback(n)))}" for n in machine.memory]
    assert lines == recording.header["fallback"]


def test_the_packages_data_is_what_lies_beside_the_project():
    if not SHARED.is_dir():
        pytest.skip("the recordings that the package's data was taken from do not lie beside the project")
    mine = {(r.kernel, r.group): (r.header, r.records) for r in own()}
    assert mine == {(r.kernel, r.group): (r.header, r.records) for r in read(SHARED)}
    texts = {p.relative_to(SHARED): p.read_bytes() for p in SHARED.rglob("*.txt")}
    assert texts == {p.relative_to(DATA): p.read_bytes() for p in DATA.rglob("*.txt")}


# --- the check can fail: each switch flipped, and the group of records that notices ---

SEEN = [
    ("node_list", "digits", "6.12.117", "a"), ("flag_cut_first", True, "3.8-mutex", "a"),
    ("local_is_a_mode", False, "6.1.192", "a"), ("local_is_a_mode", False, "6.1.192", "c"),
    ("local_is_a_mode", True, "3.8-mutex", "d"), ("preferred_many", False, "6.1.192", "h"),
    ("weighted_interleave", False, "6.12.117", "b"), ("weighted_interleave", True, "6.1.192", "a"),
    ("balancing_with", (), "6.1.192", "h"), ("balancing_with", ("bind",), "6.12.117", "h"),
    ("balancing_with", ("bind", "prefer (many)"), "6.1.192", "h"), ("balancing_reads_back_raw", False, "6.12.117", "h"),
    ("node_load", "set falling", "6.1.192", "b"), ("node_load", "set falling", "6.12.117", "d"),
    ("remount_default_clears", False, "3.8-mutex", "c"), ("remount_default_clears", True, "6.12.117", "c"),
    ("whole_file_pages", 16, "6.1.192", "b"), ("split", "loses the tail", "3.8-split-mended", "d"),
    ("split", "loses the tail", "6.12.117", "d"), ("huge_index_keeps_ino", False, "6.12.117", "b"),
    ("huge_index_keeps_ino", True, "6.1.192", "b"), ("interleave_index_bits", 1, "3.8-mutex", "b"),
    ("local_by_system_call", False, "6.1.192", "h"), ("vma_merge_sets_policy", "never", "6.1.192", "d"),
    ("vma_merge_sets_policy", "case 8", "6.12.117", "d"), ("vma_merge_sets_policy", "case 8", "3.8-mutex", "d"),
    ("vma_merge_sets_policy", "always", "3.8-split-mended", "d"), ("vma_merge_sets_policy", "never", "6.1.192", "g"),
    ("ilx_known_to_fault_path", True, "6.1.192", "e"), ("ilx_known_to_fault_path", True, "6.1.192", "g"),
    ("ilx_known_to_fault_path", False, "6.12.117", "e"), ("ilx_known_to_fault_path", False, "6.12.117", "g"),
    ("interleave_index_bits", 64, "6.1.192", "g"), ("interleave_index_bits", 32, "6.12.117", "g"),
    ("local_by_system_call", False, "6.12.117", "d"), ("local_by_system_call", False, "6.1.192", "g"),
    ("node_load", "set falling", "6.1.192", "e"), ("preferred_many", False, "6.12.117", "e"),
    ("local_is_a_mode", False, "6.1.192", "e"), ("whole_file_pages", 16, "6.12.117", "g"),
    ("split", "BUG", "6.1.192", "e"), ("split", "BUG", "6.12.117", "g"),
]

UNSEEN = ["preferred_follows_cpuset", "remount_keeps_mpol", "show_corrupts", "shared_policy_lock",
          "mbind_sees_every_hole",
          # of hinting faults: tests/test_hinting_recordings.py has what group f sees
          "hinting_faults", "first_nid_gate", "small_vma_gate", "scan_period_ms", "scan_budget",
          "scanner_heeds_rate_limit", "scan_needs_mof", "shmem_falls_back_to_task_policy",
          "scan_skips_read_only_files", "mapcount_check", "local_private_pages_marked", "cow_marks", "two_stage_filter",
          "preferred_checks_node_first", "rate_limit"]

HALF_SEEN = {  # on the other kernels nothing in the records tells the older rule from the newer
    "local_by_system_call": (False, "3.8-mutex"),
    "node_list": ("regions", "3.8-mutex"), "flag_cut_first": (False, "6.1.192"), "preferred_many": (True, "3.8-mutex"),
    "balancing_reads_back_raw": (True, "3.8-mutex"), "node_load": ("add falling", "6.12.117"),
    "interleave_index_bits": (64, "3.8-mutex"), "whole_file_pages": ((1 << 51) - 1, "6.1.192"),
}


def recorded(kernel, groups=COMPARED_GROUPS):
    return [r for r in COMPARED if r.kernel == kernel and r.group in groups]


def differing(recordings, **flipped):
    """How many observations are not reproduced with a switch of the recorded kernel's rules flipped."""
    return sum(len(check_one(r, replace(named(r.kernel), **flipped)).differ) for r in recordings)


@pytest.mark.parametrize(("switch", "value", "kernel", "group"), SEEN)
def test_a_flipped_switch_is_noticed_by_the_recordings(switch, value, kernel, group):
    assert getattr(named(kernel), switch) != value
    assert differing(recorded(kernel, group), **{switch: value}) > 0


@pytest.mark.parametrize("recording", [r for r in COMPARED if r.group == "d"], ids=named_so)
def test_the_split_of_v3_8_as_released_dies_on_recorded_sequences(recording):
    told = check_one(recording, replace(named(recording.kernel), split="BUG")).differ.values()
    assert any("kernel BUG at mm/mempolicy.c" in difference for difference in told)


@pytest.mark.parametrize("recording", COMPARED, ids=named_so)
def test_outside_group_f_no_recording_sees_cpusets_show_lock_holes_hinting_or_a_remount_without_mpol(recording):
    kernel = named(recording.kernel)
    flipped = {name: not getattr(kernel, name) for name in UNSEEN if name != "shared_policy_lock"}
    flipped["shared_policy_lock"] = "mutex" if kernel.shared_policy_lock == "rwlock" else "rwlock"
    assert differing([recording], **flipped) == 0


@pytest.mark.parametrize("switch", HALF_SEEN)
def test_on_the_other_kernels_no_recording_sees_the_switch(switch):
    value, kernel = HALF_SEEN[switch]
    assert getattr(named(kernel), switch) != value
    assert differing(recorded(kernel), **{switch: value}) == 0
    assert switch in {row[0] for row in SEEN}


def test_every_switch_is_in_the_tables_of_what_recordings_see():
    assert {row[0] for row in SEEN} | set(UNSEEN) == {f.name for f in fields(Kernel)} - {"name"}


COMPARED_FIELDS = [
    ("6.12.117", "a", "mount", -22), ("6.12.117", "a", "file_policy", [9, 9, 9]), ("6.12.117", "b", "nodes", [9]),
    ("6.12.117", "c", "half_nodes", [9]), ("6.12.117", "c", "pages_that_moved", 1), ("6.12.117", "c", "remount", -22),
    ("6.12.117", "h", "set_mempolicy", -1), ("6.12.117", "h", "reads_back", [9, 9, 9]), ("3.8-mutex", "a", "errno", 1),
    ("3.8-mutex", "b", "pol", 9), ("3.8-mutex", "b", "nodes", [9]), ("3.8-mutex", "c", "first_file", [9, 9]),
    ("3.8-mutex", "d", "own", []), ("3.8-mutex", "d", "fresh", []), ("3.8-mutex", "d", "nodes", [9]),
    ("6.1.192", "d", "policy_runs", []), ("6.1.192", "d", "second_process_differs", 1), ("6.1.192", "d", "nodes", [9]),
    ("6.12.117", "e", "file_nodes", [9]), ("6.12.117", "e", "cow_nodes", [9]), ("6.1.192", "e", "cow_nodes_off", [9]),
    ("6.1.192", "g", "steps", [{"do": "touch", "ret": -1, "nodes": [9], "ops": [["touch", "a"]]}]),
    ("3.8-mutex", "t", "AnonHugePages_kB", 2048), ("3.8-split-mended", "t", "AnonHugePages_kB", 2048)]


def first_compared(recording):
    """The recording from its first compared record on."""
    found = outcomes(recording, named(recording.kernel))
    at = next(i for i, o in enumerate(found) if not isinstance(o, LeftOut))
    return recording.records[at:]


@pytest.mark.parametrize(("kernel", "group", "field", "value"), COMPARED_FIELDS)
def test_an_altered_field_of_a_record_is_noticed_and_told(kernel, group, field, value):
    recording = recorded(kernel, group)[0]
    records = first_compared(recording)
    row = check_one(replace(recording, records=({**records[0], field: value}, *records[1:])), named(kernel))
    assert list(row.differ) == [0] or group == "c"  # c of v3.8 is one long story
    assert "recorded" in row.differ[0] and "model" in row.differ[0]


KINDS = [  # of e: each kind of record, and a field of it that is compared
    ("precedence", "at_addr", [9, 9, 9]), ("precedence", "nodes", [9]), ("mbind_other", "mbind", -22),
    ("mbind_other", "own_page4", [9, 9, 9]), ("mbind_other", "shared_page0", [9, 9, 9]),
    ("mbind_other", "shared_page4", [9, 9, 9]), ("mbind_other", "shared_nodes", [9]),
    ("mbind_other", "private_nodes", [9]), ("fill", "runs", [[9, 1]]), ("bind_full", "errno", 12),
    ("bind_full", "signal", 0), ("bind_full", "what", "anon touch, task prefer:3")]


@pytest.mark.parametrize("kernel", ["6.1.192", "6.12.117"])
@pytest.mark.parametrize(("kind", "field", "value"), KINDS)
def test_every_kind_of_private_and_full_records_is_compared(kernel, kind, field, value):
    recording = recorded(kernel, "e")[0]
    record = next(r for r in recording.records if r["exp"] == kind)
    row = check_one(replace(recording, records=({**record, field: value},)), named(kernel))
    assert (row.compared, list(row.differ)) == (1, [0])


@pytest.mark.parametrize("kernel", ["6.1.192", "6.12.117"])
@pytest.mark.parametrize(("field", "value"), [("ret", -22), ("nodes", [9] * 24)])
def test_each_step_of_a_moved_page_is_compared_and_told_by_its_words(kernel, field, value):
    recording = recorded(kernel, "g")[0]
    for record in recording.records:
        for number, step in enumerate(record["steps"]):
            steps = [*record["steps"][:number], {**step, field: value}, *record["steps"][number + 1:]]
            row = check_one(replace(recording, records=({**record, "steps": steps},)), named(kernel))
            assert f"step {number} ({step['do']})" in row.differ[0]


@pytest.mark.parametrize("kernel", ["6.1.192", "6.12.117"])
def test_of_migrate_pages_return_only_an_error_counts_for_it_counts_pages_of_the_whole_process(kernel):
    recording = recorded(kernel, "g")[0]
    record = next(r for r in recording.records if r["exp"] == "fight_migrate_pages")
    steps = [{**s, "ret": 5} if s["do"].startswith("migrate_pages") else s for s in record["steps"]]
    assert check_one(replace(recording, records=({**record, "steps": steps},)), named(kernel)).all_reproduced


@pytest.mark.parametrize("kernel", ["6.1.192", "6.12.117"])
def test_each_step_of_the_demos_is_compared(kernel):
    recording = recorded(kernel, "d")[0]
    for record in (r for r in recording.records if r["exp"] != "seq"):
        for number, step in enumerate(record["steps"]):
            for field, value in (("ret", -22), ("page8", [9, 9, 9])):
                steps = [*record["steps"][:number], {**step, field: value}, *record["steps"][number + 1:]]
                row = check_one(replace(recording, records=({**record, "steps": steps},)), named(kernel))
                assert f"step {number} {field}" in row.differ[0]


@pytest.mark.parametrize("kernel", ["3.8-mutex", "3.8-split-mended"])
def test_v3_8_may_take_two_locals_for_the_same_or_not_but_nothing_else_is_left_to_chance(kernel):
    recording = recorded(kernel, "d")[0]
    locals_of = [sum(not c[3] and c[2] in (1, 4) for c in r["calls"]) for r in recording.records]
    several = [r for r, count in zip(recording.records, locals_of, strict=True) if count > 1 and r["via"] == "long"]
    assert several
    spoilt = tuple({**r, "fresh": [[9, 9], *r["fresh"][1:]]} for r in several[:5])
    assert len(check_one(replace(recording, records=spoilt), named(kernel)).differ) == len(spoilt)


# --- the command ---

def run(*args):
    """The command as a shell runs it: (exit status, what it printed, what it complained)."""
    command = [sys.executable, "-m", "numakit.recordings", *args]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def test_the_own_recordings_are_all_reproduced_and_the_exit_status_is_0():
    status, printed, complained = run("check")
    assert (status, complained) == (0, "")
    assert re.search(r"^All [\d,]+ observations compared are reproduced; [\d,]+ left out\.$", printed, re.MULTILINE)


def test_json_gives_the_rows_with_the_keys_that_others_rely_on(capsys, one):
    assert main(["check", str(one[0]), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    keys = {"kernel", "group", "compared", "reproduced", "left_out", "reasons", "differ"}
    assert len(rows) == 1 and keys <= set(rows[0])
    assert (rows[0]["kernel"], rows[0]["group"], rows[0]["compared"], rows[0]["differ"]) == ("6.12.117", "a", 5, [])


def test_one_altered_record_ends_in_1_and_is_told(capsys, one):
    folder, path, content = one
    altered(path, content, shown="rw,mpol=bind:3", mount=0)
    assert main(["check", str(folder)]) == 1
    printed = capsys.readouterr().out
    assert "differs: record 0:" in printed and "4 of 5 observations" in printed
    assert main(["check", str(folder), "--json"]) == 1
    row = json.loads(capsys.readouterr().out)[0]
    assert (row["compared"], row["reproduced"], [d["record"] for d in row["differ"]]) == (5, 4, [0])


def test_only_the_first_few_differences_are_told(capsys, one):
    folder, path, content = one
    path.write_text(json.dumps(content | {"records": [r | {"mount": -99} for r in content["records"]]}))
    assert main(["check", str(folder)]) == 1
    printed = capsys.readouterr().out
    assert printed.count("differs: record") == 3 and "and 2 more that differ" in printed


def test_where_nothing_can_be_compared_the_exit_status_is_1(capsys, tmp_path):
    balancing = next(r for r in own() if (r.kernel, r.group) == ("6.12.117", "f"))
    content = {"header": dict(balancing.header), "records": [dict(balancing.records[0])]}
    (tmp_path / "z_unknown.json").write_text(json.dumps(content))
    assert main(["check", str(tmp_path)]) == 1
    assert "Nothing could be compared: 1 observations left out." in capsys.readouterr().out


def test_a_kernel_chosen_by_name_lends_its_rules_and_is_said(capsys, one):
    assert main(["check", str(one[0]), "--kernel", "6.1", "--json"]) in (0, 1)
    row = json.loads(capsys.readouterr().out)[0]
    assert (row["kernel"], row["rules"]) == ("6.12.117", "6.1.192")
    main(["check", str(one[0]), "--kernel", "6.1"])
    assert "by the rules of 6.1.192" in capsys.readouterr().out


def test_a_kernel_that_the_kit_does_not_know_is_read_by_the_nearest_rules(one):
    folder, path, content = one
    path.write_text(json.dumps(content | {"header": content["header"] | {"kernel": "6.13.1"}}))
    row = check(read(folder))[0]
    assert (row.kernel, row.rules, row.all_reproduced) == ("6.13.1", "6.12.117", True)
    assert "by the rules of 6.12.117" in table([row])


@pytest.mark.parametrize("args", [["check", "--kernel", "nope"], ["check", "/nowhere"], ["check", "--kernel", "6.2"]])
def test_what_can_not_be_read_or_is_not_known_ends_in_2(capsys, args):
    assert main(args) == 2
    out, err = capsys.readouterr()
    assert out == "" and (args[-1] in err)


@pytest.mark.parametrize("args", [[], ["nope"], ["check", "--nope"]])
def test_a_wrong_command_line_ends_in_2(capsys, args):
    with pytest.raises(SystemExit) as ended:
        main(args)
    assert ended.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_rules_under_which_the_model_dies_are_told_as_a_difference(capsys):
    assert main(["check", "--kernel", "3.8"]) == 1


# --- the reader ---

def test_a_folder_of_folders_a_folder_and_a_file_are_read(one):
    folder, path, content = one
    path.unlink()
    path = folder / "6.12" / path.name
    path.parent.mkdir()
    path.write_text(json.dumps(content))
    for asked in (folder, path.parent, path):
        assert [r.path for r in read(asked)] == [path]


def test_gzipped_recordings_are_read_as_plain_ones(one):
    folder, path, content = one
    (folder / "b").mkdir()
    (folder / "b" / "a_mount_option.json.gz").write_bytes(gzip.compress(json.dumps(content).encode()))
    plain, packed = read(path)[0], read(folder / "b")[0]
    assert (plain.header, plain.records) == (packed.header, packed.records)


GOOD_HEADER = {"kernel": "6.12.117"}
BAD_FILES = {
    "broken JSON": b"{", "no JSON at all": b"\x00\xff", "empty": b"", "a list": b"[]", "a number": b"1",
    "null": b"null",
    "no header": b'{"records": []}', "no records": b'{"header": {"kernel": "6.1.192"}}',
    "header no object": b'{"header": [], "records": []}',
    "records no list": b'{"header": {"kernel": "6.1"}, "records": {}}',
    "no kernel": b'{"header": {}, "records": []}', "kernel no name": b'{"header": {"kernel": "new"}, "records": []}',
    "kernel a number": b'{"header": {"kernel": 6.1}, "records": []}',
    "kernel a list": b'{"header": {"kernel": []}, "records": []}',
    "kernel null": b'{"header": {"kernel": null}, "records": []}',
    "record no object": b'{"header": {"kernel": "6.1.192"}, "records": [1]}', "too deep": b"[" * 100_000,
    "not UTF-8": b'{"header": "\xff"}',
}


@pytest.mark.parametrize("content", BAD_FILES.values(), ids=BAD_FILES)
def test_a_file_that_is_no_recording_is_named(tmp_path, content):
    path = tmp_path / "a_bad.json"
    path.write_bytes(content)
    with pytest.raises(BadRecording, match="a_bad.json"):
        check(read(tmp_path))
    assert main(["check", str(tmp_path)]) == 2


@pytest.mark.parametrize("spoil", [lambda b: b[:-9], lambda b: b[:30] + b"\0\0\0\0" + b[34:], lambda b: b"x" + b,
                                   lambda b: b[:-4] + b"\1\2\3\4", lambda b: b""],
                         ids=["cut short", "altered inside", "no gzip", "wrong length", "empty"])
def test_a_broken_gzip_is_named(tmp_path, spoil, capsys):
    source = next((DATA / "6.12").glob("a_*.gz"))
    (tmp_path / "a_bad.json.gz").write_bytes(spoil(source.read_bytes()))
    assert main(["check", str(tmp_path)]) == 2
    assert "a_bad.json.gz" in capsys.readouterr().err


@pytest.mark.parametrize("make", [lambda p: p / "missing", lambda p: p], ids=["missing", "empty"])
def test_a_folder_without_recordings_is_named(tmp_path, make, capsys):
    folder = make(tmp_path)
    assert main(["check", str(folder)]) == 2
    assert str(folder) in capsys.readouterr().err


@pytest.mark.parametrize("name", ["distance0", "cpus1", "has_memory"])
def test_a_header_without_its_nodes_is_named(one, name, capsys):
    folder, path, content = one
    header = {k: v for k, v in content["header"].items() if k != name}
    path.write_text(json.dumps(content | {"header": header}))
    assert main(["check", str(folder)]) == 2
    assert "a_mount_option.json" in capsys.readouterr().err


# What the replay of a record needs, or compares: without it the record does not read.
NEEDED = [("6.12.117", "a", "opt mount remount after_remount"), ("6.12.117", "b", "exp mpol ino how cpu nodes"),
          ("6.12.117", "c", "from to half_ino half_nodes half_policy_before new_nodes truncated_policy shown"),
          ("6.12.117", "d", "exp via calls mount ino cpu policy_runs nodes second_process_differs"),
          ("6.12.117", "e", "exp ops file_nodes cow_nodes cow_nodes_off"), ("6.1.192", "g", "ops steps"),
          ("3.8-mutex", "t", "madvise what AnonHugePages_kB"),
          ("6.12.117", "h", "exp mode mask set_mempolicy mbind"), ("3.8-mutex", "a", "opt errno shown"),
          ("3.8-mutex", "b", "opt cpu ino first_index nodes pol mask"),
          ("3.8-mutex", "c", "opt errno shown new_file first_file"),
          ("3.8-mutex", "d", "via calls mnt ino own fresh nodes")]
EACH = [(kernel, group, name) for kernel, group, names in NEEDED for name in names.split()]


@pytest.mark.parametrize(("kernel", "group", "name"), EACH)
def test_a_record_without_a_field_is_named_with_its_number(kernel, group, name):
    recording = recorded(kernel, group)[0]
    first, *rest = first_compared(recording)
    without = {k: v for k, v in first.items() if k != name}
    with pytest.raises(BadRecording, match="record 0"):
        check_one(replace(recording, records=(without, *rest)), named(kernel))


@pytest.mark.parametrize(("name", "value"), [
    ("opt", 5), ("opt", None), ("after_remount", 1), ("mount", "0"), ("shown", None)])
def test_a_field_of_another_kind_is_refused_or_differs(one, name, value):
    folder, path, content = one
    altered(path, content, **{name: value})
    assert main(["check", str(folder)]) in (1, 2)


# --- the look-up of one case ---

@pytest.mark.parametrize("kernel", sorted({r.kernel for r in own()}))
def test_a_recorded_case_is_found_again(kernel):
    found = [r for r in recorded(kernel, "b")[0].records if "nodes" in r and not r.get("first_index") and "exp" in r
             and r["exp"] == "place" and "mpol=" in r["mpol"]]
    for record in found[:5]:
        option = record["mpol"].partition("mpol=")[2]
        nodes = recorded_placement(named(kernel), option, record["ino"], record["cpu"], record["how"])
        assert nodes == tuple(record["nodes"])


def test_where_nothing_was_recorded_there_is_no_case():
    assert recorded_placement(V6_12, "interleave:0-3", 123456789, 0) is None
    assert recorded_placement(replace(V6_12, split="BUG"), "interleave:0-3", 2, 0) is None
    assert recorded_placement(KERNELS["6.8"], "interleave:0-3", 2, 0) is None


def test_the_machine_of_a_recording_is_the_one_of_its_header():
    machine = machine_of(recorded("6.1.192")[0], named("6.1"))
    assert (machine.memory, machine.topology.distance(0, 3), machine.node_of_cpu(2)) == (Nodemask.parse("0-3"), 22, 2)
