"""Builds the website and goes through its pages as a reader, a search engine and a screen reader would.

    pip install -r .site/requirements.txt 'pytest>=8,<10' 'playwright>=1.50,<2' 'axe-playwright-python>=0.1.7,<0.2'
    pytest -o addopts= tests/site/website.py

It uses the system's Chromium (Debian and Ubuntu: apt-get install chromium). It is not part of the plain `pytest`,
because learners need none of this.
"""

import functools
import http.server
import itertools
import json
import re
import subprocess
import sys
import threading
import xml.etree.ElementTree
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest

pytest.importorskip("playwright.sync_api", reason="pip install 'playwright>=1.50,<2'")
axe_playwright = pytest.importorskip(
    "axe_playwright_python.sync_playwright", reason="pip install axe-playwright-python"
)

from chromium import CHROMIUM  # noqa: E402
from tree import ROOT, copy_tree  # noqa: E402

LESSONS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
BESIDE = ["which_one", "problems", "other_ways"]
ALL = ["index", *(lesson.stem for lesson in LESSONS), *BESIDE, "search"]
ADDRESS = "https://somebody.github.io/lessons/"
CUT_OFF = "net::ERR_ABORTED"
DESKTOP, TELEPHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}

needs_browser = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium: apt-get install chromium, or your system's way"
)


