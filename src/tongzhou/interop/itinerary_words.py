"""The words of published itineraries: how people travelled, where they were, what happened to them."""

from __future__ import annotations

import re

from tongzhou.interop.conveyance_numbers import PROVINCES, TripKind

MODES: dict[str, TripKind | None] = {
    "flight": TripKind.FLIGHT,
    "train": TripKind.TRAIN,
    "metro": TripKind.METRO,
    "bus": TripKind.BUS,
    "coach": TripKind.COACH,
    "taxi": TripKind.TAXI,
    "ship": TripKind.SHIP,
    "ambulance": None,
    "private_car": None,
    "two_wheeler": None,
    "on_foot": None,
    "unknown": None,
}
_MODE_WORDS = (
    ("ambulance", r"救护车|120|急救车|负压车|转运车|专用车|专车(?:接|送|转)|转运至|转送至"),
    (
        "flight",
        r"飞机(?!场)|航班|[国南东海川厦深山航]航\s*[A-Z0-9]{2}[0-9]|航空|乘机|坐机|飞往|飞抵|飞到|转机|机票",
    ),
    ("metro", r"地铁(?!站|口)|轻轨(?!站)|轨道交通|城轨|[0-9一二三四五六七八九十]+号线"),
    (
        "train",
        rf"高铁(?!站)|动车(?!站)|火车(?!站)|列车|绿皮|城际|(?<![A-Za-z0-9{PROVINCES}])[GDCZTKgdcztk][0-9]{{1,4}}(?![0-9A-Za-z路])",
    ),
    ("bus", r"公交(?!站|公司)|路车|有轨电车|BRT|[0-9]路(?!口)"),
    ("coach", r"大巴|客车|长途|班车|中巴|巴士|旅游车|校车|通勤车|专线车?"),
    ("taxi", r"出租|网约|滴滴|的士|打车|打的|顺风车|拼车|计程车"),
    ("ship", r"轮船|轮渡|渡轮|游轮|邮轮|乘船|坐船|客轮"),
    ("two_wheeler", r"电动车|电瓶车|摩托|自行车|骑车|骑行|三轮|电动三轮|单车"),
    (
        "private_car",
        r"自驾|驾车|驾驶|开车|驾私|私家车|自家车|私车|小轿车|轿车|面包车|货车|小车|(?:亲戚|亲属|朋友|同事|单位|家人|儿子|女儿|丈夫|老公|妻子|自己|其|公司)(?:的)?(?:私家)?车|"
        r"乘车|坐车|包车|驱车|租车|车接|车送|开车送|拉货|的车",
    ),
    ("on_foot", r"步行|走路|徒步|散步|遛弯|遛狗"),
)
_MODE_PATTERNS = tuple((mode, re.compile(words)) for mode, words in _MODE_WORDS)
_ABOARD = re.compile(r"乘坐|搭乘|换乘|转乘|乘|坐|打(?=车|的)|骑")
_HISTORY = re.compile(r"接触史|旅行史|病史|旅居史|暴露史|外出史")
_NOT_A_TRIP = re.compile(r"接触史|旅行史|病史|旅居史|(?:未|没有|无|不曾)(?:乘坐|使用)")

