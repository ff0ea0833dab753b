"""A backup: the database and the files of DATA_DIR as they were at one moment, in one file, encrypted for whoever has the key.

It is a tar of a manifest, the database's copy and the files, compressed with zstandard; with a key, that within an age file
(age-encryption.org), so that `age -d -i KEY FILE | zstd -d | tar -t` reads it without this program.
"""

from __future__ import annotations

import io
import os
import shutil
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pyrage
import zstandard

from gps_ingest.own_secret import write_private
from transit.store.copies import Content, CopyFailed, bring_back, content_of, move_aside, put_in_place, take_copy
from transit.store.database import SCHEMAS, DatabaseError, Engine, migrate
from transit.store.files import working_folder
from transit.store.stored_count import lost_since, remember, remembered

FORMAT = 1
LEVEL = 3  # zstandard: a day of 14 buses in a second, a third of the bytes
MANIFEST, DATABASE, FILES = "manifest.json", "database", "files/"
PLAIN_END, ENCRYPTED_END = ".tar.zst", ".tar.zst.age"
PREFIX = "transbinjai-"
AGE_MAGIC = b"age-encryption.org/"
ASIDE = "aside-"  # what was moved out of the way, by the second
# What DATA_DIR holds and a backup does not: what is made anew at each start, what other programs write, other backups.
LEFT_OUT = ("live", "metrics", "backups", "run.lock")
OF_BROKER = ("secret", "users.json")  # of DATA_DIR/broker; its store of messages and its log are no facts


class BackupFailed(RuntimeError):
    """The message says what went wrong, and the way out. Nothing was changed."""


class Manifest(msgspec.Struct, frozen=True):
    """What a backup says of itself, before anything else in it."""

    format: int
    made_at: datetime
    database: str  # sqlite or postgresql: a copy fits the kind that it was taken of
    content: Content
    sizes: dict[str, int]  # of every member: what is shorter was cut


@dataclass(frozen=True, slots=True)
class Backup:
    path: Path
    manifest: Manifest

    @property
    def bytes(self) -> int:
        return self.path.stat().st_size


@dataclass(frozen=True, slots=True)
class Restored:
    """lost_reports: acknowledged and not in the backup; None where nothing beside the database remembered their number.

    aside: where the database before went; None where there was none. files: how many of DATA_DIR came back.
    """

    manifest: Manifest
    aside: str | None
    lost_reports: int | None
    last_stored_at: datetime | None
    files: int


def new_key(path: Path) -> str:
    """Writes a new secret key for restoring, readable by its owner only; returns the public one, with which to back up."""
    if path.exists():
        raise BackupFailed(f"{path} exists already: a key that is overwritten takes its backups along")
    identity = pyrage.x25519.Identity.generate()
    write_private(path, f"# public key: {identity.to_public()}\n{identity}\n")
    return str(identity.to_public())


def make_backup(engine: Engine, data_dir: Path, folder: Path, now: datetime, key: str = "") -> Backup:
    """Writes a backup into a folder, while the system runs. key: an age public key; empty: as it is. Raises BackupFailed."""
    recipient = _recipient(key) if key else None
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with working_folder(folder, "backup") as temporary:
            copy, half = Path(temporary) / DATABASE, Path(temporary) / "half"
            content = take_copy(engine, copy)
            members = [
                (DATABASE, copy),
                *((FILES + str(path.relative_to(data_dir)), path) for path in _files(data_dir, engine)),
            ]
            manifest = Manifest(
                format=FORMAT,
                made_at=now,
                database=engine.dialect.name,
                content=content,
                sizes={name: path.stat().st_size for name, path in members},
            )
            _write(half, manifest, members)
            path = folder / f"{PREFIX}{now:%Y%m%dT%H%M%SZ}{ENCRYPTED_END if recipient else PLAIN_END}"
            if recipient:
                encrypted = Path(temporary) / "encrypted"
                pyrage.encrypt_file(str(half), str(encrypted), [recipient])
                half = encrypted
            half.chmod(0o600)
            _to_disk(half)
            os.replace(half, path)
    except (CopyFailed, OSError, pyrage.EncryptError, DatabaseError) as error:
        raise BackupFailed(f"No backup was made: {error}") from error
    return Backup(path, manifest)


