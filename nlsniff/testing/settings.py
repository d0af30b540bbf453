"""What the options and the configuration of a test run say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from nlsniff.regress.golden import Update
    from nlsniff.regress.model import Level


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of a test run.

    Attributes:
        root: the folder that test ids are relative to.
        base: the folder that pytest was started in; names that are shown are relative to it.
        update: which goldens may be written, or removed.
        required: fail where nothing can be recorded.
        artifacts: the folder for what failed.
        rules: a file of rules for all goldens; None for the nearest `.nlsniff.toml` of each.
        answers: how much of what the kernel says is compared; None for what rules or goldens say.
    """

    root: Path
    base: Path
    update: frozenset[Update]
    required: bool
    artifacts: Path
    rules: Path | None
    answers: Level | None


def settings_of(config: pytest.Config) -> Settings:
    """Read them.

    Raises:
        UsageError: the file of rules is not there.
    """
    base, rules = config.invocation_params.dir, config.getini("netlink_rules")
    path = (config.inipath or config.rootpath / "-").parent / rules if rules else None
    if path is not None and not path.is_file():
        raise pytest.UsageError(f"netlink_rules: {path}: there is no such file")
    return Settings(
        root=config.rootpath,
        base=base,
        update=frozenset(config.option.netlink_update or ()),
        required=config.option.netlink_required,
        artifacts=base / config.option.netlink_artifacts,
        rules=path,
        answers=cast("Level | None", config.getini("netlink_answers") or None),
    )
