# SPDX-License-Identifier: GPL-2.0-only
"""What the browser tests share: JupyterLab, Chromium, a lesson opened in them, and what is told at the end."""

import os
import shutil
import signal
from importlib.util import find_spec
from pathlib import Path

import pytest
from lab_server import lab_server
from lesson_page import LessonPage

NOTES = pytest.StashKey[list]()
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync")
WIDE = {"width": 1280, "height": 1000}


def missing():
    """What keeps the browser tests from being run, in a sentence; '' if nothing does."""
    if find_spec("playwright") is None:
        return "Playwright is not installed here: make browser-setup installs it."
    if not any(map(shutil.which, BROWSERS)):
        return f"No Chromium is here (one of {', '.join(BROWSERS)}): make browser-setup installs it or says how."
    return ""


def pytest_configure(config):
    config.stash[NOTES] = []
    # A CI that loses patience sends SIGTERM: end as for Ctrl-C, so that JupyterLab and Chromium end too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_terminal_summary(terminalreporter, config):
    if why := missing():
        terminalreporter.section("NO BROWSER TEST WAS RUN", sep="!", red=True, bold=True)
        terminalreporter.line(why)
    if config.stash[NOTES]:
        terminalreporter.section("measured in the browser")
    for note in config.stash[NOTES]:
        terminalreporter.line(note)


@pytest.fixture
def tell(request):
    """tell(sentence): a line at the end of the test run's output."""
    return request.config.stash[NOTES].append


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """The one JupyterLab of the test run."""
    if why := missing():
        pytest.skip(why)
    with lab_server(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture(scope="session")
def context(server, tmp_path_factory):
    """Headless Chromium with a fresh profile, which all tests share so that JupyterLab is loaded from its cache."""
    from playwright.sync_api import sync_playwright

    path = next(filter(None, map(shutil.which, BROWSERS)))
    root = hasattr(os, "getuid") and os.getuid() == 0  # Chromium's sandbox refuses root
    own = os.environ | {"HOME": str(tmp_path_factory.mktemp("home"))}  # it writes there, profile or not
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS), chromium_sandbox=not root, env=own)
        with browser:
            yield browser.new_context(viewport=WIDE)


@pytest.fixture
def open_lesson(server, context):
    """open_lesson('03'): a fresh copy of that lesson on a page of its own, with a kernel of its own."""
    pages = []

    def opened(number, width=WIDE["width"]):
        pages.append(context.new_page())
        pages[-1].set_viewport_size({"width": width, "height": 1000})
        return LessonPage(pages[-1], server.address(server.fresh(number)))

    yield opened
    for page in pages:
        page.close()
    server.end_kernels()


@pytest.fixture
def dark(server):
    """Pages opened in this test have JupyterLab's dark theme."""
    server.set_theme("JupyterLab Dark")
    yield
    server.set_theme("JupyterLab Light")


@pytest.fixture
def shoot():
    """shoot(name, what): a screenshot into the folder that NUMAKIT_SHOTS names, if it names one."""
    folder = os.environ.get("NUMAKIT_SHOTS")

    def save(name, what):
        if folder:
            what.screenshot(path=Path(folder) / f"{name}.png")  # makes the folder too

    return save
