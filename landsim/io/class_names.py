"""Class names: which model class the name of a land-cover class means, in English and in Chinese."""

from __future__ import annotations

import re

from landsim.landscape.legend import Land, model_legend

_ENGLISH: dict[str, Land] = {
    **{land.name.lower(): land for land in Land if land is not Land.NODATA},
    **{row.name: row.model_class for row in model_legend().rows},
    **dict.fromkeys(
        ("cropland", "crop", "crops", "farmland", "cultivated", "agriculture", "paddy", "dryland"), Land.ARABLE
    ),
    **dict.fromkeys(("orchard", "plantation", "garden", "vineyard"), Land.OTHER_AG),
    **dict.fromkeys(("woodland", "wood", "tree", "trees", "shrub", "shrubland", "scrub"), Land.FOREST),
    **dict.fromkeys(("grassland", "pasture", "meadow", "rangeland", "steppe"), Land.GRASS),
    **dict.fromkeys(("marsh", "swamp", "bog", "mangrove", "mangroves", "tidal_flat", "mudflat"), Land.WETLAND),
    **dict.fromkeys(("river", "lake", "reservoir", "pond", "waters"), Land.WATER),
    **dict.fromkeys(("village", "villages"), Land.RURAL),
    **dict.fromkeys(
        ("built", "developed", "impervious", "artificial", "city", "town", "settlement", "residential", "construction"),
        Land.URB_RES,
    ),
    **dict.fromkeys(("commercial", "services", "public"), Land.URB_SVC),
    **dict.fromkeys(("industrial", "mine", "mining"), Land.URB_IND),
    **dict.fromkeys(("road", "roads", "rail", "railway", "traffic"), Land.TRANS),
    **dict.fromkeys(("park", "parks", "greenspace"), Land.GREEN),
    **dict.fromkeys(("other", "bare", "barren", "desert", "sand", "rock", "snow", "ice", "tundra"), Land.UNUSED),
    **dict.fromkeys(("ocean", "marine"), Land.SEA),
}
"""English names, and single words of them."""

