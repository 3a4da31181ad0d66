"""Scoped reads of laboratories, unlinked results, and the jobs of results files."""

from __future__ import annotations

from tongzhou.core.access import Actor
from tongzhou.server.access.queries import not_visible, scope_for
from tongzhou.server.access.rules import Permission
from tongzhou.server.kernel.models import Job
from tongzhou.server.kernel.records import ScopedQuerySet
from tongzhou.server.labs.models import Laboratory, UnlinkedResult
from tongzhou.server.people.models import Person
from tongzhou.server.people.queries import DOCUMENT, PHONE
from tongzhou.server.vault.crypto import blind_index

JOB = "labs.results_file"


def visible_laboratories(actor: Actor) -> ScopedQuerySet:
    """Return the laboratories an actor may enter results of, by code."""
    laboratories = Laboratory.objects.all().within(scope_for(actor, Permission.RESULT_WRITE))
    return laboratories.order_by("code")


def access_laboratory(actor: Actor, code: str) -> Laboratory:
    """Return a laboratory by its code; absent and out of scope raise the same NotVisible."""
    found = visible_laboratories(actor).filter(code=code).first()
    if found is None:
        raise not_visible(actor, Permission.RESULT_WRITE, "laboratory", code)
    return found


def open_unlinked(actor: Actor) -> ScopedQuerySet:
    """Return the results without a person that an actor may link, positives and oldest first."""
    unlinked = UnlinkedResult.objects.all().within(scope_for(actor, Permission.RESULT_LINK))
    return (
        unlinked.filter(linked_person=None).select_related("laboratory").order_by("-outcome", "recorded_at")
    )


def access_unlinked(actor: Actor, unlinked_id: object) -> UnlinkedResult:
    """Return one of them; absent and out of scope raise the same NotVisible."""
    unlinked = UnlinkedResult.objects.all().within(scope_for(actor, Permission.RESULT_LINK))
    found = unlinked.select_related("laboratory").filter(id=unlinked_id).first()
    if found is None:
        raise not_visible(actor, Permission.RESULT_LINK, "unlinked_result", unlinked_id)
    return found


def access_file_job(actor: Actor, job_id: object) -> Job:
    """Return the job of a results file; absent and out of scope raise the same NotVisible."""
    jobs = Job.objects.all().within(scope_for(actor, Permission.RESULT_WRITE)).filter(kind=JOB)
    job = jobs.filter(id=job_id).first()
    if job is None:
        raise not_visible(actor, Permission.RESULT_WRITE, "job", job_id)
    return job


def match_person(text: str) -> list[Person]:
    """Return who has exactly this document or phone, wherever they live: a result must find its person."""
    keys = {"document_index": blind_index(text, DOCUMENT), "phone_index": blind_index(text, PHONE)}
    people = Person.objects.everything("link a result by exact document or phone").filter(merged_into=None)
    return [person for name, key in keys.items() if key for person in people.filter(**{name: key})[:10]]
