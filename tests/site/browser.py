"""JupyterLab as the README starts it, in a headless Chromium: where links lead, and whether one sees what is stored.

    pip install 'playwright>=1.50,<2' && pytest -o addopts= tests/site/browser.py

It uses the system's Chromium (Debian and Ubuntu: apt-get install chromium). It is not part of the plain `pytest`,
because learners need neither.
"""

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

import nbformat
import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="pip install 'playwright>=1.50,<2'")

from chromium import CHROMIUM  # noqa: E402
from store import METADATA  # noqa: E402
from test_cleanup import wait_until_gone  # noqa: E402
from test_pages import command  # noqa: E402
from test_sanitize import rules  # noqa: E402
from translate import links  # noqa: E402

ROOT = Path(__file__).parents[2]
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium, or your system's way")

# Each code cell as it stands on the page: its number, its texts by stream, and how many pictures it shows.
SEEN = """
() => [...document.querySelectorAll('.jp-CodeCell')].map(cell => {
  const all = selector => [...cell.querySelectorAll(selector)];
  const stream = name => all(`[data-mime-type="application/vnd.jupyter.${name}"]`).map(e => e.textContent).join('');
  const pictures = all('.jp-RenderedImage img');
  return {
    prompt: cell.querySelector('.jp-InputPrompt').innerText,
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    pictures: pictures.filter(e => e.naturalWidth > 100).length,
  };
})
"""


# Marks the links of the Markdown page in front, but for those that JupyterLab adds to headings; other pages may be open
# behind it. Whether all have their addresses: JupyterLab turns those of a long page one after the other.
MARK_LINKS = """
() => {
  document.querySelectorAll('[data-own]').forEach(link => delete link.dataset.own);
  const links = 'a:not(.jp-InternalAnchorLink)';
  const own = [...window.jupyterapp.shell.currentWidget.node.querySelectorAll('.jp-RenderedMarkdown ' + links)];
  own.forEach(link => link.dataset.own = '');
  return own.every(link => link.getAttribute('href'));
}
"""
LINKS = "a[data-own]"
# Whether a file is in front and drawn, with the section of this name, if there is one, in view.
IN_VIEW = """
([path, name]) => {
  const shown = window.jupyterapp?.shell.currentWidget;
  if (shown?.context?.path != path) return false;
  const all = [...shown.node.querySelectorAll('[data-jupyter-id]')];
  if (!name) return all.length > 0 || shown.node.querySelector('.cm-line') != null;
  const place = all.find(each => each.dataset.jupyterId == name)?.getBoundingClientRect();
  const whole = shown.content.node.getBoundingClientRect();
  return place && place.top > whole.top - 5 && place.top < whole.top + 0.8 * whole.height;
}
"""


class Lab(NamedTuple):
    """JupyterLab that runs."""

    opened: str  # the address with which the command calls a browser
    address: str  # on loopback
    token: str
    folder: Path  # a copy of the collection, which it serves


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """JupyterLab, started by the README's own command (its end: .ci/run has run the beginning)."""
    home = tmp_path_factory.mktemp("lab")
    folder, config, called = home / "collection", home / "config", home / "called"
    (folder / "notebooks").mkdir(parents=True)
    for path in [
        ROOT / "README.md",
        *LESSONS,
        *ROOT.glob("notebooks/*.[pm][nd]*"),
        *ROOT.glob("notebooks/zh/*.*"),
        *ROOT.glob("helpers/*.py"),
    ]:
        (folder / path.relative_to(ROOT)).parent.mkdir(exist_ok=True)
        shutil.copy(path, folder / path.relative_to(ROOT))
    (folder / ".venv").symlink_to(sys.prefix)
    config.mkdir()
    server = {"ip": "127.0.0.1", "port": 0, "allow_root": True}
    (config / "jupyter_server_config.json").write_text(json.dumps({"ServerApp": server}))
    (config / "jupyter_lab_config.json").write_text(json.dumps({"LabApp": {"expose_app_in_browser": True}}))
    call = home / "browser"
    call.write_text(f'#!/bin/sh\nprintf "%s\\n" "$1" >{called}\n')
    call.chmod(0o700)
    environment = {
        **os.environ,
        "BROWSER": f"{call} %s",
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "JUPYTER_CONFIG_DIR": str(config),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
    }
    environment.pop("PYTEST_CURRENT_TEST", None)
    start = command("lessons").rpartition(" && ")[2].split()
    with (
        open(home / "log", "w") as log,
        subprocess.Popen(start, env=environment, stdout=log, stderr=log, cwd=folder) as server,
    ):
        try:
            deadline = time.monotonic() + 60
            while not (called.exists() and called.read_text().endswith("\n")):
                assert time.monotonic() < deadline, (home / "log").read_text()
                time.sleep(0.1)
            opened = called.read_text().strip()
            page = Path(unquote(opened).removeprefix("file://")).read_text()
            address, token = re.search(r"(http://127\.0\.0\.1:\d+/lab)\S*[?&]token=(\w+)", page).groups()
            yield Lab(opened, address, token, folder)
        finally:
            server.kill()  # asked politely, it can wait for a kernel forever; without it kernels end by themselves


