"""Mail in the plan: who sends, through which relay, and what the firewall lets out for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from mairie.dialplan import incoming_numbers
from mairie.inventory import load
from mairie.model.territory import Territory
from mairie.plan.host import HostPlan
from mairie.plan.parts.network import Rule
from mairie.plan.parts.voip import VOICEMAIL
from mairie.plan.reach import Packet, Reach
from mairie.plan.resolve import resolve
from tests.lab.mail_inventory import FAX_NUMBER, RELAY, SENDER, write

SERVER, GATEWAY, BOX = "rurutu-mairie-srv", "rurutu-mairie-gw", "rapa-mairie-box"


@pytest.fixture(scope="module")
def territory(tmp_path_factory: pytest.TempPathFactory) -> Territory:
    return load(write(tmp_path_factory.mktemp("mail") / "demo"), secrets=False)


@pytest.fixture(scope="module")
def plans(territory: Territory) -> dict[str, HostPlan]:
    return resolve(territory)


def rules(plans: dict[str, HostPlan]) -> Iterator[tuple[str, Rule]]:
    for name, plan in plans.items():
        for rule in plan.network.firewall.rules:
            if rule.flow == "mail-internet":
                yield name, rule


def test_who_sends(plans: dict[str, HostPlan]) -> None:
    assert [name for name, plan in plans.items() if plan.mail is not None] == [SERVER]
    assert plans[SERVER].bricks[-4:] == ("voip", "phones", "mail", "backup")
    assert "mail" not in plans[BOX].bricks
    found = plans[SERVER].mail
    assert found is not None
    assert (found.relay, found.port, found.wrapped) == (RELAY, 587, False)
    assert (found.username, found.sender) == ("rurutu", SENDER)
    assert found.keep_days >= 10


def test_only_the_sender_reaches_relays(plans: dict[str, HostPlan]) -> None:
    ((name, rule),) = rules(plans)
    assert name == GATEWAY
    at = plans[SERVER].voip
    assert at is not None
    assert rule.source.ipv4 == (f"{at.ipv4}/32",)
    assert [(each.protocol, each.first) for each in rule.ports] == [("tcp", 465), ("tcp", 587)]
    reach = Reach(plans)
    assert reach.follow(Packet(at.ipv4, "198.51.100.25", "tcp", 587)).allowed
    assert not reach.follow(Packet(at.ipv4, "198.51.100.25", "tcp", 25)).allowed


def test_without_a_relay_nothing_is_open(territory: Territory) -> None:
    syndicate = territory.syndicate.model_copy(update={"mail": None})
    found = resolve(replace(territory, syndicate=syndicate))
    assert found[SERVER].mail is None
    assert not list(rules(found))


def test_faxes_have_a_number_of_their_own(plans: dict[str, HostPlan]) -> None:
    voip = plans[SERVER].voip
    assert voip is not None
    targets = {each.number: each.target for each in incoming_numbers(voip)}
    assert targets[FAX_NUMBER] == "fax,mairie,1"
    assert targets["+68940930000"] == "reception,s,1"


def test_messages_are_saved_and_the_queue_is_not(plans: dict[str, HostPlan]) -> None:
    saved = plans[SERVER].backup
    assert saved is not None
    assert VOICEMAIL in saved.folders
    assert not [path for path in saved.folders if path.startswith("/var/spool/postfix")]
    store = plans["hub"].store
    assert store is not None
    stored = {each.name: each for each in store.hosts}
    assert VOICEMAIL in stored[SERVER].folders
    gateway = plans[GATEWAY].backup
    assert gateway is not None
    assert VOICEMAIL not in gateway.folders
