"""Mails of every golden event: parsed strictly by Python's email package, and taken by a real mail server over STARTTLS with AUTH."""
import email
import email.policy
import html.parser
import re
import ssl
import subprocess

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from messages import of_kind

STRICT = email.policy.default.clone(raise_on_defect=True)
HEADERS = ["From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted",
           "X-Auto-Response-Suppress", "MIME-Version", "Content-Type"]


def parsed(message: dict):
    return email.message_from_bytes(message["body"].encode("ascii"), policy=STRICT)


def test_every_mail_parses_without_a_defect_and_has_our_headers_only():
    for message in of_kind("email"):
        mail = parsed(message)
        assert mail.keys() == HEADERS
        assert mail.get_content_type() == "multipart/alternative"
        assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
        assert mail["From"].addresses[0].display_name == "G\u00f6dwit (ops)"
        assert [each.addr_spec for each in mail["To"].addresses] == message["to"] == ["a@example.com", "b@example.com"]
        assert mail["Message-ID"] == f"<{message['id']}@example.com>"
        assert mail["Auto-Submitted"] == "auto-generated"
        assert mail["Date"].datetime.tzinfo is not None
        assert len(mail["Subject"]) <= 200
        assert not set(mail["Subject"]) & set("\r\n\u202e\u2066\u200f\x1b")


def test_every_line_is_short_ascii_with_the_line_end_of_mail():
    for message in of_kind("email"):
        body = message["body"].encode("ascii")
        assert re.search(rb"(?<!\r)\n|\r(?!\n)", body) is None
        assert max(map(len, body.split(b"\r\n"))) <= 998
        assert max(len(line) for line in body.split(b"\r\n\r\n", 1)[1].split(b"\r\n")) <= 78
        assert len(body) < 500_000


def test_mails_of_one_task_are_one_thread_and_those_of_others_are_not():
    threads = {}
    for message in of_kind("email"):
        if message["event"].startswith(("io.godwit.task.", "io.godwit.stage.")):
            threads.setdefault(message["subject"], set()).add(parsed(message)["In-Reply-To"])
    assert all(len(ids) == 1 for ids in threads.values())
    assert len(set.union(*threads.values())) == len(threads)


class Seen(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.links, self.text = [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data):
        self.text += data


def test_the_html_part_has_no_tag_nor_link_but_ours():
    for message in of_kind("email"):
        text, page = (part.get_content() for part in parsed(message).iter_parts())
        seen = Seen(page)
        assert set(seen.tags) <= {"html", "head", "meta", "title", "body", "h2", "p", "table", "tr", "th", "td", "a", "small"}
        assert len(seen.links) == 1
        assert seen.links[0].startswith("https://godwit.example/?task=")
        assert seen.links[0] in text
        if "<script>" in message["text"]:
            assert "<script>alert(1)</script>" in seen.text


def test_a_known_error_comes_with_its_fix_and_a_link():
    message = next(each for each in of_kind("email") if each["event"] == "io.godwit.task.failed.v1" and each["text"] == "")
    text = parsed(message).get_body(("plain",)).get_content()
    assert "Suggested fix: Free space where" in text
    assert f"Open the migration: https://godwit.example/?task={message['subject']}&x=1" in text


class Box:
    """What the server has taken: (sender, recipients, bytes, over TLS, authenticated)."""

    def __init__(self):
        self.taken = []

    async def handle_DATA(self, _server, session, envelope):
        self.taken.append((envelope.mail_from, envelope.rcpt_tos, envelope.content, session.ssl is not None, session.authenticated))
        return "250 taken"


def authenticate(_server, _session, _envelope, _mechanism, data):
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"bird", b"tail")
    return AuthResult(success=right, handled=False)  # so that the server answers 535 itself


class Server(Controller):
    def __init__(self, box, context):
        super().__init__(box, hostname="127.0.0.1", port=0)
        self.context = context

    def factory(self):
        return SMTP(self.handler, hostname="localhost", tls_context=self.context, require_starttls=True, auth_required=True,
                    authenticator=authenticate, data_size_limit=1_000_000)

    def _trigger_server(self):  # it would connect to the port it was given, which is 0
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    place = tmp_path_factory.mktemp("tls")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-keyout", place / "key.pem", "-out", place / "cert.pem"],
                   check=True, capture_output=True, timeout=60)
    return place


@pytest.fixture
def server(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    box = Box()
    controller = Server(box, context)
    controller.start()
    yield box, controller.port
    controller.stop()


def send(port, certificate, tmp_path, mails, password="tail"):
    """With curl's command line, whose library is the sender's own."""
    parts = []
    for number, mail in enumerate(mails):
        path = tmp_path / f"{number}.eml"
        path.write_bytes(mail["body"].encode("ascii"))
        parts.append("\n".join([
            f'url = "smtp://127.0.0.1:{port}/godwit.example"', "ssl-reqd", f'cacert = "{certificate / "cert.pem"}"', f'user = "bird:{password}"',
            f'mail-from = "{mail["from"]}"', *(f'mail-rcpt = "{to}"' for to in mail["to"]), f'upload-file = "{path}"', "silent", "show-error", ""]))
    config = tmp_path / "curl.conf"
    config.write_text("next\n".join(parts))
    return subprocess.run(["curl", "-q", "--config", config], capture_output=True, text=True, timeout=120, check=False)


def test_a_real_mail_server_takes_every_mail_over_starttls_with_auth_as_it_was_sent(server, certificate, tmp_path):
    box, port = server
    mails = of_kind("email")
    done = send(port, certificate, tmp_path, mails)
    assert done.returncode == 0, done.stderr[-2000:]
    assert len(box.taken) == len(mails)
    for mail, (sender, recipients, content, encrypted, authenticated) in zip(mails, box.taken, strict=True):
        assert (sender, recipients, encrypted, authenticated) == (mail["from"], mail["to"], True, True)
        assert content == mail["body"].encode("ascii")


def test_the_mail_server_takes_nothing_with_a_wrong_password(server, certificate, tmp_path):
    box, port = server
    done = send(port, certificate, tmp_path, of_kind("email")[:1], password="feather")
    assert done.returncode == 67
    assert box.taken == []