def backups_in(folder: Path) -> list[Path]:
    """The newest first."""
    there = folder.iterdir() if folder.is_dir() else ()
    named = [path for path in there if path.name.startswith(PREFIX) and path.name.endswith((PLAIN_END, ENCRYPTED_END))]
    return sorted(named, key=lambda path: path.name, reverse=True)


def forget_backups(folder: Path, now: datetime, keep_days: int) -> list[Path]:
    """Removes those that are older; the newest stays, however old it is."""
    oldest = f"{PREFIX}{now - timedelta(days=keep_days):%Y%m%dT%H%M%SZ}"
    old = [path for path in backups_in(folder)[1:] if path.name < oldest]
    for path in old:
        path.unlink(missing_ok=True)
    return old


def restore(engine: Engine, data_dir: Path, backup: Path, now: datetime, identity: Path | None = None) -> Restored:
    """Puts a backup in the place of the database, which is moved aside, and counts what it lacks. Raises BackupFailed.

    Files of DATA_DIR that are there stay as they are. The system must not run meanwhile.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    try:
        with working_folder(data_dir, "restore") as temporary:
            manifest = _unpack(backup, Path(temporary), identity)
            _refuse_unfit(manifest, engine)
            before = remembered(data_dir)
            aside = _exchange(engine, data_dir, Path(temporary) / DATABASE, now)
            files = _bring_files(Path(temporary) / FILES, data_dir)
    except (CopyFailed, OSError, zstandard.ZstdError, tarfile.TarError, pyrage.DecryptError, msgspec.MsgspecError) as error:
        raise BackupFailed(f"{backup} was not restored, the database is as it was: {error}") from error
    stored = manifest.content.stored
    lost = lost_since(before, stored)
    if stored is not None:
        remember(data_dir, stored, now)  # what is lost was told; from here on it is counted anew
    return Restored(
        manifest=manifest,
        aside=aside,
        lost_reports=lost,
        last_stored_at=before.at if before else None,
        files=files,
    )


def _recipient(key: str) -> object:
    try:
        return pyrage.x25519.Recipient.from_str(key.strip())
    except pyrage.RecipientError:
        raise BackupFailed("BACKUP_KEY is no public key (age1...). Make one: python app.py backup --new-key FILE") from None


def _files(data_dir: Path, engine: Engine) -> Iterator[Path]:
    """What of DATA_DIR is kept, besides the database."""
    database = Path(engine.url.database).resolve() if engine.dialect.name == "sqlite" and engine.url.database else None
    for top in sorted(data_dir.iterdir()) if data_dir.is_dir() else ():
        if top.name in LEFT_OUT or top.name.startswith((".", ASIDE, PREFIX)):
            continue
        if database is not None and top.resolve().name.startswith(database.name) and top.resolve().parent == database.parent:
            continue
        if top.name == "broker":
            yield from (top / name for name in OF_BROKER if (top / name).is_file())
        elif top.is_file():
            yield top
        else:
            yield from sorted(path for path in top.rglob("*") if path.is_file() and not path.name.startswith("."))


def _write(target: Path, manifest: Manifest, members: Iterable[tuple[str, Path]]) -> None:
    compressor = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True)
    with (
        target.open("wb") as file,
        compressor.stream_writer(file, closefd=False) as packed,
        tarfile.open(mode="w|", fileobj=packed) as archive,
    ):
        head = msgspec.json.encode(manifest)
        entry = tarfile.TarInfo(MANIFEST)
        entry.size, entry.mode, entry.mtime = len(head), 0o600, int(manifest.made_at.timestamp())
        archive.addfile(entry, io.BytesIO(head))
        for name, path in members:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode, entry.mtime = manifest.sizes[name], 0o600, int(path.stat().st_mtime)
            with path.open("rb") as content:  # a file that grows meanwhile is taken as long as it was
                archive.addfile(entry, content)


def _to_disk(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


@contextmanager
def _decrypted(backup: Path, temporary: Path, identity: Path | None) -> Iterator[Path]:
    with backup.open("rb") as file:
        is_encrypted = file.read(len(AGE_MAGIC)) == AGE_MAGIC
    if not is_encrypted:
        yield backup
        return
    if identity is None:
        raise BackupFailed(f"{backup} is encrypted: name the file of its secret key with --key FILE")
    lines = [line.strip() for line in identity.read_text(encoding="utf-8").splitlines()]
    try:
        keys = [pyrage.x25519.Identity.from_str(line) for line in lines if line.startswith("AGE-SECRET-KEY-")]
    except pyrage.IdentityError as error:
        raise BackupFailed(f"{identity} holds no secret key: {error}") from error
    if not keys:
        raise BackupFailed(f"{identity} holds no secret key (a line that begins with AGE-SECRET-KEY-)")
    plain = temporary / "plain"
    pyrage.decrypt_file(str(backup), str(plain), keys)
    yield plain
    plain.unlink()


def _unpack(backup: Path, temporary: Path, identity: Path | None) -> Manifest:
    """All members below a folder, as long as the manifest says. Raises BackupFailed, OSError, TarError, ZstdError."""
    with (
        _decrypted(backup, temporary, identity) as plain,
        plain.open("rb") as file,
        zstandard.ZstdDecompressor().stream_reader(file, closefd=False) as packed,
        tarfile.open(mode="r|", fileobj=packed) as archive,
    ):
        head = _head(archive)
        if head is None:
            raise BackupFailed(f"{backup} is no backup of this program")
        manifest = msgspec.json.decode(head, type=Manifest)
        if manifest.format != FORMAT:
            raise BackupFailed(f"{backup} has the format {manifest.format}: a newer version wrote it, which can restore it")
        while (entry := archive.next()) is not None:
            _unpack_member(archive, entry, temporary.resolve())
    short = [name for name, size in manifest.sizes.items() if not _is_whole(temporary / name, size)]
    if short:
        raise BackupFailed(f"{backup} is cut: {', '.join(short[:3])} is missing or too short. Take another one")
    return manifest


def _unpack_member(archive: tarfile.TarFile, entry: tarfile.TarInfo, folder: Path) -> None:
    """A file, below the folder and nowhere else. Debian 12's Python 3.11.2 has no filter of tarfile's that would see to it."""
    path = (folder / entry.name).resolve()
    content = archive.extractfile(entry) if entry.isfile() else None
    if content is None or not path.is_relative_to(folder):
        raise BackupFailed(f"{entry.name!r} is no file of a backup of this program")
    path.parent.mkdir(parents=True, exist_ok=True)
    with content, path.open("wb") as out:
        shutil.copyfileobj(content, out)
    path.chmod(entry.mode & 0o755 | 0o600)
    os.utime(path, (entry.mtime, entry.mtime))


def _head(archive: tarfile.TarFile) -> bytes | None:
    entry = archive.next()
    file = archive.extractfile(entry) if entry is not None and entry.name == MANIFEST else None
    return None if file is None else file.read()


def _is_whole(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size


def _refuse_unfit(manifest: Manifest, engine: Engine) -> None:
    if manifest.database != engine.dialect.name:
        raise BackupFailed(f"The backup is of {manifest.database}, DATABASE_URL names {engine.dialect.name}: they do not fit")
    if manifest.content.schema not in SCHEMAS:
        raise BackupFailed(f"The backup has schema {manifest.content.schema}: a newer version wrote it, which can restore it")


def _exchange(engine: Engine, data_dir: Path, copy: Path, now: datetime) -> str | None:
    """The copy in place of what stands there, at our schema. Where that fails, what stood there stands there again."""
    name = f"{ASIDE}{now:%Y%m%dT%H%M%SZ}"
    aside = move_aside(engine, data_dir, name)
    try:
        put_in_place(engine, copy)
        migrate(engine)
        with engine.connect() as connection:
            content_of(connection)
    except BaseException:
        engine.dispose()
        if aside is not None:
            bring_back(engine, data_dir, name)
        raise
    return aside


def _bring_files(folder: Path, data_dir: Path) -> int:
    """Those that are missing in DATA_DIR; what was edited since then is not overwritten."""
    count = 0
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        target = data_dir / path.relative_to(folder)
        if not path.is_file() or target.exists():
            continue
        if target.parent.name == "broker":
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(path, target)
        count += 1
    return count