EVENTS = {
    "onset": re.compile(
        r"发病|发热|发烧|咳嗽|不适|乏力|咽痛|头痛|头晕|腹泻|畏寒|寒战|胸闷|气促|流涕|鼻塞|症状|体温|高烧|低烧|低热|高热|感冒|咳痰|恶心|呕吐|酸痛"
    ),
    "sampled": re.compile(r"采样|采集|咽拭子|核酸|送检|样本|标本|检测|抽血"),
    "suspected": re.compile(r"疑似"),
    "confirmed": re.compile(
        r"确诊(?!病例|患者|的|者)|(?:判定|诊断|订正|转)为(?!疑似)[^，。]{0,24}(?:确诊|新冠|新型冠状)|被确诊|(?:予以|最终|复核|正式)确诊|确诊为|结果(?:均)?(?:为|呈)?阳性|呈阳性"
    ),
    "admitted": re.compile(
        r"住院|入院|收治|收入|隔离治疗|转院|转诊|转入|隔离病房|收住|转至[^，。]{0,20}医院"
    ),
    "quarantined": re.compile(r"隔离(?!治疗|病房)|医学观察|留观"),
    "sought_care": re.compile(
        r"就诊|就医|看病|输液|打针|看医生|门诊|诊疗|治疗|CT|ＣＴ|检查|拿药|服药|吃药|用药|会诊|陪护"
    ),
    "discharged": re.compile(r"出院|治愈|解除隔离"),
    "died": re.compile(r"死亡|去世|病逝"),
    "contact_with_case": re.compile(
        r"(?:与|和|同)[^，。]{0,20}(?:病例|患者|确诊)[^，。]{0,16}(?:接触|同行|聚餐|同住|一起|就餐|居住|交谈)|密切接触史|共同接触|接触史"
    ),
}

NOTES = re.compile(
    r"口罩|密切接触者|密接|病情|平稳|稳定|生命体征|目前|期间|追踪|无接触|未接触|接触|家人|亲属|亲戚|患者|病例|妻子|丈夫|儿子|女儿|父亲|母亲|父母|同事|朋友|"
    r"防护|消毒|管理|排查|调查|流行病学|疾控|诊断|结果|专家|报告|上报|通报|情况|无异常|未发现|未出现|正常|其他|接到|通知|措施|夫妻|一家|共\d|逗留|停留|做饭|休息|购买|全程|一起|同行|陪同|"
    r"除|均|型$|影像|血透|车牌|截至|联系电话|既往|史$|分型|溯源|未与|无|没有|不详|人$|等人|乘客|司机|服药|阴性|阳性|武汉|暴露"
)

