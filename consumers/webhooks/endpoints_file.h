// The file that names the endpoints (README.md shows one), read and checked as a whole: every mistake is told
// with its line, and none of them tells a secret.
#pragma once

#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/service/yaml.h"
#include "consumers/webhooks/endpoint_keys.h"

namespace godwit::webhooks {

// An endpoint as it was written, and what it means.
struct Configured {
  EndpointSettings settings;
  Endpoint endpoint;
};

// A map with the one key `endpoints`, or the list itself; an empty file has none. In a value ${NAME} stands
// for that environment variable and ${file:PATH} for what that file holds, without the line break at its end;
// `<key>_file: PATH` is the same for a whole value. `invalid` names the line, the endpoint and the key.
Result<std::vector<Configured>> parse_endpoints(const service::Yaml& root, const EndpointLimits& limits = {});
Result<std::vector<Configured>> read_endpoints_file(const std::string& path,
                                                    const EndpointLimits& limits = {});

}  // namespace godwit::webhooks
