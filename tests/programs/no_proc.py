"""There is no `/proc`.

out: from the child
out: exit code 0
only: root linux
under: unshare -m --propagation unchanged sh -c 'mount --make-private /proc && mount -t tmpfs none /proc && exec "$@"' -
"""

from chosen import run


def work():
    print("from the child")


if __name__ == "__main__":
    print("exit code", run(work))
