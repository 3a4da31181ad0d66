"""What the command room shows, counted from the records: no figure is stored twice."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q
from django.db.models.functions import Substr

from tongzhou.core.access import Actor
from tongzhou.core.time import day_bounds
from tongzhou.server.access.queries import require, scope_for
from tongzhou.server.access.rules import Permission
from tongzhou.server.areas.models import Area
from tongzhou.server.areas.queries import children_of
from tongzhou.server.cases.models import Case, Contact, Decided
from tongzhou.server.duties.models import Duty
from tongzhou.server.duties.queries import OPEN
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.days import count_by_day
from tongzhou.server.kernel.records import ScopedQuerySet, prefix_range
from tongzhou.server.measures.models import Order, OrderState, Zone, ZoneState
from tongzhou.server.planning.models import Capacity

WHY = "counts of an area whose situation the actor may read"
COUNTED = Q(classification__in=["confirmed", "carrier", "clinical"])
USED_BY = {"quarantine_rooms": "central_quarantine", "beds": "isolation", "tests_per_day": "test_due"}
"""What uses a kind of capacity: orders in force of a kind, or duties due today."""
MAP_DAYS = 14
CURVE_DAYS = 42


def _of(model: Any, area_code: str) -> ScopedQuerySet:
    return model.objects.everything(WHY).filter(prefix_range("area_code", area_code))


def figures(actor: Actor, area_code: str) -> list[dict[str, Any]]:
    """Return the head figures of an area: today against yesterday at the same clock time.

    Needs: situation.read in the area.
    """
    require(actor, Permission.SITUATION_READ, area_code)
    now = clock.now()
    today, _ = day_bounds(clock.today(), clock.zone())
    yesterday, same_time = today - timedelta(days=1), now - timedelta(days=1)
    cases = _of(Case, area_code).filter(COUNTED)
    new = cases.aggregate(
        today=Count("area_code", filter=Q(diagnosed_at__gte=today, diagnosed_at__lte=now)),
        yesterday=Count("area_code", filter=Q(diagnosed_at__gte=yesterday, diagnosed_at__lte=same_time)),
        total=Count("area_code"),
    )
    contacts = _of(Contact, area_code).exclude(decision=Decided.REJECTED).filter(grade="close")
    located = contacts.aggregate(
        n=Count("area_code"), day=Count("area_code", filter=Q(recorded_at__gte=now - timedelta(days=1)))
    )
    orders = _of(Order, area_code).filter(state=OrderState.IN_FORCE)
    in_force = orders.aggregate(
        n=Count("area_code"), day=Count("area_code", filter=Q(confirmed_at__gte=now - timedelta(days=1)))
    )
    late = _of(Duty, area_code).filter(OPEN, due_at__lte=now).count()
    return [
        {"key": "new_today", "value": new["today"], "change": new["today"] - new["yesterday"]},
        {"key": "cases", "value": new["total"], "change": new["today"]},
        {"key": "close_contacts", "value": located["n"], "change": located["day"]},
        {"key": "orders", "value": in_force["n"], "change": in_force["day"]},
        {"key": "late", "value": late, "change": None},
    ]


def map_data(actor: Actor, area_code: str) -> dict[str, Any]:
    """Return cases by child area with the last days, and zones as points. Needs: situation.read."""
    require(actor, Permission.SITUATION_READ, area_code)
    children = list(children_of(area_code))
    days = [clock.today() - timedelta(days=n) for n in reversed(range(MAP_DAYS))]
    by_day = _cases_by_child_and_day(area_code, children, days[0])
    totals = _count_by_child(_of(Case, area_code).filter(COUNTED), children)
    zones = _of(Zone, area_code).filter(state=ZoneState.IN_FORCE).exclude(longitude=None)
    return {
        "children": children,
        "days": days,
        "totals": totals,
        "by_day": by_day,
        "zones": list(zones.order_by("-recorded_at")[:500]),
    }


def _length(children: list[Area]) -> int:
    return min((len(child.code) for child in children), default=24)


def _count_by_child(rows: ScopedQuerySet, children: list[Area]) -> dict[str, int]:
    grouped = rows.annotate(child=Substr("area_code", 1, _length(children))).values("child")
    return dict(grouped.annotate(n=Count("area_code")).order_by().values_list("child", "n"))


def _cases_by_child_and_day(area_code: str, children: list[Area], first: date) -> dict[tuple[str, date], int]:
    start, _ = day_bounds(first, clock.zone())
    rows = _of(Case, area_code).filter(COUNTED, diagnosed_at__gte=start)
    rows = rows.annotate(child=Substr("area_code", 1, _length(children)))
    found = count_by_day(rows, "diagnosed_at", start, keys=["child"])
    return {(child, on): n for (on, child), (n,) in found.items()}


def curve(actor: Actor, area_code: str, n_days: int = CURVE_DAYS) -> tuple[list[date], list[int]]:
    """Return the last days of an area and the new cases by day of diagnosis. Needs: situation.read."""
    require(actor, Permission.SITUATION_READ, area_code)
    days = [clock.today() - timedelta(days=n) for n in reversed(range(n_days))]
    start, _ = day_bounds(days[0], clock.zone())
    rows = _of(Case, area_code).filter(COUNTED, diagnosed_at__gte=start)
    found = count_by_day(rows, "diagnosed_at", start)
    return days, [found.get((day,), (0,))[0] for day in days]


def late_now(actor: Actor, area_code: str, limit: int = 8) -> list[Duty]:
    """Return the duties that are longest late, then those due soonest, of an area the actor may read."""
    scope = scope_for(actor, Permission.DUTY_READ)
    duties = Duty.objects.all().within(scope).filter(OPEN, prefix_range("area_code", area_code))
    first = list(
        duties.filter(starts_at__lte=clock.now()).order_by("due_at").values_list("id", flat=True)[:limit]
    )
    found = Duty.objects.everything("chosen above").filter(id__in=first)
    return list(found.select_related("holder").order_by("due_at"))


def late_by_child(actor: Actor, area_code: str) -> list[tuple[Area, int]]:
    """Return the child areas with late duties, most first. Needs: situation.read."""
    require(actor, Permission.SITUATION_READ, area_code)
    children = list(children_of(area_code))
    counts = _count_by_child(_of(Duty, area_code).filter(OPEN, due_at__lte=clock.now()), children)
    found = [(child, counts[child.code]) for child in children if counts.get(child.code)]
    return sorted(found, key=lambda row: -row[1])


def custody(actor: Actor, area_code: str) -> list[dict[str, Any]]:
    """Return how far the response is: positive, case, contacts, located, under order, tested.

    Needs: situation.read. Counts of the cases diagnosed in the last 14 days.
    """
    require(actor, Permission.SITUATION_READ, area_code)
    since = clock.now() - timedelta(days=MAP_DAYS)
    n_cases = _of(Case, area_code).filter(COUNTED, diagnosed_at__gte=since).count()
    close = (
        _of(Contact, area_code)
        .filter(grade="close", recorded_at__gte=since)
        .exclude(decision=Decided.REJECTED)
    )
    counts = close.aggregate(
        n=Count("area_code"),
        located=Count("area_code", filter=Q(located_at__isnull=False)),
        managed=Count("area_code", filter=Q(managed_at__isnull=False)),
    )
    begun = Order.objects.everything(WHY).filter(
        person=OuterRef("person"), state__in=[OrderState.IN_FORCE, OrderState.RELEASED]
    )
    n_ordered = close.filter(Exists(begun)).count()
    tests = _of(Duty, area_code).filter(kind="test_due", starts_at__lte=clock.now(), due_at__gte=since)
    tested = tests.aggregate(
        done=Count("id", filter=Q(done_at__isnull=False)),
        late=Count("id", filter=OPEN & Q(due_at__lte=clock.now())),
    )
    return [
        {"key": "cases", "n": n_cases},
        {"key": "contacts", "n": counts["n"]},
        {"key": "located", "n": counts["located"], "of": counts["n"]},
        {"key": "ordered", "n": n_ordered, "of": counts["n"]},
        {"key": "managed", "n": counts["managed"], "of": counts["n"]},
        {"key": "tested", "n": tested["done"], "late": tested["late"]},
    ]


def new_since(actor: Actor, area_code: str, since: datetime, limit: int = 8) -> list[Case]:
    """Return the cases that came in since an instant, latest first."""
    scope = scope_for(actor, Permission.CASE_READ)
    cases = (
        Case.objects.all().within(scope).filter(prefix_range("area_code", area_code), recorded_at__gt=since)
    )
    return list(cases.order_by("-recorded_at")[:limit])


def open_orders_by_kind(actor: Actor, area_code: str) -> list[tuple[str, int]]:
    """Return the orders in force of an area by kind. Needs: situation.read."""
    require(actor, Permission.SITUATION_READ, area_code)
    orders = _of(Order, area_code).filter(state=OrderState.IN_FORCE)
    return list(orders.values_list("kind").annotate(n=Count("area_code")).order_by("-n"))


def capacities_in_use(
    actor: Actor, area_code: str, in_force: list[tuple[str, int]]
) -> list[tuple[str, int, int]]:
    """Return kind, what stands ready and what of it is in use, of the kinds where both are known.

    Rooms and beds are in use by the orders in force that need one, as `open_orders_by_kind` counts them; tests by the
    tests due today. What the area itself recorded comes before the sum of the areas below it. Needs:
    situation.read in the area.
    """
    require(actor, Permission.SITUATION_READ, area_code)
    standing = _of(Capacity, area_code).filter(is_superseded=False, kind__in=USED_BY)
    ready: dict[str, int] = {}
    own: set[str] = set()
    for kind, code, amount in standing.values_list("kind", "area_code", "amount"):
        if code == area_code:
            own.add(kind)
            ready[kind] = amount
        elif kind not in own:
            ready[kind] = ready.get(kind, 0) + amount
    if not ready:
        return []
    used = dict(in_force)
    start, end = day_bounds(clock.today(), clock.zone())
    tests = _of(Duty, area_code).filter(kind="test_due", due_at__gte=start, due_at__lt=end, cancelled_at=None)
    used["test_due"] = tests.count()
    return [(kind, ready[kind], used.get(need, 0)) for kind, need in USED_BY.items() if kind in ready]


def zones_in_force(actor: Actor, area_code: str, limit: int = 20) -> Iterable[Zone]:
    """Return the zones in force of an area, the next to step down first. Needs: situation.read."""
    require(actor, Permission.SITUATION_READ, area_code)
    return (
        _of(Zone, area_code)
        .filter(state=ZoneState.IN_FORCE)
        .order_by(F("next_at").asc(nulls_last=True))[:limit]
    )
