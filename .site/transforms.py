"""What is done to the pages between the stored notebooks and HTML: addresses, links, figures, notes about Jupyter."""

import json
import os
import re
from html import escape, unescape
from pathlib import Path
from unicodedata import east_asian_width
from urllib.parse import unquote

from docutils import nodes
from pages import ADDRESS, BRANCH, REPOSITORY, ROOT, TEXTS, Page, find, github_anchor, pages
from sphinx import addnodes
from sphinx.transforms import SphinxTransform

LANGUAGE = os.environ["SITE_LANGUAGE"]
PAGES = pages()
WIDGET = "application/vnd.jupyter.widget-view+json"


def page_named(name: str, language: str = LANGUAGE) -> Page | None:
    """The page of this name, if there is one in this language."""
    return next((page for page in PAGES if (page.language, page.name) == (language, name)), None)


def way(page: Page, other: Page, section: str = "") -> str:
    """The address of one page as a link on the other."""
    address = os.path.relpath(other.address, os.path.dirname(page.address) or ".").replace(os.sep, "/")
    return f"{address}#{section}" if section else address


def start() -> tuple[Page, str]:
    """The page and the section that say how to install and start Jupyter: where the README's command for it stands."""
    index = page_named("index")
    before = index.text.partition("```sh lessons\n")[0]
    headings = re.findall(r"^## +(.*?) *$", before, re.MULTILINE)
    return index, index.anchor_of(github_anchor(headings[-1])) if headings else ""


def places(page: Page) -> list[tuple[str, str]]:
    """Where a lesson, or all of them, can be run, and the address that opens it there."""
    file = page.source.relative_to(ROOT).as_posix()
    found = []
    if REPOSITORY:
        colab = f"blob/{BRANCH}/{file}" if page.is_lesson else ""  # without a file it lists the lessons
        found = [
            ("Binder", f"https://mybinder.org/v2/gh/{REPOSITORY}/{BRANCH}?urlpath=lab/tree/{file}"),
            ("Codespaces", f"https://codespaces.new/{REPOSITORY}?quickstart=1"),
            ("Colab", f"https://colab.research.google.com/github/{REPOSITORY}/{colab}"),
        ]
    return [*found, (TEXTS[LANGUAGE]["own"], way(page, *start()))]


def note(page: Page, text: str) -> nodes.container:
    """A box that says what needs Jupyter, with a link to each place that has one."""
    said = TEXTS[LANGUAGE]
    paragraph = nodes.paragraph("", said[text] + said["colon"])
    links = [nodes.reference("", name, refuri=address) for name, address in places(page)]
    for number, link in enumerate(links, 1):
        after = said["end"] if number == len(links) else said["or"] if number == len(links) - 1 else said["comma"]
        paragraph += [link, nodes.Text(after)]
    return nodes.container("", paragraph, classes=["needs-jupyter", text])


class OfPage(SphinxTransform):
    """A transform that knows the page that it works on."""

    @property
    def page(self) -> Page:
        return page_named(self.env.docname)


class Addresses(OfPage):
    """Each section's address is JupyterLab's; the other language's leads to the same section, and GitHub's in a README.

    (MyST has given it docutils' and remembers JupyterLab's as its slug.)
    """

    default_priority = 690  # before MyST adds the slugs as second addresses

    def apply(self) -> None:
        for paragraph in list(self.document.findall(nodes.paragraph)):
            if self.page.is_lesson and re.fullmatch(r'<a id=".*"></a>', paragraph.astext().strip()):
                paragraph.parent.remove(paragraph)  # a Chinese section's English name, which it gets here anyway
        sections = [section for section in self.document.findall(nodes.section) if "slug" in section]
        names = [[section["slug"]] for section in sections]
        others = [page for page in PAGES if page.name == self.page.name and page.language != LANGUAGE]
        for other in others:
            if len(other.anchors) == len(sections):
                for these, anchor in zip(names, other.anchors, strict=True):
                    these.append(anchor)
        if not self.page.is_lesson:
            for these, heading in zip(names, self.page.headings, strict=True):
                these.append(github_anchor(heading))
        taken = {these[0] for these in names} | set(re.findall(r'^<a id="(.*)"></a>$', self.page.text, re.MULTILINE))
        for section, (first, *more) in zip(sections, names, strict=True):
            section["ids"] = [first]
            for name in more:
                if name and name not in taken:
                    taken.add(name)
                    section["ids"].append(escape(name))  # docutils writes all but the first as they are
            for name in section["ids"]:
                self.document.ids[name] = section
            line, _, title = self.document.myst_slugs[first]
            self.document.myst_slugs[first] = (line, first, title)


