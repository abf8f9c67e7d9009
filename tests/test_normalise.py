# SPDX-License-Identifier: GPL-2.0-only
"""Notebooks have one normal form, and nbval speaks when one stored output of a lesson is altered."""

import copy
import json
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

import mutate
import normalise

LESSONS = sorted((Path(__file__).resolve().parent.parent / "notebooks").glob("*.ipynb"))
VIEW = "application/vnd.jupyter.widget-view+json"


def stream(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


def result(data, count):
    return {"output_type": "execute_result", "data": data, "execution_count": count, "metadata": {"took": 1}}


def code(source, *outputs, **metadata):
    cell = {"cell_type": "code", "id": "x7f", "source": source, "outputs": list(outputs), "metadata": metadata}
    return cell | {"execution_count": 41}


def error(*traceback):
    return {"output_type": "error", "ename": "E", "evalue": "e", "traceback": list(traceback)}


def prose(text):
    return {"cell_type": "markdown", "id": "b00", "source": text, "metadata": {"collapsed": True}}


def untidy():
    """A notebook as JupyterLab might leave it."""
    cells = [
        prose("# A lesson\n\nof two lines"),
        code("print('a')\nprint('b')", stream("a\n"), stream("b\n"), execution={"iopub.execute_input": "now"}),
        code("panel", result({VIEW: {"model_id": "5eed"}, "text/plain": "a picture", "image/svg+xml": "<svg/>"}, 41)),
        code("1 / 0", error("line 1"), tags=["raises-exception"]),
    ]
    metadata = {
        "widgets": {"state": 1},
        "numakit": {"minutes": 20, "objectives": ["predict"]},
        "kernelspec": {"name": "mine", "display_name": "Mine"},
        "language_info": {"version": "3.13.0"},
    }
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 4}


def tiny_lesson():
    """A small lesson in normal form, for where there is none yet."""
    cells = [prose("A sum."), code("x = 1"), code("x + 1", result({"text/plain": "2"}, 9))]
    return normalise.normal({"cells": cells, "metadata": {}})


def code_cells(notebook):
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def test_normal_form_is_a_valid_notebook():
    nbformat.validate(nbformat.from_dict(normalise.normal(untidy())), relax_add_props=False)


def test_normalising_twice_gives_the_same_bytes():
    once = normalise.as_text(normalise.normal(untidy()))
    assert normalise.as_text(normalise.normal(json.loads(once))) == once


def test_normalising_leaves_its_argument_alone():
    notebook = untidy()
    before = copy.deepcopy(notebook)
    normalise.normal(notebook)
    assert notebook == before


def test_counts_go_from_one_in_cells_and_their_results():
    cells = code_cells(normalise.normal(untidy()))
    assert [cell["execution_count"] for cell in cells] == [1, 2, 3]
    assert cells[1]["outputs"][0]["execution_count"] == 2


def test_ids_tell_the_place():
    assert [cell["id"] for cell in normalise.normal(untidy())["cells"]] == ["cell-1", "cell-2", "cell-3", "cell-4"]


def test_what_changes_from_run_to_run_is_gone():
    text = normalise.as_text(normalise.normal(untidy()))
    for word in ("widgets", "iopub", "5eed", "took", "3.13.0", "Mine", "collapsed", "x7f"):
        assert word not in text, word


def test_what_a_lesson_says_of_itself_is_kept():
    notebook = normalise.normal(untidy())
    assert notebook["metadata"]["numakit"] == {"minutes": 20, "objectives": ["predict"]}
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    assert notebook["cells"][3]["metadata"] == {"tags": ["raises-exception"]}


def test_picture_and_sentence_of_a_panel_are_kept():
    panel = normalise.normal(untidy())["cells"][2]["outputs"][0]
    assert panel["data"] == {"text/plain": ["a picture"], "image/svg+xml": ["<svg/>"]}


def test_pieces_of_one_stream_are_joined():
    outputs = [stream("a"), stream("b\n"), stream("no", "stderr"), stream("c")]
    cell = normalise.normal({"cells": [code("f()", *outputs)], "metadata": {}})["cells"][0]
    assert [(out["name"], out["text"]) for out in cell["outputs"]] == [
        ("stdout", ["ab\n"]), ("stderr", ["no"]), ("stdout", ["c"])]  # fmt: skip


