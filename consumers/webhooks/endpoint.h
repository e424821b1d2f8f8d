// Endpoint: one receiver of webhooks, as configured. A value; its URL and key are secrets and are never
// logged nor returned.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "consumers/webhooks/kinds/kind.h"
#include "consumers/webhooks/kinds/options.h"

namespace godwit::webhooks {

using kinds::Kind;
using kinds::kind_from;

// What an endpoint can be told of.
enum class Occasion { start, complete, error, warning };

struct Endpoint {
  std::string name;  // unique; part of a delivery's id
  Kind kind = Kind::generic;
  std::string url;
  bool enabled = true;
  bool on_start = false, on_complete = false, on_error = false, on_warning = false;
  std::string secrets = {};  // as configured: one or more, with spaces between (signing.h); empty: not signed
  kinds::Options options = {};  // what its kind alone asks for
  int max_retries = 3;          // tries after the first
  Millis retry_delay{5000};     // before the second try; doubles from then on
  Millis timeout{10'000};       // of one try, from connecting to the last byte
  bool allow_private = false;
  Timestamp active_from{};  // events older than this are none of its business; the epoch: not given
};

using Endpoints = std::vector<Endpoint>;

constexpr bool wants(const Endpoint& endpoint, Occasion occasion) {
  switch (occasion) {
    case Occasion::start:
      return endpoint.on_start;
    case Occasion::complete:
      return endpoint.on_complete;
    case Occasion::error:
      return endpoint.on_error;
    case Occasion::warning:
      return endpoint.on_warning;
  }
  return false;
}

const Endpoint* find_endpoint(const Endpoints& endpoints, std::string_view name);

}  // namespace godwit::webhooks