class Lesson:
    """A lesson that is open in JupyterLab."""

    def __init__(self, browser, lab, path: Path):
        self.stored = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
        self.page = browser.new_page(viewport={"width": 1280, "height": 1000})
        self.page.goto(f"{lab.address}/tree/notebooks/{path.name}?token={lab.token}&reset")
        self.page.wait_for_selector(".jp-NotebookPanel .jp-CodeCell", timeout=60_000)
        self.wait_until_idle()

    def wait_until_idle(self) -> None:
        session = "window.jupyterapp.shell.currentWidget?.sessionContext"
        idle = f"() => {session}?.isReady && {session}.session?.kernel?.status === 'idle'"
        self.page.wait_for_function(idle, timeout=60_000)

    def command(self, name: str) -> None:
        self.page.evaluate("name => { window.jupyterapp.commands.execute(name) }", name)

    def run_all(self) -> list[dict]:
        """Run all cells; returns what then stands on the page, cell by cell."""
        self.command("notebook:clear-all-cell-outputs")
        self.command("notebook:run-all-cells")
        count = len(self.stored)
        self.page.wait_for_function(
            f"({SEEN})().filter(cell => /\\d/.test(cell.prompt)).length == {count}", timeout=90_000
        )
        self.wait_until_idle()
        self.page.wait_for_timeout(500)  # pictures are drawn a moment after they arrive
        return self.page.evaluate(SEEN)


@pytest.fixture(scope="module")
def front(browser, lab):
    """The page that the README's command opens."""
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.goto(lab.opened)
    page.wait_for_function(f"window.jupyterapp && ({IN_VIEW})(['README.md', ''])", timeout=60_000)
    yield page
    page.close()


def open_file(page, path: str) -> None:
    page.evaluate("path => { window.jupyterapp.commands.execute('rendermime:handle-local-link', {path}) }", path)
    wait_for(page, path)


def wait_for(page, path: str, section: str = "") -> None:
    """Until a file is in front, and its section in view."""
    try:
        page.wait_for_function(IN_VIEW, arg=[path, section], timeout=30_000)
    except playwright.TimeoutError:
        pytest.fail(f"{path}#{section} did not come into view")


def local_links(page) -> list[tuple[str, str, int]]:
    """A page's links within the collection: the file and the section that each leads to, and its place."""
    page.wait_for_function(MARK_LINKS)
    found = []
    for number, link in enumerate(page.locator(LINKS).all()):
        address, _, section = map(unquote, link.get_attribute("href").partition("#"))
        if "/files/" in address:
            found.append((address.partition("?")[0].partition("/files/")[2], section, number))
    return found


def test_the_readme_comes_rendered_with_its_picture(front, lab):
    assert front.url.startswith(f"{lab.address}/tree/README.md")
    front.wait_for_function("document.querySelector('.jp-MarkdownViewer img')?.naturalWidth > 100")
    assert front.locator(".jp-FileEditor").count() == 0


def test_notebook_7_opens_markdown_too(browser, lab):
    """It is installed with JupyterLab, and reads the same settings and extensions."""
    page = browser.new_page()
    page.goto(f"{lab.address.removesuffix('/lab')}/edit/README.md?token={lab.token}")
    page.wait_for_selector(".cm-line:visible, .jp-MarkdownViewer h1:visible", timeout=60_000)
    page.close()


@pytest.mark.parametrize(
    ("page", "every"),
    [
        ("README.md", 3),
        pytest.param("notebooks/problems.md", 1, marks=pytest.mark.thorough),  # a hundred and fifty links
    ],
)
def test_each_link_of_a_page_leads_to_its_section_at_the_first_click(front, page, every):
    open_file(front, page)
    found, text = local_links(front), (ROOT / page).read_text(encoding="utf-8")
    wanted = [link for link in links(re.sub(r"!\[.*?\]\(.*?\)", "", text)) if "://" not in link]
    assert len(found) == len(wanted)
    opened = set()
    for file, section, number in sorted(found, key=lambda link: (not link[1], link))[::every]:  # sections first
        if section and file in opened:
            front.locator(LINKS).nth(number).dispatch_event("click")  # as if the page lay beside the lesson
        else:
            open_file(front, page)
            front.locator(LINKS).nth(number).click()
        wait_for(front, file, section)
        opened.add(file)