class Parsed(HTMLParser):
    """A page's links, addresses, pictures and texts."""

    def __init__(self, path: Path):
        super().__init__()
        self.path, self.tags, self.title, self.inside = path, [], "", ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self.inside = tag

    def handle_data(self, data):
        if self.inside == "title":
            self.title += data

    def handle_endtag(self, tag):
        self.inside = ""

    def all(self, tag: str, **wanted) -> list[dict]:
        return [has for name, has in self.tags if name == tag and wanted.items() <= has.items()]

    @property
    def ids(self) -> list[str]:
        return [has["id"] for _, has in self.tags if "id" in has]


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    """The site of a copy of this tree, as the workflow would build it for a repository of somebody's."""
    folder = tmp_path_factory.mktemp("site")
    environment = copy_tree(folder / "tree")
    environment |= {"GITHUB_REPOSITORY": "somebody/lessons", "GITHUB_REF_NAME": "main", "SITE_URL": ADDRESS}
    command = [sys.executable, folder / "tree" / ".site" / "build.py", folder / "lessons"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder / "lessons"


@pytest.fixture(scope="session")
def pages(site) -> dict[str, Parsed]:
    paths = [path for path in sorted(site.rglob("*.html")) if "_static" not in path.parts]
    return {path.relative_to(site).as_posix(): Parsed(path) for path in paths}


def stored(path: Path) -> list[dict]:
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def headings(lesson: Path) -> list[str]:
    """A lesson's headings, without marks."""
    text = "\n".join("".join(cell["source"]) for cell in stored(lesson) if cell["cell_type"] == "markdown")
    return [re.sub(r"[`*]", "", heading) for heading in re.findall(r"^#+ +(.*?) *$", text, re.MULTILINE)]


def rows() -> list[tuple[str, str]]:
    """The table of problems: each one's message or symptom, and the address of its section on the site."""
    table = (ROOT / "notebooks" / "problems.md").read_text(encoding="utf-8")
    found = re.findall(r"^\| (.*) \| \[.*\]\((\d\d_\w+)\.ipynb#(.*)\) \|$", table, re.MULTILINE)
    return [(symptom.replace("`", ""), f"{page}.html#{unquote(section)}") for symptom, page, section in found]


def test_each_lesson_the_readme_and_what_stands_beside_the_lessons_are_pages(pages):
    assert {f"{name}.html" for name in ALL} == {name for name in pages if "/" not in name}
    assert {f"zh/{name}.html" for name in ALL} == {name for name in pages if "/" in name}


def test_each_link_leads_somewhere(pages, site):
    followed = 0
    for name, page in pages.items():
        for tag, has in page.tags:
            target = has.get("href" if tag in ("a", "link", "use") else "src")
            if target is None or tag == "svg":
                continue
            address = urljoin(f"{ADDRESS}{name}", target)
            if address.startswith(ADDRESS):
                file, _, section = address.removeprefix(ADDRESS).partition("#")
                path = site / unquote(file.partition("?")[0] or "index.html")
                assert path.is_file(), (name, target)
                if section:
                    assert unquote(section) in pages[path.relative_to(site).as_posix()].ids, (name, target)
                followed += 1
            else:
                assert address.startswith(("https://", "data:")), (name, target)
    assert followed > 1500
    print(f"{followed} links followed on {len(pages)} pages")


def test_the_first_page_has_this_repositorys_addresses(pages):
    for name in ("index.html", "zh/index.html"):
        addresses = [has.get("href", "") for has in pages[name].all("a")]
        for known in ("https://codespaces.new/somebody/lessons", "https://mybinder.org/v2/gh/somebody/lessons/"):
            assert any(address.startswith(known) for address in addresses), (name, known)


def test_no_address_is_given_twice(pages):
    for name, page in pages.items():
        assert len(page.ids) == len(set(page.ids)), name


def test_nothing_is_loaded_from_elsewhere(pages):
    for name, page in pages.items():
        loaded = [has.get("src") for tag in ("script", "img", "iframe") for has in page.all(tag)]
        loaded += [has["href"] for has in page.all("link") if has.get("rel") in ("stylesheet", "preload", "prefetch")]
        assert [each for each in loaded if each and "//" in each] == [], name


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_sections_have_the_addresses_that_jupyterlab_gives_them(pages, lesson):
    page = pages[f"{lesson.stem}.html"]
    wanted = [heading.replace(" ", "-") for heading in headings(lesson)]
    assert [has["id"] for has in page.all("section")] == wanted
    own = [unquote(has["href"]) for has in page.all("a") if has.get("class") == "headerlink"]
    assert own == [f"#{name}" for name in wanted]


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_each_figure_has_its_alternative_text(pages, lesson):
    texts = []
    for cell in stored(lesson):
        outputs = [output for output in cell.get("outputs", []) if "image/png" in output.get("data", {})]
        texts += [output["metadata"]["image/png"]["alt"] for output in outputs]
        if cell["cell_type"] == "markdown":
            texts += re.findall(r"!\[([^\]]+)\]\(", "".join(cell["source"]))
    assert [has["alt"] for has in pages[f"{lesson.stem}.html"].all("img")] == texts
    assert len(texts) >= 3


def test_the_readmes_picture_has_its_alternative_text(pages):
    assert [len(has["alt"]) > 100 for has in pages["index.html"].all("img")] == [True]


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_what_needs_jupyter_says_so_and_leads_there(pages, lesson):
    page = pages[f"{lesson.stem}.html"]
    checks = [cell for cell in stored(lesson) if re.search(r"^check\(", "".join(cell["source"]), re.MULTILINE)]
    boxes = [has["class"].split() for has in page.all("div") if "needs-jupyter" in (has.get("class") or "")]
    kinds = [kind for kind in ("run", "sliders", "exercises", "check") for box in boxes if kind in box]
    assert kinds == ["run", "sliders", "exercises", *["check"] * len(checks)]
    assert len(checks) >= 3
    for address in (
        f"https://mybinder.org/v2/gh/somebody/lessons/main?urlpath=lab/tree/notebooks/{lesson.name}",
        "https://codespaces.new/somebody/lessons?quickstart=1",
        f"https://colab.research.google.com/github/somebody/lessons/blob/main/notebooks/{lesson.name}",
        "index.html#Start",
    ):
        assert sum(has.get("href") == address for has in page.all("a")) >= len(boxes)
    assert "SelectionSlider" not in page.path.read_text(encoding="utf-8")


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_each_lesson_can_be_downloaded(pages, lesson, site):
    assert {"href": lesson.name, "download": None} in pages[f"{lesson.stem}.html"].all("a")
    assert (site / lesson.name).read_bytes() == lesson.read_bytes()


def test_the_table_of_problems_is_complete_and_one_click_from_each_section(pages):
    links = [unquote(has["href"]) for has in pages["problems.html"].all("a") if "#" in has.get("href", "")]
    assert rows()
    assert [address for _, address in rows() if address not in links] == []


def test_search_engines_find_a_title_and_a_description_for_each_page_and_section(pages):
    seen = set()
    for name, page in pages.items():
        if name.endswith("search.html"):
            continue
        described = [has["content"] for has in page.all("meta", name="description")]
        assert len(described) == 1, name
        assert 20 < len(described[0]) <= 255, name
        assert page.title
        assert (page.title, described[0]) not in seen
        seen.add((page.title, described[0]))
        canonical = [has["href"] for has in page.all("link", rel="canonical")]
        assert canonical == [ADDRESS + name]
        text = page.path.read_text(encoding="utf-8")
        data = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', text)[1])
        sections = [f"{ADDRESS}{name}#{has['id']}" for has in page.all("section")[1:]]
        assert [part["url"] for part in data["hasPart"]] == sections
        assert all(part["name"] and part["description"] for part in data["hasPart"]), name


def test_the_sitemap_has_all_pages(pages, site):
    found = xml.etree.ElementTree.parse(site / "sitemap.xml").findall(".//{*}loc")
    assert {each.text for each in found} == {ADDRESS + name for name in pages if not name.endswith("search.html")}


def test_the_chinese_menus_are_chinese(pages):
    text = pages["zh/02_pool.html"].path.read_text(encoding="utf-8")
    for word in ("Color mode", "System Settings", ">Light<", ">Dark<", "On this page", "Skip to", "Back to top"):
        assert word not in text, word


def test_each_page_says_its_language(pages):
    for name, page in pages.items():
        assert [has["lang"] for has in page.all("html")] == ["zh-CN" if name.startswith("zh/") else "en"]


# In a browser


@pytest.fixture(scope="session")
def address(site):
    """The site's address while it is served, below a folder as on GitHub Pages."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            pass

    handler = functools.partial(Quiet, directory=site.parent)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/{site.name}/"
        server.shutdown()


@pytest.fixture
def page(browser, site):
    """A page of the browser; what goes wrong in its scripts or is missing fails the test."""
    context = browser.new_context(
        viewport=DESKTOP, reduced_motion="reduce", permissions=["clipboard-read", "clipboard-write"]
    )
    context.set_default_timeout(15_000)
    opened, wrong = context.new_page(), []
    opened.on("pageerror", lambda error: wrong.append(str(error)))

    def failed(request):
        # One that the next page, or the end, cut off is none of the site's faults, if the site has what it asked for.
        if request.failure != CUT_OFF or not (site.parent / unquote(urlsplit(request.url).path).lstrip("/")).exists():
            wrong.append(request.url)

    opened.on("requestfailed", failed)
    opened.on("response", lambda response: wrong.append(response.url) if response.status >= 400 else None)
    yield opened
    context.close()
    assert wrong == []


def names() -> list[str]:
    """The pages to look at, before they are built."""
    return [*ALL, *(f"zh/{name}" for name in ALL)]


# Marks the first text of each look (colours, size, weight): the others need not be measured, which takes axe a minute.
MARK_LOOKS = """
() => {
  const ground = each => {
    while (each && getComputedStyle(each).backgroundColor == 'rgba(0, 0, 0, 0)') each = each.parentElement;
    return each ? getComputedStyle(each).backgroundColor : '';
  };
  const seen = new Set();
  for (const each of document.querySelectorAll('body *')) {
    const shown = each.checkVisibility() && [...each.childNodes].some(node => node.nodeType == 3 && node.data.trim());
    const {color, fontSize, fontWeight, opacity} = getComputedStyle(each);
    const look = shown && [color, ground(each), fontSize, fontWeight, opacity].join();
    each.toggleAttribute('data-look', shown && !seen.has(look));
    if (shown) seen.add(look);
  }
  return seen.size;
}
"""


def faults(page, context: dict | None = None, **options) -> list:
    """What axe finds on a page that is serious or critical."""
    result = (
        axe_playwright.Axe().run(page, context, {"resultTypes": ["violations"], "preload": False, **options}).response
    )
    bad = [each for each in result["violations"] if each["impact"] in ("serious", "critical")]
    return [(each["id"], [node["html"][:200] for node in each["nodes"][:3]]) for each in bad]


def few(name: str):
    """A lesson takes a quarter of a minute to look at: in CI that is done for one, weekly for all."""
    return pytest.param(name, marks=() if name == "zh/02_pool" or not re.search(r"\d_", name) else pytest.mark.thorough)


@needs_browser
@pytest.mark.parametrize("name", [few(name) for name in names()])
def test_axe_finds_nothing_serious_and_a_telephone_is_wide_enough(page, address, name):
    page.goto(f"{address}{name}.html{'?q=deadlock' if name.endswith('search') else ''}")
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        page.wait_for_function("theme => document.documentElement.dataset.theme == theme", arg=theme)
        page.wait_for_timeout(300)  # colours change little by little
        assert page.evaluate(MARK_LOOKS) > 5
        assert faults(page, {"include": [["[data-look]"]]}, runOnly=["color-contrast"]) == [], theme
    for size in (DESKTOP, TELEPHONE):
        page.set_viewport_size(size)
        page.wait_for_timeout(100)  # until what scrolls sideways now is known
        assert faults(page, rules={"color-contrast": {"enabled": False}}) == [], size
    assert page.evaluate("document.documentElement.scrollWidth") <= TELEPHONE["width"]
    for width in page.evaluate("[...document.querySelectorAll('article img')].map(image => image.offsetWidth)"):
        assert width <= TELEPHONE["width"]
    for width in page.evaluate("[...document.querySelectorAll('td:last-child')].map(cell => cell.offsetWidth)"):
        assert width >= 100  # wide enough for a word


# The longest piece of a word in a table that ends a line within the word, where it may not be broken.
BROKEN_WORDS = """
() => {
  const broken = [], range = document.createRange();
  for (const cell of document.querySelectorAll('article :is(td, th)')) {
    const walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      for (const {0: word, index} of walker.currentNode.data.matchAll(/[A-Za-z]+/g)) {
        range.setStart(walker.currentNode, index);
        range.setEnd(walker.currentNode, index + word.length);
        if (new Set([...range.getClientRects()].map(each => each.top)).size > 1) broken.push(word);
      }
    }
  }
  return broken;
}
"""


@needs_browser
@pytest.mark.parametrize("name", [few(name) for name in names() if not name.endswith("search")])
def test_words_in_tables_are_whole_and_outputs_are_not_cut_off(page, address, name):
    page.goto(f"{address}{name}.html")
    more = "each => each.scrollWidth > each.clientWidth"
    cut = f"[...document.querySelectorAll('.output.stream pre')].filter({more}).length"
    for size in (DESKTOP, TELEPHONE, {"width": 360, "height": 740}):
        page.set_viewport_size(size)
        assert page.evaluate(BROKEN_WORDS) == [], size
        assert page.evaluate(cut) == 0, size
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        if size == DESKTOP:  # each table can be seen whole
            tables = (
                "[...document.querySelectorAll('table')].map(each => each.offsetWidth - each.parentElement.clientWidth)"
            )
            assert all(more <= 0 for more in page.evaluate(tables))


@needs_browser
@pytest.mark.parametrize("name", ["01_process", "zh/02_pool", "05_lock"])
def test_a_heading_ends_where_its_text_ends(page, address, name):
    page.goto(f"{address}{name}.html")
    lines = """
        [...document.querySelectorAll('article :is(h1, h2, h3)')].filter(heading => {
          const bottoms = [...heading.childNodes].slice(0, -1).flatMap(each => {
            const range = document.createRange();
            range.selectNode(each);
            return [...range.getClientRects()].map(rect => rect.bottom);
          });
          return heading.getBoundingClientRect().bottom > Math.max(...bottoms) + 12;
        }).map(heading => heading.textContent)
    """
    assert page.evaluate(lines) == []


def test_no_table_has_an_empty_head(pages):
    for name, page in pages.items():
        text = page.path.read_text(encoding="utf-8")
        for head in re.findall(r"<thead>.*?</thead>", text, re.DOTALL):
            assert re.sub(r"<[^>]*>|\s", "", head), name


def test_the_switch_is_the_only_line_that_leads_to_the_other_language(pages):
    for name, page in pages.items():
        text = page.path.read_text(encoding="utf-8")
        assert not re.search(r"<p><a [^>]*>(<span>)?(中文|English)(</span>)?</a></p>", text), name


@needs_browser
def test_what_the_search_shows_is_text_with_the_words_marked(page, address):
    page.goto(f"{address}search.html")
    for words in ("deadlock", "Can't get attribute 'job' on <module '__main__'>", "leaked semaphore objects"):
        page.fill("#query", words)
        shown = page.locator("#results p").all_inner_texts()
        assert shown
        for piece in shown:
            assert "<details" not in piece
            assert "</" not in piece
            assert "^^^" not in piece
            assert len(piece) < 400
        marked = page.locator("#results li >> nth=0").locator("mark").all_inner_texts()
        assert marked
        assert {each.lower().strip("'<>") for each in marked} & {*words.lower().split(), words.lower()}


TRACEBACK = """Process SpawnProcess-2:
Traceback (most recent call last):
  File "/home/me/work/run.py", line 33, in outer
    with Pool(4) as p:
  File "/opt/conda/lib/python3.12/multiprocessing/process.py", line 118, in start
    assert not _current_process._config.get('daemon'), \\
