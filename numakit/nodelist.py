# SPDX-License-Identifier: GPL-2.0-only
"""How the kernel reads a list of nodes such as "0-2,5": the two parsers of the releases told here.

`parse_digits` is v3.8's: an empty list, or an empty place before a comma, stands for node 0.
`parse_regions` is v6.1's: "0-7:2/4" takes the first 2 of every 4, "N" is the last bit, "all" is every bit, and what
is empty stands for nothing.

Both give an int whose bit n stands for node n. Both raise InvalidNodes, with the errno of the kernel's own parser
(a mount turns each into EINVAL).
"""
from __future__ import annotations

import re
from collections.abc import Iterable

from numakit.errors import InvalidNodes

MAX_NUMNODES = 1024
"""Nodes that a kernel can know at most: 1 << CONFIG_NODES_SHIFT; 10 on x86-64 (for the v3.8 recordings inferred)."""

SPACE = " \t\n\v\f\r"
"""What the kernel's isspace() takes for a space in ASCII (lib/ctype.c)."""

DIGITS_PART = re.compile(r"(?P<first>\d+)(?:-(?P<last>\d*))?|", re.ASCII)
REGION = re.compile(
    rf"(?:(?P<all>all)|(?P<first>\d+|N)-(?P<last>\d+|N))(?::(?P<used>\d+|N)/(?P<group>\d+|N)|(?=[{SPACE},]|$))"
    rf"|(?P<only>\d+|N)(?=[{SPACE},]|$)", re.ASCII)


def parse_digits(text: str, nbits: int = MAX_NUMNODES) -> int:
    """The bits of a list, as v3.8 reads it. Linux v3.8 lib/bitmap.c, __bitmap_parselist().

    Quirks kept: "" and a leading or doubled comma give bit 0, a last comma is dropped, "2-" is refused but "0-" is
    bit 0, no space may stand between digits and what follows them, numbers wrap at 32 bits.
    """
    line = _c_string(text).split("\n")[0]
    if re.search(rf"\d.*[{SPACE}][^{SPACE}]", line, re.ASCII):
        raise _refused(text, "a space stands inside it")
    parts = line.split(",")
    if len(parts) > 1 and parts[-1] == "":
        parts.pop()
    return _union(_digits_bits(text, part, nbits) for part in parts)


def _digits_bits(text: str, part: str, nbits: int) -> int:
    """The bits of one "a", "a-b", "a-" or "" of v3.8's grammar."""
    found = DIGITS_PART.fullmatch(part.translate({ord(c): None for c in SPACE}))
    if found is None:
        raise _refused(text, f"{part!r} is neither a number nor a range")
    first, last = found["first"] or "0", found["last"]
    a = _u32(first)
    return _span(text, a, a if last is None else _u32(last or "0"), nbits)


def parse_regions(text: str, nbits: int = MAX_NUMNODES) -> int:
    """The bits of a list, as v6.1 reads it. Linux v6.1 lib/bitmap.c, bitmap_parselist().

    Commas and spaces part the regions, any number of them; what is empty is no region. A newline is a space too, but
    right behind a number or a range it ends the list.
    """
    bits, rest = 0, _c_string(text)
    while rest := rest.lstrip(SPACE + ","):
        found = REGION.match(rest) or re.match(r"(?i:all)", rest) and REGION.match("all" + rest[3:])
        if not found:
            raise _refused(text, f"{rest!r} does not begin with a number, a range or a pattern")
        bits |= _region_bits(text, found, nbits)
        rest = rest[found.end():]
        if rest.startswith("\n") and found["used"] is None:
            break
    return bits


def _region_bits(text: str, found: re.Match[str], nbits: int) -> int:
    """The bits of one region: all of it, or the first `used` of every `group`."""
    last_bit = nbits - 1
    if found["only"] is not None:
        only = _number(text, found["only"], last_bit)
        return _span(text, only, only, nbits)
    first = 0 if found["all"] else _number(text, found["first"], last_bit)
    last = last_bit if found["all"] else _number(text, found["last"], last_bit)
    if found["used"] is None:
        return _span(text, first, last, nbits)
    used, group = _number(text, found["used"], last_bit), _number(text, found["group"], last_bit)
    if group == 0 or used > group:
        raise _refused(text, f"it takes {used} of every {group}")
    span = _span(text, first, last, nbits)
    return _union(((1 << used) - 1) << start for start in range(first, last + 1, group)) & span


def _span(text: str, first: int, last: int, nbits: int) -> int:
    """Bits `first` to `last`, both included."""
    if first > last:
        raise _refused(text, f"the range {first}-{last} runs backwards")
    if last >= nbits:
        raise _refused(text, f"{last} is beyond the last possible node, {nbits - 1}", "ERANGE")
    return (1 << last + 1) - (1 << first)


def _number(text: str, word: str, last_bit: int) -> int:
    """A number of the newer grammar, where N is the last bit."""
    if word == "N":
        return last_bit
    if len(word.lstrip("0")) > 10 or int(word) >= 1 << 32:
        raise _refused(text, f"{word} does not fit 32 bits", "EOVERFLOW")
    return int(word)


def _u32(word: str) -> int:
    """A number of the older grammar: it wraps at 32 bits, digit by digit, like the kernel's unsigned int."""
    value = 0
    for digit in word:
        value = (value * 10 + int(digit)) % (1 << 32)
    return value


def _union(masks: Iterable[int]) -> int:
    """All bits of several masks."""
    bits = 0
    for mask in masks:
        bits |= mask
    return bits


def _c_string(text: str) -> str:
    """What C looks at: all before a NUL. Raises InvalidNodes for what is not text."""
    if not isinstance(text, str):
        raise _refused(text, "it is not text")
    return text.partition("\0")[0]


def _refused(text: object, why: str, errno_name: str = "EINVAL") -> InvalidNodes:
    return InvalidNodes(f"the node list {text!r} does not parse: {why}", "a list such as '0-2,5' would do",
                        f"the kernel's list parser returns {errno_name}", errno_name)
