// Numbers of a fixed width, appended to a text. For what is written with each event: fmt::format takes five
// times as long.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace godwit {

// The lowest `width` digits of the number, with leading zeros.
template <unsigned Base>
void append_digits(std::string& out, std::uint64_t number, std::size_t width) {
  static_assert(Base >= 2 && Base <= 16);
  const std::size_t begin = out.size();
  out.resize(begin + width);
  for (std::size_t at = begin + width; at > begin; number /= Base)
    out[--at] = std::string_view{"0123456789abcdef"}[number % Base];
}

}  // namespace godwit
