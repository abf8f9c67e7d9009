# SPDX-License-Identifier: GPL-2.0-only
"""Lessons are copied, never over a learner's, and JupyterLab is started as it should be (none is started here)."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import check_python
from numakit import lab

WORDS = "a learner's own words"
ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / "tools"
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def code(answered):
    """A code cell with the answer below it, or as a learner should get it."""
    outputs = [{"name": "stdout", "output_type": "stream", "text": ["¾\n"]}] if answered else []
    return {"cell_type": "code", "execution_count": 7 if answered else None, "id": "a1", "metadata": {"tags": ["ask"]},
            "outputs": outputs, "source": ["print('¾')"]}


def written(name, answered):
    """A lesson as text, in the form in which lessons are stored."""
    prose = {"cell_type": "markdown", "id": "b2", "metadata": {}, "source": [f"# {name}"]}
    notebook = {"cells": [prose, code(answered)], "metadata": {"title": name}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def fresh(name):
    """What a fresh copy of a lesson should be."""
    return written(name, answered=False)


@pytest.fixture
def root(tmp_path):
    """A tree with two lessons and nothing in work/."""
    lessons = tmp_path / "notebooks"
    lessons.mkdir()
    for name in ("00_start_here", "03_a_file_in_tmpfs"):
        (lessons / f"{name}.ipynb").write_text(written(name, answered=True), encoding="utf-8")
    return tmp_path


@pytest.fixture
def started(monkeypatch):
    """The commands that would have started JupyterLab."""
    commands = []
    monkeypatch.setattr(lab, "start", lambda command, environment: commands.append(command) or 0)
    return commands


def files(work):
    return {path.name: path.read_text(encoding="utf-8") for path in work.iterdir()}


def test_missing_lessons_are_copied(root):
    assert lab.copy_missing(root / "notebooks", root / "work") == ["00_start_here.ipynb", "03_a_file_in_tmpfs.ipynb"]
    assert files(root / "work")["00_start_here.ipynb"] == fresh("00_start_here")


def test_the_pages_that_lessons_link_to_are_copied_always_anew(root, started):
    (root / "docs").mkdir()
    (root / "docs" / "chart.svg").write_text("<svg/>", encoding="utf-8")
    told = "[00](../notebooks/00_start_here.ipynb), [mbind](../numakit/mbind.py), [here](a.md#page) ![](chart.svg)\n"
    (root / "docs" / "glossary.md").write_text(told, encoding="utf-8")
    for _ in range(2):
        assert lab.main([], root / "numakit") == 0
        copied = files(root / "work" / "docs")
        assert copied == {"chart.svg": "<svg/>",
                          "glossary.md": "[00](../00_start_here.ipynb), mbind, [here](a.md#page) ![](chart.svg)\n"}
        (root / "work" / "docs" / "glossary.md").write_text("an old one", encoding="utf-8")


def test_every_link_of_a_copied_page_leads_somewhere(tmp_path):
    lab.copy_missing(ROOT / "notebooks", tmp_path)
    lab.copy_pages(ROOT / "docs", tmp_path)
    for page in (tmp_path / "docs").glob("*.md"):
        for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8")):
            assert ":" in link or (page.parent / link).exists(), f"{page.name}: {link}"


def test_a_copy_has_no_answers_and_the_lesson_keeps_its_own(root):
    lab.copy_missing(root / "notebooks", root / "work")
    assert "stdout" not in files(root / "work")["00_start_here.ipynb"]
    assert files(root / "notebooks")["00_start_here.ipynb"] == written("00_start_here", answered=True)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.stem)
def test_a_copy_of_a_real_lesson_differs_in_nothing_but_answers(lesson):
    mine, its = json.loads(lab.unanswered(lesson)), json.loads(lesson.read_text(encoding="utf-8"))
    for cell in (cell for cell in its["cells"] if cell["cell_type"] == "code"):
        cell |= {"outputs": [], "execution_count": None}
    assert mine == its
    assert lab.unanswered(lesson).decode() == json.dumps(its, indent=1, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("broken", ["", "not JSON", "[]", "{}", '{"cells": [{}]}', '{"cells": 3}'])
def test_a_lesson_that_can_not_be_read_moves_nothing_of_the_learners(root, broken, capsys):
    lab.copy_missing(root / "notebooks", root / "work")
    before = files(root / "work")
    (root / "notebooks" / "03_a_file_in_tmpfs.ipynb").write_text(broken)
    assert lab.main(["reset", "03"], root / "numakit") == 1
    assert "is no notebook that can be read" in capsys.readouterr().err
    assert files(root / "work") == before


def test_what_the_learner_wrote_is_never_overwritten(root):
    lab.copy_missing(root / "notebooks", root / "work")
    (root / "work" / "00_start_here.ipynb").write_text(WORDS)
    (root / "work" / "03_a_file_in_tmpfs.ipynb").unlink()
    assert lab.copy_missing(root / "notebooks", root / "work") == ["03_a_file_in_tmpfs.ipynb"]
    assert files(root / "work")["00_start_here.ipynb"] == WORDS


def test_a_link_that_leads_nowhere_is_left_alone(root):
    (root / "work").mkdir()
    (root / "work" / "00_start_here.ipynb").symlink_to(root / "nowhere")
    lab.copy_missing(root / "notebooks", root / "work")
    assert not (root / "nowhere").exists()


def test_a_source_tree_keeps_the_copies_in_work(root):
    assert (lab.home(root / "numakit"), lab.workplace(root / "numakit")) == (root, root / "work")


def test_an_installed_wheel_brings_the_lessons_and_leaves_the_copies_where_the_learner_is(root, started, monkeypatch):
    package, here = root / "site-packages" / "numakit", root / "here"
    (package / "lessons").mkdir(parents=True)
    (root / "notebooks").rename(package / "lessons" / "notebooks")
    here.mkdir()
    monkeypatch.chdir(here)
    assert lab.main(["--port=9000"], package) == 0
    assert files(here / "numakit-lessons")["03_a_file_in_tmpfs.ipynb"] == fresh("03_a_file_in_tmpfs")
    assert f"--ServerApp.root_dir={here / 'numakit-lessons'}" in started[0]


@pytest.mark.parametrize("name", ["03", "3", "03_a_file_in_tmpfs", "03_a_file_in_tmpfs.ipynb"])
def test_reset_gives_a_fresh_lesson_and_keeps_the_learners(root, name):
    (root / "work").mkdir()
    (root / "work" / "03_a_file_in_tmpfs.ipynb").write_text(WORDS)
    said = lab.reset(name, root / "notebooks", root / "work")
    assert "03_a_file_in_tmpfs_mine-1.ipynb" in said
    assert files(root / "work") == {
        "03_a_file_in_tmpfs.ipynb": fresh("03_a_file_in_tmpfs"),
        "03_a_file_in_tmpfs_mine-1.ipynb": WORDS,
    }


def test_resets_never_lose_an_earlier_copy(root):
    for number in (1, 2, 3):
        lab.copy_missing(root / "notebooks", root / "work")
        (root / "work" / "03_a_file_in_tmpfs.ipynb").write_text(f"{WORDS} {number}")
        lab.reset("03", root / "notebooks", root / "work")
    kept = files(root / "work")
    assert [kept[f"03_a_file_in_tmpfs_mine-{n}.ipynb"] for n in (1, 2, 3)] == [f"{WORDS} {n}" for n in (1, 2, 3)]


def test_a_lesson_that_the_learner_left_as_it_was_is_not_kept_twice(root):
    lab.copy_missing(root / "notebooks", root / "work")
    assert "already" in lab.reset("03", root / "notebooks", root / "work")
    assert set(files(root / "work")) == {"00_start_here.ipynb", "03_a_file_in_tmpfs.ipynb"}


def test_a_lesson_that_was_saved_in_another_layout_is_not_kept_twice(root):
    lab.copy_missing(root / "notebooks", root / "work")
    mine = root / "work" / "03_a_file_in_tmpfs.ipynb"
    mine.write_text(json.dumps(json.loads(mine.read_bytes()), sort_keys=True))
    assert "already" in lab.reset("03", root / "notebooks", root / "work")


def test_a_lesson_with_outputs_is_kept(root):
    (root / "work").mkdir()
    (root / "work" / "03_a_file_in_tmpfs.ipynb").write_text(written("03_a_file_in_tmpfs", answered=True))
    assert "_mine-1.ipynb" in lab.reset("03", root / "notebooks", root / "work")


def test_reset_of_a_lesson_not_yet_copied_just_copies_it(root):
    lab.reset("03", root / "notebooks", root / "work")
    assert list(files(root / "work")) == ["03_a_file_in_tmpfs.ipynb"]


@pytest.mark.parametrize("name", ["7", "", "../03", "nonsense", "²"])
def test_reset_of_an_unknown_lesson_lists_those_there_are(root, name, capsys):
    assert lab.main(["reset", name], root / "numakit") == 1
    assert "00_start_here, 03_a_file_in_tmpfs" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["reset"], ["reset", "03", "00"], ["start"], ["03"]])
def test_other_words_are_answered_with_the_usage(root, arguments, capsys):
    assert lab.main(arguments, root / "numakit") == 1
    assert capsys.readouterr().err.strip() == lab.USAGE


def test_without_lessons_a_sentence_says_so(tmp_path, capsys, started):
    assert lab.main([], tmp_path / "numakit") == 1
    assert "There are no lessons" in capsys.readouterr().err
    assert not started


def test_a_work_that_is_no_folder_ends_in_a_sentence(root, capsys, started):
    (root / "work").write_text(WORDS)
    assert lab.main([], root / "numakit") == 1
    assert "could not be copied" in capsys.readouterr().err
    assert (root / "work").read_text() == WORDS


def test_without_jupyterlab_a_sentence_says_what_to_install(root, capsys, started, monkeypatch):
    monkeypatch.setattr(lab, "find_spec", lambda name: None)
    assert lab.main([], root / "numakit") == 1
    assert "make setup" in capsys.readouterr().err
    assert not started


def test_lab_copies_and_starts_with_options_passed_on(root, started):
    assert lab.main(["--port=9000"], root / "numakit") == 0
    assert (root / "work" / "00_start_here.ipynb").exists()
    assert started[0][-1] == "--port=9000"


def test_the_first_lesson_is_opened(root):
    lab.copy_missing(root / "notebooks", root / "work")
    command = lab.lab_command(root / "work", screen=True, uid=1000, extra=[])
    assert command[:3] == [sys.executable, "-c", lab.SERVE]
    assert "--LabApp.default_url=/lab/tree/00_start_here.ipynb" in command
    assert f"--ServerApp.root_dir={root / 'work'}" in command


@pytest.mark.parametrize(("uid", "allowed"), [(0, True), (1000, False), (None, False)])
def test_root_is_allowed_only_where_the_user_is_root(tmp_path, uid, allowed):
    assert ("--allow-root" in lab.lab_command(tmp_path, screen=True, uid=uid, extra=[])) is allowed


@pytest.mark.parametrize("screen", [True, False])
def test_no_browser_is_opened_without_a_screen(tmp_path, screen):
    assert ("--no-browser" in lab.lab_command(tmp_path, screen, uid=1000, extra=[])) is not screen


@pytest.mark.parametrize(
    ("environment", "platform", "screen"),
    [
        ({}, "linux", False),
        ({"DISPLAY": ""}, "linux", False),
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({"DISPLAY": ":0", "CI": "true"}, "linux", False),
        ({}, "darwin", True),
        ({}, "win32", True),
        ({"CI": "1"}, "win32", False),
    ],
)
def test_whether_there_is_a_screen(environment, platform, screen):
    assert lab.has_screen(environment, platform) is screen


def test_one_ctrl_c_ends_it_without_a_question(tmp_path):
    assert "--ServerApp.answer_yes=True" in lab.lab_command(tmp_path, screen=True, uid=1000, extra=[])


def test_a_ctrl_c_while_jupyterlab_starts_ends_without_a_traceback(tmp_path):
    package = tmp_path / "jupyterlab"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "labapp.py").write_text("raise KeyboardInterrupt")
    done = subprocess.run([sys.executable, "-c", lab.SERVE], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (lab.INTERRUPTED, "", "")


def test_a_ctrl_c_while_lessons_are_copied_ends_without_a_traceback(root, monkeypatch):
    def interrupted(lessons, work):
        raise KeyboardInterrupt

    monkeypatch.setattr(lab, "copy_missing", interrupted)
    assert lab.main([], root / "numakit") == lab.INTERRUPTED


@pytest.mark.parametrize("screen", [True, False])
def test_without_a_screen_the_learner_is_told_that_addresses_follow(root, started, screen, monkeypatch, capsys):
    monkeypatch.setattr(lab, "has_screen", lambda environment, platform: screen)
    lab.main([], root / "numakit")
    assert ("addresses that follow" in capsys.readouterr().out) is not screen


def test_a_kernel_installed_elsewhere_is_not_taken():
    environment = lab.lab_environment({"JUPYTER_PATH": "/elsewhere", "HOME": "/home/reader"})
    assert environment == {"HOME": "/home/reader", "JUPYTER_PREFER_ENV_PATH": "1"}


@pytest.mark.parametrize(
    ("version", "has_venv", "word"),
    [((3, 10), True, "Python 3.10"), ((2, 7), False, "Python 2.7"), ((3, 12), False, "python3.12-venv")],
)
def test_a_python_that_will_not_do_is_told_in_one_sentence(version, has_venv, word):
    sentence = check_python.missing(version, has_venv)
    assert word in sentence
    assert "install" in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize("version", [(3, 11), (3, 14), (4, 0)])
def test_a_new_python_with_venv_will_do(version):
    assert check_python.missing(version, has_venv=True) == ""


@pytest.mark.parametrize("tool", ["check_python.py", "build_venv.py"])
def test_an_old_python_can_read_what_tells_it_that_it_is_old(tool):
    tree = ast.parse((TOOLS / tool).read_text(encoding="ascii"), feature_version=(3, 4))  # no f-strings, no annotations
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert [f.name for f in functions if f.returns or any(a.annotation for a in f.args.args)] == []


def test_the_usage_says_that_options_go_to_jupyterlab():
    assert "--port=9000" in lab.USAGE and "JupyterLab" in lab.USAGE


def test_the_module_says_its_usage_from_the_command_line():
    done = subprocess.run([sys.executable, "-m", "numakit.lab", "--help"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, lab.USAGE)
