"""How the bytes of one field become a value and a text: a registry of makers, and a module for each kind of field."""
