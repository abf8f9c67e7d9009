# SPDX-License-Identifier: GPL-2.0-only
"""The files that say what numakit needs, and which version it is, say the same."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import numakit

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
LOCKS = {
    "requirements.lock": [extra for extra in EXTRAS if extra not in ("browser", "dask")],
    "requirements-browser.lock": ["browser"],
}


def wanted(extras):
    """The requirements of these extras: name to range."""
    found = [Requirement(line) for extra in extras for line in EXTRAS[extra]]
    return {canonicalize_name(r.name): r.specifier for r in found}


def entries(lock):
    """The lock's entries: (requirement, number of its hashes)."""
    text = re.sub(r"(?m)^\s*#.*\n", "", (ROOT / lock).read_text()).replace("\\\n", " ")
    for line in text.splitlines():
        requirement, *hashes = line.split("--hash=")
        yield Requirement(requirement.strip()), len(hashes)


def pinned(lock):
    """What the lock pins: (name, version)."""
    return [(canonicalize_name(r.name), Version(next(iter(r.specifier)).version)) for r, _ in entries(lock)]


def conda():
    """What environment.yml names: name to range, pip and Python among them."""
    text = (ROOT / "environment.yml").read_text().split("dependencies:\n")[1]
    found = [Requirement(line.strip().removeprefix("- ")) for line in text.splitlines() if line.strip()]
    return {canonicalize_name(r.name): r.specifier for r in found}


