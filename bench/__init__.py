"""Measurements: one package each, run by `tongzhou bench NAME`. Figures, not tests."""
