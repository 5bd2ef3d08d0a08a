"""Sphinx's settings. build.py runs Sphinx once for each language, which the environment names."""

import json
import re
import sys
from pathlib import Path
from urllib.parse import quote

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import transforms  # noqa: E402
from pages import ADDRESS, REPOSITORY, TEXTS, anchor  # noqa: E402
from sphinx.locale import _  # noqa: E402
from sphinx.writers.html5 import HTML5Translator  # noqa: E402

LANGUAGE = transforms.LANGUAGE

project = html_title = transforms.page_named("index").headings[0]
language = TEXTS[LANGUAGE]["locale"]
locale_dirs = ["../locales"]  # the theme's words that Sphinx has no translation of
root_doc = "index"
extensions = ["myst_nb", "sphinx_copybutton"]
highlight_language = "text"  # a drawing is not Python; code says what it is
smartquotes = False  # a message is to be found as Python prints it

nb_execution_mode = "off"
myst_heading_anchors = 6
myst_heading_slug_func = "pages.anchor"
# MyST does not see the second names of Chinese sections; the tests follow every link.
suppress_warnings = ["myst.xref_missing"]

html_theme = "sphinx_book_theme"
html_theme_options = {
    "navbar_persistent": [],
    "footer_content_items": [],
    "use_download_button": False,  # each lesson's first box has the notebook itself
    "use_fullscreen_button": False,
    "use_repository_button": bool(REPOSITORY),
    "repository_url": f"https://github.com/{REPOSITORY}" if REPOSITORY else "",
    "article_header_end": ["language.html", "article-header-buttons.html"],
    "search_bar_text": TEXTS[LANGUAGE]["ask"],
    "toc_title": TEXTS[LANGUAGE]["contents"],
}
html_static_path = ["static"]
html_favicon = "static/favicon.svg"
html_css_files = ["site.css", "replay.css"]
html_js_files = [(name, {"defer": "defer"}) for name in ("site.js", "replay.js")]
html_baseurl = ADDRESS and ADDRESS + ("" if LANGUAGE == "en" else f"{LANGUAGE}/")
html_copy_source = False
html_show_copyright = False
html_use_index = False
templates_path = ["templates"]
html_additional_pages = {"search": "search.html"}
html_context = {
    "default_mode": "auto",
    "texts": TEXTS[LANGUAGE],
    "languages": {code: texts["name"] for code, texts in TEXTS.items()},
}
copybutton_selector = "div:not(.output) > div.highlight pre"  # code, not what it printed


def breakable(word: re.Match) -> str:
    return re.sub(r"[._(/:=](?=\w)|[a-z](?=[A-Z])", r"\g<0><wbr>", word[0])


class Writer(HTML5Translator):
    """Sphinx's, which writes the address of a section into a link as it is, even one with a quotation mark.

    And a long piece of code in a table can be broken after a dot, a bracket and the like.
    """

    def visit_Text(self, node) -> None:
        begun = len(self.body)
        super().visit_Text(node)
        if node.parent.get("in_table"):
            written = "".join(self.body[begun:])
            self.body[begun:] = [re.sub(r"(?<=>)[^<>]{17,}(?=<)", breakable, written)]

    def add_permalink_ref(self, node, title) -> None:
        shown = node.deepcopy()
        shown["ids"] = [quote(each) for each in node["ids"]]
        super().add_permalink_ref(shown, title)


def without_sphinx_search(app) -> None:
    """Sphinx's search finds pages, and stumbles over our sections' addresses; static/search.js finds sections."""
    app.builder.search = False
    app.sections = []


def add_to_page(app, pagename, templatename, context, doctree) -> None:
    """Give a page what its head and the switch of languages need, and the search what it says."""
    context["translations"] = transforms.translations(pagename)
    if pagename == "search":
        table = transforms.page_named("problems")
        context["groups"] = [(title, f"problems.html#{quote(anchor(title))}") for title in table.headings[1:]]
    if doctree:
        title = context["title"] if pagename == root_doc else f"{context['title']} - {html_title}"
        context["metatags"] += transforms.head_of(pagename, doctree, title)
        app.sections += transforms.search_data(pagename, doctree)


def finish(app, exception) -> None:
    """Write what the search knows, lay the notebooks beside their pages, translate the theme's last words."""
    if not exception:
        for path in Path(app.outdir).glob("*.html"):
            text = path.read_text(encoding="utf-8")
            for words in ("Main", "Page", "Toggle primary sidebar", "Toggle secondary sidebar"):
                text = re.sub(rf'(aria-label|title)="{words}"', rf'\1="{_(words)}"', text)
            path.write_text(text, encoding="utf-8")
        known = {"SECTIONS": app.sections, "SAME": json.loads((HERE / "same.json").read_text(encoding="utf-8"))}
        lines = [f"const {name} = {json.dumps(data, ensure_ascii=False)};\n" for name, data in known.items()]
        (Path(app.outdir) / "_static" / "sections.js").write_text("".join(lines), encoding="utf-8")
        transforms.copy_notebooks(Path(app.outdir))


def setup(app) -> None:
    for each in (transforms.Addresses, transforms.Links, transforms.Tables, transforms.Cells):
        app.add_transform(each)
    app.set_translator("html", Writer)
    app.connect("builder-inited", without_sphinx_search)
    app.connect("html-page-context", add_to_page)
    app.connect("build-finished", finish)
