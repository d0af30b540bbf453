"""Damages messages with keys, and looks for the keys in whatever nlsniff makes of them.

- `seeds.seeds()`: every shape of message with a key, of all recordings.
- `damage.damaged(seed, random)`: one capture of it with something wrong: bits, lengths, types, its end, the byte order,
  the kernel's word on the family, also in the copy inside an error.
- `look.leaks(seed, capture)`: where 8 bytes in a row of a key are to be read, raw, in hex or in base64.
- `python -m tests.leaks [--seconds N] [--seed N]`: as long as one likes; the tests try a sample.
"""
