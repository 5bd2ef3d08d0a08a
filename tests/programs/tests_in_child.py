"""A child runs a unit test and a doctest.

err: OK
out: done
plain: the time is in the report
"""

import doctest
import unittest

from chosen import run


class Test(unittest.TestCase):
    def test(self):
        assert 1 + 1 == 2


def work():
    unittest.TextTestRunner().run(unittest.defaultTestLoader.loadTestsFromTestCase(Test))
    doctest.run_docstring_examples(">>> print(1 + 1)\n2", {})
    print("done")


if __name__ == "__main__":
    run(work)
