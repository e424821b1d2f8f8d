// What is sent: a notice of something that happened, and the body it becomes for each kind of endpoint. Pure:
// the same event and endpoint give the same bytes, on every try and after every crash.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "consumers/webhooks/endpoint.h"

namespace godwit::webhooks {

// One event in the words of a webhook.
struct Notice {
  Occasion occasion = Occasion::start;
  std::string task_id, vm_name, provider;
  std::string message;
  Timestamp time{};
  std::optional<Millis> duration = {};
  std::optional<std::string> error = {};
  std::optional<std::string> metadata_json = {};  // one JSON object
};

std::string_view event_word(Occasion occasion);   // "start", "complete", "error", "warning"
std::string_view status_word(Occasion occasion);  // "started", "completed", "failed", "warning"

// One JSON object.
std::string make_body(const Notice& notice, const Endpoint& endpoint);

}  // namespace godwit::webhooks