class Links(OfPage):
    """Links to files of the repository lead to their page, in whichever language, or to GitHub."""

    default_priority = 691

    def apply(self) -> None:
        for link in list(self.document.findall(nodes.reference)):
            if link.get("id_link"):  # within the file
                found, section = find(PAGES, self.page.source, link["refuri"])
                if found == self.page:
                    link["refuri"] = f"#{section}"
                else:
                    link.replace_self(self.to_page(found, section, link.children))
        for link in list(self.document.findall(addnodes.pending_xref)):
            if link["reftype"] != "myst":
                continue
            if link.get("refdomain") == "doc":  # a page beside this one, which MyST has found
                if link["reftargetid"]:
                    link["reftargetid"] = unquote(link["reftargetid"])
                continue
            found, section = find(PAGES, self.page.source, link["reftarget"])
            content = link[0].children
            to_other = isinstance(found, Page) and found.language != LANGUAGE
            if to_other and re.fullmatch("(README · )?(English|中文)", text_of(link.parent)):
                link.parent.parent.remove(link.parent)  # a line to the other language: each page has a switch
                continue
            if isinstance(found, Page):
                new = [self.to_page(found, section, content)]
            elif REPOSITORY and found.exists():
                path = found.relative_to(ROOT).as_posix()
                kind = "tree" if found.is_dir() else "blob"
                address = f"https://github.com/{REPOSITORY}/{kind}/{BRANCH}/{path}"
                new = [nodes.reference("", "", *content, refuri=address)]
            elif found.exists():
                new = content
            else:
                continue  # no such file: tests/site/website.py finds it
            link.parent[link.parent.index(link) : link.parent.index(link) + 1] = new

    def to_page(self, page: Page, section: str, content: list[nodes.Node]) -> nodes.Node:
        if page.language != LANGUAGE:
            return nodes.reference("", "", *content, refuri=way(self.page, page, section))
        target = {"reftype": "myst", "refdomain": "doc", "refexplicit": True, "refdoc": self.env.docname}
        text = nodes.inline("", "", *content)
        return addnodes.pending_xref("", text, **target, reftarget=page.name, reftargetid=section or None)


class Tables(OfPage):
    """A head without words is left out, a few letters stay on one line, and long code can be broken."""

    default_priority = 692

    def apply(self) -> None:
        for head in list(self.document.findall(nodes.thead)):
            if not text_of(head):
                head.parent.remove(head)
        for table in self.document.findall(nodes.table):
            for code in table.findall(nodes.literal):
                code["in_table"] = True  # where conf.py writes it so that it can be broken
        for cell in self.document.findall(nodes.entry):
            wide = sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text_of(cell))
            if wide <= 12:
                cell["classes"].append("short")


class Cells(OfPage):
    """Figures get their alternative texts; sliders and checks say that they need Jupyter."""

    default_priority = 692

    def apply(self) -> None:
        page = self.page
        title = next(self.document.findall(nodes.title))
        if page.name == "index" and REPOSITORY:
            title.parent.insert(title.parent.index(title) + 1, note(page, "run_all"))
        if not page.is_lesson:
            return
        title.parent.insert(title.parent.index(title) + 1, self.head())
        checked = False
        for cell in list(self.document.findall(nodes.container)):
            if cell.get("nb_element") != "cell_code":
                continue
            stored = page.cells[cell["cell_index"]]
            self.describe(cell, stored)
            for bundle in list(cell.findall(nodes.container)):
                if bundle.get("nb_element") == "mime_bundle" and WIDGET in [each["mime_type"] for each in bundle]:
                    bundle.replace_self(note(page, "sliders"))
            if re.search(r"^check\(", "".join(stored["source"]), re.MULTILINE):
                cell.parent.insert(cell.parent.index(cell) + 1, note(page, "check"))
                if not checked:
                    exercises = cell.parent.parent
                    exercises.insert(1, note(page, "exercises"))
                checked = True

    def head(self) -> nodes.container:
        """Under a lesson's title: where to run it, and the notebook itself."""
        head = note(self.page, "run")
        said, file = TEXTS[LANGUAGE]["download"], self.page.source.name
        link = nodes.raw("", f'<a href="{file}" download>{said}</a>', format="html")
        head += nodes.paragraph("", "", link)
        return head

    def describe(self, cell: nodes.container, stored: dict) -> None:
        """Take from the outputs' metadata what MyST-NB does not look for: alternative texts, and the runs to replay."""
        kind = "image/png"
        outputs = [each for each in stored["outputs"] if kind in each.get("data", {})]
        pictures = list(cell.findall(nodes.image))
        for number, (picture, output) in enumerate(zip(pictures, outputs, strict=True)):
            picture["alt"] = output["metadata"][kind]["alt"]
            if run := output["metadata"][kind].get("replay"):
                run = run.replace("<", r"\u003c")  # no tag of a label ends the script
                script = f'<script type="application/json" class="replay" data-picture="{number}">{run}</script>'
                picture.parent.insert(picture.parent.index(picture) + 1, nodes.raw("", script, format="html"))


