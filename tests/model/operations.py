"""Every message that some dissector describes: the requests, dumps, answers and notifications of all families."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from nlsniff.wire.constants import NETLINK_GENERIC, NLM_F_ACK, NLM_F_DUMP, NLM_F_MULTI, NLM_F_REQUEST

if TYPE_CHECKING:
    from nlsniff.spec import model
    from nlsniff.spec.family import Family
    from nlsniff.spec.registry import Registry

    Side = Literal["request", "dump", "reply"]

CONTROLLER = 16  # the type of nlctrl's messages, GENL_ID_CTRL
_FIRST_ID = 32  # of the other families

FLAGS: dict[Side, tuple[int, ...]] = {
    "request": (NLM_F_REQUEST, NLM_F_REQUEST | NLM_F_ACK, NLM_F_REQUEST | NLM_F_ACK | 0x600),
    "dump": (NLM_F_REQUEST | NLM_F_DUMP,),
    "reply": (0, NLM_F_MULTI),
}


class Operation(NamedTuple):
    """One side of a dissector's operation.

    Attributes:
        family: the dissector.
        spec: the operation that it describes.
        form: how the message looks.
        side: who sends it, and in which form.
        protocol: netlink protocol number.
        type: nlmsg_type; of a generic netlink family the id that `teaching` gives it.
    """

    family: Family
    spec: model.Operation
    form: model.Form
    side: Side
    protocol: int
    type: int

    @property
    def name(self) -> str:
        """What a test calls it."""
        return f"{self.family.name}.{self.spec.name}.{self.side}"


def operations(registry: Registry) -> list[Operation]:
    """All operations of all dissectors, in the order of their names."""
    ids = family_ids(registry)
    found: list[Operation] = []
    for name in registry.names:
        family = registry.family(name)
        if family is None:
            continue
        for spec in family.operations:
            sides: tuple[tuple[Side, model.Form | None], ...] = (
                ("request", spec.request),
                ("dump", spec.dump or spec.request),
                ("reply", spec.reply or spec.request),  # a classic protocol tells news in the form of requests
            )
            for side, form in sides:
                if form is not None:
                    type_ = ids[name] if family.protonum == NETLINK_GENERIC else form.number
                    found.append(Operation(family, spec, form, side, family.protonum, type_))
    return found


def family_ids(registry: Registry) -> dict[str, int]:
    """An id for each generic netlink family: the kernel gives them out as families come."""
    names = [name for name in registry.names if _is_generic(registry, name) and name != "nlctrl"]
    return {"nlctrl": CONTROLLER} | {name: number for number, name in enumerate(names, _FIRST_ID)}


def _is_generic(registry: Registry, name: str) -> bool:
    family = registry.family(name)
    return family is not None and family.protonum == NETLINK_GENERIC
