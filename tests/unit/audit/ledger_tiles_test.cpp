// Tiles lie where c2sp.org/tlog-tiles says.
#include <doctest/doctest.h>

#include "consumers/audit/ledger/tiles.h"
#include "tests/unit/audit/ledger_rig.h"

using namespace godwit;
using namespace godwit::audit::ledger;
using namespace godwit::audit::ledger::test;

TEST_CASE("a tile has the path of the specification, and no other") {
  CHECK(Tile{0, 0, 256}.path() == "tile/0/000");
  CHECK(Tile{1, 1'234'067, 8}.path() == "tile/1/x001/x234/067.p/8");
  CHECK(Tile{std::nullopt, 1'000, 255}.path() == "tile/entries/x001/000.p/255");
  for (const std::uint64_t index :
       {0ULL, 999ULL, 1'000ULL, 999'999ULL, 1'000'000ULL, 18'446'744'073'709'551'615ULL})
    for (const unsigned width : {1U, 255U, 256U})
      for (const std::optional<unsigned> level :
           {std::optional{0U}, std::optional{63U}, std::optional<unsigned>{}}) {
        const Tile tile{level, index, width};
        REQUIRE(Tile::parse(tile.path()).has_value());
        CHECK(*Tile::parse(tile.path()) == tile);
      }
  for (const char* bad : {"",
                          "tile/",
                          "tile/0",
                          "tile/0/",
                          "tile/0/0",
                          "tile/0/00",
                          "tile/0/0000",
                          "tile/0/1000",
                          "tile/0/x000/000",
                          "tile/0/001/000",
                          "tile/0/x001/x000",
                          "tile/00/000",
                          "tile/64/000",
                          "tile/-1/000",
                          "tile/0/000.p/0",
                          "tile/0/000.p/256",
                          "tile/0/000.p/01",
                          "tile/0/000.p/",
                          "tile/0/000.p/1/",
                          "tile/0/000/",
                          "/tile/0/000",
                          "tile/data/000",
                          "tile/0/../000",
                          "tile/0/00 0",
                          "tile/0/x018/x446/x744/x073/x709/x551/616"})
    CHECK_FALSE(Tile::parse(bad).has_value());
}

TEST_CASE("a tree has the tiles of the specification's examples") {
  const auto widths = [](std::uint64_t size, unsigned level) {
    std::vector<unsigned> out;
    for (std::uint64_t index = 0; width_in(size, level, index) > 0; ++index)
      out.push_back(width_in(size, level, index));
    return out;
  };
  CHECK(widths(70'000, 0).size() == 274);
  CHECK(widths(70'000, 0).back() == 112);
  CHECK(widths(70'000, 1) == std::vector<unsigned>{256, 17});
  CHECK(widths(70'000, 2) == std::vector<unsigned>{1});
  CHECK(widths(70'000, 3).empty());
  CHECK(widths(256, 0) == std::vector<unsigned>{256});
  CHECK(widths(256, 1) == std::vector<unsigned>{1});
  CHECK(tiles_of(0).empty());
  CHECK(tiles_of(256) == std::vector<Tile>{{0, 0, 256}, {1, 0, 1}, {std::nullopt, 0, 256}});
  CHECK(tiles_of(70'000).size() == 274 + 2 + 1 + 274);
}

TEST_CASE("tiles and bundles are read as they were written, and nothing else is") {
  Hasher hasher;
  const std::vector<Digest> hashes{hasher.of("a"), hasher.of("b")};
  CHECK(*parse_tile(tile_bytes(hashes), 2) == hashes);
  CHECK_FALSE(parse_tile(tile_bytes(hashes), 1).ok());
  CHECK_FALSE(parse_tile(tile_bytes(hashes) + "x", 2).ok());

  std::string bundle;
  const std::string longest(entry_bytes_max, 'x');
  for (const std::string_view entry :
       {std::string_view{"one"}, std::string_view{}, std::string_view{longest}})
    CHECK(append_entry(bundle, entry).ok());
  CHECK(hex(bundle.substr(0, 7)) == "00036f6e650000");
  const auto entries = parse_entries(bundle, 3);
  REQUIRE(entries.ok());
  CHECK(*entries == std::vector<std::string_view>{"one", "", longest});
  CHECK_FALSE(parse_entries(bundle, 2).ok());
  CHECK_FALSE(parse_entries(bundle, 4).ok());
  CHECK_FALSE(parse_entries(std::string_view{bundle}.substr(0, bundle.size() - 1), 3).ok());
  CHECK_FALSE(parse_entries(bundle + "x", 3).ok());

  const std::string before = bundle;
  CHECK(append_entry(bundle, longest + "x").error().message ==
        "a leaf of 65536 bytes; an entry of a bundle has at most 65535");
  CHECK(bundle == before);
}