_PLACE = r"[\u4e00-\u9fffA-Za-z0-9“”\"‘’()（）·#\-—*、]"
_VERB_TAIL = (
    r"(?:(?:附近|门口|里面|楼下|处)?(?:就诊|就医|看病|购物|购买|买|采购|探望|看望|拜年|吃饭|用餐|就餐|聚餐|午餐|晚餐|早餐|赴宴|参加|工作|上班|打牌|打麻将|打工|办事|办理|居住|住宿|暂住|过年|过春节|探亲|走亲|"
    r"旅游|旅行|游玩|理发|洗澡|取药|拿药|检查|输液|治疗|诊疗|接|送|取|上坟|祭祖|串门|玩|休息|住院|隔离|做|与|和|后|途中|时|逗留|停留|出差|学习|开会|乘坐|乘|坐|换乘|转乘|下车|上车|期间|进行|陪|照看|照顾|集中隔离(?!点|酒店|观察点|场所|宾馆)|集中医学观察(?!点)|医学观察(?!点)|隔离(?!点|酒店|观察|区|病房|室|医学)|棋牌活动|活动|开展|看|等(?:地|待)?|并|"
    r"未|给|为|出现|确诊|发病|入院|被|$)|$)"
)
_STRONG = (
    r"(?:前往|去往|去到|来到|到达|抵达|到往|返回|返还|回到|转运至|转送至|转运到|送至|送往|送到|转至|转到|转院至|转诊至|转诊到|转入|转往|赶到|赶往|赶赴|"
    r"入住|飞往|飞抵|驶往|开往|(?<![感得直受收遇看找达接碰听想用买了])到(?!达|期|底|场|今)|(?<![直甚以截])至(?!今|于|少|多|时))"
)
_WEAK = (
    r"(?:抵|赴|返(?!乡)|回(?!族|家)|(?<![过出下失])去(?!世|年)|(?<![以来过既])往(?!返|来|有)|"
    r"(?<![后以本起近往过下出上回马未])来(?!凤|宾|安|源|历|有|吉探)|逛)"
)
_TARGET = rf"(?!家人|今|时|达|期间|[0-9]+人|过|访|后)({_PLACE}{{1,28}}?){_VERB_TAIL}"
_STRONG_TARGET = re.compile(rf"(?={_STRONG}{_TARGET})")
_WEAK_TARGET = re.compile(rf"(?={_WEAK}{_TARGET})")
_GO = rf"(?:{_STRONG}|{_WEAK})"
_HOME_AGAIN = re.compile(
    r"(?:返家|回家|返乡|到家|返回家|归家|返程|返(?:汉|穗|深|京|沪|郑|渝|粤)|回(?:村|乡|老家))"
)
_ORIGIN = re.compile(
    rf"(?:由|从|自)(?!己|驾|测|觉|行|家车)({_PLACE}{{2,24}}?)(?:出发|乘|坐|搭|自驾|驾|开车|前往|转|送|步行|返|回|到|至|去|抵|飞|来|骑|打车|搬|离|$)"
)
_LEAVE = re.compile(rf"(?:离开)({_PLACE}{{2,24}}?)(?:{_GO}|乘|坐|$)")
_AT = re.compile(
    rf"(?:一直|均|都|仍|曾|主要|就|又|先后|先|多次|每天|经常|独自|全天|全家)*(?:(?<![现正存])在|(?<![由关位等])于|居住于|居住在|暂住|借住|住在|住于|入住|租住|位于|留在|停留于|逗留于|途经|途径|经过|逛|参加|居住地[为在]?|居住)(?!此|该|这|内)({_PLACE}{{1,28}}?){_VERB_TAIL}"
)
_AT_HOME = re.compile(r"居家|在家|家中|家里|宅家|闭门|未离家|足不出户|居住地内")
_STAYED_IN = re.compile(
    r"未外出|未出门|没有外出|无外出|没出门|不外出|未出家门|未出小区|未曾外出|不出门|没外出"
)
_TIME_WORD = re.compile(
    r"^(?:凌晨|早上|上午|中午|下午|傍晚|晚上|夜间|当天|当日|今天|目前|当时|此|该|这|那|其中|期间|外地|外|一起|一直|各|第.{1,3}次?|人员|解除|现场|日常.*|次日.*|既往.*|上述)$"
)
_EATING = re.compile(
    r"聚餐|吃饭|用餐|就餐|午餐|晚餐|早餐|午饭|晚饭|早饭|喜宴|宴席|酒席|家宴|团年|年夜饭|赴宴|聚会"
)
_WORKING = re.compile(r"上班|工作|打工|值班|务工|营业|出摊|摆摊|经营|送货|进货|干活|务农|加班")
_SHOPPING = re.compile(r"购物|购买|买菜|采购|买药|买")
_FAMILY = re.compile(
    r"串门|拜年|走亲|探亲|打麻将|打牌|过年|探望|看望|祭祖|上坟|扫墓|理发|参加|打球|跳舞|钓鱼|娱乐|唱歌|玩耍|聊天|旅游|游玩"
)

_SETTINGS = (
    ("quarantine_site", r"集中隔离|隔离点|隔离酒店|观察点|留观点"),
    (
        "health_care",
        r"医院|诊所|卫生院|卫生室|门诊|药房|药店|卫生服务|疾控|保健院|卫生所|附院|病院|医大|大药|康复|急诊|诊室|病房",
    ),
    ("dining", r"饭店|餐|酒楼|火锅|面馆|小吃|烧烤|食堂|饭庄|农家乐|早点|米线|茶楼|酒席|喜宴|饮食|美食|饭馆"),
    (
        "shop",
        r"超市|商店|市场|商场|百货|购物|商城|便利店|小卖部|菜场|集市|银座|万达|广场|专卖|店$|农贸|大润发|沃尔玛|水果",
    ),
    ("school", r"学校|小学|中学|大学|幼儿园|学院|培训"),
    ("worship", r"教堂|寺|庙|清真"),
    ("transport", r"火车站|车站|机场|服务区|高速|码头|港口|高铁站|[东南西北]站$|客运站|收费站"),
    ("leisure", r"网吧|KTV|影院|电影|公园|棋牌|麻将|酒吧|浴|健身|茶馆|景区|理发|美容|宾馆|酒店|旅馆|民宿"),
    ("work", r"公司|单位|工厂|厂|办公|工地|店铺|门市|企业|银行|局$|政府"),
    ("household", r"家|住处|住所|居住地|小区|村|宿舍|公寓|花园|苑|社区|居民"),
)
_SETTING_PATTERNS = tuple((setting, re.compile(words)) for setting, words in _SETTINGS)


