"""Names in every notation, what is no name, and how alike two names are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_crm.domain.matching.likeness import Alike, compare_names
from switchyard_crm.domain.matching.person_names import name_key, person_name

pytestmark = pytest.mark.unit


def alike(a: str, b: str) -> Alike:
    found = compare_names(person_name(a), person_name(b))
    assert found == compare_names(person_name(b), person_name(a))
    return found.alike


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "先生",
        "女士",
        "测试",
        "测试用户",
        "未知",
        "客户",
        "用户8829",
        "unknown",
        "UNKNOWN",
        "N/A",
        "n.a.",
        "test",
        "Test 123",
        "null",
        "-",
        "123",
        "１３８００１３８０００",
        "xxx",
        "某某",
        "🌸",
        "aaaa",
        "Mr",
        "微信用户",
    ],
)
def test_placeholders_are_no_names(text: str) -> None:
    assert person_name(text) is None
    assert name_key(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        "王芳",
        "王芳女士",
        "王 芳",
        "王芳（VIP）",
        "Wang Fang",
        "WANG, Fang",
        "fang wang",
        "FANG WANG",
        "wangfang",
        "Wáng Fāng",
        "wang2 fang1",
        "Ｗａｎｇ　Ｆａｎｇ",
        "Ms. Fang Wang",
        "Wang-Fang",
    ],
)
def test_notations_of_one_name_are_one_name(text: str) -> None:
    assert alike("王芳", text) in (Alike.EQUAL, Alike.NOTATION)
    assert alike("Wang Fang", text) in (Alike.EQUAL, Alike.NOTATION)
    assert name_key(text) == name_key("王芳")


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("吕布", "Lü Bu"),
        ("吕布", "LYU BU"),
        ("吕布", "Bu Lv"),
        ("单雄信", "Shan Xiongxin"),
        ("曾子墨", "Zeng Zimo"),
        ("尉迟恭", "Yuchi Gong"),
        ("欧阳娜娜", "Nana OUYANG"),
        ("王乐", "Wang Yue"),
        ("王乐", "Wang Le"),
        ("張偉國", "张伟国"),
        ("王小明", "Wang Xiao Ming"),
        ("John Smith", "Smith, John"),
        ("John Smith", "John M. Smith"),
        ("Smith John", "John M Smith"),
        ("Bob Smith", "Robert Smith"),
        ("Smith Bob", "Mr Robert J. Smith"),
        ("José García", "Garcia Jose"),
        ("O'Brien, Pat", "Pat OBrien"),
    ],
)
def test_the_same_name_written_otherwise(a: str, b: str) -> None:
    assert alike(a, b) in (Alike.EQUAL, Alike.NOTATION)


def test_equal_characters_are_more_than_equal_readings() -> None:
    equal, one, both = (
        compare_names(person_name("王芳"), person_name(other)) for other in ("王芳", "王方", "汪方")
    )
    assert (equal.alike, one.alike, both.alike) == (Alike.EQUAL, Alike.NOTATION, Alike.SOUND)
    assert equal.score > one.score > both.score


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("王芳", "李芳"),
        ("王芳", "王丽"),
        ("王建国", "王建军"),
        ("王芳", "方旺"),
        ("王芳", "Wang Min"),
        ("Wang Min", "Wang Li"),
        ("李先生", "王芳"),
        ("John Smith", "Jack Smith"),
        ("Hughes Robert", "Hughes Donna"),
        ("John Smith Jr.", "John Smith Sr."),
        ("Ann Lee", "Amy Lee"),
        ("John Smith", "Joan Smith"),
        ("Smith Maria", "Marie Smith"),
    ],
)
def test_relatives_and_strangers_have_different_names(a: str, b: str) -> None:
    assert alike(a, b) is Alike.DIFFERENT


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("王先生", "王芳"),
        ("王总", "王芳"),
        ("小王", "王芳"),
        ("阿芳", "王芳"),
        ("王*", "王芳"),
        ("王某某", "王芳"),
        ("王*芳", "王小芳"),
        ("W. Fang", "王芳"),
        ("Cindy Wang", "王芳"),
        ("Cindy Wang", "Wang Fang"),
        ("Wang", "王芳"),
        ("J Smith", "John Smith"),
        ("Smith J", "Julie Smith"),
        ("Elizabeth Smith", "Elizabeth Jones"),
        ("James N. Murphy", "James M. Murphy"),
        ("Smith", "John Smith"),
    ],
)
def test_part_of_a_name_agrees_with_it(a: str, b: str) -> None:
    assert alike(a, b) is Alike.PART


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Jonathan Brown", "Jonatan Brown"),
        ("Brown Micheal", "Michael Brown"),
        ("王小明", "王明小"),
        ("Robet D. Stewart", "Stewart Robert"),
    ],
)
def test_slips_are_told_from_other_names(a: str, b: str) -> None:
    assert alike(a, b) is Alike.SLIP


@pytest.mark.parametrize(
    ("a", "b"), [("张珊", "章珊"), ("林欣", "Lin Xing"), ("Zhang San", "Zang San")]
)
def test_what_is_heard_alike(a: str, b: str) -> None:
    assert alike(a, b) is Alike.SOUND


@pytest.mark.parametrize("text", ["Sunny", "晴天", "静待花开", "Coco", "王先生", "小王", "J Smith"])
def test_nicknames_and_parts_do_not_count_as_names(text: str) -> None:
    assert person_name(text) is not None
    assert name_key(text) == ""


@pytest.mark.parametrize("text", ["傅明", "区波", "欧阳修", "王芳", "Wang Fang", "John Smith"])
def test_names_of_identity_cards_count(text: str) -> None:
    name = person_name(text)
    assert name is not None
    assert name.formal


@given(st.text(max_size=200))
def test_any_text_is_a_name_or_none(text: str) -> None:
    name = person_name(text)
    if name is not None:
        assert compare_names(name, name).score >= 0.7
        assert compare_names(name, None).alike is Alike.UNKNOWN


_HAN = st.text(st.sampled_from("王张李芳伟娜建国小明乐行曾单欧阳先生女士"), min_size=1, max_size=5)
_LATIN = st.text(st.sampled_from("aeinghwzJrM ,.'-"), min_size=1, max_size=12)


@given(_HAN | _LATIN, _HAN | _LATIN)
def test_likeness_has_no_direction(a: str, b: str) -> None:
    one, other = person_name(a), person_name(b)
    assert compare_names(one, other) == compare_names(other, one)
