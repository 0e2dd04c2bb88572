"""Starts everything that a plan names, side by side where it can, watches it, and stops all of it in order."""

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from clientnest.stack import child as processes
from clientnest.stack.child import Child
from clientnest.stack.layout import Layout
from clientnest.stack.plan import Display, Plan, Service, Step
from clientnest.stack.record import Record

READY_EVERY = 0.25
ALIVE_EVERY = 10.0
MISSES = 6  # consecutive checks without an answer until a process counts as hung: a minute of silence
GRACE = 2.5  # seconds that a service gets to end by itself
TRIES = 3  # failures until the start goes on without a service; it is tried on in the background
LONGEST_PAUSE = 60.0
STEADY = 60.0  # a service that ran this long starts counting its failures anew


class Supervisor:
    """One run of an installation. `start` gives control back when everything is up or has failed; then call `watch`."""

    def __init__(
        self, plan: Plan, layout: Layout, record: Record, display: Display, folder: Path, stopping: threading.Event
    ) -> None:
        """`folder` is where the processes work; `stopping` is set when the run is to end."""
        self._plan, self._layout, self._record, self._display, self._folder = plan, layout, record, display, folder
        self._changed = threading.Condition()
        self._settled: dict[str, bool] = {}  # key -> whether it is done or ready
        self._children: dict[str, Child] = {}
        self._stopping = stopping
        self._failure: BaseException | None = None

    @property
    def stopping(self) -> bool:
        return self._stopping.is_set()

    @property
    def failed(self) -> list[str]:
        """Keys of services that did not become ready."""
        return [key for key, well in self._settled.items() if not well]

    def start(self) -> None:
        """Start everything. Raises what a step raised; returns early when somebody asked to stop."""
        for item in self._plan.items:
            run = self._do if isinstance(item, Step) else self._keep
            threading.Thread(target=self._guarded, args=(run, item), name=item.key, daemon=True).start()
        with self._changed:
            while not self.stopping and len(self._settled) < len(self._plan.items):
                self._changed.wait(0.2)
        if self._failure is not None:
            raise self._failure

    def watch(self, every: float = 1.0, tick: Callable[[], None] = lambda: None) -> None:
        """Stay until somebody asks to stop; `tick` is called now and then, and logs are kept short."""
        rotated = time.monotonic()
        while not self._stopping.wait(every):
            tick()
            if time.monotonic() - rotated > 30:
                rotated = time.monotonic()
                for running in list(self._children.values()):
                    processes.rotate(running.log)

    def ask_to_stop(self) -> None:
        """May be called from a signal handler: returns at once."""
        self._stopping.set()

    def kill(self) -> None:
        """End every process now."""
        for running in list(self._children.values()):
            running.kill()

    def stop(self) -> None:
        """Stop all services, wave by wave, then what the plan does last."""
        self._stopping.set()
        self._record.phase("stopping")
        self._plan.before_stop()
        for wave in sorted({service.wave for service in self._plan.services}):
            keys = [service.key for service in self._plan.services if service.wave == wave]
            processes.stop_all([self._children[key] for key in keys if key in self._children], GRACE)
        self._plan.finish()
        self._record.remove()

    def _guarded(self, run: Callable[[Any], None], item: Step | Service) -> None:
        try:
            run(item)
        except Exception as error:  # noqa: BLE001 - kept for `start`, which raises it in the main thread
            self._failure = self._failure or error
            self._stopping.set()

    def _wait_for(self, keys: Sequence[str]) -> bool:
        """Until all of them are settled; False when the run is ending instead."""
        with self._changed:
            while not self.stopping and not all(key in self._settled for key in keys):
                self._changed.wait(0.2)
        return not self.stopping

    def _settle(self, key: str, well: bool) -> None:
        with self._changed:
            self._settled[key] = well
            self._changed.notify_all()

    def _do(self, step: Step) -> None:
        if not self._wait_for(step.after):
            return
        if missing := [key for key in step.after if not self._settled[key]]:
            self._display.fail(step.key, f"not possible without {' and '.join(missing)}")
            self._settle(step.key, False)
            return
        self._display.begin(step.key)
        remark = step.action()
        if self.stopping:
            return
        self._display.done(step.key, remark)
        self._settle(step.key, True)

    def _keep(self, service: Service) -> None:
        if not self._wait_for(service.after):
            return
        self._display.begin(service.key)
        failures = restarts = 0
        while not self.stopping:
            running = Child(service.command(), service.environment(), self._layout.log(service.key), self._folder)
            self._children[service.key] = running
            self._record.service(service.key, running.pid, restarts)
            why = self._until_ready(service, running)
            if why is None:
                self._greet(service)
                why = self._while_alive(service, running)
            if self.stopping:
                break
            failures = 1 if running.age > STEADY else failures + 1
            restarts += 1
            running.stop(GRACE)
            self._mourn(service, running, why, failures)
        _wait_to_the_end(self._children.get(service.key))

    def _until_ready(self, service: Service, running: Child) -> str | None:
        """None when it is ready; else why not."""
        deadline = time.monotonic() + service.seconds
        while time.monotonic() < deadline:
            if running.exit_code is not None:
                return _ending(running)
            if service.ready():
                return None
            if self._stopping.wait(READY_EVERY):
                return "stopping"
        return f"it was not ready within {service.seconds:.0f} s"

    def _while_alive(self, service: Service, running: Child) -> str:
        """Stays while it runs and answers; why it does not any more."""
        misses = 0
        while misses < MISSES:
            if running.wait(ALIVE_EVERY) is not None:
                return _ending(running)
            misses = 0 if self.stopping or service.alive() else misses + 1
        return "it no longer answered"

    def _greet(self, service: Service) -> None:
        if service.key in self._settled:
            self._display.notice(f"{service.label} runs again.")
        else:
            self._display.done(service.key)
        self._settle(service.key, True)

    def _mourn(self, service: Service, running: Child, why: str, failures: int) -> None:
        """Tell that it stopped, and wait before the next try: longer each time."""
        pause = min(2.0 ** (failures - 1), LONGEST_PAUSE)
        if service.key not in self._settled and (failures >= TRIES or running.age > service.seconds):
            said = processes.last_lines(running.log)
            self._display.fail(service.key, said[0] if said else why)
            self._settle(service.key, False)
        self._display.notice(
            f"{service.label} stopped: {why}. It is started again in {pause:.0f} s. Its log: {running.log}"
        )
        self._stopping.wait(pause)


def _ending(running: Child) -> str:
    code = running.exit_code or 0
    return f"it was ended by signal {-code}" if code < 0 else f"it ended with code {code}"


def _wait_to_the_end(running: Child | None) -> None:
    """A process ends with the thread that started it, so the thread stays for as long as the process takes to stop."""
    while running is not None and running.exit_code is None:
        running.wait(1)
