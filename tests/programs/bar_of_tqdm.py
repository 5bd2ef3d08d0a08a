"""Two workers show a progress bar at a position each."""

from chosen import mp
from tqdm import tqdm


def work(position, name):
    for _ in tqdm(range(3), desc=name, position=position):
        pass
    tqdm.write(f"{name} has ended")


if __name__ == "__main__":
    with mp.Pool(2, tqdm.set_lock, (mp.RLock(),)) as pool:
        pool.starmap(work, enumerate(["first", "second"]))
