# SPDX-License-Identifier: GPL-2.0-only
"""C10, of lesson 06: a remount to mpol=local reproduces the warning."""
from numakit.hinting.fault import lookup_warns
from numakit.kernel import V3_6, V3_7, V3_8, V3_8_MUTEX, V3_8_RC1, V6_1
from numakit.machine import Machine
from numakit.recordings import own
from numakit.recordings.check import outcomes
from numakit.tmpfs import Mount
from numakit.topology import recorded4_v3_8

WARNINGS = {recording.kernel: [record for record in recording.records if "bug_sleeping" in record]
            for recording in own() if recording.group == "f" and recording.is_v3_8}


def test_c10_after_a_remount_to_local_a_new_file_warns_and_an_older_one_does_not():
    seen = {r["act"]: r["bug_sleeping"] > 0 for r in WARNINGS["3.8-mutex"] if r["act"].startswith("remount")}
    assert seen == {"remount,mpol=local before create": True, "remount,mpol=local after create": False,
                    "remount,mpol=default after create": True}
    tmp = Mount.new("/tmp", "", Machine(recorded4_v3_8(), V3_8_RC1)).create("before", 1024)
    tmp = tmp.remount("mpol=local").create("after", 1024).remount("mpol=default")
    assert [bool(lookup_warns(tmp[name].shared_policy, V3_8_RC1)) for name in ("before", "after")] == [False, True]


def test_c10_the_model_says_of_every_recorded_use_whether_the_kernel_warned():
    recording = next(r for r in own() if (r.kernel, r.group) == ("3.8-mutex", "f"))
    told = [came for came in outcomes(recording, V3_8_MUTEX) if "warned" in came.observed]
    assert [came.model["warned"] for came in told] == [came.observed["warned"] for came in told]
    assert (len(told), sum(came.observed["warned"] for came in told)) == (51, 28)


def test_c10_any_policy_will_do_and_no_policy_will_not():
    usual = ("shared", 1, 1024, "")
    plain = [r for r in WARNINGS["3.8-mutex"] if (r["map"], r["procs"], r["pages"], r["act"]) == usual]
    assert {r["opt"] for r in plain if r["bug_sleeping"] == 0} == {"", "mpol=default"}
    assert len(plain) == 12


def test_c10_it_takes_the_mutex_and_hinting_faults_both():
    assert WARNINGS["3.8-split-mended"] and not any(r["bug_sleeping"] for r in WARNINGS["3.8-split-mended"])
    tree = Mount.new("/tmp", "mpol=local", Machine(recorded4_v3_8(), V3_8)).create("f", 4)["f"].shared_policy
    kernels = (V3_6, V3_7, V3_8_RC1, V3_8_MUTEX, V3_8, V6_1)
    assert [kernel for kernel in kernels if lookup_warns(tree, kernel)] == [V3_8_RC1, V3_8_MUTEX]