def test_the_text_ends_with_a_newline_and_sorts_its_keys():
    text = normalise.as_text(normalise.normal(untidy()))
    assert text.endswith("}\n")
    assert list(json.loads(text)) == ["cells", "metadata", "nbformat", "nbformat_minor"]


def test_check_names_what_is_not_normal_and_writes_nothing(tmp_path, capsys):
    path = tmp_path / "00_untidy.ipynb"
    path.write_text(json.dumps(untidy()))
    assert normalise.main(["--check", str(path)]) == 1
    assert "00_untidy.ipynb is not in normal form" in capsys.readouterr().err
    assert json.loads(path.read_text()) == untidy()
    assert normalise.main([str(path)]) == 0
    assert normalise.main(["--check", str(path)]) == 0


def test_a_file_that_is_no_notebook_ends_in_a_sentence(tmp_path, capsys):
    path = tmp_path / "00_broken.ipynb"
    path.write_text("not JSON")
    assert normalise.main([str(path), str(tmp_path / "missing.ipynb")]) == 1
    assert capsys.readouterr().err.count("left as it was") == 2
    assert path.read_text() == "not JSON"


def test_running_a_notebook_twice_gives_the_same_bytes(tmp_path):
    path = tmp_path / "tiny.ipynb"
    path.write_text(normalise.as_text(tiny_lesson()).replace('"2"', '"old"'))
    runs = [(normalise.main(["--run", str(path)]), path.read_bytes()) for _ in range(2)]
    assert runs[0] == runs[1] == (0, normalise.as_text(tiny_lesson()).encode())


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_every_lesson_is_in_normal_form(lesson):
    assert normalise.main(["--check", str(lesson)]) == 0


def nbval(path):
    """Run nbval on a notebook as `make lessons` does."""
    command = [sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", "--nbval-cell-timeout=60"]
    options = ["-p", "no:cacheprovider", "-p", "no:xdist", "--color=no", "-rf", "-c", str(path.parent / "pytest.ini")]
    (path.parent / "pytest.ini").write_text("[pytest]\n")
    return subprocess.run([*command, *options, str(path)], capture_output=True, text=True, check=False, timeout=600)


def failures(done):
    """The numbers of the code cells, from 0, that nbval says have failed."""
    return [int(number) for number in re.findall(r"(?m)^FAILED .*::Cell (\d+)", done.stdout)]


def test_nbval_passes_what_is_not_altered(tmp_path):
    (tmp_path / "tiny.ipynb").write_text(normalise.as_text(tiny_lesson()))
    assert nbval(tmp_path / "tiny.ipynb").returncode == 0


@pytest.mark.parametrize("lesson", [None, *LESSONS], ids=lambda path: path.stem if path else "tiny")
def test_nbval_fails_on_an_altered_output(tmp_path, lesson):
    notebook = json.loads(lesson.read_text(encoding="utf-8")) if lesson else tiny_lesson()
    other, cell = mutate.altered(notebook)
    (tmp_path / "altered.ipynb").write_text(normalise.as_text(other))
    done = nbval(tmp_path / "altered.ipynb")
    assert (done.returncode, failures(done)) == (1, [cell]), done.stdout + done.stderr


def test_a_cell_that_nbval_skips_is_not_altered():
    skipped = code("print(1)", stream(["1\n"]), tags=["nbval-ignore-output"])
    commented = code("# NBVAL_IGNORE_OUTPUT\nprint(2)", stream(["2\n"]))
    checked = code("print(3)", stream(["3\n"]))
    other, cell = mutate.altered({"cells": [skipped, commented, checked]})
    assert cell == 2
    assert other["cells"][2]["outputs"][0]["text"] == ["altered: ", "3\n"]


def test_a_notebook_without_texts_can_not_be_altered():
    with pytest.raises(mutate.NothingToAlter):
        mutate.altered({"cells": [prose("words"), code("x = 1")]})