@pytest.fixture
def fresh_copy(tmp_path):
    """A copy of what `make setup` reads, in a folder with a space in its name."""
    copy = tmp_path / "with space"
    copy.mkdir()
    for name in ("Makefile", "pyproject.toml", *LOCKS):
        shutil.copy(ROOT / name, copy)
    shutil.copytree(ROOT / "tools", copy / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def make(folder, *words):
    """What make answers there: (status, its error output); whatever make started this test has no say in it."""
    if not shutil.which("make"):
        pytest.skip("there is no make here")
    environment = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "LESSON")}
    done = subprocess.run(["make", *words], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


def built(folder, python):
    """As if `make setup` had been there, and had put this script where Python would be."""
    (folder / ".venv" / "bin").mkdir(parents=True)
    (folder / ".venv" / ".requirements.lock.stamp").touch()
    (folder / ".venv" / "bin" / "python").write_text(python)
    (folder / ".venv" / "bin" / "python").chmod(0o755)


def test_a_python_that_is_not_there_is_named(fresh_copy):
    status, said = make(fresh_copy, "setup", "PYTHON=nonesuch")
    assert status and "nonesuch was not found" in said and "install" in said


def test_a_python_that_does_not_run_ends_in_our_sentence_too(fresh_copy):
    shim = fresh_copy / "python of another"
    shim.write_text("#!/bin/sh\necho 'shim: command not found' >&2\nexit 127\n")
    shim.chmod(0o755)
    status, said = make(fresh_copy, "setup", f"PYTHON={shim}")
    assert status and f"{shim} is there and does not run" in said and "install" in said


def test_reset_without_a_lesson_is_answered_in_the_words_of_make(fresh_copy):
    built(fresh_copy, "#!/bin/sh\nexit 0\n")
    status, said = make(fresh_copy, "reset")
    assert status and "make reset LESSON=03" in said


def test_a_lesson_is_quoted_for_the_shell(fresh_copy):
    built(fresh_copy, '#!/bin/sh\nprintf "<%s>" "$@" >&2\n')
    assert make(fresh_copy, "reset", "LESSON=03; touch 'x") == (0, "<-m><numakit.lab><reset><03; touch 'x>")


def test_the_kernels_folders_may_have_a_space_in_their_path(fresh_copy):
    built(fresh_copy, '#!/bin/sh\nprintf "%s\\n" "$JUPYTER_CONFIG_DIR" "$IPYTHONDIR" >&2\n')
    folders = [f"{fresh_copy}/.venv/{name}" for name in ("jupyter", "ipython")]
    assert make(fresh_copy, "unit") == (0, "\n".join([*folders, ""]))


def test_import_needs_no_other_package():
    assert PROJECT["dependencies"] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_each_lock_entry_is_one_version_with_hashes(lock):
    for requirement, hashes in entries(lock):
        assert [s.operator for s in requirement.specifier] == ["=="], requirement
        assert hashes > 0, requirement
        assert requirement.url is None, requirement


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_index_and_no_path(lock):
    text = (ROOT / lock).read_text()
    assert not re.search(r"://|^-|--(extra-)?index|--find-links|file:|/(opt|tmp|home|root|work)\b", text, re.MULTILINE)


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_each_dependency_within_its_range(lock):
    versions = pinned(lock)
    for name, specifier in wanted(LOCKS[lock]).items():
        found = [version for package, version in versions if package == name]
        assert found, f"{name} is not in {lock}: `make lock`"
        assert all(specifier.contains(version) for version in found), (name, specifier, found)


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_says_how_it_is_made_anew(lock):
    assert "`make lock`" in "".join((ROOT / lock).read_text().splitlines()[:3])


def test_locks_agree_where_they_name_the_same_package():
    first = dict(pinned("requirements.lock"))
    assert all(first.get(name, version) == version for name, version in pinned("requirements-browser.lock"))


def test_conda_has_the_same_packages_and_ranges_as_pyproject():
    named = conda()
    assert str(named.pop("python")) == PROJECT["requires-python"] == ">=3.11"
    assert str(named.pop("pip")) == ""
    assert named == wanted(LOCKS["requirements.lock"])


def test_every_file_names_the_same_version():
    citation = re.search(r"(?m)^version: (.*)$", (ROOT / "CITATION.cff").read_text())
    assert citation
    assert citation[1] == numakit.__version__
    assert "version" in PROJECT["dynamic"]  # that is: taken from numakit/__init__.py


def test_a_release_has_one_date():
    released = re.search(r"(?m)^date-released: (.*)$", (ROOT / "CITATION.cff").read_text())
    entry = re.search(rf"(?m)^## \[{re.escape(numakit.__version__)}\] - (.*)$", (ROOT / "CHANGELOG.md").read_text())
    assert bool(released) == bool(entry) == (not Version(numakit.__version__).is_devrelease)
    assert not released or released[1] == entry[1]


def test_the_changelog_begins_with_this_version():
    first = re.search(r"(?m)^## \[(.+?)\].*\n+(.*)", (ROOT / "CHANGELOG.md").read_text())
    assert first
    version = Version(numakit.__version__)
    assert first[1] == ("Unreleased" if version.is_devrelease else numakit.__version__)
    assert version.is_devrelease is False or version.base_version in first[2]


@pytest.fixture(scope="module")
def dist(tmp_path_factory):
    """The wheel and the sdist, built as `make dist` builds them; needs no network."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-d", str(folder)], cwd=ROOT, check=True,
                   capture_output=True)
    return folder


def of_git(*folders):
    """The files there that git holds, or would."""
    if not (ROOT / ".git").exists() or not shutil.which("git"):
        pytest.skip("this tree is not git's")
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *folders]
    said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return {name for name in said.stdout.splitlines() if (ROOT / name).exists()}


def test_the_wheel_holds_the_package_and_brings_lessons_and_pages(dist):
    names = set(zipfile.ZipFile(next(dist.glob("*.whl"))).namelist())
    assert {name for name in names if name.startswith("numakit/") and not name.startswith("numakit/lessons/")
            } == of_git("numakit")
    assert {name for name in names if name.startswith("numakit/lessons/")
            } == {f"numakit/lessons/{name}" for name in of_git("notebooks", "docs")}


def test_the_sdist_holds_what_git_holds(dist):
    names = {name.partition("/")[2] for name in tarfile.open(next(dist.glob("*.tar.gz"))).getnames()}
    assert names - {"PKG-INFO"} == of_git()


def test_the_readme_names_the_wheel_that_is_built(dist):
    named = re.findall(r"dist/(numakit-[^\[]*\.whl)", (ROOT / "README.md").read_text())
    assert named == [path.name for path in dist.glob("*.whl")]


def test_both_licences_are_there_and_named():
    said = (ROOT / "LICENSE").read_text()
    for licence in PROJECT["license"].split(" AND "):
        assert licence in said
        assert (ROOT / "LICENSES" / f"{licence}.txt").exists()


def test_ci_does_what_a_newcomer_does():
    lines = [line for line in (ROOT / ".ci" / "run").read_text().splitlines() if line.startswith("make")]
    assert lines == ["make test", "make browser-setup", "make browser", "make try-dist"]
