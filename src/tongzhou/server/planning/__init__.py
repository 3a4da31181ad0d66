"""Questions about what may come: scenarios side by side, readiness, the return peak, a change of rules.

Owns studies, recorded capacities and figures of travel. Never changes an order, a duty or a case.
"""
