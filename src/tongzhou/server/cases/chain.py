"""The transmission chain as columns: cases, who infected whom, contacts; constant queries at any size.

Positions are left to the drawing: it knows the room it has. Generations are computed here.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext

from tongzhou.core.access import Actor
from tongzhou.core.errors import InputError
from tongzhou.core.time import local_day
from tongzhou.server.access.queries import scope_for
from tongzhou.server.access.rules import Permission
from tongzhou.server.cases.models import Case, Cluster, Contact, Decided, TransmissionLink
from tongzhou.server.cases.rules import generations
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.records import ScopedQuerySet, prefix_range
from tongzhou.server.movement.words import setting_word

MOST_CASES = 20_000
DRAWN_STATE = {"discarded": "void", "recovered": "done", "died": "void"}


def chain_columns(actor: Actor, area_prefix: str = "", cluster_id: str = "") -> dict[str, Any]:
    """Return the chain of the visible cases of an area or cluster, earliest onset first.

    Raises InputError for more cases than can be drawn, naming the way out.
    """
    chosen = _chosen(actor, area_prefix, cluster_id)
    cases = _cases(chosen)
    if not cases:
        return {"base": clock.today().isoformat(), "settings": [], "cases": _empty(), "contacts": None}
    days = [_onset(case) for case in cases]
    base = min(days)
    row_of = {case[0]: row for row, case in enumerate(cases)}
    infector, links = _infectors(chosen, row_of)
    settings = sorted(set(links.values()) | {""})
    slot = {setting: number for number, setting in enumerate(settings)}
    return {
        "base": base.isoformat(),
        "settings": [setting_word(setting) for setting in settings],
        "cases": {
            "id": [str(case[0]) for case in cases],
            "label": [case[1] for case in cases],
            "onset": [(day - base).days for day in days],
            "generation": generations(infector),
            "infector": infector,
            "setting": [slot[links.get(row, "")] for row in range(len(cases))],
            "state": [DRAWN_STATE.get(case[6]) or DRAWN_STATE.get(case[5], "active") for case in cases],
        },
        "contacts": _contacts(chosen, row_of),
    }


def _empty() -> dict[str, list[Any]]:
    return {name: [] for name in ("id", "label", "onset", "generation", "infector", "setting", "state")}


def _chosen(actor: Actor, area_prefix: str, cluster_id: str) -> ScopedQuerySet:
    cases = Case.objects.all().within(scope_for(actor, Permission.CASE_READ))
    cases = cases.filter(prefix_range("area_code", area_prefix))
    return cases.filter(clusters=cluster_id) if cluster_id else cases


def _cases(cases: ScopedQuerySet) -> list[tuple[Any, ...]]:
    fields = ("id", "number", "onset_on", "first_sampled_at", "diagnosed_at", "classification", "outcome")
    found = list(cases.order_by("diagnosed_at", "id").values_list(*fields)[: MOST_CASES + 1])
    if len(found) > MOST_CASES:
        raise InputError(
            "cases.chain_too_large",
            gettext("More than %(n)s cases cannot be drawn at once.") % {"n": MOST_CASES},
            gettext("Choose a smaller area or a cluster."),
        )
    return found


def _onset(case: tuple[Any, ...]) -> date:
    """Return the day a case stands at: onset, else first sample, else diagnosis."""
    return case[2] or local_day(case[3] or case[4], clock.zone())


def _infectors(chosen: ScopedQuerySet, row_of: dict[Any, int]) -> tuple[list[int], dict[int, str]]:
    """Return the row of each case's most probable infector among the drawn ones, and the setting by row."""
    n = len(row_of)
    infector, settings, best = [-1] * n, dict[int, str](), [0.0] * n
    links = TransmissionLink.objects.everything("between visible cases")
    links = links.filter(infectee__in=chosen.order_by().values("id")).order_by("id")
    fields = ("infector_id", "infectee_id", "setting", "probability")
    for source, target, setting, probability in links.values_list(*fields):
        row, at = row_of.get(target), row_of.get(source)
        if row is None or probability <= best[row]:
            continue
        best[row], settings[row] = probability, setting
        infector[row] = -1 if at is None else at
    return infector, settings


def _contacts(chosen: ScopedQuerySet, row_of: dict[Any, int]) -> dict[str, list[Any]]:
    contacts = Contact.objects.everything("of visible cases").exclude(decision=Decided.REJECTED)
    contacts = contacts.filter(case__in=chosen.order_by().values("id")).order_by("id")
    columns: dict[str, list[Any]] = {"case": [], "id": [], "state": []}
    fields = ("case_id", "id", "decision", "managed_at", "released_at")
    for case, identifier, decision, managed, released in contacts.values_list(*fields).iterator(
        chunk_size=5000
    ):
        row = row_of.get(case)
        if row is None:
            continue
        columns["case"].append(row)
        columns["id"].append(str(identifier))
        columns["state"].append(_contact_state(decision, managed, released))
    return columns


def _contact_state(decision: str, managed: object, released: object) -> str:
    if released:
        return "done"
    if managed:
        return "active"
    return "neutral" if decision == Decided.ACCEPTED else "soon"


def links_of(case: Case) -> list[TransmissionLink]:
    """Return the links into and out of a visible case."""
    links = TransmissionLink.objects.everything("of a visible case")
    found = links.filter(Q(infector=case) | Q(infectee=case)).select_related("infector", "infectee")
    return list(found.order_by("infectee__diagnosed_at", "id")[:500])


def visible_clusters(actor: Actor) -> list[Cluster]:
    """Return the open clusters of an actor's areas."""
    scope = scope_for(actor, Permission.CASE_READ)
    return list(Cluster.objects.all().within(scope).filter(is_open=True).order_by("name_zh")[:200])
