#include <doctest/doctest.h>

#include "tests/unit/webhook_kinds/notices.h"

using namespace godwit;
using namespace godwit::webhooks::kinds;
using namespace godwit::webhooks::kinds::test;

TEST_CASE("a Teams message is one Adaptive Card in the envelope of a workflow") {
  Options options;
  options.dashboard_url = "https://godwit.example/{task_id}";
  const auto body = parse(body_of(Kind::teams, make_notice(failed_event()), options));
  CHECK(text_of(body, "type") == "message");
  const auto& attachment = body["attachments"][0];
  CHECK(text_of(attachment, "contentType") == "application/vnd.microsoft.card.adaptive");
  const auto& card = attachment["content"];
  CHECK(text_of(card, "type") == "AdaptiveCard");
  CHECK(text_of(card, "version") == "1.2");
  CHECK(text_of(card, "fallbackText") == "Migration of erp-db-01 failed: the target is full");
  const auto& title = card["body"][0]["inlines"][0];
  CHECK(text_of(title, "text") == "VM Migration: erp-db-01");
  CHECK(text_of(title, "color") == "Attention");
  CHECK(text_of(card["actions"][0], "url") == "https://godwit.example/mig-1");
}

TEST_CASE("whatever is said, a card stays below 20 KB, keeps its link, and no text of it is Markdown") {
  Options options;
  options.dashboard_url = "https://godwit.example/{task_id}";
  for (const std::string& text : hostile_texts()) {
    const std::string written = body_of(Kind::teams, hostile_notice(text), options);
    CHECK(written.size() <= teams_bytes_max);
    CHECK(written.find("{{") == std::string::npos);
    const auto body = parse(written);
    const auto& card = body["attachments"][0]["content"];
    CHECK(text_of(card["actions"][0], "url") == "https://godwit.example/mig-1");
    for (const auto& line : card["body"].GetArray()) {
      CHECK(text_of(line, "type") == "RichTextBlock");
      for (const auto& run : line["inlines"].GetArray()) CHECK(text_of(run, "type") == "TextRun");
    }
  }
}
