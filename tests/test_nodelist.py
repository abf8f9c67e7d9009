# SPDX-License-Identifier: GPL-2.0-only
"""The kernel's two parsers of node lists: tables of odd cases, and each against a reader written in another manner.

The parsers of the package cut with regular expressions; the readers here go from character to character.
"""
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import node_sets

from numakit.errors import InvalidNodes
from numakit.nodelist import SPACE, parse_digits, parse_regions
from numakit.nodemask import format_runs, runs

# (list, what v3.8 reads, what v6.1 reads); None: refused. lib/bitmap.c, bitmap_parselist().
LISTS = [
    ("0", {0}, {0}), ("0-2,5", {0, 1, 2, 5}, {0, 1, 2, 5}), ("3,1", {1, 3}, {1, 3}), ("01", {1}, {1}),
    ("", {0}, set()), (",1", {0, 1}, {1}), ("2,", {2}, {2}), ("1,,3", {0, 1, 3}, {1, 3}), (",", {0}, set()),
    ("3-1", None, None), ("2-", None, None), ("0-", {0}, None), ("-2", None, None), ("1-2-3", None, None),
    ("0-3:2/4", None, {0, 1}), ("0-7:1/3", None, {0, 3, 6}), ("0-7:0/3", None, set()), ("0-7:3/2", None, None),
    ("0-7:1/0", None, None), ("N", None, {15}), ("14-N", None, {14, 15}), ("all", None, set(range(16))),
    ("ALL", None, set(range(16))), ("all:1/8", None, {0, 8}), ("alle", None, None), ("n", None, None),
    ("1 2", None, {1, 2}), (" 1", {1}, {1}), ("1 ", {1}, {1}), ("1 ,2", None, {1, 2}), ("1, 2", None, {1, 2}),
    (", 1", {0, 1}, {1}), ("1, ", {0, 1}, {1}), ("1\n9x", {1}, {1}), ("\n1", {0}, {1}), ("1,\n2", {1}, {1, 2}),
    ("0-3:1/2\n5", None, {0, 2, 5}),
    ("1\0x", {1}, {1}), ("0x1", None, None),
    ("16", None, None), ("4294967296", {0}, None), ("4294967298", {2}, None), ("foo", None, None), ("٣", None, None),
    ("1:1/1", None, None), ("0-3:1/2N", None, {0, 2, 15}), ("+1", None, None), ("1_0", None, None),
]


def read(parser, text, nbits=16):
    """The nodes that a parser finds, None where it refuses."""
    try:
        bits = parser(text, nbits)
    except InvalidNodes:
        return None
    return {n for n in range(nbits) if bits >> n & 1}


@pytest.mark.parametrize(("text", "old", "new"), LISTS)
def test_each_release_reads_a_list_in_its_own_way(text, old, new):
    assert (read(parse_digits, text), read(parse_regions, text)) == (old, new)


@pytest.mark.parametrize(("parser", "text", "errno_name"), [
    (parse_digits, "x", "EINVAL"), (parse_digits, "2-1", "EINVAL"), (parse_digits, "1024", "ERANGE"),
    (parse_regions, "x", "EINVAL"), (parse_regions, "2-1", "EINVAL"), (parse_regions, "1024", "ERANGE"),
    (parse_regions, "4294967296", "EOVERFLOW"), (parse_regions, "0-3:9/2", "EINVAL")])
def test_a_refused_list_names_the_errno_of_the_kernels_parser(parser, text, errno_name):
    with pytest.raises(InvalidNodes) as refused:
        parser(text)
    assert refused.value.errno_name == errno_name


@pytest.mark.parametrize("parser", [parse_digits, parse_regions])
@pytest.mark.parametrize("odd", [None, 3, b"0-1", ["0"], True])
def test_what_is_not_text_is_refused_as_a_list(parser, odd):
    with pytest.raises(InvalidNodes, match="it is not text"):
        parser(odd)


@given(node_sets)
def test_what_format_runs_writes_both_parsers_read_back(nids):
    text = format_runs(sorted(nids))
    assert read(parse_regions, text, 71) == nids
    assert read(parse_digits, text, 71) == (nids or {0})  # v3.8: the empty list is node 0


