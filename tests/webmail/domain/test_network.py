"""A network set up from its table: twice the same, nothing by halves, and each address for the card it is kept for."""

import pytest
from django.core.management import CommandError, call_command

from tests import network_table
from tests.network_table import number
from tests.webmail.ledger import card_share
from tests.webmail.practitioner import Practitioner
from tests.webmail.web.test_services import certify, open_service
from webmail.domain import integrity, network_list, offboard, open_account
from webmail.domain.errors import OpeningRefused
from webmail.models import Invitation, ListedInbox, ListedPerson, Mailbox, Person, Tenant


def person(holder, *, name="", **cells):
    named = holder.enrolment
    return network_table.person(name or named.name, named.id_value, **cells)


@pytest.fixture
def take(practice, tmp_path, capsys):
    """Runs the command; gives what it said, and whether it succeeded."""

    def run(*lines, **options):
        try:
            file = network_table.write(tmp_path, network_table.network("pli.example"), *lines)
            call_command("network", "import", str(file), **options)
        except CommandError as error:
            said = capsys.readouterr()
            return False, f"{said.err}{said.out}{error}"
        return True, capsys.readouterr().out

    return run


def everything():
    return [list(model.objects.order_by("id").values()) for model in (Tenant, ListedPerson, ListedInbox, Person)]


@pytest.fixture
def alice(practice):
    return Practitioner(practice.holder("alice"), practice.open("alice"))


@pytest.fixture
def bob(practice):
    return Practitioner(practice.holder("bob"), practice.open("bob"))


@pytest.fixture
def nadia(practice):
    return practice.newcomer(71, "Nadia", "Payet")


@pytest.fixture
def omar(practice):
    return practice.newcomer(72, "Omar", "Grondin")


def test_a_list_taken_twice_changes_nothing(take, nadia, omar):
    lines = [
        person(nadia, administrator="oui", inboxes="maternite:gestion"),
        person(omar, inboxes="maternite"),
        f"boite;Maternité;{nadia.enrolment.id_value};maternite;;;",
    ]
    done, said = take(*lines)
    assert done, said
    assert "4 added, 0 changed, 0 as before" in said
    before = everything()
    done, said = take(*lines)
    assert done
    assert "0 added, 0 changed, 4 as before, 0 invited" in said
    assert everything() == before
    tenant = Tenant.objects.get()
    assert (tenant.name, tenant.timezone, tenant.listed_only) == ("Réseau Périnat Océan", "Indian/Reunion", True)
    assert list(integrity.check_references()) == []


def test_a_rehearsal_says_the_same_and_changes_nothing(take, nadia):
    before = everything()
    done, said = take(person(nadia), dry_run=True)
    assert done
    assert "Would be: 2 added" in said
    assert "Nobody administers" in said
    assert everything() == before


def test_bad_lines_are_named_with_what_to_do_and_the_others_are_taken(take, alice, nadia, omar):
    done, said = take(
        person(nadia, administrator="oui"),
        person(omar, inboxes="inconnue"),
        "personne;Zoé Hoarau;99940000010;;;;",
        person(nadia),
        f"personne;Bob Autre;{alice.holder.enrolment.id_value};;;;",
        f"personne;Eva Payet;{number(5)};nadia.payet;;;",
        f"personne;Ugo Payet;{number(6)};ugo@ailleurs.example;;;",
        f"boite;Garde;{number(99)};garde;;;",
        f"boite;Prise;{nadia.enrolment.id_value};{alice.mailbox.address};;;",
        f"personne;Loïc Payet;{number(7)};;;;",
    )
    assert not done
    reasons = [
        "line 4 (inconnue): the list has no such inbox",
        "line 5 (99940000010): this is no RPPS number",
        f"line 6 ({nadia.enrolment.id_value}): this number stands in an earlier line",
        f"line 7 ({alice.mailbox.person.name}): this number is known here under another name",
        "line 8 (nadia.payet@pli.example): this address stands in an earlier line",
        "line 9 (ugo@ailleurs.example): this address cannot be used",
        f"line 10 ({number(99)}): who opens an inbox must be on the list",
        f"line 11 ({alice.mailbox.address}): this address belongs to somebody else",
    ]
    for each in reasons:
        assert each in said
    assert "8 lines were not taken" in said
    assert sorted(ListedPerson.objects.values_list("name", flat=True)) == ["Loïc Payet", nadia.enrolment.name]
    assert not ListedInbox.objects.exists()


