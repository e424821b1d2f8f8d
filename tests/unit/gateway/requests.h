// Events as HTTP requests, for the gateway's tests.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "common/http/request.h"

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

}  // namespace godwit::gateway
