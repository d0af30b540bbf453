"""A part of a filter that is being compiled."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nlsniff.filter.codegen import columns_of, opposite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.filter.codegen import Bounds, HeaderCode
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


def join_plans(
    source: HeaderCode,
    join: Callable[[Iterable[Bounds]], Bounds],
    decide: Callable[[Iterable[bool]], bool],
    plans: list[FilterPlan],
) -> FilterPlan:
    """Several parts as one, by `both` and `all`, or by `either` and `any`.

    One predicate, which `source` makes, answers all parts that columns decide; cheap tests come first.
    """
    bounds = join(item.bounds for item in plans)
    conversation = any(item.conversation for item in plans)
    if bounds.exact:
        return FilterPlan(bounds, conversation=conversation)
    exact = join(item.bounds for item in plans if item.test is None)
    predicate = source.predicate(exact.upper)
    tests = [item.test for item in sorted(plans, key=lambda item: item.cost) if item.test is not None]

    decisive = decide is any  # one True decides an `or`, one False an `and`

    def test(message: NetlinkMessage, told: ConversationView | None) -> bool:
        if predicate(*columns_of(message)) is decisive:
            return decisive
        return decide(one(message, told) for one in tests)

    return FilterPlan(bounds, test, max(item.cost for item in plans), conversation)
