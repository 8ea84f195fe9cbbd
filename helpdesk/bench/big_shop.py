"""A shop with very many tickets, for benches: 10,000 to a million in minutes, by COPY.

Not random noise: most tickets are closed and old, the newest are open, tags and words are as
uneven as in real mail. Every message holds ``hello`` and a word of its own; some words are in
every fifth, thirtieth and two-thousandth message, one only in the oldest tenth of all. Every
tenth message is Chinese, Thai, Czech, Polish or Russian.
"""

from __future__ import annotations

import math
import random
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

EVERY, FIFTH, THIRTIETH, RARE, OLD = "hello", "refund", "cancellation", "zeppelin", "christmas"
AGENTS, CUSTOMERS_PER_TICKET = 40, 0.25
TAGS = ["wismo", "cancellation", "return", "vip", "damaged", "invoice", "address"] + [
    f"topic-{n}" for n in range(40)
]
LANGUAGES = ["en"] * 50 + ["de"] * 15 + ["fr"] * 10 + ["es"] * 8 + ["pl"] * 5 + ["cs"] * 4
SENTENCES = [
    "我想取消我的订单，请尽快退款",
    "ฉันต้องการยกเลิกคำสั่งซื้อ",
    "Chci zrušit objednávku, děkuji",
    "Proszę o zwrot pieniędzy za zamówienie",
    "Где мой заказ, уже неделя прошла",
]
_COLUMNS = (
    "n integer, ticket_id uuid, customer_id uuid, message_id uuid, subject text, status text, "
    "priority text, assignee_id uuid, is_unread boolean, language text, tags text[], snippet text, "
    "at timestamptz, waiting_since timestamptz, closed_at timestamptz, csat_state text, "
    "csat_score smallint, body text, vector text"
)


def make_big_shop(count: int) -> str:
    """An organization with so many tickets, agents and 30 views; returns an API token."""
    from helpdesk.accounts.actions import create_token, create_user
    from helpdesk.commands.people import first_organization
    from helpdesk.lib.ids import new_id
    from integrations.email.channels import add_email_channel
    from tickets.models import Tag

    organization = first_organization("Linden & Loom", "bench")
    channel = add_email_channel(organization, name="Help", address="help@lindenloom.example")
    agents = [
        create_user(
            organization,
            email="ana@lindenloom.example" if n == 0 else f"agent{n}@lindenloom.example",
            password=new_id().hex,
            name=f"Agent {n}",
            role="admin" if n == 0 else "agent",
        )
        for n in range(AGENTS)
    ]
    Tag.objects.bulk_create([Tag(organization=organization, name=each) for each in TAGS])
    _make_views(organization)
    _fill(count, organization, channel, [each.pk for each in agents])
    return create_token(agents[0], "bench")[1]


def _make_views(organization: Any) -> None:
    """The default views and as many more as make thirty."""
    from tickets.models import View
    from tickets.views import ensure_default_views

    ensure_default_views(organization)
    more = 30 - View.objects.filter(organization=organization).count()
    is_open = {"field": "ticket.status", "operator": "is", "value": "open"}
    kinds: list[dict[str, Any]] = [
        {"field": "ticket.tags", "operator": "contains_any_of", "value": ["vip", "wismo"]},
        {"field": "ticket.language", "operator": "is", "value": "de"},
        {"field": "ticket.waiting_since", "operator": "longer_ago_than", "value": "4h"},
        {"field": "ticket.is_unread", "operator": "is", "value": True},
        {"field": "ticket.created_at", "operator": "within_last", "value": "7d"},
        {"field": "ticket.assignee", "operator": "is", "value": "me"},
    ]
    View.objects.bulk_create(
        View(
            organization=organization,
            slug=f"view-{n}",
            name=f"View {n}",
            position=50 + n,
            conditions={
                "all": [
                    is_open,
                    kinds[n % len(kinds)],
                    {
                        "field": "ticket.tags",
                        "operator": "contains_none_of",
                        "value": [TAGS[n % len(TAGS)]],
                    },
                ]
            },
        )
        for n in range(more)
    )


def _fill(count: int, organization: Any, channel: Any, agents: list[uuid.UUID]) -> None:
    from django.db import connection, transaction

    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '256MB'")
        cursor.execute("SET max_parallel_maintenance_workers = 1")
    with transaction.atomic(), connection.cursor() as cursor:
        indexes = _drop_indexes(cursor)
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(f"CREATE TEMPORARY TABLE bench ({_COLUMNS}) ON COMMIT DROP")
        with cursor.copy("COPY bench FROM STDIN") as copy:
            for row in _rows(count, agents):
                copy.write_row(row)
        _insert(cursor, organization, channel)
        for statement in indexes:
            cursor.execute(statement)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


