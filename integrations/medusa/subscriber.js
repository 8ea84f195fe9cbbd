// Tells Aftercare which order has changed, at once. Save as src/subscribers/aftercare.js in your Medusa project and start it
// with AFTERCARE_HOOK_URL and AFTERCARE_HOOK_KEY (both are in Aftercare under Settings › Stores).
// Nothing but the order's id leaves the shop; Aftercare reads the order itself. A call that does not get through is no loss:
// changed orders are asked for every few minutes anyway.
const { createHmac, randomUUID } = require("node:crypto");

const EVENTS = [
  "order.placed",
  "order.updated",
  "order.canceled",
  "order.completed",
  "order.archived",
  "order.fulfillment_created",
  "order.fulfillment_canceled",
  "order.return_requested",
  "order.return_received",
  "order.claim_created",
  "order.exchange_created",
  "order-edit.confirmed",
  "shipment.created",
  "delivery.created",
  "payment.captured",
  "payment.refunded",
];

async function orderOf(event, container) {
  const { name, data } = event;
  if (data.order_id) return data.order_id;
  if (name.startsWith("order.")) return data.id;
  const [entity, path] = name.startsWith("payment.")
    ? ["payment", ["payment_collection", "order", "id"]]
    : ["fulfillment", ["order", "id"]];
  const query = container.resolve("query");
  const found = await query.graph({ entity, fields: [path.join(".")], filters: { id: data.id } });
  return path.reduce((part, key) => part?.[key], found.data[0]);
}

async function tellAftercare({ event, container }) {
  const url = process.env.AFTERCARE_HOOK_URL;
  const key = process.env.AFTERCARE_HOOK_KEY;
  if (!url || !key) return;
  const logger = container.resolve("logger");
  try {
    const orderId = await orderOf(event, container);
    if (!orderId) return;
    const id = "msg_" + randomUUID();
    const seconds = Math.floor(Date.now() / 1000).toString();
    const body = JSON.stringify({ type: event.name, timestamp: new Date().toISOString(), data: { order_id: orderId } });
    const secret = Buffer.from(key.replace(/^whsec_/, ""), "base64");
    const signature = createHmac("sha256", secret).update([id, seconds, body].join(".")).digest("base64");
    const answer = await fetch(url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "webhook-id": id,
        "webhook-timestamp": seconds,
        "webhook-signature": "v1," + signature,
      },
      body,
      signal: AbortSignal.timeout(10000),
    });
    if (!answer.ok) logger.warn(["Aftercare answered", answer.status, "to", event.name].join(" "));
  } catch (error) {
    logger.warn(["Aftercare could not be told of", event.name, "because", error.message].join(" "));
  }
}

module.exports = { default: tellAftercare, config: { event: EVENTS, context: { subscriberId: "aftercare" } } };
