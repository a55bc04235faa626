"""The program: `calicoctl`, or `python -m calicoctl`."""

from calicoctl.cli import main

if __name__ == "__main__":
    main(prog_name="calicoctl")
