// The golden examples of schemas/, inside the program: the smallest and the typical event of every type, to
// try templates on.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "common/event/event.h"

namespace godwit::webhooks::kinds {

// As they stand in schemas/examples/good.
std::span<const std::string_view> golden_texts();

// Decoded once, at the first call; from any thread.
const std::vector<event::Event>& golden_events();

}  // namespace godwit::webhooks::kinds