AssertionError: daemonic processes are not allowed to have children
"""


@needs_browser
@pytest.mark.parametrize("language", ["", "zh/"])
def test_a_whole_traceback_is_found_also_if_its_lines_were_joined(page, address, language):
    for text in (TRACEBACK, " ".join(TRACEBACK.split())):
        page.goto(f"{address}{language}search.html")
        page.fill("#query", text)
        first = page.locator("#results a >> nth=0").get_attribute("href")
        page.goto(f"{address}{language}{first}")
        section = page.evaluate("() => document.querySelector(':target').closest('section').innerText")
        assert "daemonic processes are not allowed to have children" in section


@needs_browser
@pytest.mark.parametrize("language", ["", "zh/"])
def test_where_nothing_fits_the_search_says_so_and_shows_the_groups_of_problems(page, address, language):
    page.goto(f"{address}{language}search.html")
    for text in ("", "deadlock"):
        page.fill("#query", text)
        assert not page.is_visible("#groups")
    page.fill("#query", "pandas.errors.ParserError: Error tokenizing data. Expected 5 fields, saw 6")
    assert page.locator("#results li").count() == 0
    assert page.inner_text("#count")
    groups = page.locator("#groups a")
    assert groups.count() == 5
    groups.nth(1).click()
    page.wait_for_load_state()
    assert (
        page.evaluate("() => document.querySelector(':target').closest('section').querySelectorAll('tr').length") > 20
    )


@needs_browser
def test_the_search_leads_to_the_section_that_answers(page, address, pages):
    """What people put in public is in searches.json: tracebacks, messages, symptoms, and some of other things."""
    first, among, nonsense, answered, others = 0, 0, 0, 0, 0
    texts = json.loads(Path(__file__).with_name("searches.json").read_text(encoding="utf-8"))
    for language in ("en", "zh"):
        page.goto(f"{address}{'' if language == 'en' else language + '/'}search.html")
        for each in (text for text in texts if text["language"] == language):
            found = page.evaluate("text => search(text).found.map(each => each.section.address)", each["text"])
            wanted = [in_language(section, language, pages) for section in each["sections"]]
            answered, others = answered + bool(wanted), others + (not wanted)
            first += found[:1] != [] and found[0] in wanted
            among += any(section in wanted for section in found[:3])
            nonsense += bool(found) and not wanted
    assert first >= 0.85 * answered, (first, answered)
    assert among >= 0.95 * answered, (among, answered)
    assert nonsense <= 0.2 * others, (nonsense, others)


def in_language(section: str, language: str, pages) -> str:
    """The address in the index of the search of an English section in a language: the same in the page's order."""
    if language == "en":
        return section
    name, _, wanted = section.partition("#")
    english, other = ([has["id"] for has in pages[each].all("section")] for each in (name, f"{language}/{name}"))
    return f"{name}#{other[english.index(wanted)]}"


