"""Container image: calicoctl and the Python of Debian, without a shell, as an OCI layout in a tar archive."""

from __future__ import annotations

import shutil
from datetime import datetime, timezone
from pathlib import Path

from release.context import Build
from release.installation import LIBRARIES, install_libraries, write_launcher
from release.programs import run
from release.source import set_times
from release.targets import IMAGE_BASE

USER = "65532:65532"
"""User and group of the process, without a name: the user of other images without a shell."""
DIRECTORY = "/work"
"""Working directory, where manifests are mounted."""

# Only licences remain of the documents and translations. The package manager and other Python programs are not used.
_EXCLUDED = (
    "/usr/share/*",
    "/usr/bin/deb*",
    "/usr/bin/p*3.*",
    "/usr/sbin/*",
    "/usr/lib/*/perl*",
    "/usr/lib/python3*/idlelib/*",
    "/usr/lib/python3*/turtledemo/*",
    "/usr/lib/python3*/ensurepip/*",
    "/usr/lib/python3*/pydoc_data/*",
    "/etc/apt/*",
    "/etc/debconf.conf",
)
_INCLUDED = ("/usr/share/doc/*/copyright", f"/usr/bin/python{IMAGE_BASE.python}")


def build_image(build: Build) -> None:
    """Extract the packages of Debian with mmdebstrap, and assemble the image with umoci. No daemon is required."""
    layer = build.scratch / "layer.tar"
    _build_layer(build, layer)
    layout = build.scratch / "layout"
    reference = f"{layout}:{build.version}"
    created = datetime.fromtimestamp(build.epoch, tz=timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    history = ("--history.created", created)
    run("umoci", "init", "--layout", layout)
    run("umoci", "new", "--image", reference)
    run("umoci", "raw", "add-layer", "--image", reference, *history, layer)
    run("umoci", "config", "--image", reference, *history, *_configuration(build, created))
    run("umoci", "gc", "--layout", layout)
    _pack(build, layout)


def _build_layer(build: Build, layer: Path) -> None:
    """Write the file system. Bytecode is compiled by the Python of the image: the file system is read-only."""
    program = build.scratch / "image"
    install_libraries(build, program, (IMAGE_BASE.python,))
    shutil.rmtree(program / LIBRARIES / "share")
    write_launcher(program, f"/usr/bin/python{IMAGE_BASE.python}")
    (program / DIRECTORY.strip("/")).mkdir(mode=0o755)
    set_times(program, build.epoch)
    compilation = f"/usr/bin/python{IMAGE_BASE.python} -m compileall -q --invalidation-mode unchecked-hash"
    excluded = [f"--dpkgopt=path-exclude={pattern}" for pattern in _EXCLUDED]
    included = [f"--dpkgopt=path-include={pattern}" for pattern in _INCLUDED]
    run(
        *("mmdebstrap", "--variant=extract", f"--architectures={build.architecture.debian}", *excluded, *included),
        *("--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr", f"--include=python{IMAGE_BASE.python}"),
        f'--extract-hook=cp -a {program}/. "$1"',
        f'--extract-hook=chroot "$1" {compilation} /usr/lib/python{IMAGE_BASE.python} /{LIBRARIES}',
        '--extract-hook=rm -rf "$1"/var/cache "$1"/var/log/* "$1"/etc/resolv.conf "$1"/etc/hostname "$1"/etc/fstab',
        *(IMAGE_BASE.suite, layer),
        variables=build.variables,
    )


def _configuration(build: Build, created: str) -> tuple[str, ...]:
    labels = {
        "org.opencontainers.image.title": "calicoctl",
        "org.opencontainers.image.version": build.version,
        "org.opencontainers.image.licenses": "Apache-2.0",
        "org.opencontainers.image.created": created,
    }
    return (
        *("--config.entrypoint", "/usr/bin/calicoctl"),
        *(word for item in labels.items() for word in ("--config.label", "=".join(item))),
        *("--config.user", USER, "--config.workingdir", DIRECTORY, "--config.env", "LC_ALL=C.UTF-8"),
        *("--created", created, "--architecture", build.architecture.debian, "--os", "linux"),
    )


def _pack(build: Build, layout: Path) -> None:
    """Pack the layout as tools read it: `podman load`, `skopeo copy oci-archive:` and `docker load`."""
    owner = ("--owner=0", "--group=0", "--numeric-owner", "--mode=u=rwX,go=rX")
    order = ("--sort=name", f"--mtime=@{build.epoch}", "--format=posix", "--pax-option=delete=atime,delete=ctime")
    run("tar", *order, *owner, "-C", layout, "-cf", build.image, "blobs", "index.json", "oci-layout")
