// Place: how far in the log of one partition something is: the next offsets of the two topics that tell of
// tasks. A task's place is that of the last record that changed it, so it is a function of the log alone and
// the same on every instance, after a restart and after a rebuild. Pure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace godwit::progress {

struct Place {
  std::int64_t lifecycle = 0, progress = 0;

  bool operator==(const Place&) const = default;
};

// Whether there is something at `a` that `b` does not cover.
constexpr bool beyond(const Place& a, const Place& b) {
  return a.lifecycle > b.lifecycle || a.progress > b.progress;
}
constexpr Place later(const Place& a, const Place& b) {
  return {std::max(a.lifecycle, b.lifecycle), std::max(a.progress, b.progress)};
}

// "1042.88"; nullopt for anything else.
std::string to_text(const Place& place);
std::optional<Place> read_place(std::string_view text);

}  // namespace godwit::progress
