"""The base of workflow records, and reads that refuse to run without a scope."""

from __future__ import annotations

import secrets
import uuid
from typing import Any, Self

from django.db import models
from django.db.models import Q

from tongzhou.core.access import Scope
from tongzhou.core.area_codes import WHOLE_TREE
from tongzhou.core.errors import TongzhouError
from tongzhou.core.identifiers import new_record_id
from tongzhou.server.kernel import clock


def make_record_id() -> uuid.UUID:
    """Return a new time-ordered identifier."""
    return new_record_id(clock.now(), secrets.token_bytes(10))


class UnscopedRead(TongzhouError):
    """Code tried to read records without saying for whom: a defect, never a user's fault."""

    def __init__(self, model: str) -> None:
        super().__init__(
            "kernel.unscoped_read",
            f"{model} was read without a scope.",
            "Call .within(scope), or .everything('why') in an action or a job.",
        )


def prefix_range(column: str, prefix: str) -> Q:
    """Return the condition that an area code lies in `prefix`, as a range that every index serves.

    LIKE would not use a plain index on either database; digits sort below ``:``.
    """
    if not prefix:
        return Q()
    return Q(**{f"{column}__gte": prefix, f"{column}__lt": prefix + ":"})


class ScopedQuerySet(models.QuerySet[Any]):
    """A query set that raises unless a scope, or a stated reason to go without, was given.

    The model names its area column in ``scope_area`` and, where residents may see their own
    records, its person column in ``scope_person``.
    """

    _is_scoped = False

    def _clone(self) -> Self:
        clone = super()._clone()
        clone._is_scoped = self._is_scoped
        return clone

    def within(self, scope: Scope) -> Self:
        """Keep what the scope may see; an empty scope keeps nothing."""
        if WHOLE_TREE in scope.prefixes:
            return self._mark()
        clause = Q(pk__in=[])
        for prefix in scope.prefixes:
            clause |= prefix_range(self.model.scope_area, prefix)
        if scope.person_id is not None and self.model.scope_person:
            clause |= Q(**{self.model.scope_person: scope.person_id})
        return self._mark().filter(clause)

    def everything(self, reason: str) -> Self:
        """Read without a scope, for a stated reason: actions that checked already, jobs, counts."""
        if not reason:
            raise UnscopedRead(self.model.__name__)
        return self._mark()

    def _mark(self) -> Self:
        clone = self._chain()
        clone._is_scoped = True
        return clone

    def _require_scope(self) -> None:
        if not self._is_scoped:
            raise UnscopedRead(self.model.__name__)

    def _fetch_all(self) -> None:
        self._require_scope()
        super()._fetch_all()

    def iterator(self, *args: Any, **kwargs: Any) -> Any:
        self._require_scope()
        return super().iterator(*args, **kwargs)

    def count(self) -> int:
        self._require_scope()
        return super().count()

    def exists(self) -> bool:
        self._require_scope()
        return super().exists()

    def aggregate(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        self._require_scope()
        return super().aggregate(*args, **kwargs)

    def update(self, **kwargs: Any) -> int:
        self._require_scope()
        return super().update(**kwargs)

    def delete(self) -> tuple[int, dict[str, int]]:
        self._require_scope()
        return super().delete()


ScopedManager = models.Manager.from_queryset(ScopedQuerySet, "ScopedManager")


class Record(models.Model):
    """A workflow record with a time-ordered identifier and the instant it was recorded."""

    id = models.UUIDField(primary_key=True, default=make_record_id, editable=False)
    recorded_at = models.DateTimeField(default=clock.now, editable=False)

    objects = ScopedManager()

    scope_area = "area_code"
    scope_person = ""

    class Meta:
        abstract = True
