"""Facts about what a deployment sets."""

import pytest

from admin.plan import plan_of
from admin.template import template
from tests.cloudformation import ROOT

SAMCONFIG = (ROOT / "samconfig.toml").read_text()


def test_a_stage_is_what_samconfig_says_over_the_templates_defaults() -> None:
    plan = plan_of("prod")
    assert (plan.stack, plan.parameters["Stage"]) == ("triggers-prod", "prod")
    assert plan.number("DeliveryConcurrency") == 100
    assert set(plan.parameters) == set(template()["Parameters"])


def test_how_it_takes_over_this_time_goes_before_what_samconfig_says() -> None:
    assert plan_of("dev").parameters["Rollout"] == "AllAtOnce"
    assert plan_of("dev", "Canary10Percent5Minutes").parameters["Rollout"].startswith("Canary")


@pytest.mark.parametrize("line", ["ApiReservedConcurency=500", "ApiReservedConcurrency"])
def test_what_the_template_does_not_have_ends_with_a_sentence(line: str) -> None:
    samconfig = SAMCONFIG.replace('"Stage=prod"', f'"Stage=prod", "{line}"')

    with pytest.raises(SystemExit, match=f"says '{line}' for prod"):
        plan_of("prod", samconfig=samconfig)