_TABLES = {
    "tickets_ticket": {
        "id": "b.ticket_id",
        "number": "b.n",
        "subject": "b.subject",
        "status": "b.status",
        "priority": "b.priority",
        "is_unread": "b.is_unread",
        "assignee_id": "b.assignee_id",
        "customer_id": "b.customer_id",
        "language": "b.language",
        "tags": "b.tags",
        "snippet": "b.snippet",
        "last_message_direction": "'in'",
        "last_message_at": "b.at",
        "waiting_since": "b.waiting_since",
        "closed_at": "b.closed_at",
        "csat_state": "b.csat_state",
        "csat_score": "b.csat_score",
        "message_count": "1",
        "last_position": "1",
        "created_at": "b.at - interval '1 hour'",
        "updated_at": "b.at",
    },
    "tickets_message": {
        "id": "b.message_id",
        "ticket_id": "b.ticket_id",
        "customer_id": "b.customer_id",
        "position": "1",
        "author_name": "'Shopper ' || b.n % (SELECT max(n) / 4 + 1 FROM bench)",
        "subject": "b.subject",
        "created_at": "b.at",
    },
    "tickets_messagebody": {"message_id": "b.message_id", "text": "b.body"},
    "tickets_ticketwords": {
        "id": "nextval(pg_get_serial_sequence('tickets_ticketwords', 'id'))",
        "ticket_id": "b.ticket_id",
        "length": "60",
        "period": "tickets_period(b.at)",
        "vector": "b.vector::tsvector",
    },
}


def _insert(cursor: Any, organization: Any, channel: Any) -> None:
    """Each table from the rows of COPY; what they do not say is as the models make it."""
    customers = "(SELECT DISTINCT ON (customer_id) * FROM bench) AS b"
    own = {"id": "b.customer_id", "name": "'Shopper ' || b.n"}
    _insert_into(cursor, _template_customer(organization), own, customers)
    handle = {
        "id": "gen_random_uuid()",
        "customer_id": "b.customer_id",
        "value": "'s' || b.n || '@posteo.example'",
    }
    _insert_into(cursor, _template_handle(organization), handle, customers)
    words = {
        "customer_id": "b.customer_id",
        "vector": "('''shopper'':1B ''' || b.n || ''':2B ''s' || b.n "
        "|| ''':5B ''posteo'':6B ''example'':7B')::tsvector",
    }
    _insert_into(cursor, _template_words(organization), words, customers)
    for template in _templates(organization, channel):
        _insert_into(cursor, template, _TABLES[template._meta.db_table], "bench AS b")
    cursor.execute(
        "INSERT INTO tickets_ticketnumbers (organization_id, last) SELECT %s, max(n) FROM bench "
        "ON CONFLICT (organization_id) DO UPDATE SET last = excluded.last",
        [organization.pk],
    )


def _template_customer(organization: Any) -> Any:
    from tickets.models import Customer

    return Customer(organization=organization)


def _template_handle(organization: Any) -> Any:
    from tickets.models import Handle

    return Handle(organization=organization, is_verified=True)


def _template_words(organization: Any) -> Any:
    from tickets.models import CustomerWords

    return CustomerWords(organization=organization)


def _templates(organization: Any, channel: Any) -> list[Any]:
    from tickets.models import Message, MessageBody, Ticket, TicketWords

    return [
        Ticket(organization=organization, number=0, channel=channel, channel_kind=channel.kind),
        Message(
            organization=organization,
            position=1,
            kind="customer",
            direction="in",
            author_type="customer",
            channel=channel,
            channel_kind=channel.kind,
        ),
        MessageBody(),
        TicketWords(organization=organization),
    ]


def _insert_into(cursor: Any, template: Any, own: dict[str, str], source: str) -> None:
    from django.db import connection

    names, values, parameters = [], [], []
    for field in template._meta.concrete_fields:
        if field.generated:
            continue
        names.append(f'"{field.column}"')
        if field.column in own:
            values.append(own[field.column].replace("%", "%%"))
        else:
            values.append(f"%s::{field.db_type(connection).split(' GENERATED')[0]}")
            value = field.pre_save(template, add=True)
            parameters.append(field.get_db_prep_save(value, connection))
    cursor.execute(
        f"INSERT INTO {template._meta.db_table} ({', '.join(names)}) "  # noqa: S608 (our models)
        f"SELECT {', '.join(values)} FROM {source}",
        parameters,
    )


