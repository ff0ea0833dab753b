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

from gtfs.columns import TABLES
from gtfs.forms import OLD_ENCODING, SEPARATOR_LINE, encoding_by_mark
from gtfs.problems import BrokenFeed, Problem

MAX_FILE_BYTES = 1 << 30  # the largest stop_times.txt of a country is near 1 GB
MAX_FEED_BYTES = 2 << 30  # and all of its files together are less than twice that
MAX_OTHER_BYTES = 64 << 20  # files that we only pass on are kept as they are, in memory and in the database
MAX_RATIO = 200  # text of timetables packs 5 to 40 fold; a bomb packs 1000 fold
CHUNK_BYTES = 1 << 20  # read at a time when looking for what is no UTF-8
START_BYTES = 4096  # looked at for the encoding
SUSPECT_BYTES = 50 << 20  # below this size, of all files together that pack so far, nobody minds the ratio
KNOWN = {table.file for table in TABLES}
NAMED_AT_MOST = 8  # of the files that are there, where one is missing
# what zipfile raises for a damaged or locked zip, found by damaging one at random
READ_ERRORS = (OSError, EOFError, RuntimeError, ValueError, OverflowError, struct.error, zipfile.BadZipFile, zlib.error)


def refuse(message: str, file: str = "") -> BrokenFeed:
    """For a raise: one problem that says what is wrong with the whole file."""
    return BrokenFeed((Problem(file, None, "", message),))


class FeedFiles:
    """names -> the .txt files of the feed; others lists what is there besides."""

    def __init__(self, source: zipfile.ZipFile | Path) -> None:
        self._source = source
        self.names: dict[str, str] = {}
        self.others: list[str] = []
        self.separators: set[str] = set()  # of the tables read so far: files that we do not know are read with the same one
        self._encodings: dict[str, str] = {}  # name -> what encoding() found

    @contextmanager
    def text(self, name: str) -> Iterator[TextIO]:
        """The file as text, line ends untouched; a line above the header that only names the separator is passed over."""
        encoding = self.encoding(name)
        with self.binary(name) as raw, io.TextIOWrapper(raw, encoding=encoding, errors="replace", newline="") as text:
            if not SEPARATOR_LINE.fullmatch(text.readline()):
                text.seek(0)
            yield text

    def encoding(self, name: str) -> str:
        """As Python calls it: UTF-8 with or without a byte order mark, UTF-16 or UTF-32, else that of Windows."""
        if name not in self._encodings:
            with self.binary(name) as raw:
                marked = encoding_by_mark(raw.read(START_BYTES))
            if marked in (None, "utf-8-sig"):
                marked = "utf-8-sig" if self._decodes(name) else OLD_ENCODING
            self._encodings[name] = str(marked)
        return self._encodings[name]

    def is_utf8(self, name: str) -> bool:
        return self.encoding(name) == "utf-8-sig"

    def size(self, name: str) -> int:
        """Bytes of the file, unpacked."""
        place = self.names[name]
        return (
            self._source.getinfo(place).file_size
            if isinstance(self._source, zipfile.ZipFile)
            else (self._source / place).stat().st_size
        )

    def what_is_there(self) -> str:
        """For whoever misses a file: the names of those that were found."""
        strange = [place for name, place in self.names.items() if name not in KNOWN]
        names = [*self.others, *strange, *(place for name, place in self.names.items() if name in KNOWN)]
        more = f" and {len(names) - NAMED_AT_MOST} more" if len(names) > NAMED_AT_MOST else ""
        return f"there are {', '.join(names[:NAMED_AT_MOST])}{more}" if names else "there is no file at all"

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
        """folder ends in a slash, or is empty. Files of GTFS are known by their name in capitals too (STOPS.TXT)."""
        for place in places:
            name = _path(place).removeprefix(folder)
            lower = name.lower()
            if not _path(place).startswith(folder) or "/" in name or not lower.endswith(".txt"):
                self.others.append(place)
            elif name in KNOWN or lower not in KNOWN:
                self.names[name] = place
            else:
                self.names.setdefault(lower, place)


def _path(place: str) -> str:
    """The name of an entry with slashes: zips packed by .NET on Windows have backslashes."""
    return place.replace("\\", "/")


def _feed_folder(places: list[str]) -> str:
    """The folder (with its slash, "" for the top) that holds the feed. Raises BrokenFeed where several could be meant."""
    paths = [_path(place) for place in places]
    folders = sorted({path[: -len("stops.txt")] for path in paths if f"/{path.lower()}".endswith("/stops.txt")})
    if "" in folders or not folders:
        return ""
    if len(folders) > 1:
        raise refuse(f"the zip holds several feeds ({', '.join(folders)}); import one of them by itself")
    return folders[0]


def _is_ours(place: str) -> bool:
    """Leaves out folders, what macOS adds, hidden files, and names that try to climb out (nothing is ever unpacked)."""
    parts = _path(place).split("/")
    return not (parts[-1] == "" or "__MACOSX" in parts or any(part in ("", "..") or part[0] == "." for part in parts))


def _refuse_a_bomb(entries: list[zipfile.ZipInfo]) -> None:
    """Of each part and of all together: many parts that are small enough one by one are no better than a large one."""
    packed_far = [entry for entry in entries if entry.file_size > MAX_RATIO * max(entry.compress_size, 1)]
    total, suspect = sum(entry.file_size for entry in entries), sum(entry.file_size for entry in packed_far)
    largest = max(entries, key=lambda entry: entry.file_size, default=None)
    if largest is not None and largest.file_size > MAX_FILE_BYTES:
        raise refuse(f"unpacks to {largest.file_size} bytes; this is no timetable, pack the feed anew", largest.filename)
    if suspect > SUSPECT_BYTES:
        alone = packed_far[0].filename if len(packed_far) == 1 else ""
        raise refuse(f"unpacks to {suspect} bytes of next to nothing; this is no timetable, pack the feed anew", alone)
    if total > MAX_FEED_BYTES:
        raise refuse(f"all files together unpack to {total} bytes; this is no timetable, pack the feed anew")


def _from_zip(archive: zipfile.ZipFile) -> FeedFiles:
    _refuse_a_bomb(archive.infolist())
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