def test_without_the_networks_own_line_nothing_is_changed(take, nadia, settings):
    before = everything()
    settings.PLI_DOMAINS = ["other.example"]
    done, said = take(person(nadia))
    assert not done
    assert "line 2 (pli.example): this server has no such mail domain" in said
    assert "Nothing was changed" in said
    assert everything() == before


def test_a_person_comes_with_the_card_and_gets_what_the_list_keeps(take, practice, nadia):
    take(person(nadia, address="nadia", administrator="oui"))
    assert open_account.suggested_address(nadia.enrolment) == "nadia@pli.example"
    mailbox = practice.open_for(nadia, "nadia@pli.example")
    tenant = Tenant.objects.get()
    assert tenant.administrators == [mailbox.person.id]
    assert Person.objects.get(id=mailbox.person.id).tenant_id == tenant.id
    assert ListedPerson.objects.get().person_id == mailbox.person.id
    assert take(person(nadia, administrator="oui"))[0]
    take(person(nadia))
    assert Tenant.objects.get().administrators == []


def refused(practice, holder, address):
    with pytest.raises(OpeningRefused) as caught:
        practice.open_for(holder, address)
    return caught.value.code


def test_nobody_else_opens_what_is_kept(take, practice, nadia, omar):
    """Nor a card of the right number with another name, nor somebody whom the list does not name."""
    line = f"boite;Maternité;{nadia.enrolment.id_value};maternite;;;"
    take(person(nadia, address="nadia"), line, person(omar, name="Omer Grondain", address="omar"))
    assert refused(practice, practice.newcomer(73), "nadia@pli.example") == "address-taken"
    assert refused(practice, practice.newcomer(73), "maternite@pli.example") == "address-taken"
    assert refused(practice, practice.newcomer(73), "elsewhere@pli.example") == "not-listed"
    assert refused(practice, practice.passkey_holder(), "paul@pli.example") == "not-listed"
    assert refused(practice, omar, "omar@pli.example") == "name-differs"
    assert ListedPerson.objects.get(address="omar@pli.example").reason == "name-differs"
    assert not Mailbox.objects.filter(status="open").exists()
    assert take(person(omar, address="omar"))[0]
    practice.open_for(omar, "omar@pli.example")
    assert ListedPerson.objects.get(address="omar@pli.example").reason == ""


def test_who_was_here_before_joins_with_the_mailbox_of_old(take, alice):
    done, said = take(person(alice.holder, administrator="oui"))
    assert done, said
    tenant = Tenant.objects.get()
    assert tenant.administrators == [alice.mailbox.person.id]
    assert Mailbox.objects.get(id=alice.account_id).tenant_id == tenant.id
    done, said = take(person(alice.holder, address="other"))
    assert f"({alice.mailbox.address}): this person has a mailbox here already" in said
    offboard.leave(alice.mailbox.person.id)
    assert "this person has left" in take(person(alice.holder))[1]


def test_an_inbox_is_opened_by_whom_the_list_names_and_invites_the_others(take, practice, alice, bob, nadia):
    """Whoever was here is ready at once, whoever comes later is invited by the next list; who was taken out stays out."""
    ward = f"boite;Maternité;{alice.holder.enrolment.id_value};maternite;;;"
    people = [person(alice.holder, administrator="oui"), person(bob.holder, inboxes="maternite:gestion")]
    assert take(*people, ward)[0]
    alice.log_in()
    bob.log_in()
    assert certify(bob, practice).status_code == 404
    assert network_list.awaited_inboxes(alice.mailbox.person)[0].address == "maternite@pli.example"
    ledger = open_service(alice, practice)
    assert network_list.awaited_inboxes(alice.mailbox.person) == []
    invited = Invitation.objects.get(account_id=ledger.account_id)
    assert (invited.id_value, invited.role, invited.state) == (bob.holder.enrolment.id_value, "manager", "ready")
    ledger.append(ledger.grant(card_share(bob.holder)))
    assert "1 added" in take(*people, ward, person(nadia, inboxes="maternite"))[1]
    assert Invitation.objects.get(id_value=nadia.enrolment.id_value).state == "pending"
    Invitation.objects.filter(id_value=nadia.enrolment.id_value).update(state="refused", reason="withdrawn")
    assert "0 invited" in take(*people, ward, person(nadia, inboxes="maternite"))[1]


def test_a_number_belongs_to_one_network(take, practice, alice):
    Tenant.objects.create(id="b" * 32, name="Other", domain="other.example", created_at="2026-01-01T00:00Z")
    Person.objects.filter(id=alice.mailbox.person.id).update(tenant_id="b" * 32)
    assert "belongs to another network" in take(person(alice.holder))[1]
