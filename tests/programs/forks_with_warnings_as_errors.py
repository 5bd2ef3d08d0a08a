"""A program with one thread forks, and a warning (of threads, in Python 3.12 and later) would be an error."""

from chosen import run

if __name__ == "__main__":
    run(int)
    run(print, "forked")
