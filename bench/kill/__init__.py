"""Processes killed without warning at many moments: what stands in the end is what a run never killed leaves."""
