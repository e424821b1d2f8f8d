// What can be proved, compared and given away of a store with nothing running.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "consumers/audit/ledger/proof_text.h"
#include "consumers/audit/ledger/tiles.h"
#include "consumers/audit/offline/compare.h"
#include "consumers/audit/offline/export_tiles.h"
#include "consumers/audit/offline/prove.h"
#include "tests/unit/audit/tamper_rig.h"

using namespace godwit;
using namespace godwit::audit;
using namespace godwit::audit::test;

namespace {

std::string read_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  REQUIRE_MESSAGE(file.good(), path);
  return {std::istreambuf_iterator<char>{file}, {}};
}

stream::OutRecord forged(int i) { return honest(i == 112 ? 100'001 : i); }

}  // namespace

TEST_CASE("a record is proved to whoever has the key, wherever it lies") {
  const Copy copy;
  ledger::Hasher hasher;
  for (const int index : {0, 123, 223, original().open_first() + 3, original().told - 1}) {
    CAPTURE(index);
    const auto text = offline::prove(copy.data(), fmt::format("e-{:06}", index), std::nullopt);
    REQUIRE_MESSAGE(text.ok(), text.error().message);
    const auto proof = ledger::ProofText::parse(*text);
    REQUIRE(proof.ok());
    const auto leaf = ledger::parse_leaf(*proof->extra);
    REQUIRE(leaf.ok());
    CHECK(leaf->offset == index);
    const auto checkpoint =
        ledger::verify_proof(hasher, *proof, hasher.leaf(*proof->extra), {*original().key});
    REQUIRE_MESSAGE(checkpoint.ok(), checkpoint.error().message);
    CHECK(checkpoint->head.size == static_cast<std::uint64_t>(original().told));
    CHECK(checkpoint->origin.text() == lifecycle_origin);
  }
  CHECK(offline::prove(copy.data(), "migrations.lifecycle:0:150", std::nullopt).ok());  // no event
}

TEST_CASE("there is no proof of what is not there, not signed, or not what was signed") {
  const Copy copy;
  CHECK(offline::prove(copy.data(), "e-none", std::nullopt).error().message.find("no record") !=
        std::string::npos);
  CHECK(offline::prove(copy.data(), "e-000123", "/workers/other").error().message.find("no record") !=
        std::string::npos);
  copy.open_signed().exec("DELETE FROM signed WHERE size > 200");
  CHECK(offline::prove(copy.data(), "e-000199", std::nullopt).ok());
  CHECK(offline::prove(copy.data(), "e-000201", std::nullopt).error().message.find("no checkpoint yet") !=
        std::string::npos);
  copy.open_segment(100).exec("UPDATE record SET value = x'78' WHERE id = 123");
  CHECK(offline::prove(copy.data(), "e-000123", std::nullopt).error().message.find("not the one that was") !=
        std::string::npos);
}

TEST_CASE("two stores of one log are the same as far as both go, whatever is sealed in which") {
  History history;
  history.tell(original().told + 20);
  const auto all = offline::compare(original().data, history.data());
  REQUIRE_MESSAGE(all.ok(), all.error().message);
  const auto told = static_cast<std::uint64_t>(original().told);
  CHECK(*all == std::vector<offline::Compared>{{lifecycle_origin, told, told + 20, std::nullopt},
                                               {activity_origin, 5, 5, std::nullopt}});
}

TEST_CASE("the first record that is not the same in two stores is named") {
  History history{0, forged};
  history.tell(150);
  const auto all = offline::compare(history.data(), original().data);
  REQUIRE_MESSAGE(all.ok(), all.error().message);
  CHECK(all->front().differs_at == 112);
  CHECK_FALSE(all->back().differs_at.has_value());
  const Copy copy;
  std::filesystem::remove(copy.partition_file(activity));
  CHECK(offline::compare(copy.data(), original().data)->back() ==
        offline::Compared{activity_origin, std::nullopt, 5, std::nullopt});
  CHECK_FALSE(offline::compare(copy.data(), copy.data() + "/nothing").ok());
}

TEST_CASE("tiles and entries make the tree that was signed") {
  const Copy copy;
  const std::string folder = copy.data() + "/tiles";
  const auto written = offline::export_tiles(copy.data(), folder);
  REQUIRE_MESSAGE(written.ok(), written.error().message);
  CHECK(*written ==
        std::vector<std::string>{folder + "/" + lifecycle_origin, folder + "/" + activity_origin});
  const auto checkpoint =
      ledger::open_checkpoint(read_file(written->front() + "/checkpoint"), {*original().key});
  REQUIRE(checkpoint.ok());
  ledger::Hasher hasher;
  ledger::Frontier tree;
  for (const ledger::Tile& tile : ledger::tiles_of(checkpoint->head.size)) {
    const std::string bytes = read_file(written->front() + "/" + tile.path());
    if (tile.level) {
      REQUIRE(ledger::parse_tile(bytes, tile.width).ok());
      continue;
    }
    const auto entries = ledger::parse_entries(bytes, tile.width);
    REQUIRE(entries.ok());
    for (const std::string_view entry : *entries) tree.append(hasher, hasher.leaf(entry));
  }
  CHECK(tree.size == checkpoint->head.size);
  CHECK(tree.root(hasher) == checkpoint->head.root);
}
