"""Passwords of new users, from a file, stdin or the terminal. They are in no argument and in no message."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

import click

from calicoctl.console.messages import current_messages
from calicoctl.console.stdin import read_option_file
from calicoctl.console.terminal import is_terminal
from calicoctl.errors import Position, Refused, UsageError

_OPTION = "--password-file"


def read_passwords(filename: str) -> dict[str, str]:
    """Return passwords by user from a file, or from stdin (`-`), with a line `USER:PASSWORD` for each, as chpasswd.

    Raises:
        UsageError: the file is unreadable, or a line has another form.
    """
    text = read_option_file(_OPTION, filename, lambda reason: UsageError(f"{_OPTION}: {Position(filename)}: {reason}"))
    passwords: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        user, _, password = line.partition(":")
        if line and not (user and password):
            raise UsageError(f"{_OPTION}: {Position(filename, number, 1)}: the line is not USER:PASSWORD")
        if line and passwords.setdefault(user, password) != password:
            raise UsageError(f"{_OPTION}: {Position(filename, number, 1)}: the user has another password above")
    return passwords


def complete_passwords(users: Sequence[str], known: Mapping[str, str]) -> dict[str, str]:
    """Return the password of each user; at a terminal, request the missing ones.

    Raises:
        Refused: a password is missing, and there is no terminal.
    """
    missing = [user for user in users if user not in known]
    if missing and (not is_terminal(sys.stdin, sys.stderr) or current_messages().json):
        raise Refused(
            f"no password for {', '.join(missing)}, nothing was written "
            f"(write {_OPTION} FILE with lines USER:PASSWORD, or --certificates)"
        )
    requested = {user: _request_password(user) for user in missing}
    return {user: known.get(user) or requested[user] for user in users}


def _request_password(user: str) -> str:
    password: str = click.prompt(f"password of user '{user}'", hide_input=True, confirmation_prompt=True, err=True)
    return password
