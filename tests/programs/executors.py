"""An event loop runs functions in an executor of processes, three times; then a worker of the executor dies."""

import asyncio
import os
from concurrent.futures import ProcessPoolExecutor

from chosen import mp


def square(number):
    print("square", number)
    return number * number


def die():
    print("about to die", flush=True)
    os._exit(1)


async def main():
    with ProcessPoolExecutor(2, mp_context=mp) as executor:
        calls = [asyncio.get_running_loop().run_in_executor(executor, square, 2) for _ in range(3)]
        print(await asyncio.gather(*calls))
    with ProcessPoolExecutor(1, mp_context=mp) as executor:
        error = executor.submit(die).exception()
    print(type(error).__name__)


if __name__ == "__main__":
    asyncio.run(main())
