"""Children are started from a thread, an executor's thread and a thread of an event loop."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

from chosen import run


async def in_thread():
    await asyncio.get_running_loop().run_in_executor(None, run, print, "from an event loop")


if __name__ == "__main__":
    thread = threading.Thread(target=run, args=(print, "from a thread"))
    thread.start()
    thread.join()
    with ThreadPoolExecutor(1) as executor:
        executor.submit(run, print, "from an executor").result()
    thread = threading.Thread(target=asyncio.run, args=(in_thread(),))  # a cell has an event loop already
    thread.start()
    thread.join()
