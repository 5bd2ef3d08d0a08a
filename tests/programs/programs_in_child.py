"""C code prints in a child, and programs that it runs in all ways."""

import asyncio
import ctypes
import os
import subprocess
import sys

from chosen import run


async def program():
    await (await asyncio.create_subprocess_exec("echo", "asyncio")).wait()


def work():
    c = ctypes.CDLL(None)
    c.puts(b"from C")
    c.fflush(None)
    subprocess.run(["echo", "run"])
    subprocess.run(["echo", "stdout=sys.stdout"], stdout=sys.stdout)
    subprocess.run("echo stderr into stdout >&2", shell=True, stderr=subprocess.STDOUT, stdout=sys.stdout)
    print(subprocess.check_output(["echo", "captured"], text=True).upper(), end="", flush=True)
    os.system("echo os.system")
    os.spawnlp(os.P_WAIT, "echo", "echo", "spawned")
    os.waitpid(os.posix_spawnp("echo", ["echo", "posix_spawn"], os.environ), 0)
    asyncio.run(program())


if __name__ == "__main__":
    run(work)
