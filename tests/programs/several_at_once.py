"""Five children print at once: each one's lines arrive, whole."""

from chosen import mp


def work(child):
    for number in range(300):
        print("child", child, "line", number)


if __name__ == "__main__":
    children = [mp.Process(target=work, args=(number,)) for number in range(5)]
    for child in children:
        child.start()
    for child in children:
        child.join()
