# SPDX-License-Identifier: GPL-2.0-only
"""Puts the lessons where a learner may write in them, and opens JupyterLab there: `python -m numakit.lab`.

`python -m numakit.lab reset 03` gives a fresh copy of lesson 03 and keeps the learner's own beside it.
In a source tree the copies are in work/; where a wheel was installed, in numakit-lessons/ of the current folder.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
FIRST = "00_start_here.ipynb"
OUTSIDE = re.compile(r"\[([^\[\]]*)\]\(\.\./(?!notebooks/)[^()\s]*\)")  # a page's link to what is no lesson and no page
USAGE = """\
Type `python -m numakit.lab` to open the lessons, or `python -m numakit.lab reset 03` for a fresh lesson 03.
Options that begin with a dash are passed on to JupyterLab: `python -m numakit.lab --port=9000`, for instance."""
INTERRUPTED = 130  # what a shell gives for a program that Ctrl-C ended
# JupyterLab, told to end without a traceback while it is still starting; later on it hears Ctrl-C itself.
SERVE = f"""\
import sys
try:
    from jupyterlab.labapp import main
    sys.exit(main())
except KeyboardInterrupt:
    sys.exit({INTERRUPTED})
"""


class LabError(ValueError):
    """What keeps the lessons from being opened, in a sentence for the learner."""


def in_source_tree(package: Path) -> bool:
    """Whether the package lies beside its notebooks, and was not installed from a wheel."""
    return (package.parent / "notebooks" / FIRST).is_file()


def home(package: Path) -> Path:
    """The folder that holds notebooks/ and docs/: the source tree, or a folder that the wheel puts into the package."""
    return package.parent if in_source_tree(package) else package / "lessons"


def workplace(package: Path) -> Path:
    """The folder for the learner's copies: what is installed is no place to write in."""
    return package.parent / "work" if in_source_tree(package) else Path.cwd() / "numakit-lessons"


def lessons_in(folder: Path) -> list[Path]:
    """The notebooks of a folder in reading order; raises LabError if there are none."""
    found = sorted(folder.glob("*.ipynb"))
    if not found:
        raise LabError(
            f"There are no lessons in {folder}: they come with numakit's source tree, in its notebooks/ folder, "
            "and with its wheel; get one of the two again."
        )
    return found


def unanswered(lesson: Path) -> bytes:
    """The lesson as a learner gets it: without outputs and execution counts, all else as it is; raises LabError."""
    try:
        notebook = json.loads(lesson.read_bytes())
        for cell in (cell for cell in notebook["cells"] if cell["cell_type"] == "code"):
            cell["outputs"], cell["execution_count"] = [], None  # an answer below its question spoils it
    except (ValueError, KeyError, TypeError) as error:
        raise LabError(f"{lesson} is no notebook that can be read ({error!r}): get it again from numakit.") from error
    return (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode()


def copy_lesson(lesson: Path, target: Path) -> bool:
    """Copy the lesson, unanswered, to `target` unless something is there; tells whether it was copied."""
    return write_new(target, unanswered(lesson))


def write_new(target: Path, content: bytes) -> bool:
    """Write a new file unless something is there; tells whether it was written."""
    try:
        with target.open("xb") as copy:  # "x": whatever is there is the learner's, and stays
            copy.write(content)
    except FileExistsError:
        return False
    return True


def copy_missing(lessons: Path, work: Path) -> list[str]:
    """Copy into `work` the lessons that are not there; return the names of those copied. Never overwrites."""
    found = lessons_in(lessons)
    work.mkdir(parents=True, exist_ok=True)
    return [lesson.name for lesson in found if copy_lesson(lesson, work / lesson.name)]


def copy_pages(pages: Path, work: Path) -> None:
    """Put the pages that lessons link to into work/docs, where JupyterLab finds `../docs/` of a lesson at its root.

    Always anew: they are not the learner's. Their links to lessons lead to the copies; what JupyterLab can't open from
    there, such as the source, stands without its link.
    """
    for page in sorted([*pages.glob("*.md"), *pages.glob("*.svg")]):
        (work / "docs").mkdir(parents=True, exist_ok=True)
        text = OUTSIDE.sub(r"\1", page.read_text(encoding="utf-8")).replace("](../notebooks/", "](../")
        (work / "docs" / page.name).write_text(text, encoding="utf-8")


def lesson_called(name: str, lessons: Path) -> Path:
    """The one lesson that `name` means: "03", "3" or its whole name; raises LabError if none or several fit."""
    wanted = name.removesuffix(".ipynb")
    number = f"{int(wanted):02}" if wanted.isascii() and wanted.isdigit() else wanted
    found = lessons_in(lessons)
    fitting = [lesson for lesson in found if lesson.stem == wanted or lesson.stem.split("_")[0] == number]
    if len(fitting) != 1:
        known = ", ".join(lesson.stem for lesson in found)
        raise LabError(f"{name!r} names {len(fitting)} lessons; give the number of one of these: {known}.")
    return fitting[0]


def free_name(path: Path) -> Path:
    """The first of `..._mine-1.ipynb`, `..._mine-2.ipynb` ... that is not taken."""
    number = 1
    while os.path.lexists(mine := path.with_name(f"{path.stem}_mine-{number}{path.suffix}")):
        number += 1
    return mine


def untouched(copy: Path, fresh: bytes) -> bool:
    """Whether the copy says what a fresh one does; how JupyterLab laid out the file when it saved it is no matter."""
    try:
        return bool(json.loads(copy.read_bytes()) == json.loads(fresh))
    except (OSError, ValueError):
        return False


def reset(name: str, lessons: Path, work: Path) -> str:
    """Put a fresh copy of a lesson into `work`, keeping what was there under a new name; says what was done."""
    lesson = lesson_called(name, lessons)
    target, fresh = work / lesson.name, unanswered(lesson)  # first of all: what can't be read moves nothing
    work.mkdir(parents=True, exist_ok=True)
    if write_new(target, fresh):
        return f"{target} is a fresh copy."
    if untouched(target, fresh):
        return f"{target} is a fresh copy already."
    mine = free_name(target)
    target.rename(mine)
    write_new(target, fresh)
    return f"{target} is a fresh copy; yours is kept as {mine.name}."


def has_screen(environment: Mapping[str, str], platform: str) -> bool:
    """Whether a browser can be opened here: not in CI, and on Linux only with a display."""
    if environment.get("CI"):
        return False
    return not platform.startswith("linux") or bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))


