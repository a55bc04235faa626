"""The program: `calicoctl`, or `python -m calicoctl`."""

import contextlib
import gc
import os
import sys

_INTERRUPTED = 130


def run() -> None:
    """Run the command line of this process, and exit."""
    # A command lives for moments: what it would collect costs more time than memory (a fifth of the start-up).
    gc.disable()
    try:
        from calicoctl.cli import main

        main(prog_name="calicoctl")
    except SystemExit as system_exit:
        _exit(system_exit.code)
    except KeyboardInterrupt:  # before there was anybody to answer it: the modules are still being read
        with contextlib.suppress(OSError, AttributeError):
            sys.stderr.write("interrupted\n")
        _exit(_INTERRUPTED)


def _exit(code: str | int | None) -> None:
    """Exit at once: all is closed and said, and taking the modules apart one by one would cost 20 ms."""
    if not isinstance(code, int):
        sys.exit(code)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            if stream:  # None when the caller has closed it
                stream.flush()
    os._exit(code)


if __name__ == "__main__":
    run()
