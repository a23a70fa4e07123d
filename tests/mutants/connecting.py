"""Bugs of how systems are connected (sync/connections, sync/connecting, the sign-in at Salesforce, data/sealing)."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_SIGN_IN, _KEYS = "tests/connections/test_sign_in.py::test_{}", "tests/connections/test_keys.py::test_{}"

CONNECTING = (
    Mutant("a new refresh token is not stored", "sync/connectors/salesforce/grant.py",
           "                self._keep(self._refresh_token)\n", "",
           (_SIGN_IN.format("the_sign_in_outlives_its_session_and_a_restart"),)),
    Mutant("a withdrawn sign-in is asked for at every turn", "sync/connectors/salesforce/grant.py",
           "self._withdrawn = error", "self._withdrawn = None",
           (_SIGN_IN.format("a_withdrawn_sign_in_is_asked_for_once_and_again_when_a_person_tests_it"),)),
    Mutant("a browser ends a sign-in that another one began", "sync/connecting.py",
           "if not hmac.compare_digest(found.binding.encode(), binding.encode()):", "if found.over:",
           (_SIGN_IN.format("nobody_ends_a_sign_in_that_another_browser_began_nor_one_twice"),)),
    Mutant("a ticket is good twice", "sync/connecting.py", "found.left = True", "found.left = found.over",
           (_SIGN_IN.format("nobody_ends_a_sign_in_that_another_browser_began_nor_one_twice"),)),
    Mutant("a key is stored without having been tried", "sync/connecting.py",
           "told = self._tried(settings)\n        hidden", "told: dict[str, Any] = {}\n        hidden",
           (_KEYS.format("a_key_that_is_refused_does_not_take_the_place_of_one_that_works"),)),
    Mutant("what is stored is not sealed anew with another key", "sync/connections.py",
           "        self._renew()\n", "", (_KEYS.format("a_new_key_beside_the_former_one_takes_over_what_is_stored"),)),
    Mutant("what was connected wins over the environment", "sync/connections.py",
           "if system in found and self.environment.missing(system)", "if system in found",
           (_SIGN_IN.format("the_environment_wins_over_a_stored_sign_in"),)),
)  # fmt: skip
