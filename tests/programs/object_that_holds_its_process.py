"""An object holds its process, its pool and its context, and goes to children with what can be pickled of it."""

from chosen import METHOD, mp


class Camera:
    def __init__(self, number):
        self.number, self.more = number, mp.Event()
        self.frames = mp.JoinableQueue()
        self.process = mp.Process(target=self.loop, daemon=True)

    def loop(self):
        frame = 0
        while self.more.is_set():
            print(f"camera {self.number}: frame {frame}")
            self.frames.put(frame)
            self.frames.join()
            frame += 1

    def __enter__(self):
        self.more.set()
        self.process.start()
        return self

    def __exit__(self, *exception):
        self.frames.get()
        self.more.clear()
        self.frames.task_done()
        self.process.join()
        print("stopped", self.process.exitcode)


class Squares:
    def __init__(self):
        self.context, self.pool = mp, mp.Pool(1)

    def __getstate__(self):
        return {"context": self.context}

    def square(self, number):
        print("square of", number, self.context.get_start_method() == METHOD)
        return number**2

    def map(self, numbers):
        return self.pool.map(self.square, numbers)


if __name__ == "__main__":
    with Camera(1) as camera:
        camera.frames.get()
        camera.frames.task_done()
    squares = Squares()
    found = squares.map([3])
    squares.pool.close()
    squares.pool.join()  # before the print, between whose text and line's end a worker's line could come in a kernel
    print(found)
