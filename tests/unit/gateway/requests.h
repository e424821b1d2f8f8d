// Events as HTTP requests, for the gateway's tests.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/clock.h"
#include "common/http/request.h"
#include "common/http/response.h"
#include "producers/gateway/ingest.h"

namespace godwit::gateway {

inline std::string task_started(std::string_view id, std::string_view task = "task-1") {
  return fmt::format(
      R"({{"specversion":"1.0","id":"{}","source":"/workers/w1","type":"io.godwit.task.started.v1","subject":"{}",)"
      R"("time":"2026-11-21T09:54:19.257Z","datacontenttype":"application/json",)"
      R"("data":{{"vm_name":"web-1","provider":"vsphere","attempt":1}}}})",
      id, task);
}

inline http::Request post(std::string_view content_type, std::string body) {
  http::Request request = *http::make_request("POST", "/api/v1/events");
  if (!content_type.empty()) request.headers.emplace_back("Content-Type", content_type);
  request.body = std::move(body);
  return request;
}

inline http::Request post_structured(std::string body) {
  return post("application/cloudevents+json; charset=UTF-8", std::move(body));
}
inline http::Request post_batch(std::string body) {
  return post("application/cloudevents-batch+json", std::move(body));
}

// A JSON array of these texts.
inline std::string batch_of(std::initializer_list<std::string> elements) {
  return fmt::format("[{}]", fmt::join(elements, ","));
}

inline http::Request post_binary() {
  http::Request request = post("application/json", R"({"vm_name":"web-1","provider":"vsphere","attempt":1})");
  for (const auto& [name, value] : http::NameValues{{"ce-specversion", "1.0"},
                                                    {"CE-Id", "b-1"},
                                                    {"ce-source", "/workers/w1"},
                                                    {"ce-type", "io.godwit.task.started.v1"},
                                                    {"ce-subject", "task-1"},
                                                    {"ce-time", "2026-11-21T09:54:19.257Z"}})
    request.headers.emplace_back(name, value);
  return request;
}

inline http::Request with_header(http::Request request, std::string_view name, std::string_view value) {
  request.headers.emplace_back(name, value);
  return request;
}

inline std::optional<std::string> header(const http::Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers)
    if (key == name) return value;
  return std::nullopt;
}

// The answer to a caller without a name.
inline http::Response posted(Ingest& ingest, const http::Request& request) {
  return ingest.post(request, std::string{anonymous}).response;
}

inline const SystemClock real_clock;

}  // namespace godwit::gateway
