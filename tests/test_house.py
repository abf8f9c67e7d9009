# SPDX-License-Identifier: GPL-2.0-only
"""The house's order: imports go down, the trunk needs the standard library alone, what is public says what it does."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "numakit"

# From the ground up: a module or room imports only what stands on an earlier line. A new room is one more word here.
LAYERS = """
errors checks step_limit folding
sweep
locking
proposals
nodelist
nodemask
kernel topology
sysfs machine
mempolicy
mount_option mount_data shared_policy task
tmpfs
vma
vma_merge
mbind
placement
full process thp
moving
hinting
pages
rounds
fights
recordings
show
learn
lab
""".strip().splitlines()
RANK = {name: rank for rank, line in enumerate(LAYERS) for name in line.split()}

# Who may import more than the standard library, and what.
OUTSIDERS = {
    "numakit.pages": {"numpy"},
    **{f"numakit.fights.{name}": {"numpy"} for name in (
        "by_inode", "copies", "dropping", "fight", "move_against_fault", "playing", "rate_limited", "two_mbinds")},
    **{f"numakit.rounds.{name}": {"numpy"} for name in (
        "arrays", "chancy", "engine", "hash", "history", "memory", "patterns", "plainly", "rule", "scenario", "start",
        "steady", "tally", "windows", "world")},
    "numakit.show.charts": {"matplotlib", "numpy"},
    "numakit.show.fight_figures": {"numpy"},
    "numakit.show.panel": {"ipywidgets", "IPython", "traitlets"},
    "numakit.show.panels": {"ipywidgets", "IPython", "traitlets"},
    "numakit.show.stepper": {"ipywidgets"},
}
# With an underscore, and public all the same: what Jupyter asks an object for, and what a named tuple offers.
PROTOCOLS = {"_repr_html_", "_repr_svg_", "_repr_mimebundle_", "_ipython_display_", "_replace", "_asdict", "_fields"}
SKIPPED = {".git", ".venv", "work", "__pycache__", "node_modules", "build", "dist"}


def name_of(path):
    """The module's name: numakit.show.panel."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {name_of(path): ast.parse(path.read_text(encoding="utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}
SOURCES = [p.relative_to(ROOT) for p in sorted(ROOT.rglob("*.py")) if not SKIPPED & set(p.relative_to(ROOT).parts)]


def room(name):
    """The module or room below numakit that a module belongs to: numakit.show.panel is of show."""
    return name.split(".")[1]


def base(node, importer):
    """The module that a `from` import names, a relative one resolved from where it stands."""
    if not node.level:
        return node.module
    is_room = (ROOT.joinpath(*importer.split(".")) / "__init__.py").exists()
    parts = importer.split(".")
    parts = parts[: len(parts) - node.level + is_room]
    return ".".join([*parts, *([node.module] if node.module else [])])


def imported(name):
    """The full names of all that a module imports, in functions too; of `from m import x` m.x if that is a module."""
    for node in ast.walk(MODULES[name]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = base(node, name)
            whole = (f"{source}.{alias.name}" for alias in node.names)
            yield from (module if module in MODULES else source for module in whole)


def inner(name):
    """The modules of numakit that a module imports, the package itself apart."""
    return {other for other in imported(name) if other in MODULES and other not in ("numakit", name)}


def circles(graph):
    """What is left of a graph after all that imports nothing left is taken out, again and again: the circles."""
    left = dict(graph)
    while free := [name for name, wanted in left.items() if not wanted & left.keys()]:
        for name in free:
            del left[name]
    return sorted(left)


def test_every_module_has_its_layer():
    unknown = {room(name) for name in MODULES if name != "numakit"} - RANK.keys()
    assert not unknown, f"say in LAYERS where these stand: {sorted(unknown)}"


@pytest.mark.parametrize("name", [name for name in MODULES if name != "numakit"])
def test_imports_only_go_down(name):
    own = RANK.get(room(name), -1)
    up = [other for other in inner(name) if room(other) != room(name) and RANK.get(room(other), own) >= own]
    assert not up, f"{name} imports {up}, which stand no lower: the function is in the wrong file"


RIGHT = {"locking", "proposals"}
MEETING = {"recordings", "show", "learn", "lab"}   # the branches meet in the recordings' check, pictures and lessons


@pytest.mark.parametrize("name", [name for name in MODULES if name != "numakit"])
def test_trunk_and_left_branch_know_nothing_of_the_right_one(name):
    wanted = {room(other) for other in inner(name)}
    assert not wanted & RIGHT or room(name) in RIGHT | MEETING


def test_locking_knows_nothing_of_numa():
    words = re.compile(r"numa(?!kit)|\bnid\b|mempolicy|\bpage\b", re.IGNORECASE)
    told = [f"{path.name}: {line}" for path in sorted((PACKAGE / "locking").glob("*.py"))
            for line in path.read_text(encoding="utf-8").splitlines() if words.search(line)]
    assert told == ["__init__.py: \"\"\"Locks, tasks, and the search through all their interleavings. This room knows "
                    "nothing of NUMA."]


def test_no_module_imports_itself_in_a_circle():
    # A room's __init__ gathers names from its modules; a module that asks it back would be a circle, and is found.
    assert circles({name: inner(name) for name in MODULES if name != "numakit"}) == []


def test_the_search_for_circles_finds_one():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": set()}) == ["a", "b", "c"]


@pytest.mark.parametrize("name", MODULES)
def test_only_a_few_need_more_than_the_standard_library(name):
    known = {"numakit", *sys.stdlib_module_names, *OUTSIDERS.get(name, ())}
    assert {other.split(".")[0] for other in imported(name)} <= known


def test_import_numakit_loads_no_other_package():
    code = "import sys, numakit; print({'numpy', 'matplotlib', 'ipywidgets', 'IPython'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def is_public(node):
    """Whether this is a function or class with a name for all."""
    return isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")


@pytest.mark.parametrize("name", MODULES)
def test_what_is_public_has_a_docstring(name):
    tree = MODULES[name]
    silent = [node.name for node in tree.body if is_public(node) and not ast.get_docstring(node)]
    assert ast.get_docstring(tree), f"{name} has no docstring"
    assert not silent, f"without a docstring: {silent}"


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_every_python_file_names_its_licence(path):
    first = (ROOT / path).read_text(encoding="utf-8").partition("\n")[0]
    assert first == "# SPDX-License-Identifier: GPL-2.0-only"


@pytest.mark.parametrize("path", [p for p in SOURCES if p.parts[0] == "tests"], ids=str)
def test_tests_use_no_private_names_but_their_own(path):
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    asked = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    used = [node.attr for node in asked if ast.unparse(node.value) != "self"]
    used += [alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names]
    private = {name for name in used if name.startswith("_") and not name.startswith("__")} - PROTOCOLS
    assert not private
