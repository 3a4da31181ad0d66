"""Shifted and unshifted coordinates, against points that other converters publish."""

from __future__ import annotations

import pytest

from tongzhou.core.coordinates import GCJ_02, WGS_84, to_gcj02, to_wgs84
from tongzhou.core.errors import InputError

# longitude and latitude in WGS-84, then in GCJ-02: coordtransform (first), eviltransform (the others, on a
# slightly different radius)
KNOWN = [
    ((116.404, 39.915), (116.41024449916938, 39.91640428150164), 1e-9),
    ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597), 2e-6),
    ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766), 2e-6),
    ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069), 2e-6),
]


@pytest.mark.parametrize(("wgs", "gcj", "tolerance"), KNOWN)
def test_known_points_shift_as_published(
    wgs: tuple[float, float], gcj: tuple[float, float], tolerance: float
) -> None:
    assert to_gcj02(*wgs) == pytest.approx(gcj, abs=tolerance)


@pytest.mark.parametrize(("wgs", "gcj", "_"), KNOWN)
def test_the_way_back_is_exact_to_a_millimetre(
    wgs: tuple[float, float], gcj: tuple[float, float], _: float
) -> None:
    assert to_wgs84(*to_gcj02(*wgs)) == pytest.approx(wgs, abs=1e-8)


def test_points_abroad_and_points_in_the_system_already_stay_where_they_are() -> None:
    assert to_gcj02(-0.1276, 51.5072) == (-0.1276, 51.5072)
    assert to_gcj02(113.9, 22.5, GCJ_02) == (113.9, 22.5)
    assert to_wgs84(113.9, 22.5, WGS_84) == (113.9, 22.5)


@pytest.mark.parametrize(
    ("point", "code"),
    [
        ((22.5, 113.9, WGS_84), "coordinates.out_of_range"),
        ((113.9, 22.5, "BD-09"), "coordinates.unknown_system"),
    ],
)
def test_swapped_or_unknown_coordinates_are_refused(point: tuple[float, float, str], code: str) -> None:
    with pytest.raises(InputError) as caught:
        to_gcj02(*point)
    assert caught.value.code == code
