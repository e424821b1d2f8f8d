// The layout of c2sp.org/tlog-tiles: a tree as files of 256 hashes, and its leaf data as bundles of 256
// entries.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "consumers/audit/ledger/hash.h"

namespace godwit::audit::ledger {

inline constexpr unsigned tile_width = 256;  // of a full tile
// Entries have a size of 16 bits. A leaf is longer only with 64 KiB of key and headers: the value counts 36
// bytes.
inline constexpr std::size_t entry_bytes_max = 0xFFFF;

// A tile of hashes, or a bundle of entries, and the path under which it is served.
struct Tile {
  std::optional<unsigned> level = 0;  // none: a bundle of entries, which belongs to level 0
  std::uint64_t index = 0;
  unsigned width = tile_width;  // fewer for the last of a level, which still grows

  // tile/<level or "entries">/<index>[.p/<width>], such as tile/1/x001/x234/067.p/8
  std::string path() const;
  // nullopt for anything path() would not have written.
  static std::optional<Tile> parse(std::string_view path);

  bool operator==(const Tile&) const = default;
};

// The hashes that tile `index` of `level` has in a tree of `size` leaves; 0 when there is no such tile.
unsigned width_in(std::uint64_t size, unsigned level, std::uint64_t index);
// All that a client needs for a tree of that size: tiles of each level in order, then the bundles of entries.
std::vector<Tile> tiles_of(std::uint64_t size);

std::string tile_bytes(const std::vector<Digest>& hashes);
// `invalid` unless there are exactly `width` hashes.
Result<std::vector<Digest>> parse_tile(std::string_view bytes, unsigned width);

// Adds one leaf's data to a bundle. `invalid`, and the bundle as it was, for a leaf above entry_bytes_max:
// the tree has it and proves it, but this layout has no room for the bundle it lies in. Nothing stands in for
// it, since every reader hashes what it finds.
Status append_entry(std::string& bundle, std::string_view leaf_data);
// The entries of a bundle, within `bytes`; `invalid` unless there are exactly `width`.
Result<std::vector<std::string_view>> parse_entries(std::string_view bytes, unsigned width);

}  // namespace godwit::audit::ledger
