"""From an area's name as people write it (深圳, 深圳市, 恩施州) to its code, by a list that the caller gives.

Never guesses between two areas: a name that fits several within the given scope is not resolved.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from tongzhou.core.area_codes import normalise_code

_PEOPLES = (
    "蒙古族|(?<!内)蒙古|回族|藏族|维吾尔|苗族|彝族|壮族|布依族|朝鲜族|满族|侗族|瑶族|白族|土家族|哈尼族|哈萨克族|哈萨克|傣族|黎族|傈僳族|佤族|畲族|"
    "拉祜族|水族|东乡族|纳西族|景颇族|柯尔克孜族|柯尔克孜|土族|达斡尔族|仫佬族|羌族|布朗族|撒拉族|毛南族|仡佬族|锡伯族|锡伯|阿昌族|普米族|"
    "塔吉克族|塔吉克|怒族|鄂温克族|鄂伦春|保安族|裕固族|独龙族|各族"
)
_AUTONOMOUS = re.compile(rf"(?:{_PEOPLES})*自治[区州县旗]$")
_SUFFIX = re.compile(r"(?:特别行政区|新区|地区|林区|矿区|[省市区县盟州旗])$")
_MUNICIPAL_REST = frozenset({"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"})


def short_name(name: str) -> str:
    """Return the name without what says its level.

    >>> [short_name(n) for n in ("深圳市", "内蒙古自治区", "恩施土家族苗族自治州", "黎平县", "沙县", "恩施州")]
    ['深圳', '内蒙古', '恩施', '黎平', '沙县', '恩施']
    """
    name = name.strip()
    stripped = _AUTONOMOUS.sub("", name)
    if stripped == name:
        stripped = _SUFFIX.sub("", name)
    return stripped if len(stripped) >= 2 else name


class AreaNames:
    """Names and codes of areas, searchable by full and short name within a scope.

    Parameters
    ----------
    areas : mapping name -> code, or pairs (name, code) where names repeat; codes padded or not
    """

    def __init__(self, areas: Mapping[str, str] | Iterable[tuple[str, str]]) -> None:
        pairs = list(areas.items() if isinstance(areas, Mapping) else areas)
        self.names: dict[str, str] = {}
        self._full: dict[str, list[str]] = {}
        self._short: dict[str, list[str]] = {}
        for name, padded in pairs:
            code = normalise_code(padded)
            if name in _MUNICIPAL_REST:
                continue
            self.names[code] = name
            self._full.setdefault(name, []).append(code)
            self._short.setdefault(short_name(name), []).append(code)

    @property
    def top_digits(self) -> int:
        """The length of the codes at the top of the tree: 2 of China's provinces."""
        return min(map(len, self.names), default=0)

    def resolve(self, name: str, within: str = "", digits: int | None = None) -> str | None:
        """Return the one code that `name` means inside the area `within`, or ``None``.

        Parameters
        ----------
        within : area prefix; the area itself is not a candidate unless nothing else fits
        digits : take only codes of this length; by default the highest level that fits wins
        """
        name = name.strip()
        for table, key in ((self._full, name), (self._short, short_name(name)), (self._short, name)):
            codes = [c for c in table.get(key, ()) if c.startswith(within)]
            if digits is not None:
                codes = [c for c in codes if len(c) == digits]
            inner = [c for c in codes if c != within] or codes
            top = [c for c in inner if len(c) == min(map(len, inner))]
            if len(set(top)) == 1:
                return top[0]
        return None

    def resolve_path(self, *names: str | None) -> str | None:
        """Return the deepest code along province, city, county, ... names; stops at the first that does not resolve.

        Empty names are passed over; a lower name may be resolved without the one above.
        """
        code = ""
        for name in names:
            if not name:
                continue
            found = self.resolve(name, within=code)
            if found is None:
                break
            code = found
        return code or None

    def name_of(self, code: str) -> str | None:
        """Return the full name of a code."""
        return self.names.get(code)
