# SPDX-License-Identifier: GPL-2.0-only
"""Writes docs/sources.md: each commit, kernel file, mail and recording that the kit names, and where it names it.

`python tools/list_sources.py` reads the strings of numakit and the text of the lessons. By hand are only two tables:
what a commit did, and what a mail says. `--check` writes nothing and says whether the page is what comes out.
"""
from __future__ import annotations

import ast
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from numakit.learn import ledger
from numakit.learn.years import YEARS
from numakit.recordings import own

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "sources.md"

# id: (what it did, in our words; release). "unverified" where neither the tree nor a mail that was read says so.
COMMITS: dict[str, tuple[str, str]] = {
    "09c231cb8bfd": ("tmpfs adds the inode number to the index by which it interleaves (Nathan Zimmer, Hugh Dickins)",
                     "v3.6"),
    "133d04b1eee9": ("`prefer (many)` may carry the flag for balancing too", "v6.10, unverified"),
    "1cb5d11a370f": ("one of the twelve patches around `ilx` (Hugh Dickins, 2023)", "v6.7, inferred"),
    "23e4883248f0": ("one of the twelve patches around `ilx` (Hugh Dickins, 2023)", "v6.7, inferred"),
    "2cafb582173f": ("the dead code behind `MPOL_MF_LAZY` is taken out (Hugh Dickins)", "v6.7, inferred"),
    "35ec8fa0207b": ("a new file's range from the mount goes in directly, up to the largest file (Hugh Dickins)",
                     "v6.7, inferred"),
    "379313241e77": ("a fallback list adds one point, and no longer a load that falls along the list", "v5.19"),
    "3964acd0dbec": ("`mbind` sets the file's policy where a mapping grows over the next one, in `vma_merge`'s case 8",
                     "in v3.13; the id is unverified"),
    "42288fe366c4": ("the tree's lock is a spinlock again, dropped to allocate (KOSAKI Motohiro, posted by Mel Gorman)",
                     "v3.8; that rc2 had it is unverified"),
    "479e2802d09f": ("`MPOL_LOCAL` can be set by system call", "v3.8-rc1"),
    "4a8c7bb59ac8": ("the tree's spinlock becomes an rwlock, which readers share", "2016; v4.6 is unverified"),
    "4ad099559b00": ("the count of a split's spare policy is set as it is allocated (Miaohe Lin)",
                     "2022; v5.18 is unverified"),
    "54d032ced983": ("a fallback list adds to a node's load and no longer sets it", "2021"),
    "5f00110f7273": ("a remount without `mpol=` keeps the mount's policy: CVE-2013-1767 (Greg Thelen)", "v3.8.3"),
    "72e315f7a750": ("`mbind` moves pages without holding mmap_lock (Hugh Dickins)", "v6.7, inferred"),
    "771fb4d806a9": ("of the first merge of NUMA balancing: what Linus Torvalds cited on 20 December 2012", "v3.8-rc1"),
    "7858d7bca7fb": ("`MPOL_LOCAL` becomes a mode of its own", "2021"),
    "7f1ee4e20708": ("one of the twelve patches around `ilx` (Hugh Dickins, 2023)", "v6.7, inferred"),
    "88c91dc58582": ("`mbind` moves pages to the nodes that interleaving wants (Hugh Dickins)", "v6.7, inferred"),
    "93397c3b7684": ("a range's bounds in the tree become `pgoff_t` (Hugh Dickins)", "v6.7, inferred"),
    "a720094ded8c": ("`MPOL_MF_LAZY` is refused, `MPOL_NOOP` hidden, in the merge window that brought them", "v3.8"),
    "b22d127a39dd": ("the tree's spinlock becomes a mutex, against the race of the split (Mel Gorman)", "v3.7"),
    "b24f53a0bea3": ("`MPOL_MF_LAZY` is added to `mbind`", "v3.8, see a720094ded8c"),
    "bda420b98505": ("`MPOL_F_NUMA_BALANCING`: a program may put MOF and MORON on `bind`", "v5.12"),
    "c36f6e6dff4d": ("one of the twelve patches around `ilx` (Hugh Dickins, 2023)", "v6.7, inferred"),
    "c7a91bc7c2e1": ("`mpol=` is cut at `=` before the nodes are read", "v5.6; id and release unverified"),
    "d1c3ed669a2d": ("v3.8-rc2 itself, 2 January 2013", "v3.8-rc2"),
    "d230991493b5": ("a tmpfs mapping without a policy is scanned by the task's policy (Johannes Weiner)",
                     "29 June 2026; release unverified; Debian's 6.12.117 carries it"),
    "ddc1a5cbc05d": ("allocation, fault path and `mbind` interleave by one index, `ilx` (Hugh Dickins)",
                     "v6.7, inferred: v6.8 has it, v6.1 has not"),
    "e17f74af351c": ("showing `prefer` and `local` in /proc/mounts sets a stray bit from here on", "2.6.35"),
    "e809d5f0b5c9": ("each tmpfs mount counts its inodes for itself", "v5.9, unverified"),
    "efaffc5e40ae": ("the rate limit of page moves is taken out", "2018; v4.20 is unverified"),
    "f2a07f40dbc6": ("/proc/mounts no longer sets that bit (Hugh Dickins)", "2 January 2013, v3.8"),
    "fa3bea4e1f82": ("weighted interleave", "v6.9"),
    "fc3147245d19": ("the scanner passes by mappings whose policy lacks MOF", "v3.13"),
}

