# SPDX-License-Identifier: GPL-2.0-only
"""The counts that fights tell as recorded, counted again from the recordings; and the model's beside them."""
import pytest

from numakit.fights import bind, copies, default_shmem, first_page, move_against_fault, recorded, two_mbinds
from numakit.kernel import named
from numakit.recordings import own

MODERN, V3_8 = ["6.1.192", "6.12.117"], ["3.8-mutex", "3.8-split-mended"]


def records(kernel, group):
    """The records of one group of one kernel."""
    return next(r.records for r in own() if (r.kernel, r.group) == (kernel, group))


def steps(record):
    """What each step of a record did -> the nodes after it."""
    return {step["do"]: step["nodes"] for step in record["steps"]}


def used(kernel, case):
    """One use of memory while balancing ran: (pages that moved, pages)."""
    [record] = [r for r in records(kernel, "f") if r.get("case") == case]
    begun, ended = record["timeline"][0][1], record["timeline"][-1][1]
    return sum(a != b for a, b in zip(begun, ended, strict=True)), len(begun)


def used_v3_8(kernel, opt):
    """A shared mapping of 1,024 pages of one process, used by a task that went to node 1."""
    wanted = {"opt": opt, "act": "", "map": "shared", "procs": 1, "pages": 1024}
    [record] = [r for r in records(kernel, "f") if all(r.get(k) == v for k, v in wanted.items())]
    return record


def differ(a, b):
    """How many of two lists of nodes differ."""
    return sum(x != y for x, y in zip(a, b, strict=True))


@pytest.mark.parametrize("kernel", MODERN)
def test_after_move_as_recorded_and_as_modelled(kernel):
    fights = [r for r in records(kernel, "g") if r["exp"] == "fight"]
    moved, anew = "mbind interleave:0-2 MOVE", "punch all, touch anew (interleave:0-2)"
    off = sum(differ(steps(r)[moved], steps(r)[anew]) for r in fights)
    assert (off, sum(len(steps(r)[anew]) for r in fights)) == recorded.AFTER_MOVE[kernel]
    told = move_against_fault(named(kernel)).told[kernel]
    assert (told["off"], told["pages"]) == recorded.AFTER_MOVE[kernel]


@pytest.mark.parametrize("kernel", MODERN)
def test_every_row_of_the_move_is_the_recorded_one(kernel):
    side = move_against_fault(named(kernel)).sides[0]
    names = {0: "touch, mpol=interleave:0-3", 1: "mbind bind:3 MOVE", 2: "mbind interleave:0-2 MOVE",
             3: "mbind interleave:0-2 MOVE again", 5: "punch all, touch anew (interleave:0-2)"}
    fights = [r for r in records(kernel, "g") if r["exp"] == "fight"]
    for row, name in names.items():
        # the recording moved from bind:3 to interleave:0-3 in between, which moves no page: its mask holds node 3
        assert side.nodes[row].tolist() == [node for r in fights for node in steps(r)[name]], name


@pytest.mark.parametrize("kernel", MODERN)
def test_copies_as_recorded_and_as_modelled(kernel):
    made = {mpol: [r for r in records(kernel, "e") if r["exp"] == "cow" and r["mpol"] == mpol]
            for mpol in ("mpol=interleave", "mpol=interleave:0,2")}
    seen = {mpol: sum(differ(r["file_nodes"], r["cow_nodes"][:16]) for r in rows) for mpol, rows in made.items()}
    assert (sum(seen.values()), sum(16 * len(rows) for rows in made.values())) == recorded.COPIES[kernel]
    for mpol, rows in made.items():
        told = copies(named(kernel), policy=mpol.removeprefix("mpol="), inodes=[r["ino"] for r in rows]).told[kernel]
        assert told["elsewhere"] == seen[mpol]


@pytest.mark.parametrize("kernel", MODERN)
def test_two_processes_as_recorded_and_as_modelled(kernel):
    counts = {}
    for record in records(kernel, "g"):
        if record["exp"] == "fight_two_processes":
            rows = list(steps(record).items())
            counts |= {f"{did.removeprefix('mbind ')}": (differ(before, after), len(after))
                       for (_, before), (did, after) in zip(rows, rows[1:], strict=False)}
    assert counts == recorded.TWO_PROCESSES
    assert two_mbinds(named(kernel)).told["MOVE"]["moves"] == counts["bind:3 MOVE"][0] == 0


