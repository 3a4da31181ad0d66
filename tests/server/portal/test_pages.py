"""Public pages open to everybody, small, in both languages; publishing with the right, corrections as corrections."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from tests.cast import Cast
from tests.server.portal.conftest import HEADER
from tongzhou.core.errors import Conflict, Denied, InputError
from tongzhou.server.kernel.models import Fact
from tongzhou.server.portal.actions import BulletinOrder, publish_bulletin
from tongzhou.server.portal.models import Bulletin
from tongzhou.server.portal.queries import published_bulletins, verify_bulletins

pytestmark = pytest.mark.django_db
DAY = date(2022, 7, 11)
TRIPS = "date,start,end,type,no,no_sub,memo,pos_start,pos_end,source,who\n"
SEEN = "2022-07-10,,,1,AQ1275,,1人确诊,广州,兰州,https://example.org/n,甘肃发布\n"
PLATE = "2022-07-10,,,4,云GV5592,,住3号楼501室,商丘,昆明,https://example.org/p,大河报\n"
LIMIT = 100_000


def order(**changes: object) -> BulletinOrder:
    return BulletinOrder(**{"area_code": "44", "on": DAY, **changes})


@pytest.fixture
def published(counts: object, cast: Cast) -> Bulletin:
    return publish_bulletin(cast.actor("province_officer"), order())


def page(path: str, language: str = "zh-hans", **query: str) -> str:
    answer = Client(headers={"accept-language": language}).get(path, query)
    assert answer.status_code == 200, answer.content[:500]
    assert len(answer.content) < LIMIT
    return answer.content.decode()


@pytest.mark.parametrize(
    "change", [{"text_zh": "x"}, {"figures": {}}, {"correction_en": "x"}, {"day": date(2022, 7, 1)}]
)
def test_an_altered_bulletin_is_found(published: Bulletin, change: dict[str, object]) -> None:
    assert verify_bulletins() == []
    published_bulletins().update(**change)
    assert [fault for _, fault in verify_bulletins()] == [f"the bulletin {published.id} was altered"]


def test_a_removed_bulletin_is_found(published: Bulletin) -> None:
    published.delete()
    assert "is missing" in verify_bulletins()[0][1]


def test_start_page_works_before_anything_is_published(areas: None) -> None:
    assert "/same-trip/" in page("/")


@pytest.mark.parametrize(
    ("language", "words"), [("zh-hans", "广东省累计报告"), ("en", "Guangdong had reported 15")]
)
def test_bulletin_is_read_in_both_languages(published: Bulletin, language: str, words: str) -> None:
    for path in ("/", f"/bulletins/{published.id}/"):
        assert words in page(path, language)
    assert str(published.id) in page("/bulletins/", language)


def test_bulletin_page_draws_its_curve_and_names_its_sources(published: Bulletin) -> None:
    html = page(f"/bulletins/{published.id}/", "en")
    assert "<epi-curve" in html
    assert "snapshot of a public page" in html


def test_publishing_needs_the_right_in_the_area(counts: object, cast: Cast) -> None:
    for name in ("city_officer", "investigator", "resident"):
        with pytest.raises(Denied):
            publish_bulletin(cast.actor(name), order())


def test_the_same_bulletin_is_published_once(published: Bulletin, cast: Cast) -> None:
    assert publish_bulletin(cast.actor("province_officer"), order()) == published
    assert Fact.objects.filter(kind="bulletin.published").count() == 1


def test_another_one_of_the_same_cutoff_is_a_correction_with_its_words(
    published: Bulletin, cast: Cast, import_text: object
) -> None:
    later = "广东省,深圳,16,2,10,2,2022-07-12 10:00:00\n广东省,广州,16,2,6,0,2022-07-12 10:00:00\n"
    import_text("city-daily", HEADER + later, "later.csv")
    officer = cast.actor("province_officer")
    with pytest.raises(InputError, match="Say in Chinese and in English"):
        publish_bulletin(officer, order())
    words = {"correction_zh": "深圳补报1例", "correction_en": "Shenzhen added one case"}
    corrected = publish_bulletin(officer, order(**words))
    assert corrected.corrects == published
    assert str(corrected.id) in page(f"/bulletins/{published.id}/")
    assert "深圳补报1例" in page(f"/bulletins/{corrected.id}/")


def test_figures_that_changed_are_not_published_unseen(counts: object, cast: Cast) -> None:
    with pytest.raises(Conflict, match="changed while you read"):
        publish_bulletin(cast.actor("province_officer"), order(digest="0" * 64))


def test_an_officer_composes_compares_and_publishes(counts: object, cast: Cast, client: Client) -> None:
    client.force_login(cast.account("province_officer"))
    shown = client.get("/bulletins/compose/", {"on": "2022-07-11"})
    assert shown.status_code == 200
    digest = shown.context["publish_form"]["digest"].value()
    given = {"area": "44", "on": "2022-07-11", "cutoff": "24:00", "digest": digest}
    answer = client.post("/bulletins/compose/publish/", given)
    assert answer.url == f"/bulletins/{Bulletin.objects.everything('test').get().id}/"
    assert client.get("/bulletins/compose/", {"on": "2022-07-11"}).context["is_published"]


def test_a_stranger_does_not_compose(areas: None) -> None:
    assert Client().get("/bulletins/compose/").status_code == 302


def test_same_trip_answers_without_a_name(areas: None, import_text: object) -> None:
    import_text("same-trip", TRIPS + SEEN, "trips.csv")
    html = page("/same-trip/", q="aq1275", date="2022-07-10")
    assert "甘肃发布" in html
    assert "兰州" in html


def test_plates_and_doors_are_masked(areas: None, import_text: object) -> None:
    import_text("same-trip", TRIPS + PLATE, "trips.csv")
    html = page("/same-trip/", q="云GV5592", date="2022-07-10")
    assert "大河报" in html
    assert "501室" not in html
    assert html.count("云GV5592") == 1  # only in the box of who asked


def test_a_trip_nobody_named_says_what_that_means(areas: None) -> None:
    assert "does not mean" in page("/same-trip/", "en", q="G1", date="2022-07-10")


def test_a_number_that_is_none_is_said(areas: None) -> None:
    assert Client().get("/same-trip/", {"q": "???", "date": "2022-07-10"}).status_code == 422


def test_a_resident_lists_own_orders(cast: Cast, client: Client) -> None:
    resident = cast.account("resident")
    resident.person_number = 7
    resident.save()
    client.force_login(resident)
    assert client.get("/mine/").status_code == 200
    client.force_login(cast.account("lab_clerk"))
    assert client.get("/mine/").status_code == 403
