// The keys of an endpoint's configuration, whether they come from a file, over HTTP or from the log: each a
// name and a text, checked here and made into an Endpoint.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "consumers/webhooks/endpoint.h"

namespace godwit::webhooks {

struct EndpointLimits {
  std::size_t endpoints_max = 1000;
  std::size_t text_bytes_max = 2048;  // of any one value
  int retries_max = 100;
  Millis retry_delay_max{3'600'000};
  Millis timeout_max{60'000};
  Millis wait_max{604'800'000};  // one of a retry schedule, and an age
  std::size_t waits_max = 100;
  std::int64_t concurrency_max = 64;
  double rate_max = 10'000;
};

struct Setting {
  std::string name;
  std::string text;  // of a list: its items with commas between
  int line = 0;      // where it was read; 0: not from a file

  bool operator==(const Setting& other) const { return name == other.name && text == other.text; }
};
using EndpointSettings = std::vector<Setting>;

const std::string* find_setting(const EndpointSettings& settings, std::string_view name);

bool is_known_key(std::string_view name);
bool is_list_key(std::string_view name);
// Never told, logged or kept in the open.
bool is_secret_key(std::string_view name);

// `invalid` names the line, unless it is 0, and the key; never a secret.
Result<Endpoint> make_endpoint(const EndpointSettings& settings, int line = 0,
                               const EndpointLimits& limits = {});

}  // namespace godwit::webhooks
