"""Words that generated people are named with, the commonest first."""

# By the public security ministry's yearly reports on names; the order is roughly that of frequency.
SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏魏程吕丁沈"
    "任姚卢傅钟姜崔谭廖范汪陆金石戴贾韦夏邱方侯邹熊孟秦白江阎薛尹段雷黎史龙陶贺顾毛郝龚邵万钱严覃武莫孔"
)
RARE_SURNAMES = ("欧阳", "上官", "司马", "诸葛", "尉迟", "单", "仇", "查", "解", "曾", "区", "吕")
GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红建国文斌辉波宁飞鹏宇浩雪梅琳婷欣怡佳慧雨晨子"
    "涵梓轩俊豪嘉志远思雅诗琪梦洁晓东海燕春燕玲玲凤云龙成光荣永福德祥安康立新学良正义忠诚立志家乐行健天"
    "泽博瑞霖铭皓一诺沐阳亦可若曦语桐依依丹青竹松柏森林峰岩川江河清源鑫淼焱晶晶颖莹璐瑶琼珍珠"
)
# One is taken for the other by ear or by the input method.
SOUND_ALIKE = {
    "芳": "方", "伟": "卫", "静": "婧", "丽": "莉", "敏": "闵", "娜": "那", "军": "君", "杰": "洁",
    "涛": "焘", "明": "鸣", "英": "瑛", "华": "桦", "玉": "钰", "建": "健", "文": "雯", "辉": "晖",
    "波": "博", "宇": "雨", "浩": "皓", "雪": "学", "梅": "玫", "琳": "林", "婷": "廷", "欣": "新",
    "佳": "嘉", "慧": "惠", "晨": "辰", "轩": "宣", "俊": "骏", "志": "智", "思": "斯", "琪": "奇",
    "海": "孩", "玲": "灵", "云": "芸", "成": "诚", "永": "勇", "福": "富", "祥": "翔", "立": "力",
    "颖": "影", "莹": "盈", "璐": "路", "瑶": "遥", "珍": "真", "鑫": "欣", "峰": "锋", "清": "青",
}  # fmt: skip
SOUND_ALIKE_SURNAMES = {"张": "章", "王": "汪", "许": "徐", "于": "余", "程": "陈", "江": "姜"}
TRADITIONAL = str.maketrans(
    "张陈刘杨黄赵吴孙马罗郑谢冯邓许叶苏吕蒋钟卢陆范谭赖龚万钱严贺龙顾韩伟国强军"
    "杰云东凤荣兴庆丰莹颖静丽华涛飞鹏鑫",
    "張陳劉楊黃趙吳孫馬羅鄭謝馮鄧許葉蘇呂蔣鍾盧陸範譚賴龔萬錢嚴賀龍顧韓偉國強軍"
    "傑雲東鳳榮興慶豐瑩穎靜麗華濤飛鵬鑫",
)
HAN_TITLES = ("先生", "女士", "小姐", "老师", "经理")
NICKNAMES = (
    "阳光小猫", "一路向北", "晴天", "Sunny", "大白兔", "风轻云淡", "宝妈", "老张家的", "happy",
    "Lucky",
    "静待花开", "小太阳", "月亮", "A房产中介", "往事如烟", "岁月静好", "Coco", "小鱼儿", "平安是福",
    "🌸",
)  # fmt: skip
ENGLISH_ALIASES = (
    "Cindy", "Kevin", "Jason", "Vivian", "Tina", "Leo", "Grace", "Eric", "Amy", "Jack", "Lily",
    "Tony",
    "Jenny", "Alex", "Helen", "Sam", "Ivy", "Frank", "Linda", "Steven",
)  # fmt: skip
_FIRST_NAMES = """
James Mary John Patricia Robert Jennifer Michael Linda William Elizabeth David Barbara Richard
Susan Joseph Jessica Thomas Sarah Charles Karen Christopher Nancy Daniel Lisa Matthew Margaret
Anthony Betty Mark Sandra Donald Ashley Steven Dorothy Paul Kimberly Andrew Emily Joshua Donna
Kenneth Michelle Kevin Carol Brian Amanda George Melissa Edward Deborah Ronald Stephanie Timothy
Rebecca Jason Laura Jeffrey Sharon Ryan Cynthia Jacob Kathleen Gary Amy Nicholas Shirley Eric
Angela Jonathan Helen Stephen Anna Larry Brenda Justin Pamela Scott Nicole Brandon Emma Benjamin
Samantha Samuel Katherine Gregory Christine Frank Debra Alexander Rachel Raymond Catherine Patrick
Carolyn Jack Janet Dennis Ruth Jerry Maria Tyler Heather Aaron Diane Jose Virginia Henry Julie
Adam Joyce Douglas Victoria Nathan Olivia
"""
FIRST_NAMES = tuple(_FIRST_NAMES.split())
SHORT_FIRST_NAMES = {
    "James": "Jim", "Robert": "Bob", "Michael": "Mike", "William": "Bill", "Elizabeth": "Liz",
    "Richard": "Rick", "Joseph": "Joe", "Thomas": "Tom", "Christopher": "Chris", "Daniel": "Dan",
    "Matthew": "Matt", "Margaret": "Maggie", "Steven": "Steve", "Andrew": "Andy", "Joshua": "Josh",
    "Edward": "Ed", "Rebecca": "Becky", "Nicholas": "Nick", "Benjamin": "Ben", "Samuel": "Sam",
    "Katherine": "Kate", "Alexander": "Alex", "Patrick": "Pat", "Victoria": "Vicky",
    # Forms that no list of short names has.
    "Jonathan": "Jono", "Deborah": "Debs", "Susan": "Suze", "Nathan": "Nate",
}  # fmt: skip
_LAST_NAMES = """
Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez
Wilson Anderson Thomas Taylor Moore Jackson Martin Lee Perez Thompson White Harris Sanchez Clark
Ramirez Lewis Robinson Walker Young Allen King Wright Scott Torres Nguyen Hill Flores Green Adams
Nelson Baker Hall Rivera Campbell Mitchell Carter Roberts Gomez Phillips Evans Turner Diaz Parker
Cruz Edwards Collins Reyes Stewart Morris Morales Murphy Cook Rogers Gutierrez Ortiz Morgan Cooper
Peterson Bailey Reed Kelly Howard Ramos Kim Cox Ward Richardson Watson Brooks Chavez Wood Bennett
Gray Mendoza Ruiz Hughes Price Alvarez Castillo Sanders Patel Myers Long Ross Foster Jimenez
O'Brien Müller Dvořák
"""
LAST_NAMES = tuple(_LAST_NAMES.split())
MIDDLE_INITIALS = "ABCDEFGHJKLMNPRSTW"
NO_NAMES = ("", "", "", "未知", "N/A", "test", "测试", "先生", "客户", "unknown", "用户8829", "-")
# As parents name brothers and sisters; some of these stand in no list of first names.
SIBLINGS = (
    ("John", "Joan"), ("Maria", "Marie"), ("Daniel", "Daniela"), ("Eric", "Erica"),
    ("Christian", "Christina"), ("Gabriel", "Gabriela"), ("Karen", "Karin"), ("Jordan", "Jordyn"),
    ("Adrian", "Adriana"), ("Brandon", "Brendon"), ("Kiera", "Keira"), ("Jayden", "Kayden"),
    ("Marcel", "Marcela"), ("Paul", "Paula"), ("Shawn", "Shaun"), ("Ellen", "Allen"),
)  # fmt: skip
