# SPDX-License-Identifier: GPL-2.0-only
"""The picture of a mount over its remounts: what the mount says after each step, and what each file keeps."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from numakit.errors import InvalidMount
from numakit.machine import Machine
from numakit.mempolicy import Mempolicy, policy_text
from numakit.show import palette
from numakit.show.drawing import Drawing, note_height, text_width
from numakit.show.table import Table
from numakit.tmpfs import Inode, Mount, whole_file

Step = tuple[str, str]
"""('mount', options), ('remount', options) or ('create', name)."""

LEFT, TOP, ROW, GAP = 24, 92, 74, 8
MINI, MOST = 22, 4  # small node cells, and how many of them fit under a policy's words

STEP = 10.5
"""The size of a step's own words: six columns fit beside a notebook's file list."""

SAME, SAME_BEFORE, DIFFERS = "as the mount's", "made with it", "keeps its own"
OWN_NODE = ("the CPU's node",)
TASKS_FIRST = ("the task's, else", "the CPU's node")  # a file without a policy asks the task

STORY: tuple[Step, ...] = (("mount", "mpol=interleave:0-3"), ("create", "a"), ("remount", "mpol=bind:1"),
                           ("create", "b"), ("remount", "mpol=local"), ("create", "c"))
"""A mount that is remounted twice, with a file made under each of its policies."""


@dataclass(frozen=True, slots=True)
class MountPicture:
    """The steps of a story, and the mount after each of them: mounts[i] is what steps[i] left."""

    steps: tuple[Step, ...]
    mounts: tuple[Mount, ...]

    @property
    def last(self) -> Mount:
        """The mount after all steps."""
        return self.mounts[-1]

    def same(self) -> tuple[str, ...]:
        """The files whose policy is what the mount would give a new file now."""
        return tuple(f.name for f in self.last.files if is_of_now(self.last, f))

    def keeping(self) -> tuple[str, ...]:
        """The files that keep another policy, from their creation."""
        return tuple(f.name for f in self.last.files if not is_of_now(self.last, f))

    def sentence(self) -> str:
        """What the last step did, and which files keep an older policy."""
        done = " ".join(filter(None, self.steps[-1]))
        return f"After {done}, {self.last.path} says {says(self.last)}. {self.verdict()}"

    def verdict(self) -> str:
        """Which files have the mount's policy of now and which keep an older one."""
        if not self.last.files:
            return "There is no file yet."
        same = f"The same as the mount's now: {', '.join(self.same()) or 'no file'}.{self._by_birth()}"
        if not self.keeping():
            return same
        kept = ", ".join(f"{name} ({policy_text(self.last[name].policy())})" for name in self.keeping())
        return f"{same} Keeping what it was created with: {kept}. A remount changes no file."

    def older(self, at: int = -1) -> frozenset[str]:
        """The files that, after step `at`, are older than the last remount: what they have, they had before it."""
        steps = self.steps[:at % len(self.steps) + 1]
        last = max((i for i, (verb, _) in enumerate(steps) if verb == "remount"), default=0)
        return frozenset(f.name for f in self.mounts[last].files)

    def _by_birth(self) -> str:
        """A word on files that have the mount's policy without having followed it there."""
        names = [name for name in self.same() if name in self.older()]
        if not names:
            return ""
        who, have = ("File {} is", "it has") if len(names) == 1 else ("Files {} are", "they have")
        older = f"{who.format(' and '.join(names))} older than the last remount"
        return f" {older}: {have} the same by having been made with it."

    def table(self) -> Table:
        """A row for each step: the mount's policy and each file's after it."""
        names = [f.name for f in self.last.files]
        rows: tuple[tuple[str | int, ...], ...] = tuple(
            (at + 1, " ".join(filter(None, step)), says(mount), *(self._cell_words(at, name) for name in names))
            for at, (step, mount) in enumerate(zip(self.steps, self.mounts, strict=True)))
        return Table(("step", "what was done", "the mount says", *names), rows, self.title())

    def title(self) -> str:
        """The question."""
        return f"Which files follow a remount of {self.last.path}? ({self.last.machine.kernel.title})"

    def svg(self) -> str:
        """The picture as inline SVG."""
        return str(self.drawing())

    def drawing(self) -> Drawing:
        """The picture as a Drawing."""
        width = max(self._left() + len(self.steps) * self._column() + LEFT - GAP,
                    2 * LEFT + text_width(self.title(), 17, 600))
        wide, rows = width - 2 * LEFT, 1 + len(self.last.files)
        note = TOP + 34 + rows * ROW + 8
        drawing = Drawing(width, note + note_height(self.verdict(), wide) + 24, self.title(), self.sentence())
        drawing.text(LEFT, 34, self.title(), 17, weight=600)
        drawing.text(LEFT, 56, "A column for each step, from left to right; a row for each file.", fill=palette.SOFT)
        self._draw_labels(drawing)
        for at in range(len(self.steps)):
            self._draw_step(drawing, at)
        drawing.note(LEFT, note, wide, self.verdict(), "plain")
        return drawing

    def _draw_labels(self, drawing: Drawing) -> None:
        drawing.text(LEFT, TOP + 34 + 26, f"{self.last.path} says", weight=600)
        for row, file in enumerate(self.last.files, start=1):
            drawing.text(LEFT, TOP + 34 + row * ROW + 20, f"file {file.name}", weight=600)
            drawing.text(LEFT, TOP + 34 + row * ROW + 37, f"inode {file.i_ino}", 12, palette.SOFT)

    def _draw_step(self, drawing: Drawing, at: int) -> None:
        x, (verb, what), mount = self._left() + at * self._column(), self.steps[at], self.mounts[at]
        drawing.text(x, TOP, f"{at + 1}. {verb}", weight=600)
        drawing.text(x, TOP + 18, what or "(no options)", STEP, palette.SOFT)
        given = whole_file(mount.mpol, mount.machine)
        self._draw_box(drawing, x, 0, says(mount), self._effect(at), given.lookup(0), "plain")
        for row, file in enumerate(mount.files, start=1):
            tone = "good" if is_of_now(mount, file) else "old"
            self._draw_box(drawing, x, row, policy_text(file.policy()), self.relation(at, file), file.policy(), tone)

    def _draw_box(self, drawing: Drawing, x: float, row: int, words: str, remark: str, policy: Mempolicy | None,
                  tone: str) -> None:
        y, (fill, ink), nodes = TOP + 34 + row * ROW, palette.TONES[tone], _nodes(policy)
        drawing.rect(x, y, self._column() - GAP, ROW - 9, fill, rx=4)
        drawing.text(x + 7, y + 17, words, 11.5, ink, weight=600)
        drawing.text(x + 7, y + 32, remark, 11, ink)
        if not nodes:
            drawing.lines(x + 7, y + (52 if policy else 45), list(_instead(policy)), 10, ink)
        for place, nid in enumerate(nodes[:MOST]):
            drawing.cell(x + 7 + place * (MINI + 3), y + 37, nid, MINI)
        if len(nodes) > MOST:
            drawing.text(x + 7 + MOST * (MINI + 3), y + 52, f"and {len(nodes) - MOST} more", 11, ink)

    def _effect(self, at: int) -> str:
        if self.mounts[at].stale:
            return "freed: a bug"
        if self.steps[at][0] != "remount":
            return ""
        return "no change" if self.mounts[at].mpol == self.mounts[at - 1].mpol else "for new files"

    def relation(self, at: int, file: Inode) -> str:
        """How a file's policy stands to the mount's after step `at`, in words for the picture."""
        if not is_of_now(self.mounts[at], file):
            return DIFFERS
        return SAME_BEFORE if file.name in self.older(at) else SAME

    def _cell_words(self, at: int, name: str) -> str:
        if name not in self.mounts[at]:
            return "not there yet"
        file = self.mounts[at][name]
        return f"{policy_text(file.policy())}, {self.relation(at, file)}"

    def _left(self) -> float:
        words = [f"{self.last.path} says", *(f"file {f.name}" for f in self.last.files)]
        return LEFT + max(text_width(w, 13, 600) for w in words) + 16

    def _column(self) -> float:
        words = [says(m) for m in self.mounts] + [policy_text(f.policy()) for f in self.last.files]
        texts = [text_width(w, 11.5, 600) + 14 for w in words] + [text_width(w, STEP) for _, w in self.steps]
        cells = MOST * (MINI + 3) + 12.0
        if any(len(_nodes(m.mpol)) > MOST for m in self.mounts):
            cells += text_width("and 999 more", 11) + 4
        texts += [text_width(w, 11) + 14 for w in (SAME, SAME_BEFORE, DIFFERS, *OWN_NODE, *TASKS_FIRST)]
        return max(cells, *texts) + GAP


