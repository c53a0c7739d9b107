"""Bugs of keys, limits, quotas and tenants, and of configs' and sources' owners."""

from typing import Final

from tests.simulation.planted.bug import Bug

ACCESS: Final = (
    Bug(
        "a closed bucket lets calls through",
        "access/rate_limit.py",
        "return self.closed_at <= at < self.closed_until",
        "return False",
        test="tests/unit/access/test_rate_limit_shares.py::test_who_was_refused_has_nothing_free_before_the_half_second_is_over",
    ),
    Bug(
        "tokens are spent again",
        "access/rate_limit.py",
        "self.tokens = held - paid",
        "self.tokens = held",
        test="tests/unit/access/test_rate_limit.py::test_the_wait_is_a_whole_number_of_seconds_and_at_least_one",
    ),
    Bug(
        "repeated posts use up a quota",
        "access/quota.py",
        "share.held += posting.allowed - posting.stored",
        "pass",
        test="tests/unit/access/test_quota.py::test_a_repeat_that_stores_nothing_uses_nothing",
    ),
    Bug(
        "a changed quota holds tomorrow",
        "access/quota.py",
        "if (share.day, share.quota) != (day, quota):",
        "if share.day != day:",
        test="tests/unit/access/test_quota.py::test_a_quota_that_was_raised_holds_at_once",
    ),
    Bug(
        "a key lives a moment too long",
        "access/authenticate.py",
        "if self._clock() >= known.dead_from:",
        "if self._clock() > known.dead_from:",
        test="tests/unit/access/test_authenticate.py::test_a_rotated_secret_dies_at_the_very_end_of_its_overlap",
    ),
    Bug(
        "keys of a tenant that goes live on",
        "access/authenticate.py",
        "if tenant.state is TenantState.DELETING:",
        "if False:",
        test="tests/unit/access/test_authenticate_tenants.py::test_keys_of_a_tenant_that_is_being_deleted_are_dead",
    ),
    Bug(
        "a key works from everywhere",
        "access/authenticate.py",
        "if not is_among(known.principal.allowed_ips, source):",
        "if False:",
        test="tests/unit/access/test_authenticate.py::test_what_is_remembered_of_a_key_holds_for_every_address",
    ),
    Bug(
        "one tenant's data key seals for the next",
        "aws/secret_box.py",
        "self._sealing.get_or_read(tenant, lambda",
        'self._sealing.get_or_read("", lambda',
        test="tests/unit/aws/test_secret_box.py::test_no_two_tenants_share_a_data_key",
    ),
    Bug(
        "the old secret does not sign",
        "push/subscribe.py",
        'secrets["previous_secret"] = config.secrets["secret"]',
        'secrets["previous_secret"] = new.secret',
        test="tests/functional/test_notification_secrets.py::test_a_rotated_secret_is_told_once_and_the_old_one_signs_for_a_day",
    ),
    Bug(
        "there is room for one config too many",
        "push/subscribe.py",
        "if at_most is None or len(self._configs.list_configs(tenant)) <= at_most:",
        "if True:",
        test="tests/functional/test_notification_configs.py::test_there_are_never_more_however_many_are_made_at_the_same_moment",
    ),
    Bug(
        "the old public key verifies no more",
        "push/signing_keys.py",
        "return old if new.public is None else (PublicKey(new.public), *old)",
        "return () if new.public is None else (PublicKey(new.public),)",
        test="tests/functional/test_signatures.py::test_after_a_rotation_both_keys_sign_and_are_in_the_set_for_a_day",
    ),
    Bug(
        "a memory is a moment too long",
        "cache.py",
        "return timedelta(0) <= at - known_at < self._kept_for",
        "return timedelta(0) <= at - known_at <= self._kept_for",
        test="tests/unit/test_cache.py::test_an_entry_is_kept_to_the_microsecond",
    ),
    Bug(
        "a failed part of many is left out",
        "parallel.py",
        "                raise outcome\n            results.append(outcome)",
        "                continue\n            results.append(outcome)",
        test="tests/unit/test_parallel.py::test_who_needs_all_gets_the_outage_itself",
    ),
)
