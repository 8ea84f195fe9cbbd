"""What every place of reviews must do beside what every connector must."""

from __future__ import annotations

from tests.contracts.channel_connector import ChannelConnectorContract
from tests.contracts.vendor import VendorServer
from tickets.models import Channel, Ticket, TicketKind


class ReviewsContract(ChannelConnectorContract):
    """Reviews have no conversation but themselves: an answer goes under the one it answers."""

    has_signature = False

    def test_messages_of_one_conversation_are_on_one_ticket_in_any_order(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        """Two reviews of one person are two tickets, each of its own, however often they come."""
        self.bring(channel, vendor_of, ("m2", "Too small"), ("m1", "Lovely"))
        self.bring(channel, vendor_of, ("m1", "Lovely"), ("m2", "Too small"))
        assert sorted(self.texts(channel)) == ["Lovely", "Too small"]
        kinds = list(Ticket.objects.values_list("kind", flat=True))
        assert kinds == [TicketKind.REVIEW, TicketKind.REVIEW]
        assert Ticket.objects.values("customer_id").distinct().count() == 1