def text_of(node: nodes.Node) -> str:
    """What a reader reads of it, on one line: no tags."""
    parts = [part.astext() for part in node.findall(nodes.Text) if not isinstance(part.parent, nodes.raw)]
    return re.sub(r"\s+", " ", "".join(parts)).strip()


def own_text(section: nodes.section) -> str:
    """The text of a section without that of its title and the sections in it, and without a traceback's underlines."""
    parts = []
    for child in section.children:
        if not isinstance(child, nodes.section | nodes.title):
            blocks = child.findall(nodes.TextElement)
            parts += [text_of(block) for block in blocks if not isinstance(block, nodes.Inline)]
            parts += [picture["alt"] for picture in child.findall(nodes.image)]
    return re.sub(r"\s+", " ", re.sub(r"[\^~]{3,}", "", " ".join(parts))).strip()


def shortened(text: str, most: int = 250) -> str:
    """The beginning of a text, at most so many characters, cut between words."""
    return text if len(text) <= most else text[:most].rpartition(" ")[0].rstrip(",;:") + " …"


def description(section: nodes.Element) -> str:
    """What a search engine should say of a page or a section: its first paragraph, or its table's first column."""
    for paragraph in section.findall(nodes.paragraph):
        place, text = paragraph.parent, text_of(paragraph)  # none where the next Chinese section has its English name
        if text and isinstance(place, nodes.section) and (place is section or isinstance(section, nodes.document)):
            return shortened(text)
    if rows := [row for body in section.findall(nodes.tbody) for row in body.findall(nodes.row)]:
        return shortened("; ".join(text_of(row[0]) for row in rows))
    return shortened(own_text(section)) if isinstance(section, nodes.section) else ""


def symptoms() -> dict[tuple[str, str], list[str]]:
    """What the table of problems says of each section that it leads to: other words by which it is looked for."""
    table = page_named("problems")
    found = {}
    for symptom, target in re.findall(r"^\| (.*) \| \[.*\]\((\S+)\) \|$", table.text, re.MULTILINE):
        page, section = find(PAGES, table.source, target)
        found.setdefault((page.name, section), []).append(symptom.replace("`", ""))
    return found


# Sections that answer nothing themselves.
LISTS = "You-will-be-able-to|When-it-goes-wrong|Find-your-problem|The-lessons|Exercise|Explore"


def search_data(name: str, document: nodes.document) -> list[list[str | list[str]]]:
    """What the search knows: each section's address, page, title, text, and what the table of problems says of it."""
    if name == "problems":
        return []
    top = text_of(next(document.findall(nodes.title)))
    rows, found = symptoms(), []
    for section in document.findall(nodes.section):
        if any(re.match(LISTS, each) for each in section["ids"]):
            continue
        title, anchor = text_of(section[0]), section["ids"][0]
        above = "" if title == top else top
        # A Chinese section has an English name besides, by which the table leads to it.
        led = [row for each in section["ids"] for row in rows.get((name, unescape(each)), [])]
        found.append([f"{name}.html#{anchor}", above, title, own_text(section), led])
    return found


def head_of(name: str, document: nodes.document, title: str) -> str:
    """The lines of a page's head that search engines read."""
    page, said = page_named(name), description(document)
    address = ADDRESS + page.address
    parts = [
        {"@type": "WebPageElement", "name": text_of(section[0]), "description": description(section)}
        | ({"url": f"{address}#{section['ids'][0]}"} if ADDRESS else {})
        for section in list(document.findall(nodes.section))[1:]
        if description(section)
    ]
    data = {
        "@context": "https://schema.org",
        "@type": "LearningResource",
        "name": title,
        "description": said,
        "inLanguage": page.language,
        "hasPart": parts,
    }
    as_json = json.dumps(data, ensure_ascii=False).replace("<", r"\u003c")  # no tag of a title ends the script
    lines = [
        f'<meta name="description" content="{escape(said)}">',
        f'<meta property="og:title" content="{escape(title)}">',
        f'<meta property="og:description" content="{escape(said)}">',
        f'<script type="application/ld+json">{as_json}</script>',
    ]
    for other in PAGES:
        if ADDRESS and other.name == name and len({each.language for each in PAGES}) > 1:
            lines.append(f'<link rel="alternate" hreflang="{other.language}" href="{ADDRESS}{other.address}">')
    return "\n".join(lines)


def translations(name: str) -> list[tuple[str, str]]:
    """For the switch of a page: each other language, and the page's address in it (or that of its first page)."""
    here = page_named(name)
    found = []
    for language in dict.fromkeys(page.language for page in PAGES):
        if language != LANGUAGE:
            there = page_named(name, language) or page_named("index", language)
            found.append((language, way(here or page_named("index"), there)))
    return found


def copy_notebooks(folder: Path) -> None:
    """Lay each lesson beside its page, as it is stored, to be downloaded."""
    for page in PAGES:
        if page.is_lesson and page.language == LANGUAGE:
            (folder / page.source.name).write_bytes(page.source.read_bytes())
