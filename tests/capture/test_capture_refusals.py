"""Why a recording cannot begin, in one line that names the cause and the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from nlsniff import record
from nlsniff.capture import calm, device, namespace
from nlsniff.capture.plan import RecordPlan
from nlsniff.capture.run import record as record_here
from nlsniff.cli.record import RecordError, command
from nlsniff.errors import NlsniffError
from tests.cli.invoke import invoke

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = {
    "kernel.apparmor_restrict_unprivileged_userns": ("1", "0", "AppArmor"),
    "kernel.unprivileged_userns_clone": ("0", "1", "this kernel makes no namespace"),
    "user.max_user_namespaces": ("0", "15000", "no user namespaces"),
}


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(namespace, "_SETTINGS", tmp_path)
    return tmp_path


def write(settings: Path, name: str, value: str) -> None:
    path = settings / name.replace(".", "/")
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"{value}\n")


@pytest.mark.parametrize("guilty", SETTINGS)
def test_the_setting_that_forbids_a_namespace_is_named(settings: Path, guilty: str) -> None:
    for name, (forbids, allows, _) in SETTINGS.items():
        write(settings, name, forbids if name == guilty else allows)
    text = str(namespace.refusal("Operation not permitted"))
    assert SETTINGS[guilty][2] in text
    assert f"({guilty}={SETTINGS[guilty][0]}): run `sudo " in text
    assert not any(name in text for name in SETTINGS if name != guilty)
    assert "\n" not in text


def test_where_no_setting_forbids_it_all_are_named(settings: Path) -> None:
    write(settings, "user.max_user_namespaces", "15000")
    text = str(namespace.refusal("No space left on device"))
    assert "No space left on device" in text
    assert all(name in text for name in SETTINGS)
    assert "run `sudo " in text


@pytest.mark.parametrize(
    ("files", "words", "lacks"),
    [
        (["6.8.0-31-generic/kernel/drivers/net/nlmon.ko.zst"], ["sudo modprobe nlmon"], "linux-modules-extra"),
        (
            ["6.8.0-31-generic/kernel/drivers/net/dummy.ko.zst"],
            ["not among its modules", "sudo apt install linux-modules-extra-6.8.0-31-generic", "CONFIG_NLMON"],
            "modprobe",
        ),
        (
            ["6.1.0/kernel/drivers/net/nlmon.ko"],
            ["its modules are not here", "linux-modules-extra-6.8.0-31-generic", "CONFIG_NLMON"],
            "apt install",
        ),
    ],
    ids=["a module", "not among the modules", "no modules"],
)
def test_where_nlmon_is_to_be_had(
    files: list[str], words: list[str], lacks: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    monkeypatch.setattr(device, "_MODULES", tmp_path)
    text = str(device._no_nlmon("6.8.0-31-generic"))
    assert all(word in text for word in words)
    assert lacks not in text
    assert "\n" not in text


@pytest.mark.parametrize("where", [{"here": True}, {"netns": "other"}])
def test_calm_is_for_a_new_namespace(where: dict[str, str | bool], tmp_path: Path) -> None:
    option = "--here" if "here" in where else "--netns"
    with pytest.raises(NlsniffError, match=f"leave out {option}$"):
        record_here(["true"], RecordPlan(str(tmp_path / "x"), calm=True), **where)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="leave out here and netns"):
        record(["true"], calm=True, **where)  # type: ignore[arg-type]
    words = ["--here"] if "here" in where else ["--netns", "other"]
    with pytest.raises(RecordError, match=f"leave out {option}$"):
        invoke(command, ["--calm", *words, "-w", str(tmp_path / "x.pcapng"), "--", "true"])
    assert not (tmp_path / "x.pcapng").exists()


def test_calm_without_ipv6(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calm, "_IPV6", tmp_path / "ipv6")
    assert calm.calm() is False


def test_settings_that_cannot_be_written_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calm, "_IPV6", tmp_path)
    with pytest.raises(NlsniffError, match="conf/all/accept_dad: No such file or directory; without it IPv6 speaks"):
        calm.calm()
    for where in ("all", "default"):
        (tmp_path / "conf" / where).mkdir(parents=True)
    assert calm.calm() is True
    assert (tmp_path / "conf" / "default" / "addr_gen_mode").read_text() == "1"
