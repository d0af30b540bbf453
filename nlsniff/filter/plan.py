"""A part of a filter that is being compiled."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nlsniff.filter.codegen import opposite

if TYPE_CHECKING:
    from collections.abc import Callable

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.filter.codegen import Bounds
    from nlsniff.follow.conversation import ConversationView

    MessageTest = Callable[[NetlinkMessage, ConversationView | None], bool]


class FilterPlan(NamedTuple):
    """A part of a filter: conditions over columns, a test of the message, and the cost of the test.

    `test` is None where columns alone decide. `cost` is 0 for columns, 1 for the header and the conversation of a
    message, 2 for its decoded body. `conversation` says that the test needs the conversation.
    """

    bounds: Bounds
    test: MessageTest | None = None
    cost: int = 0
    conversation: bool = False


def opposite_plan(plan: FilterPlan) -> FilterPlan:
    """The negation of a part."""
    test, bounds = plan.test, opposite(plan.bounds)
    if test is None:
        return plan._replace(bounds=bounds)
    return plan._replace(bounds=bounds, test=lambda message, conversation: not test(message, conversation))
