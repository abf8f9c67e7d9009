# SPDX-License-Identifier: GPL-2.0-only
"""JupyterLab for a test: started as `make lab` starts it, with folders, a token and a port of its own."""

import json
import os
import secrets
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import ProxyHandler, Request, build_opener

from numakit import lab

# Each of these folders would else be the tester's own.
OWN_FOLDERS = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR",
               "JUPYTERLAB_WORKSPACES_DIR", "IPYTHONDIR")
PLUGIN = "@jupyterlab/apputils-extension"
DIRECT = build_opener(ProxyHandler({}))  # the machine may have a proxy, which can't reach this server
START = 60  # seconds; 3 to 8 were seen


@dataclass(frozen=True)
class LabServer:
    """A JupyterLab that runs: its address (ending in a slash), its token, and the folder that all it writes is in."""

    url: str
    token: str
    folder: Path

    def address(self, lesson: str) -> str:
        """Where a lesson opens, in a workspace without what an earlier page left open."""
        return f"{self.url}lab/tree/{lesson}?reset&token={self.token}"

    def fresh(self, number: str) -> str:
        """Put a fresh copy of a lesson where the learner works, over what an earlier test left; return its name."""
        lesson = lab.lesson_called(number, lab.home(lab.PACKAGE) / "notebooks")
        (self.folder / "work" / lesson.name).unlink()
        lab.copy_lesson(lesson, self.folder / "work" / lesson.name)
        return lesson.name

    def end_kernels(self) -> None:
        """End all kernels, so that the next test has one of its own and the machine is not full of them."""
        for kernel in json.loads(self._ask("GET", "api/kernels")):
            self._ask("DELETE", f"api/kernels/{kernel['id']}")

    def _ask(self, method: str, what: str) -> bytes:
        asked = Request(self.url + what, method=method, headers={"Authorization": f"token {self.token}"})
        with DIRECT.open(asked, timeout=30) as answer:
            return answer.read()

    def set_theme(self, name: str) -> None:
        """Choose the theme, as the menu does; pages opened from now on have it."""
        write_setting(self.folder, "themes", {"theme": name})


def write_setting(folder: Path, name: str, setting: dict[str, object]) -> None:
    """Write one settings file of JupyterLab's."""
    path = folder / "JUPYTERLAB_SETTINGS_DIR" / PLUGIN / f"{name}.jupyterlab-settings"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(setting))


def free_port() -> int:
    """A port that nobody listens on; should it be taken before JupyterLab is up, JupyterLab takes another."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]


def started(folder: Path, token: str, log: object) -> subprocess.Popen:
    """Put the lessons into work/ as `make lab` does, and start JupyterLab on them without a browser."""
    work = folder / "work"
    home = lab.home(lab.PACKAGE)
    lab.copy_missing(home / "notebooks", work)
    lab.copy_pages(home / "docs", work)
    write_setting(folder, "notification", {"fetchNews": "false", "checkForUpdates": False})
    extra = ["--ip=127.0.0.1", f"--port={free_port()}", f"--IdentityProvider.token={token}"]
    uid = os.getuid() if hasattr(os, "getuid") else None
    environment = lab.lab_environment(os.environ) | {name: str(folder / name) for name in OWN_FOLDERS}
    return subprocess.Popen(lab.lab_command(work, False, uid, extra), env=environment, cwd=folder,
                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def url_of(server: subprocess.Popen, folder: Path) -> str:
    """The address at which the server says that it listens, as soon as it says so."""
    said = folder / "JUPYTER_RUNTIME_DIR" / f"jpserver-{server.pid}.json"
    for _ in range(START * 10):
        if said.exists() and (text := said.read_text()):
            return json.loads(text)["url"]
        if server.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start within {START} s: {(folder / 'log').read_text()[-2000:]}")


def end(server: subprocess.Popen) -> None:
    """End the server and with it its kernels: asked first, killed if it does not hear."""
    server.terminate()
    try:
        server.wait(15)
    except subprocess.TimeoutExpired:
        server.kill()  # its kernels look for their parent, and end without it
        server.wait()


@contextmanager
def lab_server(folder: Path):
    """A LabServer that is ended whatever happens."""
    token = secrets.token_hex(16)
    with (folder / "log").open("w") as log:
        server = started(folder, token, log)
        try:
            yield LabServer(url_of(server, folder), token, folder)
        finally:
            end(server)
