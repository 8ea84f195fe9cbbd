"""The questions about orders, written once. Every document here is judged by Shopify's schema."""

from __future__ import annotations

ADDRESS = """
fragment Address on MailingAddress {
  firstName lastName name company address1 address2 zip city province provinceCode countryCodeV2 phone
}
"""

MONEY = """
fragment Both on MoneyBag { presentmentMoney { amount currencyCode } shopMoney { amount currencyCode } }
"""

_HEAD = """
  legacyResourceId name createdAt processedAt updatedAt cancelledAt cancelReason edited
  displayFinancialStatus displayFulfillmentStatus returnStatus
  currencyCode presentmentCurrencyCode taxesIncluded refundable
  totalPriceSet { ...Both } subtotalPriceSet { ...Both } totalShippingPriceSet { ...Both }
  totalDiscountsSet { ...Both } totalTaxSet { ...Both } totalReceivedSet { ...Both }
  totalRefundedSet { ...Both } totalCapturableSet { ...Both }
  email phone customerLocale note tags discountCodes paymentGatewayNames
  risk { recommendation }
  shippingAddress { ...Address }
  billingAddress { ...Address }
  customer @include(if: $customers) {
    legacyResourceId displayName locale updatedAt
    defaultEmailAddress { emailAddress } defaultPhoneNumber { phoneNumber }
  }
  transactions(first: 30) {
    id kind status amountSet { ...Both } createdAt processedAt formattedGateway accountNumber
    paymentDetails { ... on CardPaymentDetails { company } }
  }
"""

_LINE = """
  id title variantTitle sku quantity currentQuantity refundableQuantity unfulfilledQuantity
  originalUnitPriceSet { ...Both } totalDiscountSet { ...Both } isGiftCard restockable
  image { url } product { id } variant { id }
"""

_PARCEL = """
  legacyResourceId status displayStatus createdAt updatedAt inTransitAt deliveredAt
  estimatedDeliveryAt trackingInfo(first: 1) { company number url }
"""

_FULFILLMENT_ORDER = """
  id status supportedActions { action } deliveryMethod { maxDeliveryDateTime }
  fulfillmentHolds { id reason reasonNotes displayReason handle heldByRequestingApp }
"""

_RETURN = """
  id name status createdAt closedAt
"""

ORDER = (
    """
fragment Whole on Order {"""
    + _HEAD
    + """
  lineItems(first: $lines) { nodes { ...Line } pageInfo { hasNextPage endCursor } }
  fulfillments(first: 20) {"""
    + _PARCEL
    + """
    events(first: 20, sortKey: HAPPENED_AT, reverse: true) {
      nodes { happenedAt createdAt status message city country }
    }
    fulfillmentLineItems(first: $lines) { nodes { id quantity lineItem { id } } }
  }
  refunds(first: 50) {
    id createdAt processedAt note totalRefundedSet { ...Both }
    transactions(first: 5) { nodes { formattedGateway status } }
  }
  returns(first: 10) @include(if: $returns) {
    nodes {"""
    + _RETURN
    + """
      returnLineItems(first: $lines) {
        nodes {
          quantity returnReasonNote returnReasonDefinition { name }
          ... on ReturnLineItem { fulfillmentLineItem { lineItem { id title } } }
        }
      }
      exchangeLineItems(first: 1) { nodes { id } }
      refunds(first: 10) { nodes { totalRefundedSet { ...Both } } }
      reverseFulfillmentOrders(first: 1) {
        nodes {
          reverseDeliveries(first: 1) {
            nodes {
              deliverable {
                ... on ReverseDeliveryShippingDeliverable {
                  label { publicFileUrl } tracking { carrierName number url }
                }
              }
            }
          }
        }
      }
    }
  }
  fulfillmentOrders(first: 20) @include(if: $holds) { nodes {"""
    + _FULFILLMENT_ORDER
    + """ } }
}
fragment Line on LineItem {"""
    + _LINE
    + "}"
    + ADDRESS
    + MONEY
)
"""The fragment ``Whole``: all that we keep of an order. Wants $lines, $customers, $returns, $holds."""

_WANTS = "$lines: Int!, $customers: Boolean!, $returns: Boolean!, $holds: Boolean!"

GET_ORDER = f"query Order($id: ID!, {_WANTS}) {{ order(id: $id) {{ ...Whole }} }}" + ORDER

LIST_ORDERS = (
    f"""query Orders($first: Int!, $after: String, $query: String, {_WANTS}) {{
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {{
    nodes {{ ...Whole }} pageInfo {{ hasNextPage endCursor }}
  }}
}}"""
    + ORDER
)

COUNT_ORDERS = "query Count($query: String) { ordersCount(query: $query, limit: null) { count } }"

MORE_LINES = (
    """query Lines($id: ID!, $after: String) {
  order(id: $id) {
    lineItems(first: 100, after: $after) { nodes { ...Line } pageInfo { hasNextPage endCursor } }
  }
}
fragment Line on LineItem {"""
    + _LINE
    + "}"
    + MONEY
)

ADDED_LATER = """query AddedLater($id: ID!) {
  order(id: $id) {
    agreements(first: 50) {
      nodes {
        __typename happenedAt app { title handle }
        sales(first: 50) { nodes { actionType ... on ProductSale { lineItem { id } } } }
      }
    }
  }
}"""
"""What edits sold after the purchase: an upsell of AfterSell, a line an agent added."""


def bulk_orders(*, customers: bool, returns: bool, holds: bool) -> str:
    """An export of every order. Lists have no connections inside: Shopify does not export those."""
    head = _HEAD.replace("@include(if: $customers)", "")
    if not customers:
        before, _, after = head.partition("  customer  {")
        head = before + after.split("defaultPhoneNumber { phoneNumber }\n  }", 1)[1]
    held = "fulfillmentOrders { edges { node { __typename" + _FULFILLMENT_ORDER + "} } }"
    back = "returns { edges { node { __typename" + _RETURN + "} } }"
    return (
        "{ orders(sortKey: UPDATED_AT) { edges { node { id"
        + head
        + "lineItems { edges { node { __typename"
        + _LINE
        + "} } } fulfillments(first: 20) {"
        + _PARCEL
        + "} refunds(first: 50) { id createdAt processedAt note totalRefundedSet { ...Both } } "
        + (held if holds else "")
        + (back if returns else "")
        + "} } } }"
        + ADDRESS
        + MONEY
    )


RUN_BULK = """mutation RunBulk($query: String!) {
  bulkOperationRunQuery(query: $query, groupObjects: true) {
    bulkOperation { id status } userErrors { code field message }
  }
}"""

BULK_STATE = """query Bulk($id: ID!) {
  bulkOperation(id: $id) { id status errorCode objectCount rootObjectCount fileSize url }
}"""
