"""multiprocessing's own log comes from the child too."""

import multiprocessing

from chosen import run

if __name__ == "__main__":
    multiprocessing.log_to_stderr("INFO")
    run(int)
