# SPDX-License-Identifier: GPL-2.0-only
"""docs/explorer.md: its example gives what it says, its numbers and the names of files and switches are true."""

import re
from pathlib import Path

import pytest

from numakit.locking import Reductions
from numakit.proposals.cases import cases, one_of_each_shape

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "explorer.md").read_text(encoding="utf-8")


def test_the_example_finds_the_lost_update():
    example = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[-1]
    scope = {}
    exec(compile(example, "docs/explorer.md", "exec", dont_inherit=True), scope)
    assert {(world.balance, world.done) for world in scope["result"].outcomes} == {(10, 1), (10, 2), (20, 2)}


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(\w+\.py)`", PAGE))))
def test_each_file_that_is_named_is_there(name):
    assert (ROOT / "numakit" / "locking" / name).is_file()


@pytest.mark.parametrize("switch", ["merge", "local_steps", "twins"])
def test_each_reduction_can_be_switched(switch):
    assert f"| `{switch}` |" in PAGE and switch in Reductions.__dataclass_fields__


@pytest.mark.parametrize("scenario", ["middle", "all"])
def test_the_numbers_of_cases_are_true(scenario):
    every = cases(scenario)
    assert f"{len(one_of_each_shape(every))} of the {len(every)} " in PAGE
