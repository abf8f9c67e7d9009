# SPDX-License-Identifier: GPL-2.0-only
"""The pages in docs/: links lead somewhere, tables are what their tools make, the glossary speaks of the lessons."""
import json
import re
from functools import cache
from pathlib import Path

import pytest

import link_glossary
import list_sources
import timetable
from numakit.recordings import own, read
from numakit.recordings.check import check

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PAGES = [*sorted(DOCS.glob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md", *LESSONS]
GLOSSARY = (DOCS / "glossary.md").read_text(encoding="utf-8")
NAMES = re.findall(r"^### (.*)$", GLOSSARY, re.MULTILINE)
TERMS = link_glossary.terms()


@cache
def prose(path):
    """What stands in a page, or in a lesson's cells of prose, without code."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        cells = json.loads(text)["cells"]
        text = "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    return re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)


def without_spans(text):
    """The text without what stands between backticks."""
    return re.sub(r"`[^`\n]*`", "", text)


def links(path):
    """The links of a page to files of the project: (file, anchor)."""
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(path)):
        if not target.startswith(("http:", "https:")):
            file, _, anchor = target.partition("#")
            yield (path.parent / file).resolve() if file else path, anchor


def anchors(path):
    """The anchors that a page's headings make: in lower case, words joined by hyphens, without signs."""
    headings = re.findall(r"^#+ (.*)$", prose(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_link_leads_to_a_file_and_a_heading(page):
    for file, anchor in links(page):
        assert file.exists(), f"{page.name} links {file}"
        assert not anchor or anchor in anchors(file), f"{page.name} links {file.name}#{anchor}"


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda path: path.name)
def test_every_page_has_its_title(page):
    assert page.read_text(encoding="utf-8").startswith("# ")


# The glossary

def test_glossary_stands_in_alphabetical_order():
    assert NAMES == sorted(set(NAMES), key=lambda name: re.sub(r"[^a-z]", "", name))


@pytest.mark.parametrize("name", NAMES)
def test_a_terms_heading_is_its_anchor_for_github_and_for_jupyter(name):
    # GitHub lowers the case and drops signs, JupyterLab does neither: these characters are the same to both.
    assert re.fullmatch(r"[a-z0-9_\- ]+", name)


@pytest.mark.parametrize("entry", re.split(r"^### ", GLOSSARY, flags=re.MULTILINE)[1:], ids=lambda e: e.split("\n")[0])
def test_a_term_is_one_sentence_and_names_one_lesson(entry):
    _, sentence, *rest = entry.splitlines()
    assert re.fullmatch(r"[^.]*(?:\.\d[^.]*)*\. \[(\d\d)\]\(\.\./notebooks/\1_\w+\.ipynb\)", sentence)
    assert not any(rest)


@pytest.mark.parametrize("name", NAMES)
def test_every_term_is_used_in_the_lesson_that_explains_it(name):
    anchor, entry = name.replace(" ", "-"), GLOSSARY.partition(f"### {name}\n")[2]
    text = prose(ROOT / "notebooks" / re.search(r"\.\./notebooks/(\w+\.ipynb)", entry)[1])
    unlinked = re.sub(r"\[([^\]]*)\]\(\.\./docs/glossary[^)]*\)", r"\1", text)
    assert link_glossary.linked(unlinked.replace("## Sources", ""), anchor, TERMS[anchor])


@pytest.mark.parametrize("lesson", LESSONS[1:], ids=lambda path: path.name)
def test_every_lesson_links_one_to_eight_terms_and_each_once(lesson):
    linked = [anchor for file, anchor in links(lesson) if file.name == "glossary.md"]
    assert 1 <= len(linked) <= 8, f"python tools/link_glossary.py {lesson.name}"
    assert len(linked) == len(set(linked)) and set(linked) <= TERMS.keys()


@pytest.mark.parametrize("text, result", [
    ("Two mutexes.", "Two [mutexes](../docs/glossary.md#mutex)."),
    ("`mutex`, a mutex", "[`mutex`](../docs/glossary.md#mutex), a mutex"),
    ("`mutex_lock(mutex)`, a mutex", "`mutex_lock(mutex)`, a [mutex](../docs/glossary.md#mutex)"),
    ("# The mutex\nA mutex", "# The mutex\nA [mutex](../docs/glossary.md#mutex)"),
    ("> a mutex\n\na mutex", "> a mutex\n\na [mutex](../docs/glossary.md#mutex)"),
    ("[a mutex](08.ipynb)", None),
    ('*"having both a spinlock and mutex"* (Rientjes)', None),
    ("No lock\n\n## Sources\n\n- the mutex", None),
])
def test_the_first_use_in_prose_becomes_the_link(text, result):
    assert link_glossary.linked(text, "mutex", ["mutex"]) == result


# The sources

def test_the_page_of_sources_is_what_the_tool_makes():
    made = list_sources.page()
    assert list_sources.PAGE.read_text(encoding="utf-8") == made, "run `python tools/list_sources.py`"


def test_every_commit_has_its_sentence():
    assert not list_sources.commits().keys() - list_sources.COMMITS.keys(), "say in COMMITS what these did"


def test_every_mail_has_its_sentence():
    assert not list_sources.mails().keys() - list_sources.MAILS.keys(), "say in MAILS what these say"


def test_every_recorded_kernel_has_its_sentence():
    assert {recording.kernel for recording in own()} <= set(list_sources.RECORDED)


@pytest.mark.parametrize("text, cited", [
    ("Linux v3.8 and v6.1 mm/mempolicy.c, mpol_new().", ["mm/mempolicy.c mpol_new() v3.8 v6.1"]),
    ("v3.8 `mm/shmem.c`, `shmem_mmap()`; v6.1, `b()`", ["mm/shmem.c shmem_mmap() v3.8", "mm/shmem.c b() v6.1"]),
    ("`handle_mm_fault()` in `mm/memory.c`", ["mm/memory.c handle_mm_fault()"]),
    ("Linux v3.8 mm/shmem.c. Nobody calls f()", []),
    ("mm/shmem.c, f() (ddc1a5cbc05d, v6.7), g()", ["mm/shmem.c f()", "mm/shmem.c g()"]),
])
def test_a_citation_is_a_file_a_function_and_releases(text, cited):
    rows = [row for row in list_sources.citations(text) if row[0] and row[1]]
    assert [" ".join([file, function, *releases]) for file, function, releases in rows] == cited


# The page for teachers

def test_the_tables_for_teachers_are_what_the_tool_makes():
    page = timetable.PAGE.read_text(encoding="utf-8")
    assert timetable.filled(page) == page, "run `python tools/timetable.py`"


def test_a_day_brings_no_lesson_before_what_it_needs():
    seen = set()
    for name, how in timetable.MORNING + timetable.AFTERNOON:
        if isinstance(how, str):
            assert set(timetable.lessons()[name].needs) <= seen
            seen.add(name)


def test_a_half_day_and_a_day_are_no_longer_than_that():
    assert timetable.together(timetable.MORNING) <= 4 * 60
    assert timetable.together(timetable.MORNING + timetable.AFTERNOON) <= 8 * 60


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.name)
def test_every_lesson_can_be_taught_alone(lesson):
    number = lesson.name[:2]
    entry = prose(DOCS / "teaching.md").partition(f"### {number}\n")[2].partition("###")[0]
    assert re.findall(r"^- \*(\w+)\*: ", entry, re.MULTILINE) == ["know", "carry", "core", "ask"]
    for exercise in re.findall(r"\b\d\d-\d\b", entry):
        assert f"**Exercise {exercise}" in prose(lesson)


# What is not modelled, what is wrong

def test_the_modules_that_are_named_are_there():
    text = prose(DOCS / "not-modelled.md")
    for cell in re.findall(r"^\|[^|]*\|[^|]*\|([^|]*)\|$", text, re.MULTILINE)[1:]:
        for name in re.findall(r"`([\w.]+)`", cell):
            path = ROOT / "numakit" / name.replace(".", "/")
            assert path.is_dir() or path.with_suffix(".py").is_file(), name


def test_the_recording_that_is_shown_reads_and_is_reproduced(tmp_path):
    page = (DOCS / "wrong-fact.md").read_text(encoding="utf-8")
    (tmp_path / "b_placement.json").write_text(re.search(r"```json\n(.*?)```", page, re.DOTALL)[1])
    row, = check(read(tmp_path))
    assert (row.kernel, row.group, row.compared, row.reproduced) == ("6.1.192", "b", 1, 1)
