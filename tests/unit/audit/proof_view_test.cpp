// Proofs over HTTP: each is checked here by what a stranger has, the public key and the answers.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "common/base/base64.h"
#include "consumers/audit/ledger/proof_text.h"
#include "consumers/audit/ledger/tiles.h"
#include "tests/unit/audit/rig.h"

using namespace godwit;
using namespace godwit::audit;
using namespace godwit::audit::test;

namespace {

const std::string log_path = "/api/v1/audit/log/migrations.lifecycle/0/";

struct Proven : Rig {
  Proven() : Rig(1, {.segments = {.rows_max = 100, .bytes_max = 1'000'000}}) { tell(730); }

  void tell(int events) {
    for (int i = 0; i < events; ++i, ++told) {
      append(task_event(event::Type::task_paused, fmt::format("e-{:06}", told)));
      if (told % 50 == 49) fold();  // in several batches, so that some segments are sealed
    }
    fold();
    sign();
  }
  std::string text(const std::string& target) const {
    const http::Response answer = ask(target);
    REQUIRE_MESSAGE(answer.status == 200, answer.body);
    return answer.body;
  }
  std::vector<ledger::VerifierKey> keys() const {
    std::string line = text("/api/v1/audit/key");
    REQUIRE(line.ends_with('\n'));
    line.pop_back();
    return {*ledger::VerifierKey::parse(line)};
  }
  ledger::Checkpoint checkpoint() const {
    return *ledger::open_checkpoint(text("/api/v1/audit/checkpoint?topic=migrations.lifecycle&partition=0"),
                                    keys());
  }

  int told = 0;
};

}  // namespace

TEST_CASE_FIXTURE(Proven, "the latest checkpoint is served as a note, and all of them as a list") {
  CHECK(checkpoint().head.size == 730);
  CHECK(text(log_path + "checkpoint") ==
        text("/api/v1/audit/checkpoint?topic=migrations.lifecycle&partition=0"));
  const auto list = get("/api/v1/audit/checkpoint");
  REQUIRE(list.json["checkpoints"].Size() == 1);
  CHECK(list.json["checkpoints"][0]["size"].GetInt() == 730);
  CHECK(list.json["checkpoints"][0]["note"].GetString() == text(log_path + "checkpoint"));
}

TEST_CASE_FIXTURE(Proven, "an event's proof holds what is needed to check it offline") {
  ledger::Hasher hasher;
  for (const int number : {0, 99, 100, 255, 256, 512, 729}) {
    CAPTURE(number);
    const auto proof =
        ledger::ProofText::parse(text(fmt::format("/api/v1/audit/proof/inclusion?event_id=e-{:06}", number)));
    REQUIRE(proof.ok());
    CHECK(proof->index == static_cast<std::uint64_t>(number));
    REQUIRE(proof->extra.has_value());
    CHECK(ledger::parse_leaf(*proof->extra)->offset == number);
    CHECK(ledger::verify_proof(hasher, *proof, hasher.leaf(*proof->extra), keys()).ok());
    CHECK_FALSE(ledger::verify_proof(hasher, *proof, hasher.leaf("another"), keys()).ok());
  }
}

TEST_CASE_FIXTURE(Proven, "the tree now continues each one before") {
  ledger::Hasher hasher;
  for (const int from : {1, 100, 255, 256, 600, 730}) {
    CAPTURE(from);
    const auto answer = get(fmt::format(
        "/api/v1/audit/proof/consistency?topic=migrations.lifecycle&partition=0&from={}&to=730", from));
    REQUIRE(answer.status == 200);
    const auto digest = [](const rapidjson::Value& text) {
      return *ledger::digest_from(*from_base64(text.GetString()));
    };
    ledger::Proof proof;
    for (const auto& hash : answer.json["proof"].GetArray()) proof.push_back(digest(hash));
    CHECK(digest(answer.json["to_root"]) == checkpoint().head.root);
    CHECK(ledger::verify_consistency(hasher,
                                     {static_cast<std::uint64_t>(from), digest(answer.json["from_root"])},
                                     checkpoint().head, proof)
              .ok());
  }
}

TEST_CASE_FIXTURE(Proven, "tiles and entries give the signed root again") {
  ledger::Hasher hasher;
  ledger::Frontier from_leaves, from_entries;
  for (const ledger::Tile& tile : ledger::tiles_of(730)) {
    const std::string bytes = text(log_path + tile.path());
    if (tile.level == 0U) {
      const auto hashes = ledger::parse_tile(bytes, tile.width);
      REQUIRE(hashes.ok());
      for (const ledger::Digest& leaf : *hashes) from_leaves.append(hasher, leaf);
    }
    if (!tile.level) {
      const auto entries = ledger::parse_entries(bytes, tile.width);
      REQUIRE(entries.ok());
      for (const std::string_view entry : *entries) from_entries.append(hasher, hasher.leaf(entry));
    }
  }
  CHECK(from_leaves.root(hasher) == checkpoint().head.root);
  CHECK(from_entries.root(hasher) == checkpoint().head.root);
}

TEST_CASE_FIXTURE(Proven, "what cannot be proved is refused in words") {
  append(task_event(event::Type::task_paused, "not-signed"));
  fold();
  struct Case {
    std::string target;
    int status;
    std::string says;
  };
  const std::string proof = "/api/v1/audit/proof/";
  for (const Case& each : std::initializer_list<Case>{
           {proof + "inclusion?event_id=not-signed", 503, "not under a signed checkpoint yet"},
           {proof + "inclusion?event_id=nobody", 404, "event nobody not found"},
           {proof + "inclusion", 400, "'event_id' is required"},
           {proof + "inclusion?event=x", 400, "event"},
           {proof + "consistency?topic=migrations.lifecycle&partition=0&from=10&to=9", 400, "from <= to"},
           {proof + "consistency?topic=migrations.lifecycle&partition=0&from=1&to=9999", 400, "731 leaves"},
           {proof + "consistency?topic=migrations.lifecycle&partition=0&from=0&to=9", 400, "from"},
           {proof + "consistency?partition=0&from=1&to=9", 400, "'topic' is required"},
           {proof + "consistency?topic=nothing&partition=0&from=1&to=9", 404, "nothing/0"},
           {"/api/v1/audit/checkpoint?topic=migrations.lifecycle&partition=x", 400, "partition"},
           {log_path + "tile/0/003", 404, "no tile/0/003"},
           {log_path + "tile/0/002.p/255", 404, "no tile/0/002.p/255"},
           {log_path + "tile/x/000", 404, "tile/x/000"},
           {log_path + "tile/0/../checkpoint", 404, ""},
           {"/api/v1/audit/log/migrations.lifecycle/-1/checkpoint", 404, "partition"},
       }) {
    CAPTURE(each.target);
    const http::Response answer = ask(each.target);
    CHECK(answer.status == each.status);
    CHECK_MESSAGE(answer.body.find(each.says) != std::string::npos, answer.body);
  }
}
