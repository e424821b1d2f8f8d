// NameTable: a set of names fixed at compile time, found in one probe or few. Private to common/event.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace godwit::event {

// A cheap hash of a short name: its length and three of its characters.
constexpr std::size_t name_hash(std::string_view name) {
  if (name.empty()) return 0;
  const auto at = [&](std::size_t i) {
    return static_cast<std::size_t>(static_cast<unsigned char>(name[i]));
  };
  return name.size() * 5 + at(0) * 7 + at(name.size() - 1) * 31 + at(name.size() / 2) * 131;
}

// Maps each of `Rows`, an array of values with a `name`, to its index. At most a quarter of the buckets is
// used, so a miss ends at the first or second empty one.
template <std::size_t RowCount>
class NameTable {
 public:
  static constexpr std::size_t npos = RowCount;

  template <class Row>
  constexpr explicit NameTable(const std::array<Row, RowCount>& rows) {
    static_assert(RowCount < none && RowCount * 4 <= buckets);
    index_.fill(none);
    for (std::size_t i = 0; i < RowCount; ++i) {
      names_[i] = rows[i].name;
      std::size_t bucket = name_hash(rows[i].name) % buckets;
      while (index_[bucket] != none) bucket = (bucket + 1) % buckets;
      index_[bucket] = static_cast<std::uint8_t>(i);
    }
  }

  // The index of `name`, or npos.
  constexpr std::size_t find(std::string_view name) const {
    for (std::size_t bucket = name_hash(name) % buckets; index_[bucket] != none;
         bucket = (bucket + 1) % buckets)
      if (names_[index_[bucket]] == name) return index_[bucket];
    return npos;
  }

 private:
  static constexpr std::size_t buckets = 512;
  static constexpr std::uint8_t none = 255;
  std::array<std::string_view, RowCount> names_{};
  std::array<std::uint8_t, buckets> index_{};
};

}  // namespace godwit::event
