// The file that names the endpoints (README.md shows one), read and checked as a whole: every mistake is told
// with its line, and none of them tells a secret.
#pragma once

#include <string>

#include "common/base/result.h"
#include "common/service/yaml.h"
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

// A map with the one key `endpoints`, or the list itself; an empty file has none. ${NAME} in a value stands
// for that environment variable. `invalid` names the line, the endpoint and the key.
Result<Endpoints> parse_endpoints(const service::Yaml& root, const EndpointLimits& limits = {});
Result<Endpoints> read_endpoints_file(const std::string& path, const EndpointLimits& limits = {});

}  // namespace godwit::webhooks
