#include "consumers/webhooks/endpoint.h"

#include <algorithm>

namespace godwit::webhooks {

const Endpoint* find_endpoint(const Endpoints& endpoints, std::string_view name) {
  const auto found = std::find_if(endpoints.begin(), endpoints.end(),
                                  [&](const Endpoint& endpoint) { return endpoint.name == name; });
  return found == endpoints.end() ? nullptr : &*found;
}

}  // namespace godwit::webhooks
