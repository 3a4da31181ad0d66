"""Kill processes at moments spread over their whole duration, start them again, and compare with a run never killed."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from typing import Any

from bench.kill.homes import Homes
from bench.machine import ROOT

BASE, WHOLE, STRANDED, TRIAL = "base", "whole", "stranded", "trial"
"""Homes: as built; never killed; all committed and no fact of it delivered; the one that is killed."""


@dataclass(slots=True)
class Trials:
    """`n_kills` of the process that serves the requests and as many of the worker; each copy is killed twice."""

    homes: Homes
    n_kills: int
    rng: random.Random
    whole: dict[str, Any] = field(default_factory=dict)
    """What the run that was never killed says."""

    def run(self, n_duties: int, n_orders: int) -> dict[str, Any]:
        """Build, run once without a kill, then run every trial."""
        self.homes.make(BASE)
        self._run(BASE, "build", n_duties, n_orders)
        self.homes.make(WHOLE, BASE)
        self.whole = self._run(WHOLE, "finish")
        rows = [self._trial("requests", BASE, "act", pair) for pair in self._pairs(self.whole["act_s"])]
        self.homes.make(STRANDED, BASE)
        n_deaths = self._die_at_each_commit(STRANDED)
        stranded = self._trial("between commit and delivery", STRANDED, "work", ())
        rows += [{**stranded, "n_killed": n_deaths}]
        rows += [self._trial("worker", STRANDED, "work", pair) for pair in self._pairs(stranded["work_s"])]
        return {**self.whole, "trials": rows}

    def _pairs(self, seconds: float) -> list[tuple[float, ...]]:
        """Return two moments for each copy; together they are spread over the duration of a step."""
        moments = [(i + self.rng.random()) / self.n_kills * seconds for i in range(self.n_kills)]
        n_copies = max(1, self.n_kills // 2)
        return [tuple(moments[i::n_copies]) for i in range(n_copies)]

    def _trial(self, what: str, template: str, step: str, moments: tuple[float, ...]) -> dict[str, Any]:
        """Kill one step at each moment after its start, repeat everything with the same keys, and compare."""
        self.homes.make(TRIAL, template)
        n_killed = sum(self._kill(TRIAL, step, moment) for moment in moments)
        found = self._run(TRIAL, "finish")
        self.homes.drop(TRIAL)
        tables = found.pop("tables")
        unlike = {
            name: (whole, tables[name])
            for name, whole in self.whole["tables"].items()
            if whole != tables[name]
        }
        return {"what": what, "moments_s": moments, "n_killed": n_killed, "unlike": unlike, **found}

    def _die_at_each_commit(self, home: str) -> int:
        """Let the process kill itself between each commit and the delivery of its fact; return how often."""
        n_deaths = 0
        while (code := self._end(self._start(home, "act", "dies"))) == -signal.SIGKILL:
            n_deaths += 1
        if code:
            raise RuntimeError(f"The requests failed with {code}.")
        return n_deaths

    def _start(self, home: str, step: str, *arguments: object) -> subprocess.Popen[str]:
        words = [sys.executable, "-W", "ignore", "-m", "bench.kill.steps", step, *map(str, arguments)]
        return subprocess.Popen(
            words, cwd=ROOT, env=self.homes.environment(home), stdout=subprocess.PIPE, text=True
        )

    def _run(self, home: str, step: str, *arguments: object) -> dict[str, Any]:
        """Run a step to its end; return what it says."""
        process = self._start(home, step, *arguments)
        lines = process.communicate()[0].splitlines()
        if process.returncode:
            raise RuntimeError(f"The step {step} failed with {process.returncode}.")
        return dict(json.loads(lines[-1])) if lines else {}

    def _kill(self, home: str, step: str, seconds: float) -> bool:
        """Kill a step so many seconds after it was ready; return whether it still ran."""
        process = self._start(home, step)
        process.stdout.readline()
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        return self._end(process) == -signal.SIGKILL

    @staticmethod
    def _end(process: subprocess.Popen[str]) -> int:
        """Wait for the end of a process; return its code."""
        process.communicate()
        return process.returncode
