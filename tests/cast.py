"""The standing cast of the tests: who they are, where, and what they may do.

Areas: province 44 > city 4403 (county 440305 > street 440305007 > community 440305007001 > grids ...001/002;
county 440306 > street 440306001 > community 440306001001 > grid 440306001001001) and city 4401 (county
440106 > street 440106001 > community 440106001001 > grid 440106001001001).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tongzhou.core.access import Actor, Purpose, system_actor
from tongzhou.core.area_codes import CHINA
from tongzhou.server.access.actions import appoint, create_account, grant_role, open_post
from tongzhou.server.access.models import Account
from tongzhou.server.access.queries import actor_of
from tongzhou.server.areas.models import Area
from tongzhou.server.areas.queries import code_lengths

PROVINCE, CITY, OTHER_CITY = "44", "4403", "4401"
COUNTY, OTHER_COUNTY = "440305", "440306"
STREET, COMMUNITY = "440305007", "440305007001"
GRID, NEXT_GRID, FAR_GRID = "440305007001001", "440305007001002", "440306001001001"
OTHER_CITY_GRID = "440106001001001"
PASSWORD = "correct-horse-battery"

_AREAS = [
    ("44", "广东省", "Guangdong", 126_012_510),
    ("4401", "广州市", "Guangzhou", 18_676_605),
    ("440106", "天河区", "Tianhe", 2_241_826),
    ("440106001", "五山街道", "Wushan", 110_000),
    ("440106001001", "华工社区", "Huagong", 9_000),
    ("440106001001001", "华工一格", "Huagong grid 1", 800),
    ("4403", "深圳市", "Shenzhen", 17_560_061),
    ("440305", "南山区", "Nanshan", 1_795_826),
    ("440305007", "粤海街道", "Yuehai", 190_000),
    ("440305007001", "科技社区", "Keji", 8_000),
    ("440305007001001", "科技一格", "Keji grid 1", 900),
    ("440305007001002", "科技二格", "Keji grid 2", 700),
    ("440306", "宝安区", "Bao'an", 4_476_554),
    ("440306001", "新安街道", "Xin'an", 210_000),
    ("440306001001", "海滨社区", "Haibin", 7_000),
    ("440306001001001", "海滨一格", "Haibin grid 1", 650),
]

# name: (role, area, post or "", purpose)
_CAST = {
    "province_officer": ("duty_officer", PROVINCE, "duty_officer", Purpose.RESPONSE),
    "city_officer": ("duty_officer", CITY, "duty_officer", Purpose.RESPONSE),
    "investigator": ("investigator", CITY, "investigator", Purpose.RESPONSE),
    "other_investigator": ("investigator", OTHER_CITY, "investigator", Purpose.RESPONSE),
    "county_officer": ("area_officer", COUNTY, "area_officer", Purpose.RESPONSE),
    "grid_worker": ("grid_worker", GRID, "grid_worker", Purpose.RESPONSE),
    "far_grid_worker": ("grid_worker", FAR_GRID, "grid_worker", Purpose.RESPONSE),
    "lab_clerk": ("lab_clerk", CITY, "lab_clerk", Purpose.RESPONSE),
    "site_keeper": ("site_keeper", COUNTY, "site_keeper", Purpose.CARE),
    "dispatcher": ("dispatcher", PROVINCE, "dispatcher", Purpose.SUPPLY),
    "enterprise_contact": ("enterprise_contact", COMMUNITY, "", Purpose.RESPONSE),
    "resident": ("resident", GRID, "", Purpose.OWN_RECORD),
    "analyst": ("analyst", PROVINCE, "", Purpose.ANALYSIS),
    "auditor": ("auditor", PROVINCE, "", Purpose.AUDIT),
    "access_officer": ("access_officer", PROVINCE, "", Purpose.AUDIT),
}

SETUP = system_actor("setup")


@dataclass(frozen=True)
class Cast:
    """Accounts by name; ``cast.actor("investigator")`` is the actor as of now."""

    accounts: dict[str, Account]

    def account(self, name: str) -> Account:
        return self.accounts[name]

    def actor(self, name: str) -> Actor:
        return actor_of(self.accounts[name])

    @property
    def names(self) -> list[str]:
        return list(self.accounts)


def build_areas() -> None:
    """Write the small area tree."""
    for code, name_zh, name_en, population in _AREAS:
        Area.objects.get_or_create(
            code=code,
            defaults={
                "parent_id": CHINA.parent_of(code) if len(code) > 2 else None,
                "level": CHINA.level_of(code),
                "name_zh": name_zh,
                "name_en": name_en,
                "pinyin": name_en.lower().replace(" ", ""),
                "population": population,
                "population_on": date(2020, 11, 1),
            },
        )
    code_lengths.cache_clear()


def build_cast() -> Cast:
    """Make the accounts with their roles and posts."""
    accounts: dict[str, Account] = {}
    for name, (role, area, post, purpose) in _CAST.items():
        account = create_account(SETUP, name, PASSWORD, display_name=name)
        grant_role(SETUP, account, role, area, purpose)
        if post:
            appoint(SETUP, account, open_post(SETUP, area, post))
        accounts[name] = account
    return Cast(accounts)
