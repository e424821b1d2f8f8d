#include <doctest/doctest.h>

#include <algorithm>

#include "consumers/webhooks/kinds/mime.h"
#include "consumers/webhooks/text.h"
#include "tests/unit/webhook_kinds/notices.h"

using namespace godwit;
using namespace godwit::webhooks::kinds;
using namespace godwit::webhooks::kinds::test;

namespace {

Options mail_options() {
  Options options;
  options.email_from = "Godwit <godwit@example.com>";
  options.email_to = {"a@example.com", "b@example.com"};
  options.dashboard_url = "https://godwit.example/{task_id}";
  return options;
}

std::vector<std::string> lines_of(const std::string& mail) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < mail.size();) {
    const std::size_t end = mail.find("\r\n", at);
    REQUIRE(end != std::string::npos);  // no line ends otherwise
    out.push_back(mail.substr(at, end - at));
    at = end + 2;
  }
  return out;
}

}  // namespace

TEST_CASE("a mail has the headers by which people and programs know it") {
  const std::string mail = body_of(Kind::email, make_notice(failed_event()), mail_options());
  const std::string head = mail.substr(0, mail.find("\r\n\r\n"));
  CHECK(head ==
        "From: \"Godwit\"\r\n <godwit@example.com>\r\nTo: a@example.com,\r\n b@example.com\r\n"
        "Subject: [Godwit] Migration of erp-db-01 failed\r\nDate: Sat, 21 Nov 2026 12:00:00 +0000\r\n"
        "Message-ID: <msg_0123456789abcdefghjkmnpqrs@example.com>\r\n"
        "In-Reply-To: <migration=2Fmig-1@example.com>\r\nReferences: <migration=2Fmig-1@example.com>\r\n"
        "Auto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: All\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/alternative; boundary=\"=_godwit_=\"");
  CHECK(mail.find("Open the migration: https://godwit.example/mig-1") != std::string::npos);
  CHECK(mail.ends_with("\r\n--=_godwit_=--\r\n"));
}

TEST_CASE("the envelope is the addresses alone") {
  const Message message = make_message(Kind::email, mail_options(), "x");
  CHECK(message.mail_from == "godwit@example.com");
  CHECK(message.mail_to == std::vector<std::string>{"a@example.com", "b@example.com"});
  CHECK(message.content_type == "message/rfc822");
}

TEST_CASE("whatever is said, a mail is ASCII in short lines with the headers it would have had") {
  Options options = mail_options();
  options.email_subject = "{{vm_name}}";
  for (const std::string& text : hostile_texts()) {
    const std::string mail = body_of(Kind::email, hostile_notice(text), options);
    CHECK(mail.size() < 400'000);
    const auto lines = lines_of(mail);
    std::size_t headers = 0;
    bool head = true;
    for (const std::string& line : lines) {
      CHECK(line.size() <= 100);
      CHECK(
          std::all_of(line.begin(), line.end(), [](char c) { return (c >= ' ' && c <= '~') || c == '\t'; }));
      head = head && !line.empty();
      if (head && line.front() != ' ') ++headers;
      if (!head) CHECK_FALSE(line.starts_with('.'));
    }
    CHECK(headers == 11);
    CHECK(mail.find("<script>", mail.find("text/html")) == std::string::npos);
  }
}

TEST_CASE("a subject that is not ASCII, or looks encoded, is encoded") {
  CHECK(text_header("Subject", "plain") == "Subject: plain\r\n");
  CHECK(text_header("Subject", "a\r\nBcc: b") == "Subject: =?UTF-8?B?YSAgQmNjOiBi?=\r\n");
  CHECK(text_header("Subject", "=?x") == "Subject: =?UTF-8?B?PT94?=\r\n");
  CHECK(text_header("Subject", "\u00e9") == "Subject: =?UTF-8?B?w6k=?=\r\n");
  const std::string longer = text_header("Subject", repeat("\U0001F4A5", 30));
  for (const std::string& line : lines_of(longer)) CHECK(line.size() <= 78);
  CHECK(text_header("Subject", repeat("ten chars ", 9) + "x").find("\r\n ") != std::string::npos);
}

TEST_CASE("quoted-printable keeps lines short, spaces at their ends, and dots from the start") {
  CHECK(quoted_printable("a=b\nc ") == "a=3Db\r\nc=20");
  CHECK(quoted_printable(".\nFrom me\n..") == "=2E\r\n=46rom me\r\n=2E.");
  CHECK(quoted_printable("\u00e9\t\n") == "=C3=A9=09\r\n");
  for (const std::string& line : lines_of(quoted_printable(repeat("\u00e9x ", 1000)) + "\r\n"))
    CHECK(line.size() <= 76);
}

TEST_CASE("a date is what mail programs expect, for any time at all") {
  CHECK(mail_date(noon) == "Sat, 21 Nov 2026 12:00:00 +0000");
  CHECK(mail_date(from_unix_ms(951'782'399'999)) == "Mon, 28 Feb 2000 23:59:59 +0000");
  CHECK(mail_date(Timestamp::min()) == "Mon, 01 Jan 1900 00:00:00 +0000");
  CHECK(mail_date(Timestamp::max()) == "Fri, 31 Dec 9999 00:00:00 +0000");
}