_CHINESE: dict[str, Land] = {
    **{row.name_zh: row.model_class for row in model_legend().rows},
    **dict.fromkeys(("耕地", "农田", "农用地", "水田", "水浇地", "旱地"), Land.ARABLE),
    **dict.fromkeys(
        ("园地", "果园", "茶园", "橡胶园", "其他园地", "种植园用地", "设施农用地", "农业设施建设用地", "农业设施用地"),
        Land.OTHER_AG,
    ),
    **dict.fromkeys(
        (
            "林地", "森林", "有林地", "乔木林地", "竹林地", "灌木", "灌丛", "灌木地", "灌木林地", "灌木林", "疏林地",
            "其他林地", "落叶林", "常绿林", "阔叶林", "针叶林", "混交林",
        ),
        Land.FOREST,
    ),
    **dict.fromkeys(
        (
            "草地", "草原", "天然牧草地", "人工牧草地", "其他草地", "高覆盖度草地", "中覆盖度草地", "低覆盖度草地"
        ),
        Land.GRASS,
    ),
    **dict.fromkeys(
        (
            "湿地", "沼泽", "沼泽地", "沼泽草地", "灌丛沼泽", "森林沼泽", "红树林地", "红树林", "滩涂", "滩地",
            "沿海滩涂", "内陆滩涂",
        ),
        Land.WETLAND,
    ),
    **dict.fromkeys(
        (
            "水体", "水域", "陆地水域", "水域及水利设施用地", "河流", "河流水面", "河渠", "湖泊", "湖泊水面", "水库",
            "水库水面", "水库坑塘", "坑塘", "坑塘水面", "沟渠",
        ),
        Land.WATER,
    ),
    **dict.fromkeys(("海洋", "海水", "海域"), Land.SEA),
    **dict.fromkeys(
        ("村庄", "村庄用地", "村庄建设用地", "农村居民点", "农村居民点用地", "农村宅基地", "宅基地", "乡村建设用地"),
        Land.RURAL,
    ),
    **dict.fromkeys(
        (
            "建设用地", "人造地表", "人造覆盖", "不透水面", "不透水层", "城市", "城镇", "城镇用地", "城镇建设用地",
            "城市用地", "建制镇", "建成区", "建筑用地", "住宅用地", "居住用地", "城镇住宅用地", "城镇居住用地",
            "居民地", "城镇村及工矿用地", "城乡、工矿、居民用地",
        ),
        Land.URB_RES,
    ),
    **dict.fromkeys(
        (
            "商服用地", "商业服务业用地", "商业服务业设施用地", "公共管理与公共服务用地", "公共服务用地", "公服用地",
            "机关团体新闻出版用地", "科教文卫用地",
        ),
        Land.URB_SVC,
    ),
    **dict.fromkeys(
        (
            "工矿用地", "工矿仓储用地", "工业用地", "采矿用地", "采矿地", "仓储用地", "物流仓储用地", "盐田",
            "其他建设用地",
        ),
        Land.URB_IND,
    ),
    **dict.fromkeys(
        (
            "交通运输用地", "交通用地", "道路", "公路用地", "铁路用地", "轨道交通用地", "城镇道路用地",
            "城镇村道路用地", "交通服务场站用地", "农村道路", "机场用地", "港口码头用地", "管道运输用地",
            "公用设施用地", "水工建筑用地",
        ),
        Land.TRANS,
    ),
    **dict.fromkeys(("绿地", "公园", "公园与绿地", "绿地与开敞空间用地", "绿地与广场用地"), Land.GREEN),
    **dict.fromkeys(("特殊用地", "留白用地"), Land.SPECIAL_RES),
    **dict.fromkeys(
        (
            "其他土地", "其他", "其它", "未利用地", "未利用土地", "裸地", "裸土地", "裸岩石砾地", "裸岩石质地",
            "荒漠", "沙地", "戈壁", "盐碱地", "苔原", "空闲地", "冰川", "冰雪", "永久积雪", "冰川与永久积雪",
            "冰川和永久积雪", "永久性冰川雪地", "其他未利用地", "冰川及永久积雪", "田坎",
        ),
        Land.UNUSED,
    ),
}  # fmt: skip
"""Names of CLCD, GlobeLand30 and CNLUCC in Chinese, of the land-use classification GB/T 21010-2017 and of the third
national land survey (三调)."""

_ALIASES = {**_ENGLISH, **_CHINESE}
_UNDIVIDED = frozenset({"other", "others", "其他", "其它"})


def model_class_of(name: str) -> Land | None:
    """Guess the model class of a class name: the whole name first, then its words from the last one.

    A name that says *rural* is village land, and one that says *non* (``non-urban``) is other land.

    Examples
    --------
    >>> model_class_of("Evergreen forest").name
    'FOREST'
    """
    whole, words = _parts(name)
    if "non" in words or "not" in words:
        return Land.UNUSED
    if "rural" in words:
        return Land.RURAL
    for word in (whole, *reversed(words)):
        if word in _ALIASES:
            return _ALIASES[word]
    return None


def guess_of(name: str) -> str | None:
    """Say in words why `model_class_of` may not have meant what the name means; None where it is plain.

    Examples
    --------
    >>> guess_of("water") is None
    True
    >>> guess_of("non-urban")
    'what it is not says little of what it is'
    """
    whole, words = _parts(name)
    if whole in _UNDIVIDED:
        return "an undivided rest need not be bare"
    if "non" in words or "not" in words:
        return "what it is not says little of what it is"
    others = {_ALIASES[word] for word in words if word != "rural" and word in _ALIASES} - {Land.RURAL, Land.URB_RES}
    if "rural" in words and others:
        return "what is in the country need not be a village"
    return None


def _parts(name: str) -> tuple[str, list[str]]:
    whole = re.sub(r"[\s\-]+", "_", name.strip().lower())
    return whole, re.split(r"[_/,、（）()]+", whole)
