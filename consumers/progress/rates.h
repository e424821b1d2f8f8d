// How fast something goes, as its ticks tell. Pure.
#pragma once

#include <optional>

#include "consumers/progress/projection.h"

namespace godwit::progress {

// Takes one tick into account; `ratio` is the share it tells itself.
void follow(Rate& rate, const event::Event& tick, const std::optional<double>& ratio);

}  // namespace godwit::progress