# (year, month, day), author: what it says.
Mail = tuple[tuple[int, int, int], str]
MAILS: dict[Mail, str] = {
    ((2012, 5, 30), "KOSAKI Motohiro"): "describes the race of the split, with a patch",
    ((2012, 6, 11), "KOSAKI Motohiro"): "the patch again: drop the spinlock, allocate, begin anew",
    ((2012, 8, 20), "Mel Gorman"): "the mutex instead",
    ((2012, 9, 7), "KOSAKI Motohiro"): "acknowledges the mutex",
    ((2012, 10, 17), "KOSAKI Motohiro"): "wants the spinlock back",
    ((2012, 10, 24), "Sasha Levin"): "the warning, on linux-next",
    ((2012, 10, 24), "David Rientjes"): "names the look-up under the page-table lock",
    ((2012, 10, 25), "Peter Zijlstra"): "a mutex and a spinlock both, a first patch",
    ((2012, 12, 3), "David Rientjes"): "the same patch again, tested by Sasha Levin",
    ((2012, 12, 20), "Linus Torvalds"): "asks for its state, and wants the spinlock alone",
    ((2012, 12, 20), "David Rientjes"): "two locks are not worth it; KOSAKI's way instead",
    ((2012, 12, 21), "Mel Gorman"): "three patches: 13:47, 19:58 and 23:10 UTC; the third is KOSAKI's spinlock",
    ((2012, 12, 21), "Linus Torvalds"): "against the conditional release; on KOSAKI's idea; no stop-gap for rc1",
    ((2012, 12, 21), "Hugh Dickins"): "13:21 EST: the mail whose claims the ledger holds",
    ((2013, 1, 2), "Hugh Dickins"): "mends the stray bit that /proc/mounts sets",
    ((2013, 1, 2), "KOSAKI Motohiro"): "signs the spinlock patch off, as tested",
    ((2013, 2, 25), "Sasha Levin"): "`BUG()` in `sp_insert()`",
    ((2013, 2, 26), "Hillf Danton"): "the order of the split, mended",
    ((2013, 2, 28), "KOSAKI Motohiro"): "the bounds of the split, mended",
}
MONTHS = ("January February March April May June July August September October November December").split()
AUTHORS = tuple(sorted({author for _, author in MAILS}))

