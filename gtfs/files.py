"""The text files of a feed, out of a folder or a zip, opened one after the other and never unpacked to disk."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from codecs import getincrementaldecoder
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TextIO

from gtfs.problems import BrokenFeed, Problem

MAX_FILE_BYTES = 1 << 30  # the largest stop_times.txt of a country is near 1 GB
MAX_RATIO = 200  # text of timetables packs 5 to 40 fold; a bomb packs 1000 fold
CHUNK_BYTES = 1 << 20  # read at a time when looking for what is no UTF-8
OLD_ENCODING = "cp1252"  # what feeds that are no UTF-8 are written in: Windows, western Europe and the Americas
SUSPECT_BYTES = 50 << 20  # below this size nobody minds the ratio
# what zipfile raises for a damaged or locked zip, found by damaging one at random
READ_ERRORS = (OSError, EOFError, RuntimeError, ValueError, OverflowError, struct.error, zipfile.BadZipFile, zlib.error)


def refuse(message: str, file: str = "") -> BrokenFeed:
    return BrokenFeed((Problem(file, None, "", message),))


class FeedFiles:
    """names -> the .txt files of the feed; others lists what is there besides."""

    def __init__(self, opened: zipfile.ZipFile | Path) -> None:
        self._source = opened
        self.names: dict[str, str] = {}
        self.others: list[str] = []
        self._utf8: dict[str, bool] = {}  # name -> what is_utf8 found

    @contextmanager
    def text(self, name: str) -> Iterator[TextIO]:
        """The file as text, UTF-8 with or without a byte order mark, else of Windows; line ends untouched."""
        encoding = "utf-8-sig" if self.is_utf8(name) else OLD_ENCODING
        with self.binary(name) as raw, io.TextIOWrapper(raw, encoding=encoding, errors="replace", newline="") as text:
            yield text

    def is_utf8(self, name: str) -> bool:
        if name not in self._utf8:
            self._utf8[name] = self._decodes(name)
        return self._utf8[name]

    def _decodes(self, name: str) -> bool:
        decoder = getincrementaldecoder("utf-8")()
        try:
            with self.binary(name) as raw:
                while chunk := raw.read(CHUNK_BYTES):
                    decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
        return True

    def binary(self, name: str) -> IO[bytes]:
        place = self.names[name]
        return self._source.open(place) if isinstance(self._source, zipfile.ZipFile) else (self._source / place).open("rb")

    def sort_in(self, places: list[str], folder: str) -> None:
        for place in places:
            name = place.removeprefix(folder)
            if place.startswith(folder) and "/" not in name and name.endswith(".txt"):
                self.names[name] = place
            else:
                self.others.append(place)


def _feed_folder(places: list[str]) -> str:
    """The folder (with its slash, "" for the top) that holds the feed. Raises BrokenFeed where several could be meant."""
    folders = sorted({place[: -len("stops.txt")] for place in places if place == "stops.txt" or place.endswith("/stops.txt")})
    if "" in folders or not folders:
        return ""
    if len(folders) > 1:
        raise refuse(f"the zip holds several feeds ({', '.join(folders)}); import one of them by itself")
    return folders[0]


def _is_ours(place: str) -> bool:
    """Leaves out folders, what macOS adds, hidden files, and names that try to climb out (nothing is ever unpacked)."""
    parts = place.split("/")
    return not (place.endswith("/") or "__MACOSX" in parts or any(part in ("", "..") or part[0] == "." for part in parts))


def _from_zip(archive: zipfile.ZipFile) -> FeedFiles:
    for entry in archive.infolist():
        packed_far = entry.file_size > SUSPECT_BYTES and entry.file_size > MAX_RATIO * max(entry.compress_size, 1)
        if entry.file_size > MAX_FILE_BYTES or packed_far:
            raise refuse(f"unpacks to {entry.file_size} bytes; this is no timetable, pack the feed anew", entry.filename)
    places = [entry.filename for entry in archive.infolist() if _is_ours(entry.filename)]
    files = FeedFiles(archive)
    files.sort_in(places, _feed_folder(places))
    return files


@contextmanager
def open_feed(source: Path | bytes) -> Iterator[FeedFiles]:
    """Raises BrokenFeed for what is neither a folder nor a readable zip."""
    if isinstance(source, Path) and source.is_dir():
        files = FeedFiles(source)
        files.sort_in(sorted(path.name for path in source.iterdir() if path.is_file()), "")
        yield files
        return
    try:
        archive = zipfile.ZipFile(io.BytesIO(source) if isinstance(source, bytes) else source)
    except FileNotFoundError:
        raise refuse(f"{source!s} does not exist; give the path of a GTFS folder or zip") from None
    except READ_ERRORS as error:
        raise refuse(f"this is no readable zip ({error}); download or pack the feed again") from None
    with archive:
        yield _from_zip(archive)
