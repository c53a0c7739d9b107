import pytest

from tests.unit.channels.pushes import HASTY_SECONDS, a_http
from tests.unit.channels.receivers import Certificate, make_certificate
from triggers_api.channels.http import GuardedHttp


@pytest.fixture
def http() -> GuardedHttp:
    return a_http()


@pytest.fixture
def hasty_http() -> GuardedHttp:
    """One whose time runs out soon."""
    return a_http(deadline_seconds=HASTY_SECONDS)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificates"))
