"""Every action of the screen, once: key bindings, palette and help page are all made from this table."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple

from textual.binding import Binding

from nlsniff.tui.key_names import key_name

if TYPE_CHECKING:
    from collections.abc import Iterator

# Where keys apply. Every pane and list of lines has the keys of `lines`; the others add to them.
Context = Literal[
    "main",
    "lines",
    "list",
    "tree",
    "hex",
    "bar",
    "follow",
    "compare",
    "help",
    "copy",
    "save",
    "leave",
    "overview",
    "conversations",
    "columns",
    "letters",
    "window",
    "find",
]

# Contexts that are active together, from the focused widget outward. No key may be bound twice in one of these.
TOGETHER: tuple[tuple[Context, ...], ...] = (
    ("list", "lines", "main"),
    ("tree", "lines", "main"),
    ("hex", "lines", "main"),
    ("bar",),
    ("lines", "window", "follow"),
    ("lines", "window", "compare"),
    ("lines", "window", "help"),
    ("lines", "window", "overview"),
    ("lines", "window", "conversations"),
    ("lines", "columns"),
    ("copy",),
    ("save",),
    ("leave",),
    ("letters",),
    ("find",),
)

TITLES: dict[Context, str] = {
    "main": "Anywhere",
    "lines": "Moving",
    "list": "Message list",
    "tree": "Tree",
    "hex": "Bytes",
    "bar": "Filter and find bar",
    "window": "Windows of lines",
    "find": "What to find in a window",
    "follow": "Conversation",
    "compare": "Comparison",
    "overview": "Overviews",
    "conversations": "Conversations",
    "columns": "Columns",
    "help": "Help",
    "copy": "Copy",
    "save": "Save",
    "leave": "Losing a recording",
    "letters": "Marks with letters",
}


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that a key does.

    Attributes:
        name: `action_NAME` is the method that does it, on the widget or screen of its context; with the arguments that
            it gets, if any, as textual writes them.
        usual: textual's names of its keys, unless the user chose others.
        context: where the keys apply.
        title: two or three words, for the palette.
        help: one line, for the help page.
        palette: whether the palette offers it.
    """

    name: str
    usual: tuple[str, ...]
    context: Context
    title: str
    help: str
    palette: bool = True

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that it has now; the first is the one shown."""
        return _CHOSEN.get(self.setting, self.usual)

    @property
    def setting(self) -> str:
        """Its name under `[keys]` of `config.toml`; "" where its keys cannot be chosen."""
        return self.title.lower().replace(" ", "-")


_CHOSEN: dict[str, tuple[str, ...]] = {}  # the keys that the user chose, by such names


def choose_keys(chosen: dict[str, tuple[str, ...]]) -> None:
    """Show other keys than the usual ones, by `Action.setting`."""
    _CHOSEN.clear()
    _CHOSEN.update(chosen)
    footer.cache_clear()


def _quiet(name: str, keys: str, context: Context, help_: str, title: str = "") -> Action:
    """An action that the palette leaves out: it moves a cursor, or belongs to one window."""
    return Action(name, tuple(keys.split()), context, title, help_, palette=False)


ACTIONS: tuple[Action, ...] = (
    Action("open_bar('filter')", ("slash",), "main", "Filter", "show only the messages that a filter matches"),
    Action(
        "prepare('')",
        ("equals_sign",),
        "main",
        "Filter for this",
        "prepare a filter for the value in the tree, or the type",
    ),
    Action("prepare('not')", ("exclamation_mark",), "main", "Filter against this", "prepare a filter for all else"),
    Action("open_bar('find')", ("ctrl+f",), "main", "Find text", "find a text, or regex: hex: filter:"),
    Action("find_next(1)", ("n",), "main", "Next match", "next message that has it"),
    Action("find_next(-1)", ("N",), "main", "Previous match", "previous message that has it"),
    Action("find_problem(1)", ("e",), "main", "Next error", "next error answer or problem of the bytes"),
    Action("find_problem(-1)", ("E",), "main", "Previous error", "previous error answer or problem"),
    Action("open_bar('go_to')", ("colon",), "main", "Go to", "go to a message by its number or time"),
    Action("back(1)", ("less_than_sign", "ctrl+o"), "main", "Back", "back to the place that a jump left"),
    Action("back(-1)", ("greater_than_sign",), "main", "Forward", "forward to where one came back from"),
    Action("follow", ("f",), "main", "Follow conversation", "show the conversation of the message as a ladder"),
    Action(
        "filter_conversation", ("F",), "main", "Filter conversation", "show only this conversation; again: as before"
    ),
    Action("overview('statistics')", ("s",), "main", "Statistics", "refusals, slow dumps, processes, errors, types"),
    Action("overview('stories')", ("S",), "main", "Stories", "what became of each link, address, route, table, ..."),
    Action("overview('conversations')", ("C",), "main", "Conversations", "a row each: who, what, result, time, parts"),
    Action("pair", ("p",), "main", "Paired message", "to the answer of a request and back, from an event to its cause"),
    Action(
        "in_conversation(1)",
        ("right_square_bracket",),
        "main",
        "Next of conversation",
        "next message of the conversation",
    ),
    Action("in_conversation(-1)", ("left_square_bracket",), "main", "Previous of conversation", "the message before"),
    Action("timeline(0)", ("T",), "main", "Line of time", "show or hide how many messages came when, and refusals"),
    Action("timeline(1)", ("right_parenthesis",), "main", "Later", "to the next piece of time that has messages"),
    Action("timeline(-1)", ("left_parenthesis",), "main", "Earlier", "to the piece of time before"),
    Action("mark", ("m",), "main", "Mark", "mark the message, or take the mark away"),
    Action("next_mark(1)", ("right_curly_bracket",), "main", "Next mark", "go to the next marked message (also '')"),
    Action("next_mark(-1)", ("left_curly_bracket", "quotation_mark"), "main", "Previous mark", "go to the mark before"),
    Action("unmark_all", ("U",), "main", "Unmark all", "take all marks away, but for letters"),
    Action("letter('set')", ("M",), "main", "Mark with letter", "let a letter stand for the message: it is remembered"),
    Action(
        "letter('go')", ("apostrophe",), "main", "Go to letter", "go to the message of a letter, also in another file"
    ),
    Action("compare", ("D",), "main", "Compare marked", "compare two marked messages field by field"),
    Action("save", ("w",), "main", "Save", "save what is shown, marked, or all: pcapng, pcap, JSON, text"),
    Action("copy", ("c", "y"), "main", "Copy", "copy the message or the selected value to the clipboard"),
    Action("time_format", ("t",), "main", "Time format", "time since the start, since the row above, of day"),
    Action("columns('add')", ("plus",), "main", "Add column", "a column of the list for the field in the tree"),
    Action(
        "columns('choose')", ("vertical_line",), "main", "Columns", "choose, order and size the columns of the list"
    ),
    Action("fold('here')", ("o",), "main", "Open or fold", "open what is folded in this row, or fold it again"),
    Action(
        "fold('all')", ("O",), "main", "Open or fold all", "open or fold all copies, parts of dumps, the recorder's own"
    ),
    Action("expand_all", ("x",), "main", "Expand or collapse all", "open or close the whole tree"),
    Action("change_pane(1)", ("tab",), "main", "Next pane", "to the next pane"),
    Action("change_pane(-1)", ("shift+tab",), "main", "Previous pane", "to the previous pane"),
    Action("zoom", ("z",), "main", "Zoom pane", "give the whole screen to this pane, or take it back"),
    _quiet("split(-1, 0)", "ctrl+left", "main", "move the upright line between panes to the left", "Split left"),
    _quiet("split(1, 0)", "ctrl+right", "main", "to the right", "Split right"),
    _quiet("split(0, -1)", "ctrl+up", "main", "move the lying line between panes up", "Split up"),
    _quiet("split(0, 1)", "ctrl+down", "main", "down", "Split down"),
    Action("cancel", ("escape",), "main", "Stop", "stop a search or filter, leave the zoom, take the filter away"),
    Action("open_bar('open')", ("L",), "main", "Open", "open another file in the place of this, or a recent one"),
    Action("record('stop')", ("ctrl+e",), "main", "Stop or record", "live: stop the recording, and record again"),
    Action("record('anew')", ("ctrl+r",), "main", "Begin anew", "read the file anew, as it is now; live: record anew"),
    Action("redraw", ("ctrl+l",), "main", "Redraw", "draw the screen anew"),
    Action("suspend", ("ctrl+z",), "main", "Suspend", "back to the shell; fg goes on"),
    Action("help", ("question_mark", "f1"), "main", "Help", "this page"),
    Action("quit", ("q",), "main", "Quit", "leave nlsniff"),
    Action("sort(1)", ("v",), "list", "Sort", "sort by the next column, after the last by none; or click on a title"),
    Action("reverse", ("V",), "list", "Sort the other way", "the largest first, or the smallest"),
    _quiet("move(-1)", "up k", "lines", "up", "Up"),
    _quiet("move(1)", "down j", "lines", "down", "Down"),
    _quiet("left", "left h", "lines", "left; in the tree: close, or to the node above", "Left"),
    _quiet("right", "right l", "lines", "right; in the tree: open", "Right"),
    _quiet("sideways(-1)", "shift+left", "lines", "show what is to the left of long lines", "Scroll left"),
    _quiet("sideways(1)", "shift+right", "lines", "show what is to the right", "Scroll right"),
    _quiet("move_page(-1)", "pageup ctrl+b", "lines", "a page up", "Page up"),
    _quiet("move_page(1)", "pagedown space", "lines", "a page down", "Page down"),
    _quiet("move_half(-1)", "ctrl+u", "lines", "half a page up", "Half page up"),
    _quiet("move_half(1)", "ctrl+d", "lines", "half a page down", "Half page down"),
    _quiet("top", "g home", "lines", "to the first line (also gg)", "First line"),
    _quiet("bottom", "G end", "lines", "to the last line; in a growing list: stay there", "Last line"),
    _quiet("choose", "enter", "lines", "list: to the tree; tree: open or close; conversation: go there", "Choose"),
    _quiet("apply", "enter", "bar", "take the completion pointed at, else apply; an empty line shows all"),
    _quiet("close", "escape", "bar", "close the bar; what was applied stays"),
    _quiet("complete", "tab", "bar", "take the completion"),
    _quiet("point(-1)", "up", "bar", "an earlier filter; once you typed, the completion above"),
    _quiet("point(1)", "down", "bar", "a later filter; once you typed, the completion below"),
    _quiet("help", "f1", "bar", "the language of filters, by example"),
    _quiet("find", "slash ctrl+f", "window", "find a text in the lines"),
    _quiet("find_next(1)", "n", "window", "next line that has it", "Next match"),
    _quiet("find_next(-1)", "N", "window", "the line before that has it", "Previous match"),
    _quiet("help", "question_mark f1", "window", "this page, at the keys of the window; there: back"),
    _quiet("close", "escape", "find", "back to the lines"),
    _quiet("close", "escape q f", "follow", "back to the messages"),
    Action("filter_conversation", ("F",), "follow", "Filter conversation", "back, and show only this conversation"),
    _quiet("close", "escape q D", "compare", "back to the messages"),
    Action("differences", ("d",), "compare", "Only differences", "show all fields, or only those that differ"),
    _quiet("table(1)", "tab", "overview", "next table"),
    _quiet("table(-1)", "shift+tab", "overview", "table before"),
    _quiet("recount", "ctrl+r", "overview", "count anew, with what has come since"),
    Action("next_order", ("s", "v"), "conversations", "Sort", "sort by time taken, by parts, by result, as they began"),
    Action("filter_conversation", ("F",), "conversations", "Filter conversation", "back, and show only this one"),
    _quiet("recount", "ctrl+r", "conversations", "sort anew, with what has come since"),
    _quiet("close", "escape q C", "conversations", "back to the messages"),
    _quiet("close", "escape q s S", "overview", "back to the messages"),
    _quiet("close", "escape q", "help", "back"),
    _quiet("sort", "s v", "columns", "back, and sort by it: up, down, not at all"),
    _quiet("shift(1)", "J", "columns", "moves down"),
    _quiet("shift(-1)", "K", "columns", "moves up"),
    _quiet("widen(1)", "plus", "columns", "wider"),
    _quiet("widen(-1)", "minus", "columns", "narrower"),
    _quiet("reset", "r", "columns", "as the width allows"),
    _quiet("keep", "escape q vertical_line", "columns", "back, and show these"),
    _quiet("close", "escape q", "copy", "copy nothing"),
    _quiet("copy_line", "t", "copy", "the row as text"),
    _quiet("copy_tree", "e", "copy", "the whole tree as text"),
    _quiet("copy_json", "j", "copy", "the message as JSON"),
    _quiet("copy_hex", "h", "copy", "the bytes of the message in hex"),
    _quiet("copy_value", "v", "copy", "the value selected in the tree"),
    _quiet("save('shown')", "s", "save", "what is shown"),
    _quiet("save('marked')", "m", "save", "what is marked"),
    _quiet("save('all')", "a", "save", "all messages"),
    _quiet("close", "escape q w", "save", "save nothing"),
    _quiet("save", "w s", "leave", "save all messages first"),
    _quiet("leave", "q d", "leave", "go on, and lose them"),
    _quiet("close", "escape", "leave", "stay"),
    _quiet("next_mark", "apostrophe", "letters", "to the next message that is marked"),
    _quiet("close", "escape", "letters", "back"),
    _quiet("copy_filter", "f", "copy", "the value selected in the tree as a filter"),
    _quiet("copy_code('c')", "c", "copy", "the bytes of the message as an array of C"),
    _quiet("copy_code('python')", "p", "copy", "as bytes of Python"),
    _quiet("copy_code('go')", "g", "copy", "as a slice of Go"),
    _quiet("copy_code('rust')", "r", "copy", "as an array of Rust"),
)

# What the line of keys says of each pane and window, in this order: names of actions and a word or two for each. The
# last is always shown.
_ANYWHERE = {
    "change_pane(1)": "next pane", "pair": "pair", "in_conversation(1)": "next of it", "zoom": "zoom", "save": "save",
    "overview('stories')": "stories", "overview('conversations')": "conversations", "quit": "quit", "help": "all keys",
}  # fmt: skip
FOOTERS: dict[Context, dict[str, str]] = {
    "list": {
        "open_bar('filter')": "filter", "open_bar('find')": "find", "find_problem(1)": "next error",
        "follow": "conversation", "overview('statistics')": "statistics", "mark": "mark",
        "fold('here')": "open, fold", "prepare('')": "filter for it", "sort(1)": "sort", **_ANYWHERE,
    },
    "tree": {
        "choose": "open, close", "expand_all": "all", "prepare('')": "filter for it", "prepare('not')": "against it",
        "copy": "copy", "columns('add')": "as a column", "follow": "conversation", **_ANYWHERE,
    },
    "hex": {"right": "next byte", "copy": "copy", "open_bar('find')": "find", "follow": "conversation", **_ANYWHERE},
    "bar": {
        "apply": "apply", "close": "close", "complete": "complete", "point(-1)": "earlier", "point(1)": "later",
        "help": "language",
    },
    "follow": {
        "choose": "to the message, unfold", "filter_conversation": "show only this", "find": "find", "close": "back",
    },
    "compare": {"differences": "only differences", "move_page(1)": "page", "find": "find", "close": "back"},
    "overview": {
        "choose": "to the message, or show what is counted", "table(1)": "next table", "find": "find", "close": "back",
    },
    "conversations": {
        "choose": "to its first message", "next_order": "sort", "filter_conversation": "show only this",
        "find": "find", "close": "back",
    },
    "columns": {
        "choose": "show, hide", "sort": "sort by it", "shift(1)": "move down", "shift(-1)": "up", "widen(1)": "wider",
        "widen(-1)": "narrower", "reset": "as at first", "keep": "back",
    },
    "letters": {"next_mark": "next mark", "close": "back"},
    "help": {"move_page(1)": "page down", "move_page(-1)": "page up", "find": "find", "close": "back"},
}  # fmt: skip


def of(context: Context) -> Iterator[Action]:
    """The actions of one context, in the order of the table."""
    return (action for action in ACTIONS if action.context == context)


class Hint(NamedTuple):
    """A key as people write it, what it does in a word or two, and the action."""

    key: str
    words: str
    action: Action


@lru_cache(maxsize=16)
def footer(context: Context) -> tuple[Hint, ...]:
    """What the line of keys says of a context of `FOOTERS`."""
    active = next(together for together in TOGETHER if context in together)
    actions = {action.name: action for part in (*active, context) for action in of(part)}
    return tuple(
        Hint(key_name(actions[name].keys[0]), words, actions[name]) for name, words in FOOTERS[context].items()
    )


def bindings(context: Context) -> list[Binding]:
    """The key bindings of one context, for a widget's or a screen's `BINDINGS`."""
    return [
        Binding(
            key,
            action.name,
            action.title or action.help,
            show=False,
            key_display=key_name(key),
            id=action.setting or None,
        )
        for action in of(context)
        for key in action.usual
    ]
