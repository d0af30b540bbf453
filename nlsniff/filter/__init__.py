"""Display filters: which messages to show, by the fields that the dissectors name.

`parse` reads the language, `fields` knows every field, `compile` turns a filter into functions over the index's columns
and over messages, `complete` helps to type one.
"""