@given(node_sets)
def test_runs_are_as_few_as_can_be(nids):
    found = runs(sorted(nids))
    assert {n for a, b in found for n in range(a, b + 1)} == nids
    assert all(b + 1 < c for (_, b), (c, _) in zip(found, found[1:], strict=False))


def slow_digits(text, nbits):
    """v3.8's list from character to character: two numbers, and what the next character may be."""
    line, found, a, b, state, seen_digit, gap = text.split("\0")[0].split("\n")[0], set(), 0, 0, "empty", False, False
    for at, c in enumerate([*line, None]):
        if c is not None and c in SPACE:
            gap = seen_digit
            continue
        if c is not None and gap:
            return None
        if c is None and at and line[-1] == ",":
            return found
        if c is None or c == ",":
            if a > b or b >= nbits:
                return None
            found, a, b, state = found | set(range(a, b + 1)), 0, 0, "empty"
        elif c == "-" and state == "first":
            b, state = 0, "dash"
        elif c in "0123456789":
            b, seen_digit = (b * 10 + int(c)) % 2**32, True
            a, state = (a, "second") if state in ("dash", "second") else (b, "first")
        else:
            return None
    return found


class Cursor:
    """A text with a place in it."""

    def __init__(self, text, nbits):
        self.text, self.at, self.nbits = text.split("\0")[0], 0, nbits

    def ahead(self, size=1):
        return self.text[self.at:self.at + size]

    def took(self, word):
        here = self.ahead(len(word)).lower() == word
        self.at += len(word) if here else 0
        return here

    def ends_list(self):
        """Right behind a number or a range a newline ends it all; elsewhere it is a space."""
        if self.ahead() == "\n":
            self.at = len(self.text)

    def at_border(self):
        return self.ahead() == "" or self.ahead() in SPACE + ","

    def number(self):
        if self.ahead() == "N":
            self.at += 1
            return self.nbits - 1
        start = self.at
        while self.ahead() and self.ahead() in "0123456789":
            self.at += 1
        value = int(self.text[start:self.at])  # ValueError where there is no digit
        if value >= 2**32:
            raise ValueError
        return value


def slow_region(cursor):
    """The nodes of the region that begins here. ValueError where none does."""
    whole = cursor.took("all")
    first = last = 0 if whole else cursor.number()
    if whole or not cursor.at_border():
        if not whole and not cursor.took("-"):
            raise ValueError
        last = cursor.nbits - 1 if whole else cursor.number()
    elif last < cursor.nbits:
        cursor.ends_list()
        return {first}
    used = group = last + 1
    if not cursor.at_border():
        if not cursor.took(":"):
            raise ValueError
        used = cursor.number()
        if not cursor.took("/"):
            raise ValueError
        group = cursor.number()
    else:
        cursor.ends_list()
    if first > last or last >= cursor.nbits or not group or used > group:
        raise ValueError
    return {n for n in range(first, last + 1) if (n - first) % group < used}


def slow_regions(text, nbits):
    """v6.1's list from character to character."""
    cursor, found = Cursor(text, nbits), set()
    while cursor.ahead():
        if cursor.at_border():
            cursor.at += 1
            continue
        try:
            found |= slow_region(cursor)
        except ValueError:
            return None
    return found


near_lists = st.text("0123459,,--:/N \nal\t", max_size=14)
number = st.sampled_from(["0", "1", "2", "7", "15", "16", "N", "4294967297"])
pieces = st.one_of(number, st.tuples(number, number).map("-".join), st.just(""), st.just("all"),
                   st.tuples(number, number, number, number).map(lambda t: "{}-{}:{}/{}".format(*t)))
lists = st.one_of(near_lists, st.lists(pieces, max_size=4).map(",".join), st.lists(pieces, max_size=4).map(" ".join))


@given(lists)
def test_the_older_parser_agrees_with_a_slow_reader(text):
    assert read(parse_digits, text) == slow_digits(text, 16)


@given(lists)
def test_the_newer_parser_agrees_with_a_slow_reader(text):
    assert read(parse_regions, text) == slow_regions(text, 16)
