"""templates: copy those of the digests, and try one's own."""

import shutil
from pathlib import Path

import click

from monitor.cli.group import with_globals
from monitor.cli.output import count, emit
from monitor.cli.session import configuration, run, set_up_log
from monitor.digests.render import render_own, templates_dir
from monitor.digests.samples import samples
from monitor.errors import WorkerError
from monitor.workers import Workers

_README = """Your own templates of digests.

What is in this folder wins over the built-in templates, file by file: delete what you do
not change. To change a few lines, extend the built-in file and override a block:

    {% extends "default/digest.html.j2" %}
    {% block footer %}Sent by the night desk. {{ super() }}{% endblock %}

Name the folder in the configuration ([service] templates_dir), and try it:

    monitor templates check
"""


@click.group("templates")
@with_globals
def templates_command() -> None:
    """Copy the templates of digests, and try your own."""


@templates_command.command("export")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@with_globals
def templates_export(folder: Path) -> None:
    r"""Copy the built-in templates into a folder, to be changed there.

    Files that are there already are left alone.

    \b
    Examples:
      monitor templates export my-templates
    """
    set_up_log()
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for path in sorted(templates_dir().glob("*.j2")):
        if not (folder / path.name).exists():
            shutil.copyfile(path, folder / path.name)
            written.append(path.name)
    if not (folder / "README").exists():
        (folder / "README").write_text(_README, "utf-8")
    text = (
        f"{count(len(written), 'template')} copied into {folder}. Keep what you change, "
        f'delete the rest, and set [service] templates_dir = "{folder}".'
    )
    emit({"folder": str(folder), "written": written}, text)


@templates_command.command("check")
@click.argument(
    "folder",
    required=False,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
)
@with_globals
def templates_check(folder: Path | None) -> None:
    r"""Render sample digests with your templates: usual, empty, large, hostile, notices.

    Without FOLDER that of the configuration.

    \b
    Exit status: 0 all can be rendered, 1 some cannot.

    \b
    Examples:
      monitor templates check my-templates
    """
    if folder is None:
        named = configuration().service.templates_dir
        if not named:
            raise click.UsageError("no templates_dir is configured; name a folder")
        folder = Path(named)
    else:
        set_up_log()
    faults = run(_check(folder))
    lines = [f"{name}: {fault}" for name, fault in faults.items() if fault]
    text = "\n".join(lines) or f"{count(len(faults), 'digest')} rendered, all well."
    emit({"faults": faults}, text)
    click.get_current_context().exit(1 if lines else 0)


async def _check(folder: Path) -> dict[str, str]:
    """What is wrong with each sample, "" if nothing."""
    workers = Workers()
    faults = {}
    try:
        for name, digest in samples():
            try:
                await workers.run(render_own, digest, folder)
                faults[name] = ""
            except WorkerError as error:
                last = str(error).strip().rpartition("\n")[2]
                faults[name] = last or "it took too long"
    finally:
        workers.close()
    return faults
