"""An engine without a model, run as a program: what a pool of engines is tested with.

`python -I fake_engine.py FOLDER MODE`: MODE is `works`, `broken` (never loads), `babbles` (speaks
no engine's language), `stuck` (loads for ever) or `twice` (the first start fails). Each start
leaves a file named by its process id in FOLDER.
"""

import os
import struct
import sys
import time
from pathlib import Path

_HEAD = struct.Struct("<I")


def say(content: bytes) -> None:
    """One message."""
    sys.stdout.buffer.write(_HEAD.pack(len(content)) + content)
    sys.stdout.buffer.flush()


def answer(asked: bytes) -> bytes:
    """`die`, `hang`, `wait FILE` (until it is there), else what was asked."""
    if asked == b"die":
        os._exit(3)
    if asked == b"hang":
        time.sleep(3600)
    if asked.startswith(b"wait "):
        while not Path(asked[5:].decode()).exists():
            time.sleep(0.02)
    return asked


def main(folder: str, mode: str) -> None:
    """Answers until nothing more comes."""
    starts = len(list(Path(folder).iterdir()))
    (Path(folder) / str(os.getpid())).touch()
    if mode == "babbles":
        sys.stdout.buffer.write(b"loading, please wait ...")
        sys.stdout.buffer.flush()
        return
    if mode == "stuck":
        time.sleep(3600)
    if mode == "broken" or (mode == "twice" and not starts):
        say(b"ImportError: no such package")
        return
    say(b"")
    while len(head := sys.stdin.buffer.read(_HEAD.size)) == _HEAD.size:
        say(answer(sys.stdin.buffer.read(*_HEAD.unpack(head))))


if __name__ == "__main__":
    main(*sys.argv[1:3])