def says(mount: Mount) -> str:
    """What the mount's policy is, in the words of its option: 'bind:1', 'default' for none."""
    return policy_text(mount.mpol)


def is_of_now(mount: Mount, file: Inode) -> bool:
    """Whether a file has the policy that the mount would give a new file now."""
    return file.policy() == whole_file(mount.mpol, mount.machine).lookup(0)


def _nodes(policy: Mempolicy | None) -> tuple[int, ...]:
    return () if policy is None else tuple(policy.nodes)


def _instead(policy: Mempolicy | None) -> tuple[str, ...]:
    """What stands where a policy names no nodes: whose node a page gets then."""
    return TASKS_FIRST if policy is None else OWN_NODE


def mount_picture(steps: Sequence[Step] = STORY, machine: Machine | None = None, path: str = "/tmp",
                  pages: int = 16) -> MountPicture:
    """A mount through its steps, the first of which mounts it. Raises InvalidMount or InvalidPolicy for a bad step."""
    if not steps or steps[0][0] != "mount":
        raise InvalidMount("the first step is not a mount", "('mount', 'mpol=local') would do first",
                           "remount and open fail where nothing is mounted")
    mounts = [Mount.new(path, steps[0][1], machine or Machine())]
    for verb, what in steps[1:]:
        mounts.append(_after(mounts[-1], verb, what, pages))
    return MountPicture(tuple(steps), tuple(mounts))


def _after(mount: Mount, verb: str, what: str, pages: int) -> Mount:
    if verb == "remount":
        return mount.remount(what)
    if verb == "create":
        return mount.create(what, pages)
    raise InvalidMount(f"{verb!r} is no step", "'remount' or 'create' would do", "a mount is mounted once here")
