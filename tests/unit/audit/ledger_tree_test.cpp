// A tree's roots are those of RFC 6962, whatever was stored and read again on the way.
#include <doctest/doctest.h>

#include "tests/unit/audit/ledger_rig.h"

using namespace godwit;
using namespace godwit::audit::ledger;
using namespace godwit::audit::ledger::test;

namespace {

// certificate-transparency, merkle_tree_test.cc; transparency-dev/merkle, constants.go
const std::vector<std::string> inputs{
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"};
const std::vector<std::string> roots{"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                                     "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                                     "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                                     "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                                     "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                                     "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                                     "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                                     "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                                     "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
const std::vector<std::string> leaves{"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                                      "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                                      "0298d122906dcfc10892cb53a73992fc5b9f493ea4c9badb27b791b4127a7fe7",
                                      "07506a85fd9dd2f120eb694f86011e5bb4662e5c415a62917033d4a9624487e7",
                                      "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                                      "4271a26be0d8a84f0bd54c8c302e7cb3a3b5d1fa6780a40bcce2873477dab658",
                                      "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
                                      "46f6ffadd3d06a09ff3c5860d2755c8b9819db7df44251788c7d8e3180de8eb1"};
const std::string n23 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e";
const std::string n45 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a";
const std::string n67 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0";
const std::string n47 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4";

using Hexes = std::vector<std::string>;

Hexes hexes(const Result<Proof>& proof) {
  REQUIRE(proof.ok());
  Hexes out;
  for (const Digest& hash : *proof) out.push_back(hex(hash));
  return out;
}

}  // namespace

TEST_CASE("leaf and node hashes are those of transparency-dev/merkle") {
  Hasher hasher;
  CHECK(hex(hasher.leaf("L123456")) == "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56");
  // Its test joins texts, which are shorter than hashes: the same bytes after the prefix.
  CHECK(hex(hasher.of({"\x01", "N123", "N456"})) ==
        "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb");
  CHECK(hex(hasher.node(digest(n45), digest(n67))) == n47);
  CHECK(hex(hasher.of("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("eight leaves have the known roots and proofs") {
  Hasher hasher;
  Leaves tree{hasher};
  CHECK(hex(tree.frontier().root(hasher)) == roots[0]);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    tree.append(hasher.leaf(from_hex(inputs[i])));
    CHECK(hex(tree.leaf(i)) == leaves[i]);
    CHECK(hex(tree.frontier().root(hasher)) == roots[i + 1]);
  }
  TileNodes nodes{hasher, tree};
  CHECK(hexes(prove_inclusion(hasher, nodes, 0, 1)) == Hexes{});
  CHECK(hexes(prove_inclusion(hasher, nodes, 0, 8)) == Hexes{leaves[1], n23, n47});
  CHECK(hexes(prove_inclusion(hasher, nodes, 5, 8)) == Hexes{leaves[4], n67, roots[4]});
  CHECK(hexes(prove_inclusion(hasher, nodes, 2, 3)) == Hexes{roots[2]});
  CHECK(hexes(prove_inclusion(hasher, nodes, 1, 5)) == Hexes{leaves[0], n23, leaves[4]});
  CHECK(hexes(prove_consistency(hasher, nodes, 1, 1)) == Hexes{});
  CHECK(hexes(prove_consistency(hasher, nodes, 1, 8)) == Hexes{leaves[1], n23, n47});
  CHECK(hexes(prove_consistency(hasher, nodes, 6, 8)) == Hexes{n45, n67, roots[4]});
  CHECK(hexes(prove_consistency(hasher, nodes, 2, 5)) == Hexes{n23, leaves[4]});
}

TEST_CASE("the root of every size is that of the definition") {
  Hasher hasher;
  Leaves tree{hasher};
  TileNodes nodes{hasher, tree};
  for (std::uint64_t size = 0; size <= 600; ++size) {
    const Digest expected = tree.root_by_definition(size);
    CHECK(tree.frontier().root(hasher) == expected);
    const auto root = root_of(hasher, nodes, size);
    REQUIRE(root.ok());
    CHECK(*root == expected);
    tree.grow(1);
  }
}

TEST_CASE("each complete tile is reported once, also on several levels at a time") {
  Hasher hasher;
  Frontier frontier;
  std::vector<TileHash> completed;
  for (int i = 0; i < 65'536; ++i) frontier.append(hasher, hasher.of(""), completed);
  REQUIRE(completed.size() == 257);
  CHECK(completed[0].level == 1);
  CHECK(completed[255].index == 255);
  CHECK(completed[256] == TileHash{2, 0, frontier.root(hasher)});
}

TEST_CASE("a frontier survives its bytes, and continues where it was") {
  Hasher hasher;
  Leaves tree{hasher};
  for (const std::uint64_t more : {0U, 1U, 1U, 5U, 249U, 300U}) {
    tree.grow(more);
    const auto back = Frontier::parse(tree.frontier().bytes());
    REQUIRE(back.ok());
    CHECK(*back == tree.frontier());
    Frontier continued = *back;
    continued.append(hasher, hasher.leaf(std::to_string(back->size)));
    Leaves longer{hasher};
    longer.grow(back->size + 1);
    CHECK(continued == longer.frontier());
  }
}

TEST_CASE("bytes that are no frontier are refused") {
  Hasher hasher;
  Leaves tree{hasher};
  tree.grow(5);
  const std::string bytes = tree.frontier().bytes();
  for (std::size_t cut = 0; cut < bytes.size(); ++cut)
    CHECK_FALSE(Frontier::parse(bytes.substr(0, cut)).ok());
  const auto longer = Frontier::parse(bytes + "x");
  REQUIRE_FALSE(longer.ok());
  CHECK(longer.error().message == "a frontier of 5 leaves has 65 bytes of hashes, not 64");
  CHECK_FALSE(Frontier::parse(bytes + bytes.substr(8, 32)).ok());
  CHECK_FALSE(Frontier::parse(std::string(8, '\xFF') + std::string(std::size_t{64} * 32, 'h')).ok());
}
