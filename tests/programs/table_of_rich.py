"""rich prints a table, as wide as it finds the terminal."""

from chosen import run
from rich.console import Console
from rich.table import Table


def work():
    table = Table("name", "value")
    table.add_row("a", "[red]1[/red]")
    Console().print(table)


if __name__ == "__main__":
    run(work)
