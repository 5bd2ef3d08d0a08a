"""The sentences in which `check` speaks, and `language`, which chooses the notebook's.

The English sentence is the key: helpers/locale/zh.json has it with its Chinese. What has none stays English, and
tests/instruments/test_sentences.py lists it. helpers/locale/code has the same for comments and docstrings of code that
a lesson shows.
"""

import functools
import gettext
import json
import os
import re
from pathlib import Path

CHOSEN = "HELPERS_LANGUAGE"  # an environment variable: the processes of a check inherit it
CATALOGUES = Path(__file__).parent / "locale"
JOIN = "{first} {second}"
COMMENT = re.compile(r"# (.+)$", re.MULTILINE)
DOCSTRING = re.compile(r'^ *"""(.*?)"""', re.MULTILINE | re.DOTALL)


def language(name: str) -> None:
    """Choose the language of this notebook: `language("zh")`."""
    known = ["en", *sorted(path.stem for path in CATALOGUES.glob("*.json"))]
    if name not in known:
        raise ValueError(f"no language {name!r}; there are: {', '.join(known)}")
    os.environ[CHOSEN] = name


class Sentence(str):
    """An English sentence with values in it, which remembers both."""

    template: str
    values: dict[str, object]


def say(template: str, **values: object) -> Sentence:
    """Put values into a sentence: say("left {count} children", count=2). An f-string could not be translated."""
    sentence = Sentence(template.format(**values))
    sentence.template, sentence.values = template, values
    return sentence


def join(both: str, first: str, second: str) -> str:
    """Two sentences, one behind the other as their language has it; behind a Latin letter there is a space in each."""
    return (JOIN if first[-1:].isascii() else both).format(first=first, second=second) if first else second


def translated(text: object) -> str:
    """A sentence in the language of the notebook; of several in a tuple, one behind the other."""
    if isinstance(text, tuple):
        both = _catalogue().gettext(JOIN)
        return functools.reduce(functools.partial(join, both), filter(None, map(translated, text)), "")
    if isinstance(text, Sentence):
        values = {n: translated(v) if isinstance(v, Sentence | tuple) else v for n, v in text.values.items()}
        return _catalogue().gettext(text.template).format(**values)
    return _catalogue().gettext(text) if text else ""


def explained(code: str, name: str = "") -> str:
    """Code with its comments and docstrings in the language of the notebook, or in another one, where it has them."""
    known = _read(f"code/{name or os.environ.get(CHOSEN, 'en')}").texts

    def other(found: re.Match) -> str:
        return found[0].replace(found[1], known.get(" ".join(found[1].split()), found[1]))

    return DOCSTRING.sub(other, COMMENT.sub(other, code))


class Catalogue(gettext.NullTranslations):
    """Translations in a JSON file, which needs no compiling."""

    texts: dict[str, str] = {}  # noqa: RUF012

    def _parse(self, file) -> None:
        self.texts = json.load(file)

    def gettext(self, message: str) -> str:
        return self.texts.get(message) or message


def _catalogue() -> Catalogue:
    return _read(os.environ.get(CHOSEN, "en"))


@functools.cache
def _read(name: str) -> Catalogue:
    path = CATALOGUES / f"{name}.json"
    if not path.exists():
        return Catalogue()
    with path.open(encoding="utf-8") as file:
        return Catalogue(file)


def short(value: object) -> str:
    """A value for a sentence: a name or at most 60 characters."""
    try:
        return cut(getattr(value, "__name__", None) or repr(value), 60)
    except BaseException as error:
        return f"an object of class {type(value).__name__}, whose repr raises {type(error).__name__}"


def describe(error: BaseException) -> str:
    """An exception for a sentence: its type, and its text in one line."""
    try:
        text = " ".join(str(error).split()).rstrip(".")
    except BaseException as another:
        text = f"its text raises {type(another).__name__}"
    return f"{type(error).__name__}: {cut(text, 120)}" if text else type(error).__name__


def cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 3]}..."
