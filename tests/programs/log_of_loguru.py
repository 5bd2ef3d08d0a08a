"""loguru's logger keeps the stderr of before.

err: from loguru
only: loguru
plain: its lines bear the time
"""

from chosen import run
from loguru import logger


def work():
    logger.info("from loguru")


if __name__ == "__main__":
    run(work)
