# SPDX-License-Identifier: GPL-2.0-only
"""The picture of one file under mbind by several processes: their mappings above, the file's tree below."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from numakit.errors import BadRange
from numakit.kernel import V6_1, Kernel
from numakit.mempolicy import Mempolicy, policy_text
from numakit.show.drawing import Drawing
from numakit.show.mbind_script import FILE_PAGES, Call, State, call_text, policies_text, runs, states
from numakit.show.mbind_visits import pages_text
from numakit.show.range_lanes import Box, Lane, Sheet, in_a_row
from numakit.show.table import Table

BARS = "Black bar: the pages that the call names. Red bar: the pages whose policy it changed in the file."

Seen = Mapping[int, Mempolicy | None]
"""What a real kernel showed for some or all pages."""


@dataclass(frozen=True, slots=True)
class RangeMapPicture:
    """A script of mbind calls, and what stands after each that was done: states[0] is before the first.

    recorded: what a real kernel showed after just these calls, None where that was not recorded.
    """

    calls: tuple[Call, ...]
    states: tuple[State, ...]
    recorded: Seen | None = None

    @property
    def last(self) -> State:
        """The state after the last call that was done."""
        return self.states[-1]

    @property
    def kernel(self) -> Kernel:
        """Whose rules hold."""
        return self.last.mount.machine.kernel

    @property
    def done(self) -> int:
        """How many calls were done; the one that the kernel dies in is counted."""
        return len(self.states) - 1

    @property
    def changed(self) -> tuple[int, ...]:
        """The pages whose policy in the file's tree the last call changed."""
        if not self.done:
            return ()
        pairs = zip(self.states[-2].policies(), self.last.policies(), strict=True)
        return tuple(page for page, (old, now) in enumerate(pairs) if old != now)

    @property
    def beyond(self) -> tuple[int, ...]:
        """Those of the changed pages that the last call did not name."""
        return tuple(page for page in self.changed if page not in self._named())

    @property
    def refused(self) -> tuple[int, ...]:
        """The pages that the last call named and that have another policy after it than it asked for."""
        if not self.done or self.last.bug:
            return ()
        policies, wanted = self.last.policies(), self.last.visits[0].new
        return tuple(page for page in self._named() if policies[page] != wanted)

    @property
    def differing(self) -> tuple[int, ...]:
        """The pages that the recorded kernel showed with another policy than the model: none, if it is right."""
        policies = self.last.policies()
        return tuple(page for page, seen in (self.recorded or {}).items()
                     if policy_text(seen) != policy_text(policies[page]))

    def sentence(self) -> str:
        """What the last call did, by which rule, what the file says now, and what the recording says."""
        now = f"The file now: {policies_text(self.last.policies())}."
        return " ".join(filter(None, (f"{self.kernel.title}.", self.verdict(), now, self.recording_says())))

    def verdict(self) -> str:
        """The last call and the rules that acted; or how the kernel died of it."""
        if not self.done:
            return "Nothing is done yet: every process has one mapping of the whole file, without a policy."
        call = self.calls[self.done - 1]
        head = f"Call {self.done} of {len(self.calls)}, {call_text(call)}."
        if self.last.bug:
            return (f"{head} {self.kernel.title} dies here: {self.last.bug}. "
                    "The picture shows what was there before the call.")
        told = " ".join(visit.sentence(call[0]) for visit in self.last.visits)
        return " ".join(filter(None, (head, told, self._beyond_says(call[0]), self._refused_says())))

    def recording_says(self) -> str:
        """Whether the very same calls were recorded, and whether that kernel showed the same."""
        if not self.done:
            return ""
        if self.recorded is None:
            return "There is no recording of these very calls."
        which = "every page" if len(self.recorded) == FILE_PAGES else \
            f"each of the pages that were asked about ({', '.join(map(str, self.recorded))})"
        if not self.differing:
            return f"The recorded kernel showed the same for {which}."
        return f"The recorded kernel showed something else for {_pages(self.differing)}."

    def table(self) -> Table:
        """A row for each call that was done."""
        rows: list[tuple[str | int, ...]] = [(0, "", "", policies_text(self.states[0].policies()))]
        for number, state in enumerate(self.states[1:], start=1):
            call = self.calls[number - 1]
            told = state.bug or " ".join(visit.sentence(call[0]) for visit in state.visits)
            rows.append((number, call_text(call), told, policies_text(state.policies())))
        return Table(("call", "what was asked", "what happened", "the file afterwards"), tuple(rows), self.title())

    def title(self) -> str:
        """The question."""
        return f"What does each mbind change? ({self.kernel.title})"

    def svg(self) -> str:
        """The picture as inline SVG."""
        return str(self.drawing())

    def drawing(self) -> Drawing:
        """The picture as a Drawing."""
        return Sheet(self.title(), self.sentence(), (self._mounted(), BARS), tuple(map(call_text, self.calls)),
                     self.done, self._lanes(), self._words(), self.verdict(), self._tone()).drawing()

    def _mounted(self) -> str:
        words = policy_text(self.last.mount.mpol)
        return f"A file of {FILE_PAGES} pages on a mount with mpol={words}. Each process has mapped all of it."

    def _named(self) -> range:
        _, first, pages, _ = self.calls[self.done - 1] if self.done else ("", 0, 0, "")
        return range(first, first + pages)

    def _beyond_says(self, who: str) -> str:
        if not self.beyond:
            return ""
        before = self.states[-2]
        lost = [f"{_whose(before.owners[run[0]], who)} {policy_text(before.policies()[run[0]])} on {_pages(run)}"
                for run in self._runs_beyond()]
        return f"So the call wiped out, on pages that it did not name, {' and '.join(lost)}."

    def _runs_beyond(self) -> list[tuple[int, ...]]:
        """The pages changed beyond the call, those in a row with the same owner and policy before together."""
        before = self.states[-2]
        keys = [f"{before.owners[page]} {policy_text(before.policies()[page])}" if page in self.beyond else ""
                for page in range(FILE_PAGES)]
        return [tuple(range(start, end)) for start, end, text in runs(keys) if text]

    def _refused_says(self) -> str:
        if not self.refused:
            return ""
        wanted, policies = self.last.visits[0].new, self.last.policies()
        has = " and ".join(dict.fromkeys(policy_text(policies[page]) for page in self.refused))
        return f"The file keeps {has} on {_pages(self.refused)}, although the call asked for {policy_text(wanted)}."

    def _tone(self) -> str:
        if self.last.bug or self.differing:
            return "bad"
        return "old" if self.beyond or self.refused else "plain"

    def _lanes(self) -> tuple[Lane, ...]:
        lanes = [Lane(f"process {who}", "its mappings", _vma_boxes(self.last, who), tuple(self._named_by(who)))
                 for who in self.last.spaces]
        file = Lane("the file", "its tree", _boxes(dict(enumerate(self.last.policies()))), below=self.changed)
        remark = "no recording of these very calls" if self.recorded is None and self.done else ""
        return (*lanes, file, Lane("recorded", self.kernel.title, _boxes(self.recorded or {}), remark=remark))

    def _named_by(self, who: str) -> range:
        return self._named() if self.done and self.calls[self.done - 1][0] == who else range(0)

    def _words(self) -> tuple[str, ...]:
        """All policies that the picture can show, in the order in which they come."""
        every = [policy_text(self.states[0].policies()[0])]
        every += [policy_text(visit.new) for state in self.states[1:] for visit in state.visits]
        return tuple(every + [policy_text(seen) for seen in (self.recorded or {}).values()])


