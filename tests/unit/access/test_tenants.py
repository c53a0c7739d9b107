"""How a tenant stands."""

from datetime import UTC, datetime, timedelta

import pytest

from triggers_api.access.tenants import Tenant

AT = datetime(2026, 11, 21, tzinfo=UTC)
A_MOMENT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("made_at", "is_over"), [(AT - A_MOMENT, True), (AT, True), (AT + A_MOMENT, False)]
)
def test_a_suspension_ends_the_sessions_from_before_it_and_of_its_own_moment(
    made_at: datetime, *, is_over: bool
) -> None:
    tenant = Tenant(tenant="acme", name="Acme", created_at=AT - A_MOMENT, suspended_at=AT)

    assert tenant.ended(made_at) == is_over


def test_a_tenant_that_was_never_suspended_ends_no_session() -> None:
    assert not Tenant.without_record("acme").ended(AT)
