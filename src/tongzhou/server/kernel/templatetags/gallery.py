"""Invented examples for the style gallery (`templates/gallery.html`, DEBUG only). Nothing else reads them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django import forms, template
from django.utils import timezone

register = template.Library()

TILES = """
韶关 4 0,清远 3 1,河源 5 1,梅州 6 1,肇庆 2 2,广州 3 2,惠州 5 2,揭阳 6 2,潮州 7 2,云浮 1 3,佛山 2 3,
东莞 4 3,汕尾 5 3,汕头 6 3,茂名 0 4,阳江 1 4,江门 2 4,中山 3 4,深圳 4 4,湛江 0 5,珠海 3 5
"""
START = date(2020, 1, 10)
PERIOD = 30


class ExampleForm(forms.Form):
    """One field of each kind, sent with mistakes."""

    place = forms.CharField(label="Place", help_text="As the person calls it")
    from_at = forms.DateTimeField(label="From")
    kind = forms.ChoiceField(label="Kind", choices=[("home", "Home"), ("work", "Work")])
    grade = forms.ChoiceField(
        label="Grade", choices=[("a", "Close"), ("b", "General")], widget=forms.RadioSelect
    )
    is_indoors = forms.BooleanField(label="Indoors", required=False)
    note = forms.CharField(label="Note", required=False, widget=forms.Textarea(attrs={"rows": 2}))


def _tiles() -> Iterator[tuple[str, str, int, int]]:
    for i, tile in enumerate(TILES.replace("\n", "").split(",")):
        name, column, row = tile.split()
        yield f"44{i + 1:02d}", name, int(column), int(row)


def _square(column: int, row: int) -> list[list[list[float]]]:
    west, north = 112 + column * 0.5, 25 - row * 0.45
    east, south = west + 0.48, north - 0.43
    return [[[west, south], [east, south], [east, north], [west, north], [west, south]]]


def area_map(rng: random.Random) -> dict[str, Any]:
    """Tiles for areas, values that grow over a week, two layers."""
    features, areas = [], []
    for code, name, column, row in _tiles():
        geometry = {"type": "Polygon", "coordinates": _square(column, row)}
        features.append({"type": "Feature", "properties": {"code": code, "name": name}, "geometry": geometry})
        top = int(rng.paretovariate(0.7))
        values: list[int | None] = [min(top, 260) * (i + 1) // 7 for i in range(7)]
        if name == "云浮":
            values = [None] * 7
        value = values[-1]
        areas.append(
            {
                "code": code,
                "name": name,
                "value": value,
                "change": rng.randint(-2, 9),
                "url": f"#{code}",
                "values": values,
            }
        )
    zones = [
        {"name": "南山 03", "at": [114.25, 23.0], "state": "danger", "note": "High risk, 1,204 residents"}
    ]
    sites = [
        {"name": "Site A", "at": [113.75, 24.0], "state": "active", "note": "120 rooms free"},
        {"name": "Site B", "at": [112.3, 22.9]},
    ]
    return {
        "measure": {"label": "Confirmed", "unit": "persons", "breaks": [1, 5, 20, 50, 100]},
        "areas": areas,
        "times": [(START + timedelta(days=16 + i)).isoformat() for i in range(7)],
        "layers": [
            {"kind": "zones", "label": "Zones", "points": zones},
            {"kind": "sites", "label": "Quarantine sites", "points": sites},
        ],
        "outlines": {"type": "FeatureCollection", "features": features},
        "note": "example tiles",
    }


def epi_curve(rng: random.Random) -> dict[str, Any]:
    """A month of cases in two groups, Rt and a fan of ten days."""
    days = [(START + timedelta(days=i)).isoformat() for i in range(PERIOD)]
    shape = [40 * 2.718 ** (-(((i - 18) / 7) ** 2)) for i in range(PERIOD)]
    local = [max(int(rng.gauss(n, 2)), 0) for n in shape]
    imported = [max(int(rng.gauss(n / 3 + 1, 1)), 0) for n in shape]
    mean = [2.6 - 2.1 * i / PERIOD for i in range(4, PERIOD)]
    ahead = [(START + timedelta(days=PERIOD + i)).isoformat() for i in range(10)]
    median = [8 * 0.9**i for i in range(10)]

    def band(level: float, width: float) -> dict[str, Any]:
        low = [round(m * (1 - width * (i + 2) / 14), 1) for i, m in enumerate(median)]
        return {
            "level": level,
            "low": low,
            "high": [round(2 * m - x, 1) for m, x in zip(median, low, strict=True)],
        }

    return {
        "days": days,
        "new": [a + b for a, b in zip(local, imported, strict=True)],
        "groups": [{"label": "Local", "values": local}, {"label": "Imported", "values": imported}],
        "rt": {
            "days": days[4:],
            "mean": [round(m, 2) for m in mean],
            "low": [round(m * 0.85, 2) for m in mean],
            "high": [round(m * 1.18, 2) for m in mean],
        },
        "forecast": {
            "days": ahead,
            "median": [round(m, 1) for m in median],
            "bands": [band(0.5, 0.5), band(0.9, 1.1)],
        },
        "marks": [{"on": "2020-01-23", "label": "Level I response"}],
        "basis": "By day of report",
        "provisional_from": days[-3],
    }


STAYS = [
    ("家", 20, 0, 20, 8, [114.06, 22.54], 2),
    ("南山办公楼", 20, 9, 20, 18, [113.95, 22.53], 6),
    ("海岸城餐厅", 20, 18.5, 20, 20, [113.94, 22.52], 14),
    ("家", 20, 20.7, 21, 8, [114.06, 22.54], 2),
    ("南山办公楼", 21, 9, 21, 12, [113.95, 22.53], 5),
    ("广州南站", 21, 16.2, 21, 17, [113.27, 22.99], 3),
    ("天河酒店", 21, 18.5, 22, 9, [113.33, 23.14], 1),
    ("家", 22, 19, 23, 9.5, [114.06, 22.54], 2),
    ("社区诊所", 23, 10, 23, 11.2, [114.07, 22.55], 9),
]


def stays() -> dict[str, Any]:
    """Four days of one person, a train ride each way, and hours nobody knows."""

    def at(day: int, hour: float) -> int:
        return int(datetime(2020, 1, day, tzinfo=UTC).timestamp() + hour * 3600) - 8 * 3600

    listed = [
        {
            "id": f"s{i}",
            "place": place,
            "from": at(d1, h1),
            "until": at(d2, h2),
            "at": where,
            "n_exposed": n,
            "source": "Interview" if i % 2 else "Venue scan",
            "edit_url": f"#edit-{i}",
            "url": "#exposures",
        }
        for i, (place, d1, h1, d2, h2, where, n) in enumerate(STAYS)
    ]
    path = [[114.03, 22.61], [113.75, 22.8], [113.27, 22.99]]
    trips = [
        {
            "id": "t1",
            "label": "G6112",
            "from": at(21, 15.2),
            "until": at(21, 16),
            "from_name": "深圳北",
            "to_name": "广州南",
            "seat": "05-12F",
            "path": path,
            "n_exposed": 11,
            "source": "Ticket",
            "edit_url": "#edit-t1",
        },
        {
            "id": "t2",
            "label": "G6215",
            "from": at(22, 17),
            "until": at(22, 17.8),
            "from_name": "广州南",
            "to_name": "深圳北",
            "seat": "03-02A",
            "path": path[::-1],
            "n_exposed": 8,
            "source": "Ticket",
        },
    ]
    return {
        "window": {"from": at(20, 8), "until": at(23, 14), "label": "Infectious window"},
        "marks": [
            {"at": at(22, 9), "kind": "onset", "label": "Onset"},
            {"at": at(23, 10.5), "kind": "sample", "label": "Sample"},
            {"at": at(23, 14), "kind": "isolation", "label": "Isolation"},
        ],
        "stays": listed,
        "trips": trips,
        "add_stay_url": "#add-stay",
        "add_trip_url": "#add-trip",
    }


def overlap() -> dict[str, Any]:
    """A dinner that two people shared for 52 minutes."""
    start = int(datetime(2020, 1, 20, 10, 30, tzinfo=UTC).timestamp())
    return {
        "place": "海岸城餐厅",
        "case": {"label": "Case 17", "from": start, "until": start + 5400},
        "contact": {"label": "张*", "from": start + 2280, "until": start + 7500},
        "shared": {"from": start + 2280, "until": start + 5400, "minutes": 52},
        "lingering": {"until": start + 7200, "minutes": 30},
        "evidence": ["Venue scan", "Interview"],
        "reason": "Same room, more than 30 minutes without a mask",
    }


def seats() -> dict[str, Any]:
    """A second-class carriage of a high-speed train."""
    return {
        "label": "G6112, carriage 05",
        "on": "2020-01-21",
        "rows": list(range(5, 20)),
        "columns": ["A", "B", "C", "|", "D", "F"],
        "case": [{"row": 12, "column": "F", "label": "Case 17"}],
        "contacts": [
            {"row": 12, "column": "D", "grade": "close", "label": "李*", "url": "#1"},
            {"row": 11, "column": "F", "grade": "close", "label": "王*", "url": "#2"},
            {"row": 9, "column": "A", "grade": "close", "label": "赵*"},
            {"row": 14, "column": "C", "grade": "secondary", "label": "孙*"},
            {"row": 18, "column": "B", "grade": "general", "label": "周*"},
        ],
        "rule": "Same row and three rows before and behind",
        "rule_rows": [9, 15],
    }


def chain(rng: random.Random, n_cases: int = 160, n_contacts: int = 600) -> dict[str, Any]:
    """A growing tree: each new case is infected by one of the recent ones."""
    onset, infector, setting = [0], [-1], [4]
    for row in range(1, n_cases):
        parent = rng.randrange(max(0, row - 12 - row // 3), row) if rng.random() > 0.03 else -1
        infector.append(parent)
        onset.append(onset[parent] + max(1, round(rng.gauss(5, 2))) if parent >= 0 else rng.randrange(30))
        setting.append(rng.choices(range(5), [5, 3, 2, 1, 1])[0])
    of_case = [rng.randrange(n_cases) for _ in range(n_contacts)]
    return {
        "base": START.isoformat(),
        "settings": ["Household", "Workplace", "Meal", "Transport", "Unknown"],
        "cases": {
            "id": list(range(1, n_cases + 1)),
            "label": [f"GD-{i + 1:04d}" for i in range(n_cases)],
            "onset": onset,
            "infector": infector,
            "setting": setting,
        },
        "contacts": {
            "case": of_case,
            "id": list(range(n_contacts)),
            "state": [rng.choice(["neutral", "neutral", "done", "late"]) for _ in of_case],
        },
    }


def clocks(now: datetime) -> list[dict[str, Any]]:
    """Clocks relative to now: running, late, done late."""
    hour = timedelta(hours=1)
    return [
        {"label": "Report card", "started": now - hour, "due": now + 1.1 * hour},
        {"label": "Core facts", "started": now - 3.2 * hour, "due": now + 0.8 * hour},
        {"label": "Full report", "started": now - 25 * hour, "due": now - hour},
        {"label": "Interview", "started": now - 5 * hour, "due": now - hour, "done": now - 2 * hour},
    ]


def capacity() -> list[dict[str, Any]]:
    """Beds, rooms, tests and respirators: what is free, and the days it covers."""
    return [
        {
            "label": "Isolation beds",
            "free": 214,
            "total": 600,
            "unit": "beds",
            "cover_days": 6.5,
            "state": "neutral",
            "url": "#beds",
        },
        {
            "label": "Quarantine rooms",
            "free": 380,
            "total": 2400,
            "unit": "rooms",
            "cover_days": 2.1,
            "state": "soon",
            "url": "#rooms",
        },
        {
            "label": "Tests",
            "free": 1500,
            "total": 20000,
            "unit": "tests",
            "cover_days": 0.6,
            "state": "late",
            "url": "#tests",
        },
        {"label": "Respirators", "free": 42000, "total": 60000, "unit": "pieces", "cover_days": None},
    ]


def work_in_lists() -> dict[str, Any]:
    """A problem, a running job, filters, and actions on many rows."""
    return {
        "problem": {
            "title": "The file could not be read",
            "detail": "Column “sampled_at” is missing.",
            "hint": "Download the template and compare the first row.",
            "code": "columns-missing",
        },
        "job": {
            "id": 1,
            "label": "Import of results_0201.csv",
            "state": "running",
            "done": 412000,
            "total": 1000000,
        },
        "filters": {
            "fields": [
                {"key": "state", "label": "State", "value": "late", "value_label": "Late", "choices": []},
                {
                    "key": "kind",
                    "label": "Kind",
                    "choices": [{"value": "inform", "label": "Inform"}, {"value": "test", "label": "Test"}],
                },
            ],
            "q": "",
        },
        "bulk": [
            {"label": "Assign to me", "url": "#assign"},
            {"label": "Refuse", "url": "#refuse", "kind": "danger", "needs_reason": True},
        ],
    }


@register.simple_tag
def gallery_examples() -> dict[str, Any]:
    """Everything the gallery shows, by component; clocks stand relative to now."""
    rng, now = random.Random(20200201), timezone.now()  # noqa: S311
    return {
        "area_map": area_map(rng),
        "epi_curve": epi_curve(rng),
        "stays": stays(),
        "overlap": overlap(),
        "seats": seats(),
        "chain": chain(rng),
        "clocks": clocks(now),
        "capacity": capacity(),
        "funnel": [
            {"label": "Positive", "n": 34, "late": 0},
            {"label": "Case opened", "n": 34, "late": 0},
            {"label": "Contacts located", "n": 402, "late": 12, "url": "#late"},
            {"label": "Under order", "n": 377, "late": 25, "url": "#late"},
            {"label": "Tested", "n": 341, "late": 0},
        ],
        "spark": [3, 4, 8, 12, None, 20, 18, 25, 31, 24],
        "now": now,
        "rows": range(1, 13),
        "on": timezone.localdate(now),
        "path": [{"name": "广东省", "url": "#44"}, {"name": "深圳市", "url": "#4403"}, {"name": "南山区"}],
        "form": ExampleForm({"from_at": "tomorrow", "kind": "home"}),
        **work_in_lists(),
        "page": {"first": 1, "last": 12, "n_total": 1234, "next_url": "#next"},
    }