@pytest.mark.parametrize("kernel", MODERN)
def test_a_replaced_policy_cannot_be_set_again_as_recorded_and_as_modelled(kernel):
    [demo] = [r for r in records(kernel, "d") if r.get("what") == "A cannot set again what B replaced"]
    assert [step["ops"][0][1] for step in demo["steps"]] == ["A", "B", "A"]
    bound = [step["page8"] for step in demo["steps"]]
    assert tuple(f"bind:{mask.bit_length() - 1}" for _, _, mask in bound) == recorded.POLICY_AGAIN
    assert two_mbinds(named(kernel), nodes=(3, 1), turns=3).told["MOVE"]["policies"] == recorded.POLICY_AGAIN


@pytest.mark.parametrize("kernel", V3_8)
def test_v3_8s_files_as_recorded_and_as_modelled(kernel):
    default, local = used_v3_8(kernel, "mpol=default"), used_v3_8(kernel, "mpol=local")
    plain = used_v3_8(kernel, "")
    assert (plain["after"][1], plain["pages"]) == recorded.DEFAULT_TMPFS[kernel]
    assert default["after"][1] > 1000 and local["after"] == local["before"]
    assert (local["migrated"], local["pages"]) == recorded.LOCAL_TMPFS[kernel]
    assert local["hint_faults"] == recorded.LOCAL_FAULTS[kernel]
    told = default_shmem(named(kernel)).told
    assert told["default"]["moves"] == 512 and told["local"]["moves"] == 0 < told["local"]["faults"]


@pytest.mark.parametrize("kernel", V3_8)
def test_v3_8s_interleaved_file_as_recorded(kernel):
    record = used_v3_8(kernel, "mpol=interleave")
    assert (record["hint_faults"], record["migrated"]) == recorded.INTERLEAVE_FAULTS[kernel]
    assert record["before"] == record["after"] == [256, 256, 256, 256, 0]


@pytest.mark.parametrize("kernel", MODERN)
def test_modern_files_as_recorded_and_as_modelled(kernel):
    told = default_shmem(named(kernel), pages=32).told
    for option, counts in (("default", recorded.DEFAULT_TMPFS), ("local", recorded.LOCAL_TMPFS)):
        assert used(kernel, f"tmpfs MAP_SHARED once, mpol={option}") == counts[kernel]
        assert (told[option]["moves"], told[option]["pages"]) == counts[kernel]


@pytest.mark.parametrize("kernel", MODERN)
@pytest.mark.parametrize("policy, case", [
    ("bind:0-1", "tmpfs MAP_SHARED once, mpol=bind:0-1"),
    ("bind=balancing:0-1", "tmpfs MAP_SHARED, mbind bind=balancing:0-1"),
    ("bind=balancing:0,2", "tmpfs MAP_SHARED, mbind bind=balancing:0,2 (CPU's node not in it)")])
def test_bound_files_as_recorded_and_as_modelled(kernel, policy, case):
    assert used(kernel, case) == recorded.BIND[f"{kernel}, {policy}"]
    nodes = (0, 2) if policy.endswith("0,2") else (0, 1)
    told = bind(named(kernel), nodes=nodes, pages=32).told[policy]
    assert (told["moves"], told["pages"]) == recorded.BIND[f"{kernel}, {policy}"]


@pytest.mark.parametrize("kernel", MODERN)
@pytest.mark.parametrize("first, case", [
    ("bind=balancing:0-1", "tmpfs MAP_SHARED, one VMA, bind=balancing only on its page 0"),
    ("bind:0-1", "tmpfs MAP_SHARED, one VMA, page 0 bind:0-1, rest default")])
def test_the_first_page_as_recorded_and_as_modelled(kernel, first, case):
    name = f"{kernel}, page 0 {first}"
    assert used(kernel, case) == recorded.FIRST_PAGE[name]
    plain, changed = first_page(named(kernel), first=first, pages=32).told.values()
    assert (changed["moves"], changed["pages"]) == recorded.FIRST_PAGE[name]
    assert (plain["moves"], plain["pages"]) == recorded.FIRST_PAGE[f"{kernel}, default"]
    assert used(kernel, "tmpfs MAP_SHARED once, mpol=default") == recorded.FIRST_PAGE[f"{kernel}, default"]


def test_counts_are_told_in_words():
    assert recorded.beside({"6.1.192": (1022, 1024), "x": (0, 1)}) == "1,022 of 1,024 (6.1.192), 0 of 1 (x)"
