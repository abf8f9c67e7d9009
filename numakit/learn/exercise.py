# SPDX-License-Identifier: GPL-2.0-only
"""The kinds of exercise: Predict a value, Choose an option, WriteRule, Match claims with evidence.

All have a number, a question, three hints from a nudge to a worked step, and `expected`, which computes the answer
from the model when it is asked for. `plausible` maps a wrong answer to a hint of its own; the wrong answer may be
a value, a function without arguments that computes it from the model, or a Where.
"""
from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from inspect import signature

from numakit.learn.answer import kind, plain, read, same, say, tidied, tidy
from numakit.learn.trial import Outcome, attempt


@dataclass(frozen=True, slots=True)
class Miss:
    """Why an answer is not right, and on which smallest case; `unreadable` if it is not even of the asked form; hint:
    the one for whatever misses in this way."""

    sentence: str
    case: str = ""
    unreadable: bool = False
    hint: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Where:
    """Any wrong answer for which `holds` says yes; `example` is one, for the tests and for the form."""

    holds: Callable[[object], bool]
    example: object

    def takes(self, answer: object) -> bool:
        """Whether this answer is one of those meant."""
        like = plain(self.example)
        came = read(answer, like)
        try:
            return kind(came) == kind(like) and self.holds(came)
        except TypeError:  # a list of odd things, which `holds` can't put into a set or compare
            return False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Exercise(ABC):
    """What every kind has; `why` is said with the word "Right"."""

    number: str
    question: str
    expected: Callable[..., object]
    hints: tuple[str, str, str]
    plausible: Mapping[object, str] = field(default_factory=dict)
    why: str = ""

    @property
    @abstractmethod
    def form(self) -> str:
        """What an answer looks like, in words."""

    @abstractmethod
    def miss(self, answer: object) -> Miss | None:
        """What is wrong with an answer; None if nothing is."""

    def is_stub(self, answer: object) -> bool:
        """Whether the place for the answer still stands as it was."""
        parts = answer.values() if isinstance(answer, Mapping) else answer if isinstance(answer, (list, tuple)) else ()
        return answer is None or answer is ... or (len(parts) > 0 and all(part is ... for part in parts))

    def resembles(self, wrong: object, answer: object) -> bool:
        """Whether an answer is the given wrong one."""
        if isinstance(wrong, Where):
            return wrong.takes(answer)
        like = tidied(self.expected())
        return same(read(worked_out(wrong), like), read(answer, like))

    def own_hint(self, answer: object) -> str:
        """The hint that belongs to just this wrong answer; "" if there is none."""
        return next((hint for wrong, hint in self.plausible.items() if self.resembles(wrong, answer)), "")

    def unreadable(self, came: object) -> Miss:
        """The miss of an answer that has not the asked form."""
        return Miss(f"{say(came)} can't be read as an answer: it is {kind(came)}.", unreadable=True)

    def __repr__(self) -> str:
        return f"{self.number}: {self.question}"


