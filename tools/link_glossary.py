# SPDX-License-Identifier: GPL-2.0-only
"""Makes a link to the glossary of the first use, in a lesson, of each term that the lesson builds on.

`python tools/link_glossary.py FILE ...`; a lesson that has its links stays as it is. Only prose is touched.
"""
from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from normalise import Tree, as_text, lines

GLOSSARY = Path(__file__).resolve().parent.parent / "docs" / "glossary.md"

# The terms that a lesson builds on and does not explain itself, by their anchors; eight at most.
BUILDS_ON = {
    "01": "page",
    "02": "page fallback-order tmpfs inode-number fault-path",
    "03": "tmpfs memory-policy interleave einval mutex look-up spinlock",
    "04": "tmpfs memory-policy node look-up spinlock mutex sleep huge-page",
    "05": "tmpfs memory-policy interleave inode-number private-mapping mutex",
    "06": "page-table mbind scanner mapcount remount range tmpfs split",
    "07": "spinlock mbind hinting-fault page-table-lock mutex reclaim memory-policy tree",
    "08": "tree page-table-lock hinting-fault split setter schedule gfp_kernel",
    "09": "hinting-fault mutex spinlock page-table-lock tree deadlock migrate-on-fault preemption",
    "10": "page-table-lock mutex spinlock tmpfs setter zapper deadlock mapping",
    "11": "spinlock mutex sleep hinting-fault page-table-lock sp_insert kernel-bug rwlock",
    "12": "mutex mbind deadlock pte mapcount setter hole split",
    "13": "tmpfs private-mapping memory-policy inode-number hinting-fault migrate-on-fault mutex rwlock",
    "14": "tmpfs interleave inode-number hinting-fault migrate-on-reference scanner private-mapping tree",
    "15": "hinting-fault page-table-lock mbind tree zapper setter kernel-bug split",
    "16": "page-table-lock setter zapper spinlock reference split kernel-bug",
}
# Where no link goes: headings, quotations, blocks of code, links that are there, and all behind "Sources".
NOWHERE = r'(?=^## Sources).*|^[#>][^\n]*|^```.*?^```|\*"[^"\n]*"[^*\n]*\*|\[[^\]\n]*\]\([^)]*\)'
CODE = r"`[^`\n]*`"


def terms() -> dict[str, list[str]]:
    """Anchor -> the words by which the glossary knows the term: its heading, and what stands before the colon."""
    found: dict[str, list[str]] = {}
    for entry in re.split(r"^### ", GLOSSARY.read_text(encoding="utf-8"), flags=re.M)[1:]:
        name, _, rest = entry.partition("\n")
        others = re.match(r"(?:(?:\*\*[^*]+\*\*|`[^`]+`)(?:, |: ))*", rest)
        found[name.replace(" ", "-")] = [name, *re.findall(r"[^*`]+(?=\*\*|`)(?<!, )", others[0] if others else "")]
    return found


def pattern(words: list[str]) -> re.Pattern[str]:
    """What one of the words looks like in prose, also in the plural and with the endings of a verb."""
    stems = (re.escape(w).removesuffix("y") + ("(?:y|ies)" if w.endswith("y") else "(?:s|es|d|ed|ing)?") for w in words)
    return re.compile(rf"(?<![\w/.`-])(?:{'|'.join(stems)})(?![\w`(]|-\w)", re.I)


def without(text: str, *kept_out: str) -> str:
    """The text with blanks in place of these patterns, as long as it was."""
    return re.sub("|".join(kept_out), lambda found: " " * len(found[0]), text, flags=re.M | re.S)


def linked(text: str, anchor: str, words: list[str]) -> str | None:
    """The text with a link at the term's first use, as a word or as a whole piece of code; None without any."""
    code = re.compile("|".join(rf"`{re.escape(word)}(?:\(\))?`" for word in words))
    found = (code.search(without(text, NOWHERE)), pattern(words).search(without(text, NOWHERE, CODE)))
    uses = sorted(use.span() for use in found if use)
    if not uses:
        return None
    start, end = uses[0]
    return f"{text[:start]}[{text[start:end]}](../docs/glossary.md#{anchor}){text[end:]}"


def link_first(prose: list[Tree], anchor: str, words: list[str]) -> bool:
    """Link the first use in these cells; whether there is one, or was one before."""
    if any(f"glossary.md#{anchor})" in "".join(cell["source"]) for cell in prose):
        return True
    for cell in prose:
        new = linked("".join(cell["source"]), anchor, words)
        if new is not None:
            cell["source"] = lines(new)
            return True
    return False


def missing(notebook: Tree, number: str) -> Iterator[str]:
    """Link what a lesson builds on, and name what it does not use at all."""
    prose, known = [cell for cell in notebook["cells"] if cell["cell_type"] == "markdown"], terms()
    for anchor in BUILDS_ON.get(number, "").split():
        if not link_first(prose, anchor, known[anchor]):
            yield anchor


def main(paths: list[str]) -> int:
    """Link the lessons named; the exit status is 1 if one does not use what it is said to build on."""
    left = 0
    for path in map(Path, paths):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        unused = list(missing(notebook, path.name[:2]))
        path.write_text(as_text(notebook), encoding="utf-8", newline="\n")
        print(f"{path}: not used: {', '.join(unused)}" if unused else f"{path}: linked.")
        left += len(unused)
    return int(left > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
