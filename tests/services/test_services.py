"""The servers that other tests rely on do what they promise."""

import imaplib
import smtplib
import ssl

import pytest
import redis

from tests.services.smtp_sink import HANG_UP

MAIL = b"From: mia@example.test\r\nTo: shop@example.test\r\nSubject: Hi\r\n\r\nHello.\r\n"


def test_a_delivered_mail_is_fetched_over_imap(mailbox):
    mailbox.deliver(MAIL)

    client = imaplib.IMAP4("127.0.0.1", mailbox.server.port)
    client.login(mailbox.address, mailbox.password)
    status, answer = client.select("INBOX")
    _, fetched = client.fetch("1", "(RFC822)")
    client.logout()

    assert (status, answer) == ("OK", [b"1"])
    assert [part[1] for part in fetched if isinstance(part, tuple)] == [MAIL]


def test_imap_over_tls_is_trusted_by_the_servers_own_certificate_only(mailbox):
    server = mailbox.server
    trusting = ssl.create_default_context(cafile=str(server.certificate))

    client = imaplib.IMAP4_SSL("localhost", server.tls_port, ssl_context=trusting)
    client.login(mailbox.address, mailbox.password)
    client.logout()

    with pytest.raises(ssl.SSLCertVerificationError):
        imaplib.IMAP4_SSL("localhost", server.tls_port, ssl_context=ssl.create_default_context())


def test_mail_appended_over_imap_is_seen_in_the_folder(mailbox):
    client = imaplib.IMAP4("127.0.0.1", mailbox.server.port)
    client.login(mailbox.address, mailbox.password)
    client.append("Sent", "", imaplib.Time2Internaldate(0), MAIL)
    client.logout()

    assert mailbox.messages(folder="Sent") == [MAIL]
    assert mailbox.messages() == []


def test_a_killed_dovecot_keeps_its_mail_for_the_next_start(own_dovecot):
    mailbox = own_dovecot.new_mailbox("bo@example.test")
    mailbox.deliver(MAIL)

    own_dovecot.kill()
    own_dovecot.start()

    client = imaplib.IMAP4("127.0.0.1", own_dovecot.port)
    client.login("bo@example.test", mailbox.password)
    assert client.select("INBOX") == ("OK", [b"1"])
    client.logout()


def test_the_sink_keeps_what_it_is_sent(smtp_sink):
    with smtplib.SMTP("127.0.0.1", smtp_sink.port) as client:
        client.sendmail("shop@example.test", ["mia@example.test"], MAIL)

    (mail,) = smtp_sink.wait_for(1)
    assert (mail.sender, mail.recipients) == ("shop@example.test", ["mia@example.test"])
    assert mail.raw == MAIL
    assert mail.message["Subject"] == "Hi"


@pytest.mark.parametrize("phase", ["mail", "rcpt", "data"])
def test_the_sink_refuses_where_it_is_told_to_and_keeps_nothing(smtp_sink, phase):
    smtp_sink.script(phase, "451 4.3.0 later")

    with smtplib.SMTP("127.0.0.1", smtp_sink.port) as client:
        with pytest.raises(smtplib.SMTPException):
            client.sendmail("shop@example.test", ["mia@example.test"], MAIL)
        client.sendmail("shop@example.test", ["mia@example.test"], MAIL)

    assert len(smtp_sink.mails) == 1


def test_the_sink_takes_the_mail_and_hangs_up_before_it_says_so(smtp_sink):
    smtp_sink.script("data", HANG_UP)

    client = smtplib.SMTP("127.0.0.1", smtp_sink.port)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        client.sendmail("shop@example.test", ["mia@example.test"], MAIL)

    assert len(smtp_sink.wait_for(1)) == 1


def test_a_killed_valkey_comes_back_empty_on_its_port(own_valkey):
    client = redis.Redis.from_url(own_valkey.url)
    client.set("tickets", 1)

    own_valkey.kill()
    own_valkey.start()

    assert client.get("tickets") is None
    client.close()
