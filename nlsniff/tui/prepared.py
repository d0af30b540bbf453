"""The filter that `=` and `!` begin: for what the cursor is on, or against it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.errors import NlsniffError

if TYPE_CHECKING:
    from nlsniff.tui.browser import Browser
    from nlsniff.tui.details import Details


def prepared(browser: Browser, details: Details, word: str) -> str:
    """A filter joined to the one in force by a word: in the tree for a value, else for the type.

    Raises:
        NlsniffError: there is no message.
    """
    from nlsniff.filter.about import about, joined  # takes milliseconds to load

    outline, line, conversation = details.outline, details.tree_pane.line, browser.conversation
    if outline is None or conversation is None:
        raise NlsniffError("there is no message to filter for")
    node = line.node if line is not None and details.tree_pane.has_focus else outline.message.root
    return joined(
        browser.filter_text, word, about(outline.message, conversation, node, browser.capture.decoder.registry)
    )
