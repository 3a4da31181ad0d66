"""The question of the killed study."""

from __future__ import annotations

from tongzhou.scenario import Question, ScenarioSpec

AREA = "440305"
QUESTION = Question(
    {AREA: 4000}, {AREA: 8}, (ScenarioSpec("cn-2022-06"), ScenarioSpec()), days=30, n_runs=6, seed=3
)
