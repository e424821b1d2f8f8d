// The progress API in a test: events about tasks in, answers out.
#pragma once

#include <doctest/doctest.h>

#include "common/json/fields.h"
#include "consumers/progress/tables.h"
#include "consumers/progress/view.h"
#include "tests/unit/progress/served.h"
#include "tests/unit/projection_life/history.h"

namespace godwit::progress::test_api {

using event::Event;
using event::Type;
using test::Teller;
using Api = test::Served<Progress, Tables, ProgressView, Settings>;

inline const Settings quick{.stall_after_seconds = 300, .stream_interval_min = Millis{1}};

inline Event about(Teller& teller, Type type, const std::string& task_id,
                   const std::string& provider = "vsphere") {
  Event out = teller.make(type, 1);
  out.subject = task_id;
  out.data.task_id = task_id;
  out.data.provider = provider;
  if (type == Type::task_completed) out.data.duration_ms = 1;
  if (type == Type::task_failed) out.data.error = test::failure("x", "no space left");
  return out;
}

struct Page {
  std::vector<std::string> ids;
  std::int64_t count = -1;
  std::optional<std::string> next;
};

inline Page page_of(const http::Response& response) {
  REQUIRE(response.status == 200);
  rapidjson::Document document;
  document.Parse<json::parse_flags>(response.body.data(), response.body.size());
  REQUIRE(!document.HasParseError());
  const json::Object in{document};
  Page out;
  in.each("tasks", [&](const rapidjson::Value& task) {
    out.ids.push_back(json::Object{task}.text("task_id").value());
  });
  out.count = in.integer("count").value();
  out.next = in.text("next_cursor");
  return out;
}

// A member of an answer, as JSON text; "absent" when it is not there.
inline std::string member(const http::Response& response, const char* name) {
  rapidjson::Document document;
  document.Parse<json::parse_flags>(response.body.data(), response.body.size());
  REQUIRE(!document.HasParseError());
  const auto* found = json::Object{document}.find(name);
  return found == nullptr ? "absent" : json::text_of(*found);
}

}  // namespace godwit::progress::test_api
