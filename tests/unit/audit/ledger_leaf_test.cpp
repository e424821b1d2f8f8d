// What the tree commits to of a record. The bytes are those of tests/lib/ledger_check.py, which shares no
// code.
#include <doctest/doctest.h>

#include <algorithm>

#include "consumers/audit/ledger/headers.h"
#include "consumers/audit/ledger/leaf.h"
#include "tests/unit/audit/ledger_rig.h"

using namespace godwit;
using namespace godwit::audit::ledger;
using namespace godwit::audit::ledger::test;

namespace {

struct Vector {
  stream::Record record;
  std::string data;  // hex
  std::string hash;
};

stream::Record record(std::int64_t offset, std::int64_t ms, std::optional<std::string_view> key,
                      std::optional<std::string_view> value, std::vector<stream::HeaderView> headers = {}) {
  return {"t",   stream::Partition{0}, stream::Offset{offset}, from_unix_ms(ms), key,
          value, std::move(headers)};
}

const std::vector<Vector> vectors{
    {record(0, 0, std::nullopt, std::nullopt),
     "4757414c0100000000000000000000000000000000ffffffffffffffff000000000000000000000000000000000000000000000"
     "0000000"
     "00000000000000000000",
     "0cc9de7fcae162efbbacbda1966af84fdde24d624a2fce5ca25cb75ec252db39"},
    {record(7, 1'700'000'000'123, "k", "v"),
     "4757414c0100000000000000070000018bcfe5687b000000016b000000014c94485e0c21ae6c41ce1dfe7b6bfaceea5ab68e40a"
     "2476f50"
     "208e526f50608000000000",
     "2f3451ec58f5692656bb22dea26f436a1a6184522db00b9c504841f0ad1dab5d"},
    {record(7, 1'700'000'000'123, "", ""),
     "4757414c0100000000000000070000018bcfe5687b0000000000000000e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b9"
     "34ca495"
     "991b7852b85500000000",
     "a47f22a9d442fba05a2ad2df1b0a008b3f4bbec09c13e6bb21b3d9dc0a940234"},
    {record(-1, -1, std::nullopt, "v", {{"n", std::nullopt}}),
     "4757414c01ffffffffffffffffffffffffffffffffffffffff000000014c94485e0c21ae6c41ce1dfe7b6bfaceea5ab68e40a24"
     "76f5020"
     "8e526f50608000000001000000016effffffff",
     "d8d0cfd342a91d819c44057b8f1f471c8413f4e6e68721ffb38291ce9dcad4ec"},
    {record(9'007'199'254'740'993, 1'763'763'867'123, "tâche-☃", R"({"vm":"größe"})",
            {{"ce_id", "1"}, {"ce_id", ""}, {"naïve", "☃"}, {"", std::nullopt}}),
     "4757414c0100200000000000010000019aa884cdf30000000a74c3a26368652de2988300000010de50c3dace804a02f2de891bc"
     "6e00bcc"
     "507167dab3ea4c5cb0a96b6ba596a41b000000040000000563655f696400000001310000000563655f696400000000000000066"
     "e61c3af"
     "766500000003e2988300000000ffffffff",
     "078f38f9d29827b899084961738a17e9f5e0b75cbe9cf4f734b2e3a9bfb49d17"}};

Leaf leaf_of(Hasher& hasher, const stream::Record& record, const std::string& headers) {
  Leaf leaf{record.offset.value(), to_unix_ms(record.timestamp), record.key, std::nullopt, headers};
  if (record.value) leaf.value = digest_value(hasher, *record.value);
  return leaf;
}

}  // namespace

TEST_CASE("a leaf has the bytes and the hash that another program gives it") {
  Hasher hasher;
  LeafHasher leaves{hasher};
  for (const Vector& vector : vectors) {
    const std::string headers = pack_headers(vector.record.headers);
    const Leaf leaf = leaf_of(hasher, vector.record, headers);
    CHECK(hex(leaf_data(leaf)) == vector.data);
    CHECK(hex(leaves.of(leaf)) == vector.hash);
    CHECK(hex(leaves.of(vector.record)) == vector.hash);
    CHECK(hex(hasher.leaf(leaf_data(leaf))) == vector.hash);
    const std::string data = from_hex(vector.data);
    const auto back = parse_leaf(data);
    REQUIRE(back.ok());
    CHECK(leaf_data(*back) == leaf_data(leaf));
  }
}

TEST_CASE("a redacted value still has its leaf, by size and hash alone") {
  Hasher hasher;
  LeafHasher leaves{hasher};
  const stream::Record whole = vectors[4].record;
  const std::string headers = pack_headers(whole.headers);
  const Leaf redacted{whole.offset.value(), to_unix_ms(whole.timestamp), whole.key,
                      ValueDigest{16, hasher.of(*whole.value)}, headers};
  CHECK(leaves.of(redacted) == leaves.of(whole));
}

TEST_CASE("each field of a record changes its leaf") {
  Hasher hasher;
  LeafHasher leaves{hasher};
  std::vector<Digest> seen;
  const auto differs = [&](const stream::Record& changed) {
    const Digest hash = leaves.of(changed);
    const bool is_new = std::find(seen.begin(), seen.end(), hash) == seen.end();
    seen.push_back(hash);
    return is_new;
  };
  CHECK(differs(record(1, 2, "k", "v", {{"a", "1"}, {"b", "2"}})));
  CHECK(differs(record(2, 2, "k", "v", {{"a", "1"}, {"b", "2"}})));
  CHECK(differs(record(1, 3, "k", "v", {{"a", "1"}, {"b", "2"}})));
  CHECK(differs(record(1, 2, "kv", "", {{"a", "1"}, {"b", "2"}})));
  CHECK(differs(record(1, 2, "", "kv", {{"a", "1"}, {"b", "2"}})));
  CHECK(differs(record(1, 2, std::nullopt, "kv", {{"a", "1"}, {"b", "2"}})));
  CHECK(differs(record(1, 2, "k", std::nullopt, {{"a", "1"}, {"b", "2"}})));
  CHECK(differs(record(1, 2, "k", "", {{"a", "1"}, {"b", "2"}})));
  CHECK(differs(record(1, 2, "k", "v", {{"b", "2"}, {"a", "1"}})));
  CHECK(differs(record(1, 2, "k", "v", {{"a", "1"}})));
  CHECK(differs(record(1, 2, "k", "v", {{"a", ""}, {"b", "2"}})));
  CHECK(differs(record(1, 2, "k", "v", {{"a", std::nullopt}, {"b", "2"}})));
}

TEST_CASE("bytes that no leaf has are refused") {
  for (const Vector& vector : vectors) {
    const std::string data = from_hex(vector.data);
    for (std::size_t cut = 0; cut < data.size(); ++cut) CHECK_FALSE(parse_leaf(data.substr(0, cut)).ok());
    CHECK_FALSE(parse_leaf(data + "x").ok());
  }
  std::string other = from_hex(vectors[0].data);
  other[4] = 2;
  CHECK(parse_leaf(other).error().message == "leaf data does not begin with GWAL and version 1");
  std::string null_value = from_hex(vectors[0].data);
  null_value[30] = 1;
  CHECK(parse_leaf(null_value).error().message == "leaf data has a hash of a value that is null");
}
