// What the fold writes for one endpoint: a notice in the form its kind wants. Pure: the same event and
// endpoint give the same bytes, on every try and after every crash.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "consumers/webhooks/endpoint.h"
#include "consumers/webhooks/kinds/notice.h"
#include "consumers/webhooks/kinds/render.h"

namespace godwit::webhooks {

using kinds::Notice;

// The body to keep; nullopt when the endpoint's kind has nothing to say of it, and then no delivery is owed.
inline std::optional<std::string> make_body(const Notice& notice, const Endpoint& endpoint,
                                            std::string_view delivery_id) {
  return kinds::render(endpoint.kind, endpoint.options, notice, delivery_id);
}

}  // namespace godwit::webhooks