def range_map_picture(calls: Sequence[Call], options: str = "", kernel: Kernel = V6_1, done: int | None = None,
                      recorded: Seen | None = None) -> RangeMapPicture:
    """A file of 32 pages under the first `done` calls (None: all), each process through one mapping of the whole file.

    calls: (process, first page, pages, policy in the option's words); options: the mount's; recorded: what a real
    kernel showed after just these. Raises BadRange, InvalidPolicy, InvalidMount.
    """
    count = len(calls) if done is None else done
    if not 0 <= count <= len(calls):
        raise BadRange(f"{count} calls can't be done", f"0 to {len(calls)} would do", "Linux does them as they come")
    return RangeMapPicture(tuple(calls), states(calls, options, kernel)[:count + 1], recorded)


def _vma_boxes(state: State, who: str) -> tuple[Box, ...]:
    return tuple((v.pgoff, v.pgoff + v.pages, policy_text(v.policy)) for v in state.spaces[who].vmas)


def _boxes(seen: Seen) -> tuple[Box, ...]:
    """Pages with their policies as boxes; pages that were not asked about stay free."""
    texts = [policy_text(seen[page]) if page in seen else "" for page in range(FILE_PAGES)]
    return tuple(run for run in runs(texts) if run[2])


def _pages(pages: Sequence[int]) -> str:
    """Pages in words, those in a row together: 'pages 0 to 7 and page 9'."""
    return " and ".join(pages_text(row.start, row.stop) for row in in_a_row(pages))


def _whose(owner: str, who: str) -> str:
    return "its own" if owner == who else f"{owner}'s" if len(owner) == 1 else "the mount's"
