"""Tasks and their queue for asyncio in the VM, on board time.

Owns: `Task` and `TaskQueue` as asyncio.core expects them. Refuses: what asyncio refuses
(RuntimeError). Units: milliseconds, wrapping as `ticks_ms`.

The pair that is built into the VM stamps a task that is due at once with the host's own clock,
which would mix two times in one queue. On a board the built-in pair reads the board's clock, as
this one does; nothing else is different.
"""

import time


class TaskQueue:
    """Tasks in the order in which they are due; those due at the same time as they came."""

    def __init__(self):
        self._tasks = []

    def peek(self):
        """The first task, or None."""
        return self._tasks[0] if self._tasks else None

    def push(self, task, due=None):
        """Add a task that is due at `due`, or now."""
        task.data = None
        task.ph_key = due = time.ticks_ms() if due is None else due
        tasks = self._tasks
        at = len(tasks)
        while at and time.ticks_diff(tasks[at - 1].ph_key, due) > 0:
            at -= 1
        tasks.insert(at, task)

    def pop(self):
        """Take the first task."""
        return self._tasks.pop(0)

    def remove(self, task):
        """Take a task out, wherever it stands."""
        self._tasks.remove(task)


class Task:
    """A coroutine on its way. Fields, as asyncio.core uses them:

    coro; data: an exception to be thrown, what the task waits on, or how it ended; state: True
    while running, a TaskQueue when others wait for it, None or False when it has ended (False: and
    somebody knows), or a function to be called at its end; ph_key: when it is due.
    """

    def __init__(self, coro, context):
        self.coro = coro
        self.data = None
        self.state = True
        self.ph_key = 0
        self._context = context

    def __iter__(self):
        if not self.state:
            self.state = False
        elif self.state is True:
            self.state = TaskQueue()
        elif not isinstance(self.state, TaskQueue):
            raise RuntimeError("can't wait")
        return self

    def __next__(self):
        if not self.state:
            raise self.data
        waiting = self._context["cur_task"]
        self.state.push(waiting)
        waiting.data = self

    def done(self):
        """Whether the task has ended."""
        return not self.state

    def cancel(self):
        """Let CancelledError be thrown into the task; False if it has ended."""
        if not self.state:
            return False
        context = self._context
        task = self
        if task is context["cur_task"]:
            raise RuntimeError("can't cancel self")
        while isinstance(task.data, Task):
            task = task.data
        ready = context["_task_queue"]
        if hasattr(task.data, "remove"):
            task.data.remove(task)
            ready.push(task)
        elif time.ticks_diff(task.ph_key, time.ticks_ms()) > 0:
            ready.remove(task)
            ready.push(task)
        task.data = context["CancelledError"]
        return True
