# SPDX-License-Identifier: GPL-2.0-only
"""A lesson in a JupyterLab page: run it, read its prompts and errors, edit a cell, find its panels."""

import time

from panel_on_page import PanelOnPage

PROMPT = ".jp-CodeCell .jp-InputPrompt"
ERROR = "[data-mime-type='application/vnd.jupyter.error'], [data-mime-type='application/vnd.jupyter.stderr']"
PANEL = ".jp-OutputArea-output > .widget-vbox"
LOST = 3  # seconds after which a click on Run All that changed no prompt is taken for lost
TRIES = 3  # so often is Run All chosen, if clicks are lost
LONGEST = 600  # seconds that a whole lesson may take, on a busy machine


class LessonPage:
    """One lesson, opened in a page of its own."""

    def __init__(self, page, address):
        self.page, self.dialogs = page, []
        # JupyterLab may ask something at any moment, on a busy machine which kernel it should take.
        page.add_locator_handler(page.locator(".jp-Dialog").first, self._close_dialog)
        page.goto(address)
        page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
        page.locator(".jp-Notebook-ExecutionIndicator[data-status='idle']").wait_for()

    def menu(self, name, entry):
        """Choose an entry of a menu."""
        self.page.get_by_role("menuitem", name=name, exact=True).click()
        self.page.get_by_role("menuitem", name=entry, exact=True).click()

    def prompts(self):
        """What stands beside each code cell: '[ ]:', '[*]:' or '[7]:'."""
        return self.page.locator(PROMPT).all_text_contents()  # inner texts are empty for what is not in view

    def run_all(self):
        """Run all cells to the end. The stored numbers and outputs are taken away first: they would pass for new."""
        self.menu("Edit", "Clear Outputs of All Cells")
        self._wait(lambda: not any(map(numbered, self.prompts())), LOST)
        for _ in range(TRIES):
            self.menu("Run", "Run All Cells")
            # A click right after the kernel says that it is idle can be lost, or run the first cell alone.
            self._wait(self._runs, LOST)
            rested = self._wait(lambda: all(map(numbered, self.prompts())) or self._rests(), LONGEST)
            if all(map(numbered, self.prompts())) or self.errors() or not rested:
                break
        done = all(map(numbered, self.prompts()))
        assert done, f"not at its end: {self.prompts()}; dialogs: {self.dialogs}"
        return self

    def _runs(self):
        """Whether a cell waits or runs, or has been run."""
        return any("*" in prompt or numbered(prompt) for prompt in self.prompts())

    def _rests(self):
        """Whether nothing waits or runs, and nothing does a moment later."""
        return not self._wait(lambda: any("*" in prompt for prompt in self.prompts()), LOST)

    def errors(self):
        """The texts of all outputs that are errors or were written to stderr."""
        return self.page.locator(ERROR).all_text_contents()

    def cell(self, words):
        """The code cell that has these words in its source."""
        return self.page.locator(".jp-CodeCell").filter(has=self.page.locator(".jp-InputArea", has_text=words))

    def rewrite(self, cell, words, line):
        """Click on the line that has these words, type another in its place, run the cell: as a learner would."""
        before = cell.locator(".jp-InputPrompt").text_content()
        cell.locator(".cm-line", has_text=words).click()
        for key in ("Home", "Shift+End"):
            self.page.keyboard.press(key)
        self.page.keyboard.type(line)
        self.page.keyboard.press("Shift+Enter")
        assert self._wait(lambda: cell.locator(".jp-InputPrompt").text_content() not in (before, "[*]:"), LONGEST)

    def panels(self):
        """All panels of the lesson, in order."""
        return [PanelOnPage(box) for box in self.page.locator(PANEL).all()]

    def panel_of(self, function):
        """The panel of the cell that calls this function of the kit."""
        return PanelOnPage(self.cell(f"{function}(").locator(PANEL))

    def _close_dialog(self, dialog):
        """Take the kernel that is offered, close what else is asked; keep the words, for a failing test to tell."""
        self.dialogs.append(dialog.text_content())
        if "Select Kernel" in self.dialogs[-1]:
            dialog.locator("button.jp-mod-accept").click()
        else:
            self.page.keyboard.press("Escape")

    def _wait(self, holds, seconds):
        end = time.monotonic() + seconds
        while not (held := holds()) and time.monotonic() < end:
            self.page.wait_for_timeout(100)
        return held


def numbered(prompt):
    """Whether a prompt has a number: the cell has been run."""
    return any(map(str.isdigit, prompt))