@needs_browser
def test_the_search_finds_the_section_of_each_problem(page, address):
    page.goto(f"{address}search.html")
    missed = []
    for symptom, section in rows():
        found = page.evaluate("text => search(text).found.map(each => each.section.address)", symptom)
        if section not in found[:5]:
            missed.append((symptom, found[:5]))
    assert missed == []


@needs_browser
def test_a_message_is_found_with_the_readers_own_names_in_it(page, address):
    page.goto(f"{address}02_pool.html")
    page.keyboard.press("Control+k")
    page.fill("#pst-search-dialog input", "AttributeError: Can't get attribute 'job' on <module '__main__' (built-in)>")
    page.press("#pst-search-dialog input", "Enter")
    page.click("#results a >> nth=0")
    page.wait_for_load_state()
    sections = "A-worker-must-be-importable", "Can't-get-attribute-…-on-<module-'__main__'>,-and-the-pool-never-answers"
    section = unquote(page.url).partition("#")[2]
    assert section in sections  # of lesson 1, and of lesson 2, which has the same message of a pool
    top = page.evaluate("name => document.getElementById(name).getBoundingClientRect().top", section)
    assert -5 < top < 200


@needs_browser
def test_the_search_finds_chinese_words(page, address):
    page.goto(f"{address}zh/search.html")
    for word in ("锁", "死锁", "进程之间", "两个进程轮流"):
        page.fill("#query", word)
        assert page.locator("#results li").count() >= 1, word
    page.fill("#query", "鲸鱼")
    assert page.locator("#results li").count() == 0