def worked_out(wrong: object) -> object:
    """A key of `plausible` as the wrong answer that it stands for."""
    if isinstance(wrong, Where):
        return wrong.example
    return wrong() if callable(wrong) else wrong


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Predict(Exercise):
    """Foretell a value of the model: a number, a list (one `each` after another), a set of nodes, a policy's text."""

    each: str = "place"

    @property
    def form(self) -> str:
        """What an answer looks like, in words."""
        wanted = plain(self.expected())
        if isinstance(wanted, frozenset):
            return "a list in any order, or a set"
        return f"a list, one entry for each {self.each}: {len(wanted)}" if isinstance(wanted, tuple) else kind(wanted)

    def miss(self, answer: object) -> Miss | None:
        """The first place that differs, counted from 0, or that it is another value."""
        wanted = tidied(self.expected())
        came = read(answer, wanted)
        if kind(came) != kind(wanted):
            return self.unreadable(came)
        if same(wanted, came):
            return None
        if isinstance(wanted, tuple) and isinstance(came, tuple):
            return self._first_difference(wanted, came)
        if isinstance(wanted, frozenset) and isinstance(came, frozenset):
            return self._one_too_many_or_missing(wanted, came)
        return Miss(f"it is not {say(came)}.")

    def _one_too_many_or_missing(self, wanted: frozenset[object], came: frozenset[object]) -> Miss:
        wrong = sorted(map(say, came - wanted), key=lambda text: (len(text), text))
        if wrong:
            return Miss(f"{self.each} {wrong[0]} does not belong there.", f"{self.each} {wrong[0]}")
        if not came:
            return Miss("there are some.")
        return Miss(f"what you have belongs there, but there are more than {len(came)}.")

    def _first_difference(self, wanted: tuple[object, ...], came: tuple[object, ...]) -> Miss:
        if len(wanted) != len(came):
            entries = "entry" if len(came) == 1 else "entries"
            return Miss(f"the list has {len(came)} {entries}, where {len(wanted)} are asked for.", unreadable=True)
        place = next(i for i, (a, b) in enumerate(zip(wanted, came, strict=True)) if not same(a, b))
        return Miss(f"{self.each} {place} (counted from 0): it is not {say(came[place])}.", f"{self.each} {place}")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Choose(Exercise):
    """Take one of the named options; `options` maps each name to what it says, `expected` computes the name."""

    options: Mapping[str, str]

    @property
    def form(self) -> str:
        """What an answer looks like, in words."""
        return f"one of {', '.join(map(repr, self.options))}"

    def miss(self, answer: object) -> Miss | None:
        """That it is no option, or another one."""
        came = read(str(answer) if isinstance(answer, int) else answer, "")
        name = next((name for name in self.options if tidy(name) == came), None)
        if name is None:
            return Miss(f"{say(came)} is none of the options.", unreadable=True)
        if tidy(name) == read(self.expected(), ""):
            return None
        return Miss(f"it is not {name!r} ({self.options[name]}).")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class WriteRule(Exercise):
    """Write a function that says what the model (`expected`, with the same arguments) says on every small case.

    `cases` gives tuples of arguments, smallest first: the first that fails is the one shown. A key of `plausible` is
    a wrong rule: a function that the learner's is taken for if both give the same on all cases.
    """

    cases: Callable[[], Iterable[tuple[object, ...]]]

    @property
    def form(self) -> str:
        """What an answer looks like, in words."""
        names = ", ".join(signature(self.expected).parameters)
        return f"a function of {names} that returns something (is there a `return`?)"

    def is_stub(self, answer: object) -> bool:
        """Whether there is no function yet, or one that gives None or ... on every case."""
        if not callable(answer):
            return Exercise.is_stub(self, answer)
        return all(is_empty(attempt(answer, case)) for case in self.cases())

    def miss(self, answer: object) -> Miss | None:
        """The smallest case on which the function differs from the model, raises, or does not end."""
        if not callable(answer):
            return self.unreadable(answer)
        misses = (self._miss_on(case, attempt(answer, case)) for case in self.cases())
        return next((miss for miss in misses if miss is not None), None)

    def _miss_on(self, case: tuple[object, ...], outcome: Outcome) -> Miss | None:
        wanted = tidied(self.expected(*case))
        came = read(outcome.value, wanted)
        names = signature(self.expected).parameters
        told = ", ".join(f"{name}={arg!r}" for name, arg in zip(names, case, strict=True))
        if outcome.trouble:
            return Miss(f"with {told} your function {outcome.trouble}.", told)
        if same(wanted, came):
            return None
        return Miss(f"with {told} your function gives {say(came)}, the model gives {say(wanted)}.", told)

    def resembles(self, wrong: object, answer: object) -> bool:
        """Whether the function gives the same as a wrong rule on every case."""
        if not callable(answer) or not callable(wrong):
            return False
        pairs = ((attempt(answer, case), attempt(wrong, case)) for case in self.cases())
        return all(not mine.trouble and same(plain(mine.value), plain(its.value)) for mine, its in pairs)


def is_empty(outcome: Outcome) -> bool:
    """Whether a call did nothing yet: gave None or ..., or raised NotImplementedError."""
    if outcome.trouble:
        return outcome.trouble.startswith("raises NotImplementedError")
    return outcome.value is None or outcome.value is ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Match(Exercise):
    """Give each claim its evidence; `expected` computes a dictionary of claim -> name of an entry of `evidence`."""

    evidence: Mapping[str, str]

    @property
    def form(self) -> str:
        """What an answer looks like, in words."""
        claims = ", ".join(map(repr, self._wanted()))
        return f"a dictionary that gives each of {claims} one of {', '.join(map(repr, self.evidence))}"

    def miss(self, answer: object) -> Miss | None:
        """A claim or evidence that does not exist or is missing, or the first pair that does not belong together."""
        wanted = {tidy(claim): (claim, tidy(name)) for claim, name in self._wanted().items()}
        came = read(answer, {"": ""})
        if not isinstance(came, dict):
            return self.unreadable(came)
        if came.keys() != wanted.keys() or not set(map(str, came.values())) <= set(map(tidy, self.evidence)):
            return Miss("claims or evidence are missing, or are not those named.", unreadable=True)
        wrong = next((claim for key, (claim, name) in wanted.items() if came[key] != name), None)
        return None if wrong is None else Miss(f"{wrong} does not belong to {say(came[tidy(wrong)])}.", wrong)

    def _wanted(self) -> dict[str, str]:
        return {str(claim): str(name) for claim, name in dict(self.expected()).items()}  # type: ignore[call-overload]
