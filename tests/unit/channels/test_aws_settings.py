"""Which roles and targets a config may name of an AWS account."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.channels.aws_accounts import ROLE, Accounts
from tests.unit.channels.aws_pushes import CHANNELS, open_channel
from triggers_api.channels.receivers_roles import ReceiversRoles
from triggers_api.errors import InvalidContentError
from triggers_api.push.channel import Channel
from triggers_api.push.settings_fields import read_settings


@pytest.mark.parametrize("kind", CHANNELS)
@pytest.mark.parametrize(
    ("role", "taken"),
    [
        (ROLE, True),
        (ROLE.replace("arn:aws:", "arn:aws-us-gov:"), True),
        (f"{ROLE}{'x' * 40}", True),
        (f"{ROLE}{'x' * 41}", False),
        ("arn:aws:iam::123456789012:role/OrganizationAccountAccessRole", False),
        ("arn:aws:iam::123456789012:role/triggers-delivery-a/Admin", False),
        ("arn:aws:iam::123456789012:user/triggers-delivery-a", False),
        ("arn:aws:iam::123:role/triggers-delivery-a", False),
        ("arn:evil:iam::123456789012:role/triggers-delivery-a", False),
        (f"{ROLE}\n", False),
        (f"{ROLE}*", False),
        (7, False),
    ],
)
def test_a_role_is_named_so_that_it_can_only_be_meant_for_us(
    role: Any, *, taken: bool, kind: Callable[[ReceiversRoles], Channel]
) -> None:
    name, arn, _ = CHANNELS[kind]

    assert refused(kind, {name: arn, "role_arn": role}) == ([] if taken else ["settings.role_arn"])


@pytest.mark.parametrize("kind", CHANNELS)
@pytest.mark.parametrize(
    "part",
    [
        ("eu-central-1", "evil.example"),
        ("eu-central-1", "eu-central-1.evil.example/x-1"),
        ("eu-central-1", "169.254.169.254"),
        ("eu-central-1", ""),
        ("123456789012", "*"),
        ("arn:aws:", "arn:aws-evil:"),
        ("events", "events?x=1"),
        ("events", "../events#"),
        ("events", "ev ents"),
    ],
)
def test_no_arn_leads_anywhere_but_to_a_region_of_aws(
    part: tuple[str, str], kind: Callable[[ReceiversRoles], Channel]
) -> None:
    name, arn, _ = CHANNELS[kind]
    before, _, after = arn.rpartition(part[0])

    moved = {name: f"{before}{part[1]}{after}", "role_arn": ROLE}

    assert refused(kind, moved) == [f"settings.{name}"]


@pytest.mark.parametrize("kind", CHANNELS)
def test_a_target_is_of_the_channels_own_service(kind: Callable[[ReceiversRoles], Channel]) -> None:
    name, own, _ = CHANNELS[kind]

    for _, arn, _ in CHANNELS.values():
        faults = [] if arn == own else [f"settings.{name}"]
        assert refused(kind, {name: arn, "role_arn": ROLE}) == faults


def refused(kind: Callable[[ReceiversRoles], Channel], settings: dict[str, Any]) -> list[str]:
    try:
        read_settings(open_channel(kind, Accounts()).fields, settings)
    except InvalidContentError as error:
        return [detail.field for detail in error.details]
    return []
