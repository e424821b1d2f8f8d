// email: one mail with a text and an HTML part (multipart/alternative), both quoted-printable. Its Message-ID
// is the delivery's id, so that a mail sent twice can be told; In-Reply-To and References name the task, so
// that a mail program shows a migration's mails as one thread.
#include <fmt/format.h>

#include <algorithm>

#include "consumers/webhooks/kinds/address.h"
#include "consumers/webhooks/kinds/bodies.h"
#include "consumers/webhooks/kinds/mime.h"
#include "consumers/webhooks/kinds/template.h"
#include "consumers/webhooks/kinds/words.h"
#include "consumers/webhooks/text.h"

namespace godwit::webhooks::kinds {
namespace {

constexpr std::size_t subject_units_max = 200;
constexpr std::size_t title_units_max = 256;
constexpr std::size_t text_units_max = 8192;
constexpr std::size_t value_units_max = 4096;

std::string subject_of(const Options& options, const Notice& notice) {
  std::string subject = render_template(options.email_subject, notice);
  if (is_blank(subject)) subject = fmt::format("[{}] {}", product, notice.headline);
  return cut(plain_line(subject), subject_units_max);
}

// An RFC 5322 dot-atom of any text: what is not a letter, a digit, '-' or '_' as its bytes.
std::string atom(std::string_view text) {
  constexpr std::size_t characters_max = 400;
  std::string out;
  for (const char c : text) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    out += plain ? std::string(1, c) : fmt::format("={:02X}", static_cast<unsigned char>(c));
    if (out.size() > characters_max) break;
  }
  return out;
}

std::string text_part(const Options& options, const Notice& notice, std::string_view delivery_id) {
  std::string out = cut(title_of(options, notice), title_units_max) + "\n\n";
  out += cut(text_of(options, notice), text_units_max) + "\n\n";
  for (const Fact& fact : facts_of(notice))
    out += fmt::format("{}: {}\n", fact.name, cut(fact.text, value_units_max));
  if (const std::string link = link_of(options, notice); !link.empty())
    out += fmt::format("\nOpen the migration: {}\n", link);
  return out + fmt::format("\n-- \n{}, {}\n", footer_of(delivery_id), format_rfc3339(notice.event.time));
}

std::string_view color_of(Severity severity) {
  if (severity >= Severity::error) return "#b3261e";
  return severity == Severity::warning ? "#9a6700" : "#1a7f37";
}

std::string html(std::string_view text, std::size_t units_max) {
  return cut(cut(text, units_max), 8 * units_max, html_escape);
}

// Line breaks as they are, nothing loaded from anywhere.
std::string html_part(const Options& options, const Notice& notice, std::string_view delivery_id) {
  std::string out = "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>";
  out += html(title_of(options, notice), title_units_max) +
         "</title></head>\n<body style=\"font-family:sans-serif\">\n";
  out += fmt::format("<h2 style=\"color:{}\" dir=\"auto\">{}</h2>\n", color_of(notice.severity),
                     html(title_of(options, notice), title_units_max));
  out += fmt::format("<p style=\"white-space:pre-wrap\" dir=\"auto\">{}</p>\n<table cellpadding=\"4\">\n",
                     html(text_of(options, notice), text_units_max));
  for (const Fact& fact : facts_of(notice))
    out += fmt::format(
        "<tr><th align=\"left\" valign=\"top\">{}</th><td style=\"white-space:pre-wrap\" "
        "dir=\"auto\">{}</td></tr>\n",
        fact.name, html(fact.text, value_units_max));
  out += "</table>\n";
  if (const std::string link = link_of(options, notice); !link.empty())
    out += fmt::format("<p><a href=\"{}\">Open the migration</a></p>\n", html(link, value_units_max));
  return out + fmt::format("<p style=\"color:#666\"><small>{}, {}</small></p>\n</body></html>\n",
                           footer_of(delivery_id), format_rfc3339(notice.event.time));
}

std::string from_header(const Mailbox& from) {
  if (from.name.empty()) return fmt::format("From: {}\r\n", from.address);
  const bool ascii = std::all_of(from.name.begin(), from.name.end(),
                                 [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  return fmt::format("From: {}\r\n <{}>\r\n",
                     ascii ? fmt::format("\"{}\"", from.name) : encoded_words(from.name), from.address);
}

std::string headers(const Options& options, const Notice& notice, std::string_view delivery_id) {
  const Mailbox from = parse_mailbox(options.email_from).value_or(Mailbox{{}, "godwit@localhost"});
  const std::string_view domain = domain_of(from.address);
  const std::string thread = fmt::format("<{}@{}>", atom(notice.incident_key), domain);
  std::string out = from_header(from);
  out += fmt::format("To: {}\r\n", fmt::join(options.email_to, ",\r\n "));
  out += text_header("Subject", subject_of(options, notice));
  out += fmt::format("Date: {}\r\n", mail_date(notice.event.time));
  out += fmt::format("Message-ID: <{}@{}>\r\n", atom(delivery_id), domain);
  out += fmt::format("In-Reply-To: {}\r\nReferences: {}\r\n", thread, thread);
  return out + "Auto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: All\r\nMIME-Version: 1.0\r\n";
}

// Neither part can hold this line: an '=' stands there only before two hexadecimal digits or a line break.
constexpr std::string_view boundary = "=_godwit_=";

void add_part(std::string& out, std::string_view type, std::string_view text) {
  out += fmt::format(
      "\r\n--{}\r\nContent-Type: {}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n",
      boundary, type);
  out += quoted_printable(text);
}

}  // namespace

std::string email_body(const Options& options, const Notice& notice, std::string_view delivery_id) {
  std::string out = headers(options, notice, delivery_id);
  out += fmt::format("Content-Type: multipart/alternative; boundary=\"{}\"\r\n", boundary);
  add_part(out, "text/plain", text_part(options, notice, delivery_id));
  add_part(out, "text/html", html_part(options, notice, delivery_id));
  return out + fmt::format("\r\n--{}--\r\n", boundary);
}

}  // namespace godwit::webhooks::kinds
