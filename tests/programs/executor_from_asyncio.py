"""An event loop runs functions in an executor of processes, three times."""

import asyncio
from concurrent.futures import ProcessPoolExecutor

from chosen import mp


def square(number):
    print("square", number)
    return number * number


async def main():
    with ProcessPoolExecutor(2, mp_context=mp) as executor:
        calls = [asyncio.get_running_loop().run_in_executor(executor, square, 2) for _ in range(3)]
        results = await asyncio.gather(*calls)
    print(results)


if __name__ == "__main__":
    asyncio.run(main())
