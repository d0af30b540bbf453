"""Stories of nf_tables: what became of tables, chains, sets, stateful objects and flowtables.

A rule is a step of its chain, and elements are one of their set. What a batch asked for and the kernel told everybody
is one step. Of a batch that was refused nothing has happened, which is a step, too: it says which message was at fault.
"""

from __future__ import annotations

from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING

from nlsniff.stories import batches, nftables
from nlsniff.stories.batches import Requested
from nlsniff.stories.collector import Collector
from nlsniff.stories.nftables import change_of, elements_of, rule_text, rule_verb
from nlsniff.stories.story import ObjectStory, Step
from nlsniff.terminal import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.follow.conversation import ConversationView
    from nlsniff.follow.follower import Follower
    from nlsniff.stories.nftables import Change, Place
    from nlsniff.stories.story import Story

_GONE = "gone with its table"
_VERBS = {"added": "add", "inserted": "insert", "replaced": "replace", "deleted": "delete"}
_Rule = tuple[str, str, int]  # family, table, handle


class Rulesets(Collector):
    """Collects the stories of nf_tables. Feed it every conversation of netfilter in order."""

    def __init__(
        self, stories: list[Story | ObjectStory], follower: Follower, source: Callable[[int], NetlinkMessage]
    ) -> None:
        super().__init__(stories, follower, source)
        self._open: dict[tuple[str, str], dict[Place, ObjectStory]] = {}  # by family and table
        self._there: set[Place] = set()  # that somebody was told of, and that have no story yet
        self._rules: dict[_Rule, int] = {}  # the message that has its text
        self._names: dict[tuple[str, str, str, int], str] = {}  # by kind, family, table and handle
        self._last = (0, 0)  # port id and sequence number of the last event of an element that no request stands for
        self._elements_told: dict[Place, Step] = {}  # by those events

    def feed(self, conversation: ConversationView) -> None:
        """Take in a conversation of netfilter."""
        if conversation.kind == "event":
            change = None if self._of_batch(conversation) else change_of(self._source(conversation.first_message))
            if change is not None:
                self._event(self._named(change), conversation)
        elif conversation.kind == "batch":
            self._batch(conversation)
        else:
            for number in conversation.messages[1:]:
                self._look(self._source(number))

    def _event(self, change: Change, conversation: ConversationView) -> None:
        """Something happened of which the capture has no request. The kernel tells of each element by itself."""
        if change.kind != "element":
            self._apply(change, (), conversation, [*conversation.messages])
            return
        batch = conversation.port, conversation.seq
        if batch != self._last:
            self._last = batch
            self._elements_told.clear()
        asked = Requested(change)
        asked.told = [change._replace(at=number) for number in conversation.messages[1:]]
        self._elements(conversation, asked, self._elements_told)

    def _of_batch(self, conversation: ConversationView) -> bool:
        cause = conversation.cause
        return cause is not None and self._follower.conversation(cause).kind == "batch"

    def _look(self, answer: NetlinkMessage) -> None:
        """Learn from an answer what is there."""
        change = change_of(answer)
        if change is None or change.verb != "new":
            return
        self._learn(change)
        if change.whole and change.place not in self._opened(change):
            self._there.add(change.place)

    def _learn(self, change: Change) -> None:
        if change.handle is None:
            return
        if change.kind == "rule":
            self._rules[change.family, change.table, change.handle] = change.at
        elif change.whole:
            self._names[change.kind, change.family, change.table, change.handle] = change.name

    def _named(self, change: Change) -> Change:
        """With its name, where the message has a handle only."""
        if change.name or change.handle is None:
            return change
        if change.kind == "rule":
            number = self._rules.get((change.family, change.table, change.handle))
            known = change_of(self._source(number)) if number is not None else None
            return change._replace(name=known.name) if known is not None else change
        name = self._names.get((change.kind, change.family, change.table, change.handle), "")
        return change._replace(name=name)

    def _opened(self, change: Change) -> dict[Place, ObjectStory]:
        return self._open.setdefault((change.family, change.table), {})

    # -- batches -------------------------------------------------------------------------------------------------

    def _batch(self, conversation: ConversationView) -> None:
        asked, tried = batches.read(conversation, self._source)
        for each in asked:
            each.change = self._named(each.change)
        if conversation.status == "error":
            self._refuse(conversation, asked, "tried: " if tried else "")
            return
        views = {view.first_message: view for view in map(self._follower.conversation, conversation.effects)}
        told = [change for change in map(change_of, map(self._source, views)) if change is not None]
        rest = batches.tie(asked, told)
        if tried or conversation.status != "ok":  # nobody can say what became of it, but for what was told
            asked = [each for each in asked if each.told]
        before = 0
        elements: dict[Place, Step] = {}
        actions: list[tuple[int, Callable[[], object]]] = []  # in the order in which the kernel tells of them
        for each in asked:
            before = max(before, each.told[0].at if each.told else 0)
            actions.append((before, partial(self._asked, conversation, each, elements, heard=bool(views))))
        for change in rest:
            view, number = views[change.at], change.at
            actions.append((number, partial(self._apply, change, (), view, [number])))
        for _, action in sorted(actions, key=itemgetter(0)):
            action()

    def _asked(
        self, conversation: ConversationView, asked: Requested, elements: dict[Place, Step], *, heard: bool
    ) -> None:  # fmt: skip
        """A request that the kernel has followed."""
        change = asked.change
        if change.kind == "element":
            self._elements(conversation, asked, elements)
            return
        if change.whole and change.verb == "new" and not asked.told and self._is_there(change, heard=heard):
            if not nftables.wished(change.kind, self._source(change.at)):
                return  # a program makes sure that there is one
            self._there.add(change.place)
        self._apply(change, asked.told, conversation, asked.numbers)

    def _is_there(self, change: Change, *, heard: bool) -> bool:
        """Whether an object is there that a request would make: the kernel tells everybody of each that it makes."""
        if change.allocated:
            return False
        return heard or change.place in self._opened(change) or change.place in self._there

    def _elements(self, conversation: ConversationView, asked: Requested, steps: dict[Place, Step]) -> None:
        """Elements of one set in one batch are one step, however many messages name them."""
        place = (*asked.change.place, asked.change.verb)
        step = steps.get(place)
        if step is None:
            step = self._apply(asked.change, asked.told, conversation, asked.numbers)
            if step is not None:
                steps[place] = step
            return
        count, _ = elements_of(self._source(asked.change.at))
        words = step.text.split(" ", 1)
        if words[0].isdecimal():
            rest = words[1].replace("element ", "elements ", 1)
            step.text = f"{int(words[0]) + count} {rest}{'' if rest.endswith('…') else ', …'}"
        step.numbers += asked.numbers

    def _refuse(self, conversation: ConversationView, asked: list[Requested], how: str) -> None:
        """Nothing of a batch has happened: each object tells what was refused, and how much went with it."""
        undone: dict[Place, Step] = {}
        stories: dict[Place, ObjectStory] = {}
        guilty = next((each.change.at for each in asked if each.verdict), 0)
        because = f"message {guilty}" if guilty else "their batch"
        for each in asked:
            made = each.change.whole and each.change.verb == "new" and each.errno == "EEXIST"
            text = self._added(each.change) if made else self._text(each.change, each.told)
            if each.errno is None:
                step = undone.get(each.change.place)
                if step is not None:
                    step.numbers += each.numbers
                    step.text = f"{how}{len(step.numbers)} changes undone with {because}"
                    continue
                text = f"{text}, undone with {because}"
            step = self._step(conversation, each.change, f"{how}{text}", each.numbers)
            step.errno = each.errno or conversation.errno
            if each.errno is None:
                undone[each.change.place] = step
            story = stories.get(each.change.place)
            if story is None:
                story = stories[each.change.place] = self._story(each.change, step)
            story.steps.append(step)

    # -- what happens --------------------------------------------------------------------------------------------

    def _apply(
        self, change: Change, told: Sequence[Change], conversation: ConversationView, numbers: list[int]
    ) -> Step | None:  # fmt: skip
        """Something has happened to an object."""
        old = self._renamed(change)
        for each in told or (change,):
            if each.verb == "new":
                self._learn(each)
        if not change.table:
            self._flush(change, told, conversation, numbers)
            return None
        text = f"renamed from {escape(old)} to {escape(change.name)}" if old else self._text(change, told)
        step = self._step(conversation, change, text, numbers)
        story = self._story(change, step)
        story.steps.append(step)
        if change.whole and change.verb == "delete":
            self._end(change, story, step)
        return step

    def _text(self, change: Change, told: Sequence[Change]) -> str:
        if change.kind == "rule":
            return self._rule(change, told)
        if change.kind == "element":
            return self._of_elements(change)
        if change.verb == "delete":
            return "deleted"
        if change.place in self._opened(change) or change.place in self._there:
            return f"changed: {nftables.wished(change.kind, self._source(change.at))}".rstrip(": ")
        return self._added(change)

    def _renamed(self, change: Change) -> str:
        """The old name of a chain that gets another one, and the story goes on; "" where it does not."""
        if change.kind != "chain" or change.verb != "new" or change.handle is None:
            return ""
        old = self._names.get((change.kind, change.family, change.table, change.handle), "")
        if not old or old == change.name:
            return ""
        opened = self._opened(change)
        story = opened.pop(change._replace(name=old).place, None)
        if story is not None:
            opened[change.place] = story
            story.earlier.add(old)
            story.title = escape(nftables.title_of(change, self._source(change.at)))
            story.facts["name"] = change.name
        return old

    def _added(self, change: Change) -> str:
        return f"added: {nftables.made(change.kind, self._source(change.at))}".rstrip(": ")

    def _of_elements(self, change: Change) -> str:
        count, text = elements_of(self._source(change.at))
        if not count and change.verb == "delete":
            return "all elements deleted"
        return f"{_counted(count, 'element', 'added' if change.verb == 'new' else 'deleted')}: {text}"

    def _rule(self, change: Change, told: Sequence[Change]) -> str:
        handles = [each.handle for each in told if each.verb == change.verb] or [change.handle]
        if change.verb == "delete" and change.handle is None:
            return _counted(len(told), "rule", "deleted") if told else "all rules deleted"
        handle = handles[0]
        text = rule_text(self._source(change.at))
        if nftables.ALLOCATED in text and told:  # the set that it looks into has a name by now
            text = rule_text(self._source(told[0].at))
        if not text and handle is not None:
            number = self._rules.get((change.family, change.table, handle))
            text = rule_text(self._source(number)) if number is not None else ""
        if change.asked and rule_verb(change) == "replaced":
            by = f" by {handle}" if handle not in {None, change.handle} else ""
            return f"rule {change.handle} replaced{by}: {text}"
        name = f"rule {handle}" if handle is not None else "rule"
        return f"{name} {rule_verb(change)}: {text}".rstrip(": ")

    def _step(self, conversation: ConversationView, change: Change, text: str, numbers: list[int]) -> Step:
        cause = conversation.cause
        asker = conversation.process if cause is None else self._follower.conversation(cause).process
        verb = self._verb(change)
        return Step(self._source(change.at).time_ns, verb, text, numbers, conversation.id, None, cause, asker,
                    conversation.certain)  # fmt: skip

    def _verb(self, change: Change) -> str:
        if change.kind == "rule":
            return f"{_VERBS[rule_verb(change)]}-rule"
        if change.kind == "element":
            return "add-elements" if change.verb == "new" else "delete-elements"
        if change.verb == "delete":
            return "delete"
        return "change" if change.place in self._opened(change) or change.place in self._there else "make"

    def _story(self, change: Change, step: Step) -> ObjectStory:
        opened = self._opened(change)
        story = opened.get(change.place)
        if story is None:
            new = change.whole and change.verb == "new" and change.place not in self._there
            title = escape(nftables.title_of(change, self._source(change.at)))
            facts = nftables.facts_of(change)
            story = ObjectStory(len(self._stories) + 1, change.owner, title, facts, None, before=not new)
            self._stories.append(story)
            if step.errno is None:
                opened[change.place] = story
                self._there.discard(change.place)
            else:
                story.before, story.end = change.place in self._there, "refused"
        return story

    def _end(self, change: Change, story: ObjectStory, step: Step) -> None:
        opened = self._opened(change)
        story.end = "deleted"
        opened.pop(change.place, None)
        self._there.discard(change.place)
        if change.kind == "table":
            for other in opened.values():
                other.falls(_GONE, step)
            opened.clear()
            step.verb = "delete"

    def _flush(
        self, change: Change, told: Sequence[Change], conversation: ConversationView, numbers: list[int]
    ) -> None:  # fmt: skip
        """All tables of a family, or of all, are gone."""
        gone = {(each.family, each.table): each.at for each in told}
        for (family, table), opened in list(self._open.items()):
            if (family, table) not in gone and (gone or change.family not in {"unspec", family}):
                continue
            number = gone.pop((family, table), 0)
            mine = [numbers[0], number] if number else numbers[:1]
            step = self._step(conversation, change, "deleted with all tables", mine)
            for story in list(opened.values()):
                if story.kind == "table":
                    story.steps.append(step)
                    story.end = "deleted"
                else:
                    story.falls(_GONE, step)
            opened.clear()


def _counted(count: int, what: str, how: str) -> str:
    return f"{count} {what}{'s' * (count != 1)} {how}"
