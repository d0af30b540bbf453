"""The cache: never needed, never believed when it is damaged, and what it saves."""

from __future__ import annotations

import marshal
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nlsniff.spec import cache
from nlsniff.spec.catalog import catalog_of, files_of
from nlsniff.spec.folders import shipped_dir
from nlsniff.spec.registry import Registry

FILES, _ = files_of([(shipped_dir(), "shipped")])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NLSNIFF_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_the_second_run_reads_no_dissector(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nlsniff.spec.catalog._SETTLED_NS", -(1 << 62))  # in a checkout the files may be seconds old
    first = Registry().family("rt-addr")
    assert any(folder.iterdir())
    opened: list[str] = []
    monkeypatch.setattr(Path, "read_bytes", _recorded(Path.read_bytes, opened))
    second = Registry().family("rt-addr")
    assert first is not None
    assert second is not None
    assert [item.constant for item in first.operations] == [item.constant for item in second.operations]
    assert [name for name in opened if name.endswith(".yaml")] == []


def _recorded(read: object, opened: list[str]) -> object:
    def read_bytes(path: Path) -> bytes:
        opened.append(str(path))
        return read(path)  # type: ignore[operator,no-any-return]

    return read_bytes


@pytest.mark.parametrize("damage", [b"", b"\0" * 40, b"{}", None], ids=["empty", "zeros", "other", "cut"])
def test_a_damaged_cache_is_made_again(folder: Path, damage: bytes | None) -> None:
    catalog_of(FILES)
    Registry().family("rt-addr")
    for path in folder.iterdir():
        path.write_bytes(path.read_bytes()[:-1] if damage is None else damage)
    family = Registry().family("rt-addr")
    assert family is not None
    assert family.operations
    assert any(path.read_bytes() != damage for path in folder.iterdir())


def test_a_cache_that_cannot_be_written_costs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("NLSNIFF_CACHE", str(tmp_path / "file" / "cache"))
    assert Registry().family("rt-addr") is not None


def test_old_files_are_forgotten(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "_MOST_FILES", 10)
    for number in range(30):
        cache.store(cache.digest(str(number).encode()), {"number": number})
    assert len(list(folder.iterdir())) <= 11
    assert cache.cached(cache.digest(b"29")) == {"number": 29}


def test_nothing_heavy_is_loaded_with_a_warm_cache(folder: Path) -> None:
    code = (
        "import sys\nfrom nlsniff.spec.registry import Registry\nRegistry().family('rt-route')\n"
        "print(*sorted({'yaml', 'nlsniff.spec.check', 'tempfile', 'difflib', 'hashlib'} & set(sys.modules)))"
    )
    root = Path(__file__).resolve().parents[2]
    for _ in range(2):
        found = subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "NLSNIFF_CACHE": str(folder), "PYTHONPATH": str(root)},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    if any(Path(file.path).stat().st_ctime_ns > time.time_ns() - 3_000_000_000 for file in FILES):
        pytest.skip("a dissector was changed this very moment")
    assert found.stdout.strip() == ""


def _kept(folder: Path) -> tuple[bytes, Path]:
    key = cache.digest(b"x")
    cache.store(key, {"name": "kept"})
    assert cache.cached(key) == {"name": "kept"}
    return key, folder / key.hex()


@pytest.mark.parametrize("mode", [0o660, 0o602, 0o666])
def test_what_others_may_write_is_not_trusted(folder: Path, mode: int) -> None:
    key, path = _kept(folder)
    path.chmod(mode)
    assert cache.cached(key) is None


def test_what_another_owns_is_not_trusted(folder: Path) -> None:
    key, path = _kept(folder)
    if os.geteuid() != 0:
        pytest.skip("only root may give a file away")
    os.chown(path, 12345, -1)
    assert cache.cached(key) is None


def test_a_link_or_a_pipe_is_not_trusted(folder: Path, tmp_path: Path) -> None:
    key, path = _kept(folder)
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    assert cache.cached(key) is None
    path.unlink()
    os.mkfifo(path)
    assert cache.cached(key) is None


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("value", [[1], "text", 5, None])
def test_what_is_no_mapping_is_not_trusted(value: object) -> None:
    key = cache.digest(b"x")
    cache.store(key, value)
    assert cache.cached(key) is None


def test_a_catalogue_of_another_shape_is_made_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nlsniff.spec.catalog._SETTLED_NS", -(1 << 62))
    wanted = sorted(catalog_of(FILES).entries)
    for path in folder.iterdir():
        for shape in ({}, {"included": 5}, {"included": [], "entries": {"x": [1]}, "complaints": []}):
            data = marshal.dumps(shape)
            path.write_bytes(cache.digest(data) + data)
            assert sorted(catalog_of(FILES).entries) == wanted


def test_a_folder_of_somebody_else_is_left_alone(folder: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root may give a folder away")
    folder.mkdir()
    os.chown(folder, 12345, -1)
    cache.store(cache.digest(b"x"), {"name": "kept"})
    assert list(folder.iterdir()) == []


def test_nothing_is_made_in_the_home_of_somebody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where sudo keeps HOME, `~/.cache` would be root's, and no program of its owner could use it."""
    if os.geteuid() != 0:
        pytest.skip("only root may give a folder away")
    os.chown(tmp_path, 12345, -1)
    monkeypatch.delenv("NLSNIFF_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Registry().family("rt-addr") is not None
    assert list(tmp_path.iterdir()) == []


def test_a_user_may_make_one_in_a_folder_of_roots(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in /tmp; a folder of root's that is there is left alone."""
    if os.geteuid() != 0:
        pytest.skip("only root has a folder of root's")
    monkeypatch.setattr("os.geteuid", lambda: 12345)
    assert cache.is_in_our_folder(str(folder / "below"))
    folder.mkdir()
    assert not cache.is_in_our_folder(str(folder))


def test_only_our_files_are_forgotten(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "_MOST_FILES", 10)
    folder.mkdir()
    for number in range(30):
        (folder / f"letter{number}.txt").write_text("dear")
    for number in range(30):
        cache.store(cache.digest(str(number).encode()), {})
    assert sum(path.suffix == ".txt" for path in folder.iterdir()) == 30