def lab_command(work: Path, screen: bool, uid: int | None, extra: list[str]) -> list[str]:
    """The command that opens JupyterLab on `work` with the first lesson; `uid` is None on Windows, which has none."""
    options = [
        f"--ServerApp.root_dir={work}",
        "--ServerApp.answer_yes=True",  # Ctrl-C ends it, and asks nothing
        "--ServerApp.log_level=WARN",  # of its log only the address remains, and what goes wrong
        "--LabApp.log_level=WARN",
        "--LabApp.extension_manager=readonly",  # this and the next two: nothing is asked of the network
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    if (work / FIRST).exists():
        options.append(f"--LabApp.default_url=/lab/tree/{FIRST}")
    if not screen:
        options.append("--no-browser")
    if uid == 0:
        options.append("--allow-root")  # in a container: JupyterLab refuses root otherwise
    return [sys.executable, "-c", SERVE, *options, *extra]


def lab_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for JupyterLab, in which `python3` means this Python and no kernel installed elsewhere."""
    return {k: v for k, v in environment.items() if k != "JUPYTER_PATH"} | {"JUPYTER_PREFER_ENV_PATH": "1"}


def start(command: list[str], environment: dict[str, str]) -> int:
    """Run JupyterLab until it is ended; on Unix it takes this process's place, so that Ctrl-C is its own."""
    if os.name == "posix":
        os.execve(command[0], command, environment)
    return subprocess.call(command, env=environment)


def open_lab(lessons: Path, work: Path, extra: list[str]) -> int:
    """Copy what is missing, say what happens, and start JupyterLab."""
    copied = copy_missing(lessons, work)
    copy_pages(lessons.parent / "docs", work)
    print(f"Lessons are in {work}: {len(copied)} copied now, what was there is left alone.")
    if find_spec("jupyterlab") is None:
        raise LabError("JupyterLab is not installed here: `make setup` installs it, or pip does, as numakit[lab,show].")
    screen = has_screen(os.environ, sys.platform)
    print("JupyterLab opens in your browser." if screen else
          "There is no screen here: open one of the addresses that follow in a browser.")
    print("Ctrl-C ends it.", flush=True)
    uid = os.getuid() if hasattr(os, "getuid") else None
    return start(lab_command(work, screen, uid, extra), lab_environment(os.environ))


def run(arguments: list[str], package: Path) -> int:
    """Do what the arguments say; those that begin with a dash are JupyterLab's own (`--port=9000`)."""
    lessons, work = home(package) / "notebooks", workplace(package)
    if len(arguments) == 2 and arguments[0] == "reset":
        print(reset(arguments[1], lessons, work))
        return 0
    if arguments in (["-h"], ["--help"]):
        print(USAGE)
        return 0
    if all(word.startswith("-") for word in arguments):
        return open_lab(lessons, work, arguments)
    raise LabError(USAGE)


def main(arguments: list[str], package: Path = PACKAGE) -> int:
    """Run, and turn what goes wrong into one sentence; return the exit status."""
    try:
        return run(arguments, package)
    except LabError as error:
        print(error, file=sys.stderr)
    except OSError as error:
        print(f"The lessons could not be copied: {error}.", file=sys.stderr)
    except KeyboardInterrupt:
        return INTERRUPTED
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
