"""A pool of 20, in a process that may have 256 descriptors and a small shared memory.

out: 190
only: root linux
thorough: it starts many processes
under: unshare -m --propagation unchanged sh -c 'mount --make-private /dev/shm
under: && mount -t tmpfs -o size=64m none /dev/shm && ulimit -n 256 && exec "$@"' -
"""

from chosen import mp

if __name__ == "__main__":
    with mp.Pool(20) as pool:
        print(sum(pool.map(int, range(20))))