def mode_of(clause: str) -> str | None:
    """Return how somebody travelled in a clause, or ``None``."""
    if _NOT_A_TRIP.search(clause):
        return None
    aboard = _ABOARD.search(clause)
    for text in (clause[aboard.end() :], clause) if aboard else (clause,):
        for mode, pattern in _MODE_PATTERNS:
            if pattern.search(text):
                return mode
    return None


def destination_of(clause: str) -> str:
    """Return where a clause goes to, empty when nowhere."""
    if _HISTORY.search(clause):
        return ""
    if (_AT_HOME.search(clause) or _STAYED_IN.search(clause)) and not re.search(
        r"返回|回到|回家|返家|到家|抵", clause
    ):
        return ""
    for pattern in (_STRONG_TARGET, _WEAK_TARGET):
        # the last verb of motion wins: its place holds no other
        for found in reversed(list(pattern.finditer(clause))):
            if place := _trim(found[1]):
                return place
    return "家" if _HOME_AGAIN.search(clause) else ""


def origin_of(clause: str) -> str:
    """Return where a clause starts from, empty when it does not say."""
    found = _ORIGIN.search(clause) or _LEAVE.search(clause)
    place = _trim(found[1]) if found else ""
    return "" if re.search(r"车$|人员?$|子$|[父母]亲$|女儿$|医生$|某+$|朋友$|同事$|疾控", place) else place


def stay_place_of(clause: str, *, is_event: bool = False) -> str:
    """Return where somebody was in a clause without a trip, empty when it does not say.

    is_event : the clause tells an event of health; then only a place named outright counts
    """
    if _HISTORY.search(clause):
        return ""
    if _AT_HOME.search(clause):
        return "家"
    found = _AT.search(clause)
    if found and (place := _trim(found[1])):
        return place
    if _STAYED_IN.search(clause):
        return "家"
    return "" if is_event else _place_of_activity(clause)


def _place_of_activity(clause: str) -> str:
    for pattern, word in (
        (_EATING, "聚餐处"),
        (_WORKING, "工作处"),
        (_SHOPPING, "购物处"),
        (_FAMILY, "亲友处"),
    ):
        if pattern.search(clause):
            return word
    return ""


def setting_of(place: str, clause: str) -> str:
    """Return the setting of a place, by its name and then by what was done there."""
    for setting, pattern in _SETTING_PATTERNS:
        if pattern.search(place):
            return setting
    for pattern, setting in (
        (_EATING, "dining"), (_WORKING, "work"), (_SHOPPING, "shop"), (_FAMILY, "household"),
    ):  # fmt: skip
        if pattern.search(clause):
            return setting
    return "other"


def _trim(place: str) -> str:
    for opening, closing in ("（）", "()"):
        if place.count(opening) > place.count(closing):
            place = place[: place.rindex(opening)]
    place = place.strip('“”"‘’-—·、 ')
    place = re.sub(r"^(?:了|其|我|该|他|她|本人|自己)+|(?:等|后|时|的|并|又|再|了)+$", "", place)
    place = re.sub(r"至今$|的?[A-Za-z]{1,2}[0-9]{2,5}(?:次|航班).*$", "", place)
    return "" if _TIME_WORD.match(place) else place
