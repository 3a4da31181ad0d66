"""Who plays in the demonstration: accounts with their roles, areas and posts."""

from __future__ import annotations

from dataclasses import dataclass

from tongzhou.core.access import Purpose, system_actor
from tongzhou.server.access.actions import appoint, create_account, grant_role, open_post
from tongzhou.server.access.models import Account

SETUP = system_actor("setup")
PASSWORD = "tongzhou-demo"  # noqa: S105 — printed at the start, for the demonstration only


@dataclass(frozen=True, slots=True)
class Player:
    """One account of the cast; ``place`` says which area of the demonstration it belongs to."""

    username: str
    name: str
    role: str
    place: str
    post: str = ""
    purpose: Purpose = Purpose.RESPONSE


PLAYERS = (
    Player("province", "陈志远 省指挥部值班", "duty_officer", "province", "duty_officer"),
    Player("city", "林晓岚 市指挥部值班", "duty_officer", "city", "duty_officer"),
    Player("investigator", "何清 流调员", "investigator", "city", "investigator"),
    Player("county", "周敏 区防控办", "area_officer", "county", "area_officer"),
    Player("grid", "吴小梅 网格员", "grid_worker", "grid", "grid_worker"),
    Player("city_field", "各网格值守", "grid_worker", "city", "grid_worker"),
    Player("lab", "郑宇 检验员", "lab_clerk", "city", "lab_clerk"),
    Player("keeper", "黄建国 隔离点负责人", "site_keeper", "city", "site_keeper", Purpose.CARE),
    Player("supplies", "许丹 物资调度", "dispatcher", "province", "dispatcher", Purpose.SUPPLY),
    Player("enterprise", "梁文 企业联络员", "enterprise_contact", "community"),
    Player("resident", "居民", "resident", "grid", purpose=Purpose.OWN_RECORD),
    Player("analyst", "罗一鸣 分析员", "analyst", "province", purpose=Purpose.ANALYSIS),
    Player("auditor", "宋洁 审计员", "auditor", "province", purpose=Purpose.AUDIT),
    Player("access", "权限管理员", "access_officer", "province", purpose=Purpose.AUDIT),
)


def raise_cast(areas: dict[str, str], resident: int) -> dict[str, Account]:
    """Make every player; `resident` is the person behind the resident's account. Idempotent by user name."""
    return {player.username: _raise(player, areas[player.place], resident) for player in PLAYERS}


def _raise(player: Player, area: str, resident: int) -> Account:
    known = Account.objects.filter(username=player.username).first()
    if known is not None:
        return known
    account = create_account(SETUP, player.username, PASSWORD, display_name=player.name)
    if player.role == "resident":
        account.person_number = resident
        account.save(update_fields=["person_number"])
    grant_role(SETUP, account, player.role, area, player.purpose)
    if player.post:
        appoint(SETUP, account, open_post(SETUP, area, player.post))
    return account


def staff_area(area: str, posts: dict[str, Account]) -> None:
    """Let the cast hold the posts of an area too, so that every duty of the demonstration has a holder."""
    for post, account in posts.items():
        appoint(SETUP, account, open_post(SETUP, area, post))
