// Checkpoints and proofs as texts: one form for each, signed by a key of the log's own cluster.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "common/base/base64.h"
#include "consumers/audit/ledger/checkpoint.h"
#include "consumers/audit/ledger/proof_text.h"
#include "tests/unit/audit/ledger_rig.h"

using namespace godwit;
using namespace godwit::audit::ledger;
using namespace godwit::audit::ledger::test;

namespace {

const Origin origin{"MkU3OEVBNTcwNTJENDM2Qg", "migrations.lifecycle", 7};
const std::string root_text = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
const std::string text =
    "godwit/MkU3OEVBNTcwNTJENDM2Qg/migrations.lifecycle/7\n20852163\n" + root_text + "\n";

Checkpoint checkpoint() { return {origin, {20'852'163, *digest_from(*from_base64(root_text))}}; }

}  // namespace

TEST_CASE("a checkpoint is three lines and nothing else") {
  CHECK(checkpoint().text() == text);
  REQUIRE(Checkpoint::parse(text).ok());
  CHECK(*Checkpoint::parse(text) == checkpoint());
  for (std::size_t cut = 0; cut < text.size(); ++cut)
    CHECK_FALSE(Checkpoint::parse(text.substr(0, cut)).ok());
  CHECK_FALSE(Checkpoint::parse(text + "extension\n").ok());
  const std::string first = text.substr(0, text.find('\n') + 1);
  for (const char* size :
       {"", "-1", "+1", "01", "1 ", " 1", "0x1", "18446744073709551616", "9223372036854775808"})
    CHECK_FALSE(Checkpoint::parse(fmt::format("{}{}\n{}\n", first, size, root_text)).ok());
  CHECK(Checkpoint::parse(first + "0\n" + root_text + "\n").ok());
  CHECK_FALSE(Checkpoint::parse(first + "1\n" + base64("short") + "\n").ok());
  CHECK_FALSE(Checkpoint::parse(first + "1\n" + root_text.substr(0, 43) + "\n").ok());
}

TEST_CASE("an origin names cluster, topic and partition") {
  CHECK(origin.text() == "godwit/MkU3OEVBNTcwNTJENDM2Qg/migrations.lifecycle/7");
  CHECK(*Origin::parse(origin.text()) == origin);
  CHECK(origin.key_name() == "godwit/MkU3OEVBNTcwNTJENDM2Qg");
  for (const char* bad :
       {"", "godwit/c/t", "godwit/c/t/07", "godwit/c/t/-1", "godwit/c/t/2147483648", "godwit//t/0",
        "godwit/c//0", "other/c/t/0", "godwit/c/t/u/0", "godwit/c d/t/0", "godwit/c+/t/0", "godwit/c/t/0/"})
    CHECK_FALSE(Origin::parse(bad).ok());
}

TEST_CASE("a checkpoint is believed from a key of its cluster, for its partition alone") {
  const Signer good = signer(origin.key_name());
  const std::string note = sign_checkpoint(good, checkpoint());
  CHECK(sign_checkpoint(good, checkpoint()) == note);
  CHECK(*open_checkpoint(note, {good.verifier()}, origin) == checkpoint());

  CHECK_FALSE(open_checkpoint(note, {signer(origin.key_name(), 'x').verifier()}).ok());
  Origin other = origin;
  other.partition = 8;
  CHECK(open_checkpoint(note, {good.verifier()}, other).error().message ==
        "a checkpoint is of " + origin.text() + ", not of " + other.text());
  const Signer foreign = signer("godwit/another");
  const std::string foreign_note = format_note({text, {sign(foreign, text)}});
  CHECK(open_checkpoint(foreign_note, {foreign.verifier(), good.verifier()}).error().message ==
        "a checkpoint of " + origin.text() + " is not signed by a key named " + origin.key_name());
}

TEST_CASE("a proof text carries all that is needed to check a leaf offline") {
  Hasher hasher;
  Leaves tree{hasher};
  TileNodes nodes{hasher, tree};
  tree.grow(300);
  const Signer key = signer(origin.key_name());
  const std::string note = sign_checkpoint(key, {origin, tree.head(300)});
  for (const std::uint64_t index : {0U, 17U, 256U, 299U}) {
    const ProofText proof{"leaf data", index, *prove_inclusion(hasher, nodes, index, 300), note};
    const auto back = ProofText::parse(proof.text());
    REQUIRE(back.ok());
    CHECK(*back == proof);
    const auto checked = verify_proof(hasher, *back, tree.leaf(index), {key.verifier()});
    REQUIRE(checked.ok());
    CHECK(checked->head.size == 300);
    CHECK_FALSE(verify_proof(hasher, *back, tree.leaf(index ^ 1U), {key.verifier()}).ok());
    CHECK_FALSE(verify_proof(hasher, *back, tree.leaf(index), {}).ok());
    CHECK(proof.text().size() < 1'200);
  }
}

TEST_CASE("a proof text has one form") {
  const std::string hash_line = root_text + "\n";
  const ProofText proof{std::nullopt, 0, {*digest_from(*from_base64(root_text))}, "note\n"};
  CHECK(proof.text() == "c2sp.org/tlog-proof@v1\nindex 0\n" + hash_line + "\nnote\n");
  CHECK(*ProofText::parse(proof.text()) == proof);
  const std::string head = "c2sp.org/tlog-proof@v1\n";
  const std::vector<std::string> malformed{std::string{},
                                           head,
                                           head + "\nnote\n",
                                           head + "index 00\n\nnote\n",
                                           head + "index 0\n" + hash_line,
                                           head + "index 0\n\n",
                                           head + "index 0\nAAAA\n\nnote\n",
                                           head + "extra !\nindex 0\n\nnote\n",
                                           head + "index 0\nextra AAAA\n\nnote\n",
                                           "c2sp.org/tlog-proof@v2\nindex 0\n\nnote\n"};
  for (const std::string& bad : malformed) CHECK_FALSE(ProofText::parse(bad).ok());
  std::string long_path = head + "index 0\n";
  for (int i = 0; i < 64; ++i) long_path += hash_line;
  CHECK_FALSE(ProofText::parse(long_path + "\nnote\n").ok());
}