def test_each_lesson_leads_back_to_the_readme(front):
    for lesson in LESSONS:
        open_file(front, f"notebooks/{lesson.name}")
        front.locator(".jp-NotebookPanel:not(.lm-mod-hidden) a[href*='/README.md?']").first.click()
        wait_for(front, "README.md")


# One in CI, all of them weekly: a lesson takes three quarters of a minute.
FEW = [pytest.param(path, marks=() if path is LESSONS[-1] else pytest.mark.thorough) for path in LESSONS]


@pytest.fixture(scope="module", params=FEW, ids=[path.stem for path in LESSONS])
def lesson(request, browser, lab):
    """A lesson with all its cells run; `seen` is what then stands on the page."""
    opened = Lesson(browser, lab, request.param)
    opened.seen = opened.run_all()
    yield opened
    opened.page.close()


def sanitized(text: str) -> str:
    for pattern, replacement in rules().values():
        text = re.sub(pattern, replacement, text)
    return text


def stream(cell, name: str) -> str:
    return "".join(o.text for o in cell.outputs if o.output_type == "stream" and o.name == name)


def test_a_person_sees_what_is_stored(lesson):
    assert len(lesson.seen) == len(lesson.stored)
    for number, (cell, on_page) in enumerate(zip(lesson.stored, lesson.seen, strict=True), 1):
        if "nbval-ignore-output" in cell.metadata.get("tags", []):
            continue
        assert on_page["prompt"] == f"[{number}]:", cell.source
        for name in ("stdout", "stderr"):
            assert sanitized(on_page[name]) == sanitized(stream(cell, name)), cell.source
        assert on_page["pictures"] == sum("image/png" in o.get("data", {}) for o in cell.outputs), cell.source


def test_each_slider_redraws_when_the_mouse_lets_go(lesson):
    page, picture = lesson.page, ".jp-OutputArea-output .widget-output img, .jupyter-widgets.widget-output img"
    handles = page.locator(".noUi-handle")
    assert handles.count() >= 2
    for number in range(handles.count()):
        before = page.locator(picture).get_attribute("src")
        handle = handles.nth(number)
        handle.scroll_into_view_if_needed()
        rail = page.locator(".noUi-target").nth(number).bounding_box()
        handle.hover()
        page.mouse.down()
        page.mouse.move(rail["x"] + 1, rail["y"] + rail["height"] / 2, steps=5)  # to its first value
        assert page.locator(picture).get_attribute("src") == before  # nothing runs while it moves
        page.mouse.up()
        page.wait_for_function(
            "([picture, before]) => (document.querySelector(picture) ?? {src: before}).src != before",
            arg=[picture, before],
            timeout=30_000,
        )
        lesson.wait_until_idle()
        assert handle.get_attribute("aria-valuenow") == "0.0"


def test_interrupt_and_restart_leave_nothing(browser, lab):
    folder = lab.folder / "notebooks"
    code = """
import multiprocessing, time
from multiprocessing.shared_memory import SharedMemory
from helpers import mp
multiprocessing.current_process()._config["semprefix"] = "/{mark}"
block = SharedMemory("{mark}", create=True, size=10)
child = mp.Process(target=time.sleep, args=(60,))
child.start()
pool, lock = mp.Pool(2), mp.Lock()
print(child.pid, *(worker.pid for worker in pool._pool), flush=True)
"""
    for name, ending in (("interrupt", "pool.map(time.sleep, [60] * 4)"), ("restart", "")):
        path, mark = folder / f"{name}.ipynb", f"test-{secrets.token_hex(4)}"
        cell = nbformat.v4.new_code_cell(code.format(mark=mark) + ending)
        nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata=METADATA), path)
        opened = Lesson(browser, lab, path)
        opened.command("notebook:run-all-cells")
        opened.page.wait_for_function(f"({SEEN})()[0].stdout.includes('\\n')", timeout=60_000)
        pids = [int(pid) for pid in opened.page.evaluate(SEEN)[0]["stdout"].split()]
        assert len(pids) == 3
        if name == "interrupt":
            opened.command("notebook:interrupt-kernel")
            wait_until_gone(pids)
        assert sys.platform != "linux" or len(shared(mark)) > 1
        opened.command("notebook:restart-kernel")
        opened.page.click(".jp-Dialog .jp-mod-warn")  # yes, restart
        wait_until_gone(pids)
        deadline = time.monotonic() + 20
        while left := shared(mark):
            assert time.monotonic() < deadline, left
            time.sleep(0.1)
        opened.page.close()


def shared(mark: str) -> list[str]:
    """The named semaphores and blocks of shared memory with this mark (Linux; elsewhere they can't be listed)."""
    return [path.name for path in Path("/dev/shm").glob(f"*{mark}*")]
