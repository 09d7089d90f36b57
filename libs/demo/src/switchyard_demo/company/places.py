"""Where customers live, and what they pay in; streets are invented, cities and districts not."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A city with some of its districts, and how phones are written there."""

    country: str
    region: str
    city: str
    districts: tuple[str, ...]
    postal_code: str
    """Of the city as a whole."""
    weight: int
    """How many customers live there, relative to other places of the same language."""
    area_code: str = ""
    """For numbers of the North American plan."""


CURRENCY_OF_COUNTRY = {"CN": "CNY", "US": "USD", "GB": "GBP"}

MAINLAND = (
    Place("CN", "上海市", "上海市", ("浦东新区", "徐汇区", "静安区", "杨浦区"), "200000", 9),
    Place("CN", "北京市", "北京市", ("朝阳区", "海淀区", "丰台区", "通州区"), "100000", 8),
    Place("CN", "浙江省", "杭州市", ("西湖区", "滨江区", "余杭区", "拱墅区"), "310000", 7),
    Place("CN", "广东省", "深圳市", ("南山区", "福田区", "龙岗区", "宝安区"), "518000", 7),
    Place("CN", "四川省", "成都市", ("武侯区", "锦江区", "高新区", "成华区"), "610000", 6),
    Place("CN", "江苏省", "南京市", ("鼓楼区", "玄武区", "江宁区"), "210000", 5),
    Place("CN", "湖北省", "武汉市", ("武昌区", "洪山区", "江汉区"), "430000", 5),
    Place("CN", "陕西省", "西安市", ("雁塔区", "碑林区", "未央区"), "710000", 4),
    Place("CN", "江苏省", "苏州市", ("姑苏区", "吴中区", "虎丘区"), "215000", 4),
    Place("CN", "福建省", "厦门市", ("思明区", "湖里区", "集美区"), "361000", 3),
    Place("CN", "山东省", "青岛市", ("市南区", "崂山区", "黄岛区"), "266000", 3),
    Place("CN", "湖南省", "长沙市", ("岳麓区", "天心区", "雨花区"), "410000", 3),
)
CANTON = (
    Place("CN", "广东省", "广州市", ("天河区", "越秀区", "荔湾区", "番禺区"), "510000", 6),
    Place("CN", "广东省", "佛山市", ("禅城区", "南海区", "顺德区"), "528000", 3),
    Place("CN", "广东省", "中山市", ("石岐街道", "东区街道"), "528400", 1),
)
ABROAD = (
    Place("US", "WA", "Seattle", ("Ballard", "Fremont", "Capitol Hill"), "98100", 4, "206"),
    Place("US", "NY", "New York", ("Astoria", "Harlem", "Park Slope"), "10000", 4, "212"),
    Place("US", "IL", "Chicago", ("Hyde Park", "Logan Square"), "60600", 3, "312"),
    Place("GB", "", "London", ("Camden", "Hackney", "Lewisham"), "N1 0AA", 4),
    Place("GB", "", "Manchester", ("Didsbury", "Chorlton"), "M20 0AA", 3),
    Place("GB", "", "Bristol", ("Clifton", "Easton"), "BS1 0AA", 2),
    Place("CN", "上海市", "上海市", ("浦东新区", "长宁区"), "200000", 4),
    Place("CN", "广东省", "深圳市", ("南山区", "福田区"), "518000", 2),
)
"""Where customers live who speak English."""

STREETS_ZH = ("枢纽路", "云杉路", "青禾街", "望江路", "春晓街", "海棠路", "南岸街", "银杏大道")
STREETS_EN = (
    "Switchyard Lane",
    "Alder Street",
    "Harbour Road",
    "Mill Lane",
    "Juniper Avenue",
    "Station Road",
    "Orchard Street",
    "Lantern Way",
)