def the_deadlock(page):
    """The replay of lesson 5's deadlock: its picture, its controls and what they say."""
    named = page.locator('[id="Two-locks-in-opposite-order:-a-deadlock"]')
    place = named.locator("xpath=ancestor-or-self::section[1]")
    return place.locator(".stage").first, place.locator(".controls").first, place.locator(".said").first


@needs_browser
@pytest.mark.parametrize(("language", "waits"), [("", "worker 2 waits: has"), ("zh/", "worker 2 在等")])
def test_a_run_is_replayed_step_by_step(page, address, language, waits):
    page.goto(f"{address}{language}05_lock.html")
    stage, controls, said = the_deadlock(page)
    curtain, forward = stage.locator(".curtain"), controls.locator("button").nth(2)
    assert not curtain.is_visible()  # the whole run, as without the replay
    while waits not in said.inner_text():
        forward.click()
        assert curtain.is_visible()
    assert "worker 1" in said.inner_text()
    there = said.inner_text()
    page.keyboard.press("ArrowLeft")
    assert said.inner_text() not in ("", there)
    page.keyboard.press("ArrowRight")
    assert said.inner_text() == there
    slider = controls.locator("input")
    slider.fill("0")
    assert said.inner_text().startswith("0.00 s")
    bar = stage.locator("button").last
    for look in (bar.hover, bar.focus, bar.click):
        stage.locator("button").first.focus()
        look()
        told = stage.locator("xpath=following-sibling::p[@class='bar']").inner_text()
        assert "worker 2" in told
        assert "has the fork, wants the knife" in told
        assert told.endswith(" s")


