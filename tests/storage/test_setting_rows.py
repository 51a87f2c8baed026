"""Small facts about this instance."""

from monitor.storage import settings
from monitor.storage.database import Transaction
from tests.conftest import NOON, Caller
from tests.storage.builders import later


def test_a_setting_that_was_never_set_is_not_there(call: Caller) -> None:
    assert call(settings.get, "colour") is None


def test_a_setting_has_the_value_it_was_given_last(call: Caller) -> None:
    call(settings.put, "colour", "red")
    call(settings.put, "colour", "blue")

    assert call(settings.get, "colour") == "blue"


def test_the_key_of_an_instance_stays_the_same(call: Caller) -> None:
    first = call(settings.instance_key)
    second = call(settings.instance_key)

    assert first == second
    assert len(first.reveal()) == 64


def test_two_instances_have_different_keys(call: Caller) -> None:
    def forget(tx: Transaction) -> None:
        tx.run("DELETE FROM setting")

    first = call(settings.instance_key)
    call(forget)

    assert call(settings.instance_key) != first


def test_the_key_of_an_instance_is_never_shown(call: Caller) -> None:
    key = call(settings.instance_key)

    shown = f"{key} {key!r} {[key]}"

    assert key.reveal() not in shown


def test_a_service_that_never_ran_gave_no_sign_of_life(call: Caller) -> None:
    assert call(settings.last_beat) is None


def test_the_last_sign_of_life_is_remembered(call: Caller) -> None:
    call(settings.beat, NOON, "a")
    call(settings.beat, later(seconds=15), "a")

    assert call(settings.last_beat) == later(seconds=15)


def test_a_service_that_never_stopped_in_order_left_no_word(call: Caller) -> None:
    call(settings.beat, NOON, "a")

    assert call(settings.last_stop) is None


def test_the_last_stop_in_order_is_remembered(call: Caller) -> None:
    call(settings.stopped, NOON, "a")
    call(settings.stopped, later(hours=1), "a")

    assert call(settings.last_stop) == later(hours=1)
    assert call(settings.last_beat) is None


def test_each_node_gives_its_own_signs_of_life(call: Caller) -> None:
    call(settings.beat, NOON, "a")
    call(settings.beat, later(seconds=15), "b")

    assert call(settings.nodes) == {"a": NOON, "b": later(seconds=15)}


def test_a_node_that_stopped_in_order_is_not_missed(call: Caller) -> None:
    call(settings.beat, NOON, "a")
    call(settings.beat, NOON, "b")
    call(settings.stopped, later(seconds=1), "a")

    assert call(settings.nodes) == {"b": NOON}


def test_a_node_is_missed_until_it_is_forgotten(call: Caller) -> None:
    call(settings.beat, NOON, "a")
    call(settings.beat, later(hours=2), "b")
    call(settings.forget_nodes, later(hours=1))

    assert call(settings.nodes) == {"b": later(hours=2)}


def test_beats_that_lie_ahead_are_brought_back_and_no_others(call: Caller) -> None:
    call(settings.beat, NOON, "a")
    call(settings.beat, later(hours=2), "b")

    call(settings.bring_beats_back, later(hours=1))

    assert call(settings.nodes) == {"a": NOON, "b": later(hours=1)}


# --- the applied configuration ---


def test_before_the_first_start_nothing_was_applied(call: Caller) -> None:
    assert call(settings.last_applied) is None


def test_what_was_applied_is_known_with_its_time(call: Caller) -> None:
    call(settings.apply, "one", NOON)
    call(settings.apply, "two", later(hours=1))

    assert call(settings.last_applied) == ("two", later(hours=1))


def test_a_configuration_that_is_applied_again_keeps_its_time(call: Caller) -> None:
    call(settings.apply, "one", NOON)
    call(settings.apply, "one", later(hours=1))

    assert call(settings.last_applied) == ("one", NOON)


def test_a_rule_is_dated_by_what_it_means(call: Caller) -> None:
    call(settings.date_rules, {"a": "1", "b": "1"}, NOON)
    call(settings.date_rules, {"a": "1", "b": "2", "c": "1"}, later(hours=1))

    assert call(settings.rules_since) == {
        "a": NOON,
        "b": later(hours=1),
        "c": later(hours=1),
    }


def test_before_the_first_start_no_rule_is_dated(call: Caller) -> None:
    assert call(settings.rules_since) == {}
