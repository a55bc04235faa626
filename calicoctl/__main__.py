"""The program: `calicoctl`, or `python -m calicoctl`."""

import gc

from calicoctl.cli import main


def run() -> None:
    """Run the command line of this process, and exit."""
    # A command lives for moments: what it would collect costs more time than memory (a fifth of the start-up).
    gc.disable()
    main(prog_name="calicoctl")


if __name__ == "__main__":
    run()
