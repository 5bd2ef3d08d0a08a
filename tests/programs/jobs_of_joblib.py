"""joblib's processes and those of the context live side by side."""

from chosen import mp
from joblib import Parallel, delayed

if __name__ == "__main__":
    with mp.Pool(2) as pool:
        print(Parallel(2)(delayed(abs)(number) for number in range(3)))
        print(pool.map(abs, range(3)))
