"""What Binder would build of a checkout, as repo2docker sees it. No container engine is needed."""

import contextlib
import shutil
import subprocess
import warnings
from dataclasses import dataclass
from pathlib import Path

with warnings.catch_warnings():
    # of the place of a module that repo2docker imports
    warnings.simplefilter("ignore", DeprecationWarning)
    from repo2docker.app import Repo2Docker

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Plan:
    """What repo2docker makes of a checkout: the build pack that it picks, and what that finds."""

    pack: str
    folder: str
    python: str
    environment: dict
    dockerfile: list

    @property
    def pip_requirements(self):
        """The lines below ``pip:`` in environment.yml."""
        return list(self.environment["dependencies"][-1]["pip"])


def plan_image(checkout):
    """Detect and render as repo2docker does; errors are its own."""
    app = Repo2Docker(default_buildpack=None, dry_run=True, platform="linux/amd64")
    with contextlib.chdir(checkout):
        packs = (pack(base_image=app.base_image) for pack in app.buildpacks)
        pack = next(filter(lambda pack: pack.detect(), packs), None)
        assert pack is not None, f"no build pack for {checkout}"
        pack.platform = app.platform
        return Plan(
            type(pack).__name__,
            pack.binder_dir,
            getattr(pack, "python_version", ""),
            getattr(pack, "environment_yaml", {}),
            pack.render({"NB_UID": "1000"}).splitlines(),
        )


def copy_checkout(target):
    """Copy the files of the working tree that git knows or would add to `target`."""
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    done = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True)
    for name in filter(None, done.stdout.split("\0")):
        if (ROOT / name).exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    return target
