"""click, which looks at the streams closely, prints.

out: by click
out: in red
err: on stderr
only: click
also: jupyter nbval
"""

import click
from chosen import run


def work():
    click.echo("by click")
    click.secho("in red", fg="red")
    click.echo("on stderr", err=True)


if __name__ == "__main__":
    run(work)
