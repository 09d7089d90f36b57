"""What the company sells: goods with prices in yuan, and monthly services."""

from dataclasses import dataclass

from switchyard_demo.company.model import Text

CURRENCY_PER_YUAN = {"CNY": 1.0, "USD": 0.14, "GBP": 0.11}
"""Fixed rates of the invented shop; prices abroad end in 99."""


@dataclass(frozen=True, slots=True)
class Product:
    """Something in the shop."""

    sku: str
    name: Text
    yuan: int
    weight: int
    """How often it is bought, relative to the others."""
    has_switch: bool = True
    """Whether it can fail to switch on."""


@dataclass(frozen=True, slots=True)
class Service:
    """Something paid for by the month."""

    id: str
    name: Text
    yuan_per_month: int
    weight: int
    is_line: bool
    """Whether it is a line to a home, offered on the mainland only and given to dropping."""


@dataclass(frozen=True, slots=True)
class Carrier:
    """Somebody who brings parcels; all invented."""

    name: Text
    prefix: str
    """First letters of its tracking numbers."""


PRODUCTS = (
    Product("KET-17", Text("电热水壶 1.7 升", "Electric kettle 1.7 l"), 129, 9),
    Product("RIC-40", Text("智能电饭煲 4 升", "Rice cooker 4 l"), 399, 8),
    Product("LMP-DK", Text("护眼台灯", "Desk lamp"), 189, 8),
    Product("FAN-TW", Text("塔式风扇", "Tower fan"), 299, 5),
    Product("VAC-R2", Text("扫地机器人 R2", "Robot vacuum R2"), 1899, 4),
    Product("AIR-P3", Text("空气净化器 P3", "Air purifier P3"), 1299, 4),
    Product("HMD-25", Text("超声波加湿器", "Ultrasonic humidifier"), 169, 5),
    Product("EAR-T5", Text("无线降噪耳机", "Noise-cancelling earbuds"), 499, 9),
    Product("SPK-M1", Text("便携蓝牙音箱", "Portable speaker"), 259, 6),
    Product("WAT-S8", Text("智能手表 S8", "Smartwatch S8"), 1099, 5),
    Product("PWR-20", Text("移动电源 20000 毫安时", "Power bank 20,000 mAh"), 159, 9),
    Product("CHG-65", Text("65 瓦充电器", "Charger 65 W"), 119, 8),
    Product("KBD-87", Text("机械键盘 87 键", "Mechanical keyboard, 87 keys"), 459, 4),
    Product("MOU-W3", Text("无线鼠标", "Wireless mouse"), 99, 7),
    Product("MON-27", Text("27 英寸显示器", "27-inch monitor"), 1499, 3),
    Product("RTR-AX", Text("双频路由器", "Dual-band router"), 329, 5),
    Product("CAM-IN", Text("室内摄像头", "Indoor camera"), 219, 4),
    Product("LCK-F1", Text("指纹门锁 F1", "Fingerprint door lock F1"), 1699, 2),
    Product("CUP-45", Text("保温杯 450 毫升", "Insulated cup 450 ml"), 79, 9, False),
    Product("PAN-28", Text("不粘炒锅 28 厘米", "Non-stick pan 28 cm"), 199, 6, False),
    Product("PLW-LX", Text("乳胶枕", "Latex pillow"), 239, 5, False),
    Product("DUV-4S", Text("四季被", "Four-season duvet"), 369, 4, False),
    Product("BAG-20", Text("双肩包 20 升", "Backpack 20 l"), 229, 5, False),
    Product("UMB-AU", Text("自动折叠伞", "Automatic umbrella"), 69, 6, False),
)

SERVICES = (
    Service("fibre-300", Text("家庭宽带 300M", "Home fibre 300"), 79, 5, True),
    Service("fibre-1000", Text("家庭宽带 1000M", "Home fibre 1000"), 129, 3, True),
    Service("device-care", Text("设备无忧服务", "Device care"), 29, 4, False),
)

CARRIERS = (
    Carrier(Text("云鹿速运", "Cloud Deer Express"), "YL"),
    Carrier(Text("蓝雁物流", "Blue Goose Logistics"), "BG"),
    Carrier(Text("橙帆快递", "Orange Sail Parcels"), "OS"),
)
CARRIER_WEIGHTS = (5, 3, 2)


def price_minor_units(yuan: int, currency: str) -> int:
    """A price in the smallest unit of the currency; whole yuan at home, ending in 99 abroad."""
    if currency == "CNY":
        return yuan * 100
    return max(1, round(yuan * CURRENCY_PER_YUAN[currency])) * 100 - 1
