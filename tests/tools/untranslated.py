"""The sentences in which `check` speaks, as they stand in the source, and those that have no translation.

python tests/tools/untranslated.py        prints what helpers/locale/zh.json lacks, to be filled in there
"""

import ast
import importlib
import json
import re
from pathlib import Path

from helpers.sentences import JOIN

HELPERS = Path(__file__).parents[2] / "helpers"
SOURCES = [HELPERS / "checking.py", HELPERS / "judging.py", *sorted(HELPERS.glob("judges/[a-z]*.py"))]
WORDS = re.compile(r"[\w,.:;'}] [\w{]")  # more than one word is a sentence, or a part of one


def sentences(path: Path) -> tuple[list[str], list[str]]:
    """The sentences of a module that can be translated; and those that can't, because they are f-strings."""
    name = ".".join(path.relative_to(HELPERS.parent).with_suffix("").parts)
    judges = getattr(importlib.import_module(name), "JUDGES", {}).values()
    found = [" ".join(judge.__doc__.split()) for judge in judges]
    tree, built = ast.parse(path.read_text(encoding="utf-8")), []
    passed = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            passed.add(node.value)  # a docstring
        elif isinstance(node, ast.JoinedStr):
            passed |= set(node.values)
            text = "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
            built += [text] if re.search(r"[a-z] [a-z]", text) and not text.startswith("import ") else []
        elif isinstance(node, ast.Compare):
            passed |= {node.left, *node.comparators}  # what an error's text is searched for
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "ValueError":
            passed |= set(ast.walk(node))  # for whoever calls check("nonsense", 99)
    texts = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    words = [text.value for text in texts if text not in passed and WORDS.search(text.value)]
    found += [text for text in words if not re.search(r"^(import |ignore:|\^)|import$", text)]
    return found, built


def everything() -> list[str]:
    return list(dict.fromkeys([JOIN, *(text for path in SOURCES for text in sentences(path)[0])]))


def lacking(language: str = "zh") -> list[str]:
    known = json.loads((HELPERS / "locale" / f"{language}.json").read_text(encoding="utf-8"))
    return [text for text in everything() if not known.get(text)]


if __name__ == "__main__":
    print(json.dumps(dict.fromkeys(lacking(), ""), indent=2, ensure_ascii=False))
