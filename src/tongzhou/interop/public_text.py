"""What must not stand on a public page, masked: number plates, telephones, documents, door numbers.

Errs on the side of masking. Keeps what a reader needs to recognise a trip: flight, train and route numbers,
carriages, seats, stations, hotlines of five digits.
"""

from __future__ import annotations

import re

from tongzhou.interop.conveyance_numbers import PROVINCES

MASK = "*"
_DIGIT = "0-9０-９"
_NUMERAL = f"[{_DIGIT}A-Za-z一二三四五六七八九十百甲乙丙丁]"
_PLATE = re.compile(
    rf"([{PROVINCES}]\s?[A-Za-zＡ-Ｚ])[\s.·•\-]?(?=[A-Za-z{_DIGIT}]*[{_DIGIT}])[A-Za-z{_DIGIT}]{{3,6}}[挂学警港澳]?"
)
_PLATE_WITHOUT_PROVINCE = re.compile(r"(?<![A-Za-z0-9*=/_&?.])([A-Z]{1,2})[0-9]{5,6}(?![A-Za-z0-9])")
_PLATE_TAIL = re.compile(r"(车牌(?:尾号|号码?)?(?:为|是|：|:)?\s*)[A-Za-z0-9]{3,7}")
_DOCUMENT = re.compile(
    r"(?<![0-9A-Za-z])(?:[0-9]{17}[0-9Xx]|[0-9]{15}|[EeGgDd][A-Z]?[0-9]{7,8})(?![0-9A-Za-z])"
)
_MOBILE = re.compile(r"(?<![0-9])(?:\+?86[\s-]?)?(1[3-9][0-9])[\s-]?[0-9]{4}[\s-]?[0-9]{4}(?![0-9])")
_LANDLINE = re.compile(r"(?<![0-9A-Za-z])[(（]?0[0-9]{2,3}[)）]?[\s\-—－]?[2-9][0-9]{6,7}(?![0-9])")
_LOCAL_PHONE = re.compile(
    r"((?:电话|手机|联系方式|热线|微信号?|tel)[：:\s]*)[0-9A-Za-z_\-*]{6,}", re.IGNORECASE
)
_ROOM = re.compile(
    rf"(?<![0-9A-Za-z*]){_NUMERAL}{{1,5}}(?:[-—－][0-9]{{1,4}})*(#|号楼|号栋|号院|栋|幢|单元|号门|号房|号室|室)(?!内|外|友|温)"
)
_TOWER = re.compile(r"(?<![0-9A-Za-z])[A-Za-z](座)(?!位|次)")
_STREET_DOOR = re.compile(
    rf"((?:路|街|道|巷|弄|里|村|组|屯|胡同|苑|园|区|庄|社|坊|桥|门)(?:[{_DIGIT}一二三四五六七八九十]+弄)?)"
    rf"[{_DIGIT}]+(?:[-—－之][{_DIGIT}]+)*(号)(?!线|车|病例|楼|院|门|房|室|栋|厅|站|出口|口)"
)
_STEPS = re.compile(r"(?<![0-9\-—/:：])[0-9]{1,3}[-—－][0-9]{1,2}[-—－][0-9]{2,4}(?![0-9\-—/:：年月日])")
_HOME_ROOM = re.compile(r"(小区|苑|园|城|湾|府|邸|庭|楼|栋|幢|单元)[0-9]{1,3}[-—－][0-9]{3,4}(?![0-9])")


def mask_public(text: str) -> str:
    """Return a text fit for a public page.

    Idempotent: masking a masked text changes nothing.

    >>> mask_public("乘坐云GV5592到幸福小区3号楼2单元501室，电话13800138000")
    '乘坐云G*****到幸福小区**号楼**单元**室，电话138********'
    >>> mask_public("AQ1275 广州-兰州 3号车厢 18D座")
    'AQ1275 广州-兰州 3号车厢 18D座'
    """
    text = _DOCUMENT.sub(MASK * 8, text)
    text = _MOBILE.sub(rf"\1{MASK * 8}", text)
    text = _LANDLINE.sub(MASK * 8, text)
    text = _LOCAL_PHONE.sub(_mask_contact, text)
    text = _PLATE.sub(rf"\1{MASK * 5}", text)
    text = _PLATE_WITHOUT_PROVINCE.sub(rf"\1{MASK * 5}", text)
    text = _PLATE_TAIL.sub(rf"\1{MASK * 5}", text)
    text = _HOME_ROOM.sub(rf"\1{MASK * 2}", text)
    text = _STEPS.sub(MASK * 2, text)
    text = _STREET_DOOR.sub(rf"\1{MASK * 2}\2", text)
    text = _ROOM.sub(rf"{MASK * 2}\1", text)
    return _TOWER.sub(rf"{MASK}\1", text)


def _mask_contact(found: re.Match[str]) -> str:
    kept = found[0][len(found[1]) :]
    return found[0] if MASK in kept else f"{found[1]}{MASK * 8}"
