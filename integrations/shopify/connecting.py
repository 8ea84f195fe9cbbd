"""Signing in to a shop, telling it where to call, and seeing that it goes on calling."""

from __future__ import annotations

from helpdesk.lib.connecting import Account
from helpdesk.lib.errors import InvalidInput, PermanentFailure
from integrations.commerce.acting import ActionKind
from integrations.commerce.models import Store
from integrations.shopify.client import API_VERSION, Node, ShopifyClient, domain_of
from integrations.shopify.manifest import NEEDED_BY, SCOPES, is_granted
from integrations.shopify.webhooks import TOPICS

SHOP = """query Shop {
  shop { name myshopifyDomain currencyCode ianaTimezone orderNumberFormatPrefix orderNumberFormatSuffix }
  currentAppInstallation { accessScopes { handle } }
}"""
SUBSCRIPTIONS = """query Subscriptions($after: String) {
  webhookSubscriptions(first: 100, after: $after) {
    nodes { id topic uri } pageInfo { hasNextPage endCursor }
  }
}"""
SUBSCRIBE = """mutation Subscribe($topic: WebhookSubscriptionTopic!, $uri: String!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: {uri: $uri, format: JSON}) {
    webhookSubscription { id } userErrors { field message }
  }
}"""
UNSUBSCRIBE = """mutation Unsubscribe($id: ID!) {
  webhookSubscriptionDelete(id: $id) { deletedWebhookSubscriptionId userErrors { field message } }
}"""


def connect(client: ShopifyClient, store: Store, hook_url: str) -> Account:
    """Sign in, remember the shop's currency and what the app may do, subscribe each topic once."""
    data = client.ask(SHOP)
    shop, granted = data["shop"], _granted(data)
    if domain_of(shop["myshopifyDomain"]) != domain_of(store.address):
        raise InvalidInput.field("address", f"This token belongs to {shop['myshopifyDomain']}.")
    if "read_orders" not in granted:
        raise PermanentFailure(
            "The app may not read orders: give it the access scope read_orders.",
            reason_code="missing_scope",
        )
    if hook_url:
        _subscribe(client, hook_url, granted)
    return Account(
        label=str(shop["name"]),
        address=str(shop["myshopifyDomain"]),
        config={
            "currency": shop["currencyCode"],
            "time_zone": shop["ianaTimezone"],
            "number_prefix": shop["orderNumberFormatPrefix"],
            "number_suffix": shop["orderNumberFormatSuffix"],
            "scopes": sorted(granted),
        },
        notes=tuple(missing(granted)),
    )


def disconnect(client: ShopifyClient, hook_token: str) -> None:
    """Take back every subscription that calls this store of ours."""
    for each in _subscriptions(client):
        if hook_token in each["uri"]:
            client.ask(UNSUBSCRIBE, id=each["id"])


def check(client: ShopifyClient, hook_url: str) -> list[str]:
    """What was wrong; a subscription that is gone is made anew."""
    granted = _granted(client.ask(SHOP))
    problems = missing(granted)
    if client.version != API_VERSION:
        problems.append(
            f"Shopify answers as version {client.version}, Aftercare was made for {API_VERSION}."
        )
    again = _subscribe(client, hook_url, granted) if hook_url else []
    if again:
        problems.append(
            f"Shopify had stopped calling about {', '.join(again)}; it was told to call again."
        )
    return problems


def missing(granted: set[str]) -> list[str]:
    """What does not work for want of an access scope, in an admin's words."""
    wanting = [each for each in SCOPES if not is_granted(each, granted)]
    return [f"Without the access scope {each}: no {SCOPES[each]}." for each in wanting]


def lacking(kind: ActionKind, granted: object) -> list[str]:
    """The access scopes that this kind of action wants; none where nothing is known."""
    if not isinstance(granted, list):
        return []
    return [each for each in NEEDED_BY.get(kind, ()) if not is_granted(each, set(granted))]


def _granted(data: Node) -> set[str]:
    return {each["handle"] for each in data["currentAppInstallation"]["accessScopes"]}


def _subscriptions(client: ShopifyClient) -> list[Node]:
    found: list[Node] = []
    after = None
    while True:
        page = client.ask(SUBSCRIPTIONS, after=after)["webhookSubscriptions"]
        found += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


def _subscribe(client: ShopifyClient, hook_url: str, granted: set[str]) -> list[str]:
    """Subscribe what is not yet subscribed at this address; returns what that was."""
    known = {each["topic"] for each in _subscriptions(client) if each["uri"] == hook_url}
    wanted = [
        topic
        for topic, scope in TOPICS.items()
        if topic not in known and (not scope or is_granted(scope, granted))
    ]
    for topic in wanted:
        said = client.ask(SUBSCRIBE, topic=topic, uri=hook_url)["webhookSubscriptionCreate"]
        for error in said["userErrors"]:
            if "taken" not in str(error["message"]).lower():
                raise PermanentFailure(
                    f"Shopify will not call us about {topic}: {error['message']}",
                    reason_code="webhook_refused",
                )
    return wanted
