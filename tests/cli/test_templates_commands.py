"""templates export and check."""

from pathlib import Path

import pytest

from tests.cli.conftest import Monitor, answer

BROKEN = '{% extends "default/digest.html.j2" %}{% block footer %}{{ nonsense }}{% endblock %}'


def test_templates_are_copied_and_nothing_is_overwritten(
    monitor: Monitor, tmp_path: Path
) -> None:
    monitor("templates", "export", "mine")
    (tmp_path / "mine" / "digest.html.j2").write_text("changed")

    again = answer(monitor("--json", "templates", "export", "mine"))

    assert again["written"] == []
    assert (tmp_path / "mine" / "digest.html.j2").read_text() == "changed"
    assert (tmp_path / "mine" / "README").exists()


@pytest.mark.timeout(60)
def test_copied_templates_render_every_sample(monitor: Monitor) -> None:
    monitor("templates", "export", "mine")

    result = monitor("templates", "check", "mine")

    assert (result.exit_code, result.output) == (0, "8 digests rendered, all well.\n")


@pytest.mark.timeout(60)
def test_what_cannot_be_rendered_is_named(monitor: Monitor, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "digest.html.j2").write_text(BROKEN)
    (tmp_path / "config.toml").write_text('[service]\ntemplates_dir = "mine"\n')

    result = monitor("templates", "check")

    assert result.exit_code == 1
    assert (
        "usual: jinja2.exceptions.UndefinedError: 'nonsense' is undefined"
        in result.output
    )
    assert "notice:" not in result.output


def test_without_a_folder_there_is_nothing_to_check(
    monitor: Monitor, tmp_path: Path
) -> None:
    (tmp_path / "config.toml").write_text("")

    assert monitor("templates", "check").exit_code == 2
