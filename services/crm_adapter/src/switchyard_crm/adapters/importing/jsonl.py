"""Reads JSON Lines: one customer document per line."""

from collections.abc import Iterator
from typing import BinaryIO

from switchyard_crm.adapters.importing.reading import DocumentReader, Refused
from switchyard_crm.service.importing import ReadLine


class JsonlReader:
    """Turns the lines of a file into customers."""

    def __init__(self, documents: DocumentReader) -> None:
        self._documents = documents

    def read(self, file: BinaryIO) -> Iterator[ReadLine]:
        """Yields each line that is not blank, with a record or with what is wrong with it."""
        bytes_read = 0
        for number, raw in enumerate(file, start=1):
            bytes_read += len(raw)
            if not raw.strip():
                continue
            try:
                yield ReadLine(number, bytes_read, self._documents.record(raw))
            except Refused as refused:
                yield ReadLine(number, bytes_read, None, refused.problems)
