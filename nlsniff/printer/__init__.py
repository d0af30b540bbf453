"""Prints messages fast, and exactly as the trees of the walker would be printed; it earns a factor of 6 to 7.

Most messages of a capture have the shape of an earlier one: the same attributes in the same places, with other values.
So a message goes through four steps, each in a file of its own (they serve filters, columns and ladders, too):

1. *Shape*, `nlsniff.decode.patterns`: a message is looked up by its bytes, of which all but those of values must be
   the same. For a new shape the walker makes a tree once.
2. *Values*, `nlsniff.decode.slots`: the leaves of that tree whose values may differ, and how each is read from its
   bytes alone. What cannot be read so stays a constant of the shape.
3. *Template*, `nlsniff.decode.templates` and `summaries`: the text of the tree as its printer gives it
   (`nlsniff.output`), cut where values stand, and the struct format that reads all of them at once.
4. *Memo*, `nlsniff.decode.memo`: the texts of values that were met before, and the names that hold at the time of a
   message.

`printer` joins them: it prints messages by the batch, and by the walker where a message has no shape that may be
trusted. `tests/model` and `tests/fuzz` compare both on messages of every operation.
"""
