"""What every app stands on: base record, clock, scoped reads, outbox, jobs, idempotency, error pages.

Knows no domain: never imports another app, never names a person, a case or a place.
"""
