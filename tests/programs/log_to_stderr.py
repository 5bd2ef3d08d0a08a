"""multiprocessing's own log comes from the child too.

err: child process calling self.run()
err: process exiting with exitcode 0
plain: parent and child log at the same time
"""

import multiprocessing

from chosen import run

if __name__ == "__main__":
    multiprocessing.log_to_stderr("INFO")
    run(int)
