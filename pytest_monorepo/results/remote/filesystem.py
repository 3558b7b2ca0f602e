"""Any store that fsspec knows: S3, Google's and Azure's, SFTP, a shared folder.

Each of its file systems has exceptions of its own, so here whatever is raised is the store's failure.
"""

from __future__ import annotations

import contextlib
import difflib
import errno
import importlib
import importlib.util
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pytest_monorepo.errors import MonorepoError

from .backend import LARGEST, StoreError


@dataclass
class FileSystem:
    """``url`` as in the settings. The file system itself is made when it is first asked: s3fs alone takes a
    second to import, for nothing where the own folder has all results.
    """

    url: str
    options: Mapping[str, Any]
    _made: tuple[Any, str] | None = field(default=None, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @classmethod
    def of(cls, url: str, timeout: float) -> FileSystem:
        """Raises :class:`MonorepoError` where fsspec, or what it needs for the address, is not installed."""
        # of a chain (simplecache::s3://…) the last one holds the data (fsspec 2026.9: core.py, _un_chain)
        protocol = url.partition("://")[0].rpartition("::")[2]
        try:
            registry = importlib.import_module("fsspec.registry")
        except ImportError:
            raise MonorepoError(
                f"cached-store {url}: needs the package fsspec; pip install 'pytest-monorepo[remote]'"
            ) from None
        known = {**registry.known_implementations, **registry.registry}
        if protocol not in known:
            near = difflib.get_close_matches(protocol, list(known), n=1)
            words = (
                f"; did you mean '{near[0]}://'?" if near else "; name a folder, or a URL that fsspec knows"
            )
            raise MonorepoError(f"cached-store {url}: fsspec knows no '{protocol}://'{words}")
        return cls(url, _limits(protocol, timeout))._installed(known[protocol])

    def _installed(self, known: Any) -> FileSystem:
        # what is not imported yet is described: {"class": "s3fs.S3FileSystem", …} (registry.py)
        package = known["class"].partition(".")[0] if isinstance(known, dict) else "fsspec"
        if importlib.util.find_spec(package) is None:
            raise MonorepoError(
                f"cached-store {self.url}: needs the package {package}; pip install {package}"
            )
        return self

    @property
    def shown(self) -> str:
        scheme, _, rest = self.url.partition("://")
        return f"{scheme}://{rest.rpartition('@')[2]}"

    @property
    def _fs(self) -> tuple[Any, str]:
        with self._lock:
            if self._made is None:
                fs, root = importlib.import_module("fsspec.core").url_to_fs(self.url, **self.options)
                self._made = fs, root.rstrip("/")
            return self._made

    def prepare(self) -> None:
        with _failing():
            _ = self._fs

    def get(self, name: str) -> bytes | None:
        with _failing():
            fs, root = self._fs
            try:
                data: bytes = fs.cat_file(f"{root}/{name}", start=0, end=LARGEST + 1)
            except FileNotFoundError:
                return None
            except OSError as error:
                if error.errno != errno.EINVAL:
                    raise
                data = b""  # S3 has no range of an empty object
        if len(data) > LARGEST:
            raise StoreError("holds an object that is too large to be one of ours")
        return data

    def put(self, name: str, data: bytes, *, new: bool) -> None:
        with _failing():
            fs, root = self._fs
            path = f"{root}/{name}"
            try:
                _write(fs, path, data, new)
            except FileNotFoundError:
                # one word or several (spec.py, AbstractFileSystem.protocol)
                if not _FOLDERS & set([fs.protocol] if isinstance(fs.protocol, str) else fs.protocol):
                    raise  # s3fs would make the bucket
                fs.makedirs(path.rpartition("/")[0], exist_ok=True)
                _write(fs, path, data, new)

    def sizes(self) -> dict[str, tuple[float, int]] | None:
        with _failing():
            fs, root = self._fs
            try:
                found = fs.find(root, detail=True)
            except FileNotFoundError:
                return {}
        return {
            path[len(root) :].strip("/"): (_changed(info), int(info.get("size") or 0))
            for path, info in found.items()
        }

    def delete(self, names: list[str]) -> None:
        with _failing():
            fs, root = self._fs
            fs.rm([f"{root}/{name}" for name in names])


_FOLDERS = {"file", "local", "memory", "sftp", "ssh", "smb", "ftp", "hdfs", "webhdfs", "dbfs", "nfs"}


def _limits(protocol: str, timeout: float) -> dict[str, Any]:
    # a listing that is remembered would hide what others write, a shared instance our time limits
    options: dict[str, Any] = {"use_listings_cache": False, "skip_instance_cache": True}
    if protocol in ("s3", "s3a"):
        limits = {"connect_timeout": timeout, "read_timeout": timeout, "retries": {"max_attempts": 1}}
        options["config_kwargs"] = limits
    return options


def _write(fs: Any, path: str, data: bytes, new: bool) -> None:
    if not new:
        fs.pipe_file(path, data)
        return
    with contextlib.suppress(FileExistsError):
        # in most file systems fsspec looks first and writes then (2026.9: spec.py): two may both write
        fs.pipe_file(path, data, mode="create")


@contextlib.contextmanager
def _failing() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        raise StoreError(_sentence(error)) from None


def _sentence(error: BaseException) -> str:
    text = " ".join(str(error).split())[:200] or type(error).__name__
    return text[0].lower() + text[1:].rstrip(".")


def _changed(info: dict[str, Any]) -> float:
    """When the object was written; now where the file system does not tell, so that it counts as used."""
    for name in ("LastModified", "mtime", "created", "last_modified", "updated"):
        value: Any = info.get(name)
        if isinstance(value, (int, float)):
            return float(value)
        if isinstance(value, datetime):
            return value.timestamp()
    return time.time()
