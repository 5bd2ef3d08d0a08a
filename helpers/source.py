"""`show`: a worker's source, in the notebook that uses it."""

import ast
import inspect
from collections.abc import Callable
from pathlib import Path


def source(*workers: Callable) -> str:
    """Return the text of functions or classes as it stands in their file now, whatever was imported earlier.

    Raises ValueError if a file no longer has the function.
    """
    texts = []
    for worker in workers:
        path = Path(inspect.getsourcefile(inspect.unwrap(worker)))
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)):
            if getattr(node, "name", None) == worker.__qualname__ and hasattr(node, "body"):
                first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
                texts.append("\n".join(text.splitlines()[first - 1 : node.end_lineno]))
                break
        else:
            raise ValueError(f"{path.name} has no {worker.__qualname__} any more")
    return "\n\n\n".join(texts)


def show(*workers: Callable) -> None:
    """Display the current source of worker functions, highlighted, under the name of their file; a script prints it."""
    from IPython import get_ipython
    from IPython.display import display

    path = Path(inspect.getsourcefile(inspect.unwrap(workers[0])))
    code = f"# {path.parent.name}/{path.name}\n\n{source(*workers)}"
    if get_ipython() is None:
        print(code)
        return
    # Markdown and not HTML: the reader's program highlights it, and the output depends on no highlighter's version.
    display({"text/markdown": f"```python\n{code}\n```", "text/plain": code}, raw=True)
