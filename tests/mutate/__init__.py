"""Mutation testing of the core: small changes to the code, each of which some test should notice.

`python -m tests.mutate --seed N --count 400 [ROOM...]` draws changes evenly from the rooms, and within a room evenly
from its functions; `changes` makes them. Each runs in a process of its own (`child`), where one module is compiled from
the changed tree and nothing is written; the tests that touch the changed lines run first, then all that touch the
module (`record` knows them from one run under coverage, kept outside of the checkout), quick ones first, up to a bound
of CPU time. A test that takes many times its usual CPU time has noticed, too. `survivors.yaml` explains what no test
needs to notice.

Not run: what boots a kernel, draws the screen or needs root (tests/uml, live, tui, matrix, qemu, capture, packaging),
what searches (fuzz, cases, leaks), and what measures time. Hypothesis tries few examples, always the same. Tests that
start `nlsniff` as a program see no mutant.

Why a harness of our own (judged in November 2026): mutmut 3.8 leaves decorated functions alone, which are all makers of
field decoders and all properties here, works on a copy of the tree and has no seeded sample; pytest-gremlins 1.12 puts
all its mutants of a module into the code at once, knows no removed statements and no changed text, and has no sample
either; cosmic-ray 8.7 and poodle 1.3 write into the tree or its copy and run the whole suite for each mutant; mutatest
and MutPy have not been maintained for years. None changes the text of generated code, as `file/sweep_code` has it.
"""
