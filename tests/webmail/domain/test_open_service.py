"""Where somebody may open a shared inbox."""

from django.utils import timezone

from webmail.domain import open_service
from webmail.models import Tenant

DOMAINS = [f"clinic{number}.example" for number in range(30)]


def test_domains_cost_two_questions_whatever_their_number(practice, settings, django_assert_num_queries):
    """Every request asks, and a large operator has hundreds of domains."""
    person = practice.open("alice").person
    settings.PLI_DOMAINS = DOMAINS
    for number, domain in enumerate(DOMAINS[:3]):
        Tenant.objects.create(
            id=f"{number:032x}",
            name=domain,
            domain=domain,
            created_at=timezone.now(),
            members_open_services=number != 0,
            administrators=[person.id] if number == 1 else [],
        )
    person.tenant_id = f"{1:032x}"
    with django_assert_num_queries(2):
        assert open_service.domains_for(person) == [DOMAINS[1], *DOMAINS[3:]]


def test_a_person_without_a_number_opens_none(practice, django_assert_num_queries):
    person = practice.open("alice").person
    person.id_value = ""
    with django_assert_num_queries(0):
        assert open_service.domains_for(person) == []
