"""A desk on SQLite and one on every engine."""

from pathlib import Path

import pytest

from tests.conftest import StandingClock
from tests.desk import Desk
from tests.site import Site


@pytest.fixture
def desk(site: Site, tmp_path: Path, clock: StandingClock, sqlite_url: str) -> Desk:
    return Desk(folder=tmp_path, site=site, clock=clock, database=sqlite_url)


@pytest.fixture
def any_desk(
    site: Site, tmp_path: Path, clock: StandingClock, database_url: str
) -> Desk:
    return Desk(folder=tmp_path, site=site, clock=clock, database=database_url)