# The name in the recordings: what it is, and how the lessons call it.
RECORDED = {
    "3.8-mutex": ("v3.8.0 with the mutex of b22d127a39dd put back: v3.8-rc1's state, as far as is known",
                  r"mutex put back|with the mutex[, ]"),
    "3.8-split-mended": ("v3.8.0 with the two slips of its split mended",
                         r"split mended|slips mended|built in two ways|slips of its split"),
    "3.8-as-released": ("v3.8.0; its `BUG()` alone", r"as released"),
    "6.1.192": ("Debian's, as it is", r"6\.1\.192|6\.1 and 6\.12"),
    "6.12.117": ("Debian's, with the repair for shmem of 2026", r"6\.12\.117|6\.1 and 6\.12"),
}

# Sentences that tell what the marks are, and mark nothing themselves.
OF_THE_MARKS = ("Marks as in the sources", "Where something is inferred")

HEAD = """\
# Sources

What the kit retells, and where. The tables are made from the tree by `python tools/list_sources.py`, so they name what
is named in the code or in a lesson; a test says that this page is what the tool makes. What a commit did and what a
mail says is told in our words. **Unverified** means: neither a kernel tree nor a mail that was read says so.

Trees that were read: v3.7.2, v3.8, v3.8.3, v3.13, v6.1 (its rc7), v6.8, v6.19 and v7.1.5, and a 3.10 for `khugepaged`.
The tree of v3.8-rc1 was not: what is said of it follows from v3.8 and from the mails. v3.6 is known from what
b22d127a39dd takes out.

A number is a lesson, a name a module of numakit. [How to report a wrong fact](wrong-fact.md).
"""

RELEASE = r"v\d+\.\d+(?:\.\d+)?(?:-rc\d)?"
FILE = r"(?<![\w/.])(?:mm|kernel|include|lib|fs)/[\w/]+\.[ch]\b"
# A release behind a commit's id is the commit's, and not that of the function before it.
TOKEN = re.compile(rf"(?P<release>(?<![0-9a-f]{{12}} \()(?<![0-9a-f]{{12}}, )\b{RELEASE})|(?P<file>{FILE})"
                   r"|(?P<function>\b[a-z_]\w*(?:\(\)|\[\]))|(?P<end>\.\s|\.$|\n\n|\n- |[\"“])")
# Functions that are cited behind another file's name than their own.
HOME = {
    "alloc_migration_target_by_mpol()": "mm/mempolicy.c", "shmem_alloc_folio()": "mm/shmem.c",
    "shmem_get_policy()": "mm/shmem.c", "vma_policy_mof()": "mm/mempolicy.c",
}
GLUE = 45  # more characters than that between two names, and they no longer belong to one citation


@cache
def texts() -> dict[str, str]:
    """The text of each module and lesson, by its path from the root: its strings, or its cells without outputs."""
    modules = {path: strings(path) for path in sorted((ROOT / "numakit").rglob("*.py"))}
    lessons = {path: cells(path) for path in sorted((ROOT / "notebooks").glob("*.ipynb"))}
    return {path.relative_to(ROOT).as_posix(): text for path, text in (modules | lessons).items()}


def strings(path: Path) -> str:
    """All strings of a module, docstrings among them, one after the other."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return "\n\n".join(n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str))


def cells(path: Path) -> str:
    """What stands in a lesson's cells, code too, without what the code puts out."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return "\n\n".join("".join(cell["source"]) for cell in notebook["cells"])


def is_lesson(path: str) -> bool:
    """Whether this is a lesson's path, and not a module's."""
    return path.endswith(".ipynb")


def where(paths: Iterable[str]) -> str:
    """Links to lessons by number, then to modules by name."""
    found = sorted(set(paths), key=lambda path: (not is_lesson(path), path))
    short = {path: Path(path).name[:2] if is_lesson(path) else path[8:-3] for path in found}
    return ", ".join(f"[{short[path]}](../{path})" for path in found)


