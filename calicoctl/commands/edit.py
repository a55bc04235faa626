"""edit: change resources as text, in an editor."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from calicoctl.commands import options, session
from calicoctl.commands.speech import current
from calicoctl.errors import InvalidManifest, UsageProblem

if TYPE_CHECKING:
    from calicoctl.commands.draft import Draft
    from calicoctl.operations.editing import Opened
    from calicoctl.operations.intake import Intake

_TO_BEGIN = (
    "Save this and leave the editor: that writes it, if it is valid.",
    "Without a change, or with nothing left in it, nothing is written.",
)
_TO_CORRECT = "This can't be written yet. Leave the editor without a change to give up: the text is kept then."


@click.command(short_help="Change resources in an editor.")
@options.names("KIND NAME... | KIND/NAME...")
@options.force
@options.filters
@options.writing
def command(names: tuple[str, ...], force: bool, target: options.Target, **filters: str | None) -> None:
    """Change resources as YAML in an editor: the one of $VISUAL or $EDITOR, else vi.

    What is saved is checked like a manifest. At a terminal the editor opens again on what is wrong; else, and whenever
    anything fails, nothing is written and the text is kept. So it is when somebody else changes a resource meanwhile.

    \b
    Example:
      calicoctl edit policy database
      EDITOR="code --wait" calicoctl edit profile/web
    """
    from calicoctl.commands.draft import Draft
    from calicoctl.commands.editor import editor_words
    from calicoctl.commands.naming import exactly, parse_names
    from calicoctl.operations.editing import open_resources, ranges_of, saving
    from calicoctl.printers import manifests

    if not names:
        raise UsageProblem("name what to edit: KIND NAME, or KIND/NAME")
    located = exactly(parse_names(names, options.given(**filters)), "edit")
    editor = editor_words(os.environ)
    with session.open_datastore(target, announce=False) as datastore:
        opened = open_resources(datastore, located)
    beyond = [f"{one.resource.identifier}: {what}, which v1 can't say" for one in opened for what in one.beyond]
    text = manifests.yaml([one.with_revision() for one in opened], ())
    with Draft(text, [*_TO_BEGIN, *beyond]) as draft:
        if intake := _edited(draft, opened, editor):
            current().warn(intake.warnings)
            session.write(intake.located, saving(opened, force=force), target, ranges_of(opened))
        elif target.report_form == "json":
            session.say_json([])
        else:
            click.echo("edit cancelled, nothing changed")


def _edited(draft: Draft, opened: Sequence[Opened], editor: Sequence[str]) -> Intake | None:
    """What the text says when it is valid, or None when there is nothing to write."""
    from calicoctl.commands.editor import interactive, run_editor
    from calicoctl.operations.editing import take_back

    tried = None
    while True:
        run_editor(editor, draft.path)
        if draft.is_untouched:
            return None
        try:
            return take_back(draft.path, opened)
        except InvalidManifest as error:
            if not interactive() or draft.body == tried:
                raise
            tried = draft.body
            _note(draft, opened, len(error.problems))


def _note(draft: Draft, opened: Sequence[Opened], count: int) -> None:
    """Say what is wrong at the top of the text, by the lines that the text has below these words."""
    from calicoctl.operations.editing import take_back

    draft.note([_TO_CORRECT, *[""] * count])  # so many lines move the text down; then each place is asked for again
    try:
        take_back(draft.path, opened)
    except InvalidManifest as moved:
        draft.note([_TO_CORRECT, *(f"  {str(one).removeprefix(draft.path + ':')}" for one in moved.problems)])
