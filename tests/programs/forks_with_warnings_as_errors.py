"""A program with one thread forks, and a warning (of threads, in Python 3.12 and later) would be an error.

out: forked
only: fork
under: env PYTHONWARNINGS=error::DeprecationWarning
"""

from chosen import run

if __name__ == "__main__":
    run(int)
    run(print, "forked")