def commits() -> dict[str, set[str]]:
    """Each commit id of twelve digits -> the paths that name it."""
    found: dict[str, set[str]] = defaultdict(set)
    for path, text in texts().items():
        for commit in re.findall(r"\b(?=[a-f]*\d)[0-9a-f]{12}\b", text):
            found[commit].add(path)
    return dict(sorted(found.items()))


def citations(text: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """(file, function, releases) as a text cites them; the function is empty where only the file is named."""
    releases: tuple[str, ...] = ()
    file, function, last, kind = "", "", 0, ""
    for token in TOKEN.finditer(text):
        if kind == "end" or token.start() - last > GLUE:
            releases, file, function = (), "", ""
        between, kind, last = text[last:token.start()], str(token.lastgroup), token.end()
        if kind == "release":
            releases = (*(releases if re.fullmatch(r",? ?(and )?", between) else ()), token[0])
        elif kind == "file":
            ahead = function if re.fullmatch(r"`? (in|of) `?", between) else ""
            file = token[0]
            yield HOME.get(ahead, file), ahead, releases
        elif kind == "function":
            function = token[0]
            yield file and HOME.get(function, file), function, releases


Cited = dict[tuple[str, str], tuple[set[str], set[str]]]


def cited() -> Cited:
    """(file, function) -> the releases and the paths with which it is cited."""
    found: Cited = defaultdict(lambda: (set(), set()))
    for path, text in texts().items():
        for file, function, releases in citations(text):
            if file:
                found[file, function][0].update(releases)
                found[file, function][1].add(path)
    return found


def by_number(releases: Iterable[str]) -> list[str]:
    """Releases, the oldest first."""
    return sorted(releases, key=lambda name: [int(part) for part in re.findall(r"\d+", name)])


def file_rows() -> Iterator[tuple[str, ...]]:
    """A row for each function of each file; a file is named in its first row only, and alone if nothing more is."""
    found, before = cited(), ""
    with_function = {file for file, function in found if function}
    for (file, function), (releases, paths) in sorted(found.items()):
        if function or file not in with_function:
            named = f"`{function}`" if function else ""
            yield f"`{file}`" if file != before else "", named, ", ".join(by_number(releases)), where(paths)
            before = file


def dates(text: str, year: int) -> Iterator[tuple[int, int, int]]:
    """The dates in a text: "3 and 20 December", "25 to 28 February 2013"; without a year the one given."""
    days = r"(\d{1,2}(?:(?:, | and | to )\d{1,2})*)"
    for numbers, month, said in re.findall(rf"\b{days} ({'|'.join(MONTHS)})(?: (\d{{4}}))?", text):
        found = [int(day) for day in re.findall(r"\d+", numbers)]
        for day in range(found[0], found[-1] + 1) if " to " in numbers else found:
            yield int(said or year), MONTHS.index(month) + 1, day


def mails_of(text: str) -> Iterator[Mail]:
    """The mails that a lesson's list of sources names; the author is empty where all of that day are meant."""
    for entry in re.split(r"\n- ", text.partition("## Sources")[2].partition("**Next")[0]):
        entry = entry.replace("the same day", "21 December 2012").replace("Tested-by Sasha Levin", "")
        for part in re.split("; | in the thread |, and of |, and the |\\. ", entry) if "ail" in entry else ():
            named = [author for author in AUTHORS if author in part] or [""] * bool(re.search("ails of|thread", part))
            for author in named:
                those = [(day, author) for day in dates(part, 2012)]
                yield from [mail for mail in those if mail in MAILS or not author] or those


def mails() -> dict[Mail, set[str]]:
    """Each mail -> the lessons whose sources name it."""
    found: dict[Mail, set[str]] = {mail: set() for mail in MAILS}
    for path, text in texts().items():
        for day, author in mails_of(text) if is_lesson(path) else ():
            for mail in [(day, author)] if author else [mail for mail in MAILS if mail[0] == day]:
                found.setdefault(mail, set()).add(path)
    return found


def claims_of(mail: Mail) -> str:
    """The numbers of the ledger's claims that stand in this mail."""
    (year, month, day), author = mail
    said = f"{day} {MONTHS[month - 1][:3]} {year}"
    return ", ".join(claim.number for claim in ledger() if (claim.who, claim.date) == (author, said))


def mail_rows() -> Iterator[tuple[str, ...]]:
    """A row for each mail that a lesson names, the oldest first."""
    found = mails()
    for mail in sorted(mail for mail, paths in found.items() if paths):
        (year, month, day), author = mail
        yield f"{day} {MONTHS[month - 1]} {year}", author, MAILS[mail], claims_of(mail), where(found[mail])


def recording_rows() -> Iterator[tuple[str, ...]]:
    """A row for each recorded kernel: what it is, its groups, the lessons whose sources name it."""
    for kernel, (what, words) in RECORDED.items():
        groups = ", ".join(sorted({r.group for r in own() if r.kernel == kernel})) or "no group"
        lessons = [path for path, text in texts().items()
                   if is_lesson(path) and re.search(words, text.partition("## Sources")[2])]
        yield f"`{kernel}`", what, groups, where(lessons)


def sentences(word: str) -> Iterator[tuple[str, ...]]:
    """The sentences, of modules and of lessons, that hold this word, and where they stand."""
    found: dict[str, set[str]] = defaultdict(set)
    for path, text in texts().items():
        for line in re.split(r"\n\n|\n- |\n(?=\|)", text):
            for sentence in re.split(r"(?<=[.!?)])\s+(?=[(A-Z*`])", " ".join(line.split())):
                if re.search(word, sentence) and len(sentence) > 30 and not sentence.startswith(OF_THE_MARKS):
                    found[sentence.strip(" |").replace("|", "·")].add(path)
    return ((where(paths), sentence) for sentence, paths in found.items())


def unsure_years() -> Iterator[tuple[str, ...]]:
    """What lesson 15's table of the years says is not confirmed."""
    for year in YEARS:
        if year.unconfirmed:
            yield where(["numakit/learn/years.py"]), f"{year.date}: {year.settled}. *Not confirmed:* {year.unconfirmed}"


def table(head: str, rows: Iterable[tuple[str, ...]]) -> str:
    """A table in Markdown; the head's words are parted by bars."""
    names = head.split("|")
    lines = [" | ".join(names), " | ".join("---" for _ in names), *(" | ".join(row) for row in rows)]
    return "\n".join(f"| {line} |" for line in lines) + "\n"


def commit_rows() -> Iterator[tuple[str, ...]]:
    """A row for each commit that is named."""
    return ((f"`{commit}`", *COMMITS[commit], where(paths)) for commit, paths in commits().items())


def page() -> str:
    """The whole page."""
    unverified = r"UNVERIFIED|[Uu]nverified|not (?:been |yet )?confirmed|not known for certain"
    return "\n".join((
        HEAD,
        "## Commits\n", table("commit|what it did|release|where", commit_rows()),
        "## Kernel files and functions\n", "Releases are those that are named beside the function, somewhere.\n",
        table("file|function|releases|where", file_rows()),
        "## Mails\n", "Claims are those of the ledger (lesson 15).\n",
        table("date|from|what it says|claims|lessons", mail_rows()),
        "## Recordings\n",
        "Each booted in an emulator with four nodes. `python -m numakit.recordings check` replays them.\n",
        table("kernel|what it is|groups|lessons", recording_rows()),
        "## Not confirmed\n", "Sentences of the kit that say so; what they speak of may stand in the one before.\n",
        table("where|sentence", (*sentences(unverified), *unsure_years())),
        "## Inferred\n", "Not seen in a tree, in a mail or in a recording, but concluded from what was.\n",
        table("where|sentence", sentences(r"\b[Ii]nferred\b|\[I\]")),
    ))


def main(arguments: list[str]) -> int:
    """Write the page, or with --check say whether it is what comes out."""
    made = page()
    if "--check" in arguments:
        return int(made != PAGE.read_text(encoding="utf-8"))
    PAGE.write_text(made, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
