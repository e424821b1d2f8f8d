#include "consumers/audit/ledger/tiles.h"

#include <fmt/format.h>

#include <algorithm>

#include "consumers/audit/ledger/bytes.h"
#include "consumers/audit/ledger/lines.h"
#include "consumers/audit/ledger/tree.h"

namespace godwit::audit::ledger {
namespace {

constexpr unsigned level_max = 63;
constexpr std::uint64_t thousand = 1000;
constexpr std::string_view root = "tile/";
constexpr std::string_view entries = "entries/";
constexpr std::string_view partial_mark = ".p/";

// Three digits an element, all but the last marked with an x: no name is both a file and a folder.
std::string index_path(std::uint64_t index) {
  std::string out = fmt::format("{:03}", index % thousand);
  for (index /= thousand; index > 0; index /= thousand) out = fmt::format("x{:03}/{}", index % thousand, out);
  return out;
}

std::uint64_t hashes_on(std::uint64_t size, unsigned level) {
  return level * tile_height >= 64 ? 0 : size >> (level * tile_height);
}

// Lenient: Tile::parse() compares with what path() writes.
std::uint64_t index_in(std::string_view path) {
  std::uint64_t out = 0;
  for (const char c : path)
    if (c >= '0' && c <= '9') out = out * 10 + static_cast<std::uint64_t>(c - '0');
  return out;
}

}  // namespace

std::string Tile::path() const {
  std::string out{root};
  out += level ? fmt::format("{}/", *level) : std::string{entries};
  out += index_path(index);
  return width == tile_width ? out : out + fmt::format("{}{}", partial_mark, width);
}

std::optional<Tile> Tile::parse(std::string_view path) {
  const std::string_view whole = path;
  if (!path.starts_with(root)) return std::nullopt;
  path.remove_prefix(root.size());
  const std::size_t slash = path.find('/');
  if (slash == path.npos) return std::nullopt;
  Tile out;
  if (path.starts_with(entries)) {
    out.level.reset();
  } else {
    const auto level = parse_decimal(path.substr(0, slash));
    if (!level || *level > level_max) return std::nullopt;
    out.level = static_cast<unsigned>(*level);
  }
  path.remove_prefix(slash + 1);
  if (const std::size_t mark = path.find(partial_mark); mark != path.npos) {
    const auto width = parse_decimal(path.substr(mark + partial_mark.size()));
    if (!width || *width == 0 || *width >= tile_width) return std::nullopt;
    out.width = static_cast<unsigned>(*width);
    path = path.substr(0, mark);
  }
  out.index = index_in(path);
  return out.path() == whole ? std::optional{out} : std::nullopt;
}

unsigned width_in(std::uint64_t size, unsigned level, std::uint64_t index) {
  const std::uint64_t hashes = hashes_on(size, level);
  if (index >= hashes / tile_width + 1) return 0;
  return static_cast<unsigned>(std::min<std::uint64_t>(hashes - index * tile_width, tile_width));
}

std::vector<Tile> tiles_of(std::uint64_t size) {
  std::vector<Tile> out;
  const auto add = [&](std::optional<unsigned> named, unsigned level) {
    for (std::uint64_t index = 0; width_in(size, level, index) > 0; ++index)
      out.push_back({named, index, width_in(size, level, index)});
  };
  for (unsigned level = 0; hashes_on(size, level) > 0; ++level) add(level, level);
  add(std::nullopt, 0);
  return out;
}

std::string tile_bytes(const std::vector<Digest>& hashes) {
  std::string out;
  out.reserve(hashes.size() * sizeof(Digest));
  for (const Digest& hash : hashes) out.append(as_bytes(hash));
  return out;
}

Result<std::vector<Digest>> parse_tile(std::string_view bytes, unsigned width) {
  if (bytes.size() != width * sizeof(Digest))
    return invalid_error(fmt::format("a tile of {} hashes has {} bytes", width, bytes.size()));
  std::vector<Digest> out;
  out.reserve(width);
  for (; !bytes.empty(); bytes.remove_prefix(sizeof(Digest)))
    out.push_back(*digest_from(bytes.substr(0, sizeof(Digest))));
  return out;
}

Status append_entry(std::string& bundle, std::string_view leaf_data) {
  if (leaf_data.size() > entry_bytes_max)
    return invalid_error(fmt::format("a leaf of {} bytes; an entry of a bundle has at most {}",
                                     leaf_data.size(), entry_bytes_max));
  put_u16(bundle, static_cast<std::uint16_t>(leaf_data.size()));
  bundle.append(leaf_data);
  return Done{};
}

Result<std::vector<std::string_view>> parse_entries(std::string_view bytes, unsigned width) {
  std::vector<std::string_view> out;
  while (!bytes.empty()) {
    const auto size = take_u16(bytes);
    const auto entry = size ? take(bytes, *size) : std::nullopt;
    if (!entry) return invalid_error(fmt::format("entry {} of a bundle is cut short", out.size()));
    out.push_back(*entry);
  }
  if (out.size() != width)
    return invalid_error(fmt::format("a bundle of {} entries has {}", width, out.size()));
  return out;
}

}  // namespace godwit::audit::ledger
