#include "consumers/webhooks/endpoint.h"

#include <algorithm>

namespace godwit::webhooks {

std::string_view to_string(Kind kind) {
  switch (kind) {
    case Kind::generic:
      return "generic";
    case Kind::slack:
      return "slack";
    case Kind::discord:
      return "discord";
  }
  return "";
}

std::optional<Kind> kind_from(std::string_view text) {
  for (const Kind kind : {Kind::generic, Kind::slack, Kind::discord})
    if (to_string(kind) == text) return kind;
  return std::nullopt;
}

const Endpoint* find_endpoint(const Endpoints& endpoints, std::string_view name) {
  const auto found = std::find_if(endpoints.begin(), endpoints.end(),
                                  [&](const Endpoint& endpoint) { return endpoint.name == name; });
  return found == endpoints.end() ? nullptr : &*found;
}

}  // namespace godwit::webhooks
