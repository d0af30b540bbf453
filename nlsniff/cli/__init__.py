"""The command line: one file a command, loaded when that command is run."""

from __future__ import annotations

import gc
import importlib
import os
import sys
from typing import Any, NoReturn

import click

from nlsniff.errors import EXIT_INTERNAL, EXIT_UNUSABLE, NlsniffError

# Each module has a click command named `command`. The short help stands here so that `nlsniff --help` imports none.
COMMANDS = {
    "capture": "Record netlink traffic of this network namespace into a file.",
    "record": "Run a command in a namespace of its own and record what it says to the kernel.",
    "live": "Record and browse at the same time.",
    "open": "Browse a capture in the terminal.",
    "show": "Print messages: a line each, the whole tree, or JSON.",
    "follow": "Print conversations: request and answer, dump, batch, event.",
    "stats": "Count messages, conversations, errors and latencies.",
    "redact": "Copy a capture without the keys in it.",
    "fields": "List the fields that display filters know.",
    "spec": "Check dissectors, and list those that are in use.",
    "crosscheck": "Compare with what tshark reads in the same file.",
}


class Lazy(click.Group):
    """A group whose commands are imported one at a time."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """Names in the order of need."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the module of one command."""
        if cmd_name not in COMMANDS:
            return None
        found: click.Command = importlib.import_module(f"nlsniff.cli.{cmd_name}").command
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; a word that is none gets the nearest names."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            import difflib  # noqa: PLC0415

            near = difflib.get_close_matches(args[0], COMMANDS, n=2)
            hint = f"did you mean {' or '.join(near)}?" if near else f"commands are {', '.join(COMMANDS)}"
            ctx.fail(f"no command {args[0]!r}: {hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="nlsniff", message="nlsniff %(version)s")
def group() -> None:
    """See Linux netlink: record it, browse it, follow it.

    Exit status: 0 all went well, 1 the answer is no, 2 something could not be read or used, 70 a mistake in nlsniff.
    """


def main(argv: list[str] | None = None) -> NoReturn:
    """Run the command line. Whatever goes wrong is one line on stderr and an exit status, never a traceback."""
    # Messages and trees hold no cycles; the collector would only walk over them, which costs up to a third of the time.
    gc.set_threshold(100_000, 50, 50)
    try:
        status: Any = group.main(args=argv, prog_name="nlsniff", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Abort:
        status = 130
    except KeyboardInterrupt:
        status = 130
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        status = EXIT_UNUSABLE
    except click.ClickException as error:
        complain(error.format_message().replace("\n", " "))
        status = EXIT_UNUSABLE
    except NlsniffError as error:
        complain(str(error))
        status = error.exit_code
    except BrokenPipeError:
        # Whoever read our output has seen enough (`| head`). Python would complain again when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 0
    except OSError as error:
        complain(f"{error.filename or 'input or output'}: {error.strerror or error}")
        status = EXIT_UNUSABLE
    except Exception as error:  # a mistake of ours: even then a user gets one line
        if os.environ.get("NLSNIFF_TRACEBACK"):
            raise
        what = f"{type(error).__name__}: {error}".replace("\n", " ")
        complain(f"internal error, please report it: {what} (NLSNIFF_TRACEBACK=1 shows where)")
        status = EXIT_INTERNAL
    sys.exit(status if isinstance(status, int) else 0)


def complain(text: str) -> None:
    """One line for the user, on stderr."""
    print(f"nlsniff: {text}", file=sys.stderr)
