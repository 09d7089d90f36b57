"""The files that speech needs, with their hashes, and where they lie."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

_BLOCK = 1 << 20

WHISPER = "whisper-base"
VOICE = "silero_vad.onnx"


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file: its place in the folder, its size in bytes and its SHA-256 in hex."""

    name: str
    size: int
    sha256: str


WHISPER_FILES = (
    ModelFile(
        f"{WHISPER}/config.json",
        2_309,
        "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
    ),
    ModelFile(
        f"{WHISPER}/tokenizer.json",
        2_203_239,
        "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
    ),
    ModelFile(
        f"{WHISPER}/vocabulary.txt",
        459_861,
        "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
    ),
    ModelFile(
        f"{WHISPER}/model.bin",
        145_217_532,
        "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
    ),
)
"""Whisper base (OpenAI, MIT) as CTranslate2 reads it."""

VOICE_FILE = ModelFile(
    VOICE, 2_327_524, "1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3"
)
"""silero VAD 6.2 (MIT)."""

ALL_FILES = (VOICE_FILE, *WHISPER_FILES)


def is_whole(file: ModelFile, path: Path) -> bool:
    """Whether the file at this path is exactly that one."""
    try:
        return path.stat().st_size == file.size and sha256_of(path) == file.sha256
    except OSError:
        return False


def sha256_of(path: Path) -> str:
    """The hash of a file in hex. OSError."""
    digest = hashlib.sha256()
    with path.open("rb") as source:
        while block := source.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
