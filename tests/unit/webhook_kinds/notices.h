// Notices and hostile texts for the tests of this folder.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "common/json/fields.h"
#include "consumers/webhooks/kinds/notice.h"
#include "consumers/webhooks/kinds/render.h"

namespace godwit::webhooks::kinds::test {

inline const Timestamp noon = from_unix_ms(1'795'262'400'000);  // 2026-11-21T12:00:00Z
inline const std::string some_id = "msg_0123456789abcdefghjkmnpqrs";

inline event::Event make_event(event::Type type) {
  event::Event out;
  out.id = "e-1";
  out.source = "/workers/w1";
  out.subject = "mig-1";
  out.type = type;
  out.type_name = event::full_type(type);
  out.time = noon;
  out.data.vm_name = "erp-db-01";
  out.data.provider = "vsphere";
  out.data.attempt = 1;
  return out;
}

inline event::Event failed_event() {
  event::Event out = make_event(event::Type::task_failed);
  event::Failure failure;
  failure.code = "unheard_of";
  failure.message = "the target is full";
  out.data.error = failure;
  out.data.duration_ms = 900'000;
  return out;
}

inline std::string repeat(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

// Ten thousand of each, or once what would do something where markup is read.
inline std::vector<std::string> hostile_texts() {
  std::vector<std::string> out{"<!channel> <@U1> & <https://evil.example|here> *x* _y_ `z`\n>q",
                               "@everyone @here <@&1> [click](https://evil.example) **x** # y\r\n- z",
                               "\"}]}\\\u202egnp.exe\u2066\u200f\x1b[31m",
                               "<script>alert(1)</script> {{DATE(2017-02-14T06:08:39Z,SHORT)}} {{{vm_name}}}",
                               "Subject: x\r\nBcc: victim@evil.example\r\n\r\n.\r\nQUIT"};
  for (const char* piece : {"x", "<", "&", "*", "\"", "\\", "\u00e9", "\U0001F4A5", "a\u0301\u0301",
                            "\U0001F1E9", "\U0001F468\u200d", "\u202e", "\n"})
    out.push_back(repeat(piece, 10'000));
  return out;
}

// A failure that says `text` wherever a worker may say something.
inline Notice hostile_notice(const std::string& text) {
  event::Event event = failed_event();
  event.subject = "mig-1";
  event.data.vm_name = event.data.message = event.data.plan_name = event.data.user = text;
  event.data.provider = event.data.stage = text;
  event.data.error->message = text;
  event.data.other.push_back({"metadata", "{\"a\":\"" + repeat("x", 20'000) + "\"}"});
  return make_notice(event);
}

inline rapidjson::Document parse(const std::string& body) {
  rapidjson::Document out;
  out.Parse<json::parse_flags>(body.data(), body.size());
  REQUIRE_FALSE(out.HasParseError());
  return out;
}

inline std::string body_of(Kind kind, const Notice& notice, const Options& options = {}) {
  return render(kind, options, notice, some_id).value_or("");
}

inline std::string text_of(const rapidjson::Value& object, const char* name) {
  return json::Object{object}.text(name).value_or("");
}

}  // namespace godwit::webhooks::kinds::test