@needs_browser
def test_a_replay_plays_to_the_end_and_can_be_paused_with_and_without_motion(page, address):
    for motion in ("no-preference", "reduce"):
        page.emulate_media(reduced_motion=motion)
        page.goto(f"{address}05_lock.html")
        _, controls, said = the_deadlock(page)
        play, slider = controls.locator("button").nth(1), controls.locator("input")
        play.click()
        page.wait_for_function("said => said.textContent.includes('waits')", arg=said.element_handle())
        play.click()
        there = slider.input_value()
        page.wait_for_timeout(1500)
        assert slider.input_value() == there != slider.get_attribute("max")
        play.click()
        page.wait_for_function("play => play.ariaLabel === 'Play'", arg=play.element_handle())
        assert slider.input_value() == slider.get_attribute("max")


@needs_browser
def test_without_scripts_a_picture_is_only_a_picture(browser, address):
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{address}05_lock.html")
        assert page.locator(".cell_output img").count() > 10
        assert page.locator(".controls, .stage").count() == 0


def test_the_replay_is_small():
    assert sum((ROOT / ".site" / "static" / name).stat().st_size for name in ("replay.js", "replay.css")) <= 25_000


def click_switch(page) -> None:
    """Click the switch of languages where it is: `page.click` would scroll a little first."""
    place = page.locator("a.language").bounding_box()
    page.mouse.click(place["x"] + 5, place["y"] + 5)


