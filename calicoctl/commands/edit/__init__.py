"""edit: change resources in an editor."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import click

from calicoctl.console import connect, options, results, writes
from calicoctl.console.messages import current_messages
from calicoctl.console.terminal import is_terminal
from calicoctl.errors import InvalidManifest, UsageError

if TYPE_CHECKING:
    from calicoctl.commands.edit.edit_file import EditFile
    from calicoctl.operations.edit import OpenedResource
    from calicoctl.operations.load.manifests import LoadedManifests

_HEADER = (
    "Save the file and close the editor to write the changes.",
    "If the file is unchanged or empty, nothing is written.",
)
_RETRY_HEADER = "The file is invalid. Close the editor without a change to cancel; the file is kept."


@click.command()
@options.names_argument("KIND,... NAME... | KIND/NAME...")
@options.force_option
@options.filter_options
@options.write_options
def command(names: tuple[str, ...], force: bool, write: options.WriteContext, **filters: str | None) -> None:
    """Change resources as YAML in the editor of $VISUAL or $EDITOR; the default is vi.

    The result is validated like a manifest. If it is invalid, the editor opens again on a terminal. After any other
    failure, such as a concurrent change of a resource, nothing is written and the text is kept in a file.

    \b
    Example:
      calicoctl edit policy database
      EDITOR="code --wait" calicoctl edit profile/web
    """
    from calicoctl.commands.edit.edit_file import EditFile
    from calicoctl.commands.edit.editor import editor_command
    from calicoctl.console.names import parse_names, require_full_names
    from calicoctl.operations.edit import open_resources, opened_ranges, plan_save
    from calicoctl.printers.resources import manifests

    writes.refuse_client_dry_run(write, "edit reads the resources")
    if not names:
        raise UsageError("missing resources to edit (write KIND NAME, or KIND/NAME)")
    resources = require_full_names(parse_names(names, options.given_filters(**filters)), "edit")
    editor = editor_command(os.environ)
    with connect.open_datastore(write.connection, announce=False) as datastore:
        opened = open_resources(datastore, resources)
    unrepresentable = [
        f"{one.resource.identifier}: {text}, which v1 cannot represent"
        for one in opened
        for text in one.unrepresentable
    ]
    text = manifests.format_yaml([one.with_revision() for one in opened])
    with EditFile(text, [*_HEADER, *unrepresentable]) as edit_file:
        if edited := _edit_until_valid(edit_file, opened, editor):
            current_messages().warn(edited.warnings)
            writes.write_resources(
                edited.resources, partial(plan_save, opened=opened, force=force), write, opened_ranges(opened)
            )
        else:
            results.print_record([], "edit cancelled, nothing changed\n", write.output)


def _edit_until_valid(
    edit_file: EditFile, opened: Sequence[OpenedResource], editor: Sequence[str]
) -> LoadedManifests | None:
    """Run the editor until the text is valid; return None if there is nothing to write."""
    from calicoctl.commands.edit.editor import run_editor
    from calicoctl.operations.edit import parse_edited

    last_body = None
    while True:
        run_editor(editor, edit_file.path)
        if edit_file.unchanged:
            return None
        try:
            return parse_edited(edit_file.path, opened)
        except InvalidManifest as error:
            if not is_terminal(sys.stdin) or edit_file.body == last_body:
                raise
            last_body = edit_file.body
            _write_problems(edit_file, opened, len(error.problems))


def _write_problems(edit_file: EditFile, opened: Sequence[OpenedResource], count: int) -> None:
    """Write the problems into the header of the text, with the line numbers of the new text."""
    from calicoctl.operations.edit import parse_edited

    edit_file.set_header(
        [_RETRY_HEADER, *[""] * count]
    )  # the header has its final number of lines; parsing again gives the final positions
    try:
        parse_edited(edit_file.path, opened)
    except InvalidManifest as error:
        edit_file.set_header(
            [_RETRY_HEADER, *(f"  {str(problem).removeprefix(edit_file.path + ':')}" for problem in error.problems)]
        )
