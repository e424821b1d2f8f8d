#include "consumers/webhooks/kinds/golden.h"

#include "common/base/check.h"
#include "common/event/codec.h"

namespace godwit::webhooks::kinds {

const std::vector<event::Event>& golden_events() {
  static const std::vector<event::Event> events = [] {
    std::vector<event::Event> out;
    for (const std::string_view text : golden_texts()) {
      auto event = event::decode_structured(text);
      GODWIT_CHECK(event.ok(), "a golden example is no event: {}", event.error().message());
      out.push_back(std::move(*event));
    }
    return out;
  }();
  return events;
}

}  // namespace godwit::webhooks::kinds
