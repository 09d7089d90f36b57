"""Names from outside that become names of files lead nowhere but into their folder."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_common.errors import DomainError
from switchyard_crm.adapters.connectors.http import segment
from switchyard_crm.service.connectors import Invalid
from switchyard_gateway.domain.files import check_file_id, clean_name, file_id
from switchyard_history.files import BadTenant, hour_file, hours_there
from switchyard_history.hours import TIMES
from switchyard_phone.adapters.voices.clip_files import ClipFiles, recording_name
from switchyard_phone.domain.language import Language
from switchyard_router.adapters.models.directory import chosen, shadowed
from switchyard_router.adapters.models.refusal import ModelRefused

pytestmark = pytest.mark.unit

PARTS = st.sampled_from(["..", ".", "/", "\\", "\0", "%2f", "%2e", "~", "C:", "a", "。", "\u2215"])
NAMES = st.lists(PARTS, max_size=8).map("".join) | st.text(max_size=30)
TABLE = next(iter(TIMES))


def is_below(folder: Path, path: Path) -> bool:
    return folder.resolve() in path.resolve().parents


@given(NAMES)
def test_an_exports_file_stays_below_its_folder(tenant: str) -> None:
    folder = Path("/exports")
    try:
        path = hour_file(folder, TABLE, tenant, 0)
    except BadTenant:
        with pytest.raises(BadTenant):
            list(hours_there(folder, TABLE, tenant))
        return
    assert is_below(folder / TABLE.name, path)


@given(NAMES)
def test_an_upload_keeps_a_name_without_a_path(name: str) -> None:
    kept = clean_name(name, "image/png")
    assert Path(kept).name == kept
    assert not re.search(r"[/\\\0:%~]", kept)
    assert kept.endswith(".png")
    assert not kept.startswith(".")


@given(NAMES)
def test_an_upload_is_asked_for_by_nothing_but_its_id(name: str) -> None:
    assert check_file_id(file_id(name)) == file_id(name)
    if not re.fullmatch("[0-9a-f]{32}", name):
        with pytest.raises(DomainError):
            check_file_id(name)


@given(NAMES)
def test_a_recordings_name_holds_nothing_of_its_words(words: str) -> None:
    assert re.fullmatch("[0-9a-f]{16}", recording_name(words.replace("\ud800", "")))


def test_a_clip_of_any_words_and_voice_lies_in_its_folder(tmp_path: Path) -> None:
    clips = ClipFiles(tmp_path / "clips")
    clips.put("../../etc/passwd", Language("en"), "../../voice", b"\0\0" * 80)
    made = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(made) == 1
    assert is_below(tmp_path / "clips" / "en", made[0])


@given(NAMES)
def test_an_id_is_one_segment_of_a_crms_address(name: str) -> None:
    try:
        address = segment(name)
    except (Invalid, UnicodeEncodeError):
        return
    assert address not in (".", "..")
    assert not re.search(r"[/\\?#\0]", address)


@pytest.mark.parametrize("pointer", ["current", "shadow"])
@pytest.mark.parametrize("name", ["..", "../outside", "/etc", "a/../../outside", ".", "outside\0"])
def test_a_pointer_to_a_model_does_not_lead_out(tmp_path: Path, pointer: str, name: str) -> None:
    models, outside = tmp_path / "models", tmp_path / "outside"
    models.mkdir()
    outside.mkdir()
    (models / pointer).write_text(name)
    find: Callable[[Path], Path | None] = chosen if pointer == "current" else shadowed
    with pytest.raises(ModelRefused):
        find(models)
