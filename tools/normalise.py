# SPDX-License-Identifier: GPL-2.0-only
"""Brings notebooks into one normal form, so that a notebook made anew gives the same bytes.

`python tools/normalise.py FILE ...` writes the normal form, `--run` runs the notebooks first, `--check` only says which
are not normal. Counts are 1..n, ids tell the place, and there are no widget states, view ids, timings or versions.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Tree = dict[str, Any]

CELL_TIMEOUT = 60  # seconds; nbclient has no limit of its own, and hung once
KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
LANGUAGE = {"file_extension": ".py", "mimetype": "text/x-python", "name": "python", "pygments_lexer": "ipython3"}
KEPT_OF_NOTEBOOK = ("numakit", "title")
KEPT_OF_CELL = ("jupyter", "numakit", "tags")
# The view's id is a new one in each run. Without it the stored picture is shown until the cell is run again.
VIEW = "application/vnd.jupyter.widget-view+json"


def lines(text: str | list[str]) -> list[str]:
    """The text as notebooks store it: a list of lines, each but the last with its newline."""
    return "".join(text).splitlines(keepends=True)


def kept(tree: Tree, names: Iterable[str]) -> Tree:
    """Only these entries of the tree, where they are there."""
    return {name: tree[name] for name in names if name in tree}


def normal_data(data: Tree) -> Tree:
    """A mime bundle with its texts as lists of lines, and without the widget's view id."""
    texts = {mime: value for mime, value in data.items() if mime != VIEW}
    return {mime: value if isinstance(value, dict) else lines(value) for mime, value in texts.items()}


def normal_output(output: Tree, count: int) -> Tree:
    """One output of the cell whose count is `count`."""
    if output["output_type"] == "stream":
        return output | {"text": lines(output["text"])}
    if "data" not in output:
        return output
    counted = {"execution_count": count} if output["output_type"] == "execute_result" else {}
    return output | {"data": normal_data(output["data"]), "metadata": {}} | counted


def joined(outputs: list[Tree]) -> list[Tree]:
    """The outputs, with neighbours of one stream made one: in how many pieces they came is chance."""
    done: list[Tree] = []
    for output in outputs:
        if done and output["output_type"] == "stream" and output.get("name") == done[-1].get("name"):
            done[-1] = done[-1] | {"text": [*lines(done[-1]["text"]), *lines(output["text"])]}
        else:
            done.append(output)
    return done


def normal_cell(cell: Tree, place: int, count: int) -> Tree:
    """The cell at this place (from 1), with this count if it is a code cell."""
    metadata = kept(cell.get("metadata", {}), KEPT_OF_CELL)
    plain = cell | {"id": f"cell-{place}", "metadata": metadata, "source": lines(cell["source"])}
    if cell["cell_type"] != "code":
        return plain
    outputs = [normal_output(output, count) for output in joined(cell.get("outputs", []))]
    return plain | {"execution_count": count, "outputs": outputs}


def normal(notebook: Tree) -> Tree:
    """The notebook in normal form; what a lesson says of itself (metadata.numakit) is kept."""
    cells, count = [], 0
    for place, cell in enumerate(notebook["cells"], start=1):
        count += cell["cell_type"] == "code"
        cells.append(normal_cell(cell, place, count))
    fixed = {"kernelspec": KERNELSPEC, "language_info": LANGUAGE}
    metadata = kept(notebook.get("metadata", {}), KEPT_OF_NOTEBOOK) | fixed
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def as_text(notebook: Tree) -> str:
    """The notebook as the text of its file: keys sorted, a newline at the end."""
    return json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def executed(path: Path) -> Tree:
    """The notebook run from top to bottom in its own folder; raises what nbclient raises if a cell fails."""
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    resources = {"metadata": {"path": str(path.parent)}}
    client = NotebookClient(
        notebook, timeout=CELL_TIMEOUT, kernel_name="python3", resources=resources, store_widget_state=False
    )
    client.execute(stderr=subprocess.DEVNULL)  # the kernel's own warnings; what cells write there is kept
    tree: Tree = json.loads(nbformat.writes(notebook))
    return tree


def main(arguments: list[str] | None = None) -> int:
    """Normalise, run or check the notebooks named; the exit status is 1 if one is not normal or fails."""
    parser = argparse.ArgumentParser(description="Bring notebooks into normal form.")
    parser.add_argument("notebooks", nargs="+", type=Path)
    parser.add_argument("--run", action="store_true", help="run the notebooks first")
    parser.add_argument("--check", action="store_true", help="write nothing, say which are not normal")
    options = parser.parse_args(arguments)
    results = [one(path, options.run, options.check) for path in options.notebooks]
    return 0 if all(results) else 1


def one(path: Path, run: bool, check: bool) -> bool:
    """Do one notebook, and say what there is to say; whether all is well with it."""
    try:
        before = path.read_text(encoding="utf-8")
        after = as_text(normal(executed(path) if run else json.loads(before)))
    except Exception as error:  # whatever a cell raised: the file stays as it was
        print(f"{path}: left as it was, because of {type(error).__name__}: {error}", file=sys.stderr)
        return False
    if check and before != after:
        print(f"{path} is not in normal form: `make notebooks` makes it so.", file=sys.stderr)
        return False
    if not check and before != after:
        path.write_text(after, encoding="utf-8", newline="\n")
        print(f"{path}: written.")
    return True


if __name__ == "__main__":
    sys.exit(main())