@needs_browser
def test_the_switch_of_languages_leads_to_the_same_section_and_back(page, address, pages):
    page.goto(f"{address}05_lock.html")
    english, chinese = (
        [has["id"] for has in pages[name].all("section")] for name in ("05_lock.html", "zh/05_lock.html")
    )
    number = english.index("A-lost-update")
    page.evaluate("name => document.getElementById(name).scrollIntoView()", "A-lost-update")
    click_switch(page)
    page.wait_for_url("**/zh/05_lock.html#*")
    top = page.evaluate("name => document.getElementById(name).getBoundingClientRect().top", chinese[number])
    assert -5 < top < 200
    click_switch(page)
    page.wait_for_url("**/lessons/05_lock.html#*")
    assert page.evaluate("() => document.querySelector(':target').closest('section').id") == "A-lost-update"


@needs_browser
def test_figures_are_turned_over_in_the_dark_only(page, address):
    for scheme, chosen in itertools.product(("dark", "light"), ("auto", "dark", "light")):
        dark = chosen == "dark" or (chosen == "auto" and scheme == "dark")
        page.emulate_media(color_scheme=scheme)
        page.goto(f"{address}index.html")
        page.evaluate("chosen => { localStorage.mode = chosen; localStorage.theme = chosen }", chosen)
        page.reload()
        style = page.locator(".bd-article img").first.evaluate("image => getComputedStyle(image).filter")
        assert ("invert" in style) == dark


@needs_browser
def test_code_can_be_copied_and_what_it_printed_is_not_in_the_way(page, address):
    page.goto(f"{address}01_process.html")
    cell = next(cell for cell in stored(LESSONS[0]) if cell["cell_type"] == "code")
    page.hover(".cell_input >> nth=0")
    page.click(".cell_input .copybtn >> nth=0")
    assert page.evaluate("navigator.clipboard.readText()").rstrip() == "".join(cell["source"]).rstrip()
    assert page.locator(".output.stream .copybtn").count() == 0


@needs_browser
def test_previous_and_next_lead_through_all_pages(page, address):
    page.goto(f"{address}index.html")
    seen = [page.url]
    while (following := page.locator("a.right-next")).count():
        following.click()
        page.wait_for_load_state()
        seen.append(page.url)
    assert [each.removeprefix(address) for each in seen] == [
        "index.html",
        *(f"{lesson.stem}.html" for lesson in LESSONS),
        *(f"{name}.html" for name in BESIDE),
    ]
    page.click("a.left-prev")
    assert page.url.endswith(f"{BESIDE[-2]}.html")
