#include "consumers/progress/place.h"

#include <fmt/format.h>

#include <charconv>

namespace godwit::progress {
namespace {

std::optional<std::int64_t> whole(std::string_view text) {
  std::int64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  const bool ok = error == std::errc{} && end == text.data() + text.size() && out >= 0;
  return ok ? std::optional{out} : std::nullopt;
}

}  // namespace

std::string to_text(const Place& place) { return fmt::format("{}.{}", place.lifecycle, place.progress); }

std::optional<Place> read_place(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto lifecycle = whole(text.substr(0, dot));
  const auto progress = whole(text.substr(dot + 1));
  if (!lifecycle || !progress) return std::nullopt;
  return Place{*lifecycle, *progress};
}

}  // namespace godwit::progress