def _drop_indexes(cursor: Any) -> list[str]:
    """Drop what is quicker made afterwards; returns the statements that make it again."""
    cursor.execute(
        "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i "
        "WHERE i.indrelid = ANY(%s::regclass[]) "
        "AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid)",
        [[*_TABLES, "tickets_customer", "tickets_handle", "tickets_customerwords"]],
    )
    found = cursor.fetchall()
    for name, _ in found:
        cursor.execute(f"DROP INDEX {name}")
    return [statement for _, statement in found]


def _rows(count: int, agents: list[uuid.UUID]) -> Iterator[tuple[Any, ...]]:
    """The tickets from the oldest to the newest."""
    from helpdesk.lib.clock import now

    chance = random.Random(11)  # noqa: S311 (the same shop in every run)
    words = _words(chance)
    end, span = now(), timedelta(days=3 * 365)
    alive = int(15 * math.sqrt(count))
    for n in range(1, count + 1):
        at = end - span * ((count - n) / count) ** 1.2 - timedelta(seconds=chance.random() * 60)
        text, vector = _text(n, count, chance, words)
        is_recent = n > count - 4 * alive
        is_open = is_recent and chance.random() < 0.25
        status = "open" if is_open else _other_status(chance, is_recent=is_recent)
        is_rated = status == "closed" and chance.random() < 0.08
        yield (
            n,
            _id(at, n, 1),
            _id(end - span, n % max(1, int(count * CUSTOMERS_PER_TICKET)), 2),
            _id(at, n, 3),
            f"Order #{1000 + n}: {text[:40]}",
            status,
            "urgent" if n % 211 == 0 else "high" if n % 37 == 0 else "normal",
            None if is_open and chance.random() < 0.4 else agents[n * 7 % len(agents)],
            is_open and chance.random() < 0.5,
            chance.choice(LANGUAGES),
            [TAGS[min(int(chance.expovariate(0.25)), len(TAGS) - 1)]],
            text[:160],
            at,
            at if is_open else None,
            None if status in ("open", "snoozed") else at,
            "answered" if is_rated else "",
            chance.randint(1, 5) if is_rated else None,
            text,
            vector,
        )


def _other_status(chance: random.Random, *, is_recent: bool) -> str:
    if is_recent and chance.random() < 0.05:
        return "snoozed"
    return "spam" if chance.random() < 0.01 else "closed"


def _words(chance: random.Random) -> list[str]:
    """20,000 words; the first ones are used most."""
    letters = "abcdefghiklmnoprstuvwz"
    return ["".join(chance.choices(letters, k=chance.randint(3, 9))) for _ in range(20_000)]


def _text(n: int, count: int, chance: random.Random, words: list[str]) -> tuple[str, str]:
    """A message, and its words as the search keeps them."""
    from tickets.search.documents import TicketDocument

    picked = [words[int(20_000 * chance.random() ** 4)] for _ in range(chance.randint(12, 40))]
    picked[0] = EVERY
    picked.append(f"unique{n}")
    for share, word in ((5, FIFTH), (30, THIRTIETH), (2000, RARE)):
        if chance.random() * share < 1:
            picked.insert(chance.randint(1, len(picked)), word)
    if n < count / 10:
        picked.append(OLD)
    text = " ".join(picked)
    document = TicketDocument()
    document.add_lexemes(["order", str(1000 + n), *picked[:6]], "A")
    document.add_lexemes([str(n)], "A")
    document.add_lexemes(["shopper", str(n)], "B")
    document.add_lexemes(picked, "D")
    if n % 10 == 0:
        sentence = SENTENCES[n // 10 % len(SENTENCES)]
        document.add(sentence)
        text = f"{text}\n{sentence}"
    return text, document.parts[0].as_tsvector()


def _id(at: datetime, n: int, kind: int) -> uuid.UUID:
    """In the order of time, like the ids of real rows."""
    milliseconds = int(at.timestamp() * 1000) & (2**48 - 1)
    return uuid.UUID(int=(milliseconds << 80) | (7 << 76) | (2 << 62) | (kind << 56) | n)
