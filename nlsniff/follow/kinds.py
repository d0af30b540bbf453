"""What kinds of conversations there are, and how they end."""

from __future__ import annotations

from typing import Literal, get_args

Kind = Literal["request", "dump", "batch", "event", "datagram"]
Status = Literal["ok", "error", "interrupted", "unanswered", "partial"]
KINDS: tuple[Kind, ...] = get_args(Kind)
STATUSES: tuple[Status, ...] = get_args(Status)
