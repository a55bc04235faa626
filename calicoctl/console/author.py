"""Author of a command: user, host, and the URL of the CI job."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from calicoctl.printable import clip

if TYPE_CHECKING:
    from calicoctl.operations.history.entry import Author

_MAX_TEXT_LENGTH = 300
"""Maximum number of characters of a name or a URL. Variables of the environment can have any length."""

_JOB_URLS = (
    "{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}",
    "{CI_JOB_URL}",  # GitLab
    "{CI_PIPELINE_URL}",  # Woodpecker
    "{BUILDKITE_BUILD_URL}",
    "{CIRCLE_BUILD_URL}",
    "{TRAVIS_BUILD_WEB_URL}",
    "{SYSTEM_COLLECTIONURI}{SYSTEM_TEAMPROJECT}/_build/results?buildId={BUILD_BUILDID}",  # Azure Pipelines
    "{BUILD_URL}",  # Jenkins
)
"""URL of the job in each CI system, made from its variables. The first whose variables exist is used."""


_USER_INFO = re.compile(r"^((?:[A-Za-z][A-Za-z0-9+.-]*:)?//)?[^/?#]*@")
_QUERY = re.compile(r"[?#].*", re.DOTALL)


def current_author(environ: Mapping[str, str]) -> Author:
    """Return the author of commands of this process. With sudo, the user is that of the shell."""
    from calicoctl.operations.history.entry import Author

    user = environ.get("SUDO_USER") if os.geteuid() == 0 else None
    parts = (user or _user_name(), os.uname().nodename, _job_url(environ))
    return Author(*(clip(part, _MAX_TEXT_LENGTH) for part in parts))


def _user_name() -> str:
    import pwd

    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:  # a container without this user in /etc/passwd
        return f"uid {os.geteuid()}"


def _job_url(environ: Mapping[str, str]) -> str:
    values = {name: _without_credentials(value) for name, value in environ.items()}
    for template in _JOB_URLS:
        try:
            url = template.format_map(values)
        except KeyError:
            continue
        if url:
            return url
    return ""


def _without_credentials(url: str) -> str:
    """Return a URL without user, password, query and fragment: any user with access to etcd can read the history."""
    return _QUERY.sub("", _USER_INFO.sub(r"\1", url))
